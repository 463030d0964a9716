"""Keeping views of the one map: made, changed, put in order and deleted by their owner, each with a step in the trail.

A step names the bookmark and says what changed; which layers a view shows, and what the notes say, is not told there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils.translation import gettext as _

from gis_projects.atlas import permalink
from gis_projects.atlas.models import Bookmark
from gis_projects.atlas.queries import bookmarks as queries
from gis_projects.library.filters import ProjectFilter
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail.actions import record

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Of one person.
MOST = 200
#: What may be changed; ``query`` and ``hash`` together are the view.
FIELDS = frozenset({"name", "series", "note", "query", "hash", "shared"})


def keep_bookmark(
    *, by: User, name: str, hash: str, query: str = "", series: str = "", note: str = "", shared: bool = False
) -> Bookmark:
    """Keep a view of the map as the last of one's bookmarks.

    Raises
    ------
    PermissionDenied
        The user may not read layers.
    ValidationError
        A value is none, the address names no view, one shares without a unit, or there are too many.
    """
    require(by, Permission.READ_LAYERS)
    with transaction.atomic():
        rows = _locked(by)
        if rows.count() >= MOST:
            raise ValidationError(_("每人最多保存 %(most)s 个书签，请先删除不用的。") % {"most": MOST})
        last = rows.aggregate(last=Max("position"))["last"] or 0
        made = Bookmark(owner=by, position=last + 1)
        _set(made, by, name=name, hash=hash, query=query, series=series, note=note, shared=shared)
        made.save()
        data = {"name": made.name, "series": made.series, "shared": made.shared}
        record(by=by, verb="atlas.keep_bookmark", subject=_subject(made), data=data)
    return made


def change_bookmark(*, by: User, pk: int, **changes: Any) -> Bookmark:
    """Rename, share, annotate one's own bookmark, or let it keep another view. What is as before leaves no step.

    Raises
    ------
    Http404, PermissionDenied
        The user may not open it, or may open it only.
    ValidationError
        A value is none; nothing was changed.
    """
    unknown = changes.keys() - FIELDS
    if unknown:
        raise TypeError(f"not a field of a bookmark: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        _locked(by)
        found = queries.own_bookmark(by, pk)
        before = {field: getattr(found, field) for field in FIELDS}
        _set(found, by, **changes)
        changed = sorted(field for field in FIELDS if getattr(found, field) != before[field])
        if changed:
            found.save(update_fields=[*changed, "changed_at"])
            told = [field for field in changed if field in ("name", "series", "shared")]
            record(
                by=by,
                verb="atlas.change_bookmark",
                subject=_subject(found),
                data={
                    "name": found.name,
                    "view": not {"query", "hash"}.isdisjoint(changed),
                    "note": "note" in changed,
                    "before": {field: before[field] for field in told},
                    "after": {field: getattr(found, field) for field in told},
                },
            )
    return found


def delete_bookmark(*, by: User, pk: int) -> None:
    """Delete one's own bookmark. Raises as `change_bookmark`."""
    with transaction.atomic():
        _locked(by)
        found = queries.own_bookmark(by, pk)
        record(by=by, verb="atlas.delete_bookmark", subject=_subject(found), data={"name": found.name})
        found.delete()


def order_bookmarks(*, by: User, pks: Sequence[int]) -> list[int]:
    """Put one's own bookmarks into an order; those that are not named follow in the order that they had.

    Returns all of one's bookmarks' keys in the new order.

    Raises
    ------
    PermissionDenied
        The user may not read layers.
    ValidationError
        A key is named twice, or is none of the user's.
    """
    require(by, Permission.READ_LAYERS)
    with transaction.atomic():
        present = {row.pk: row for row in _locked(by).order_by("position", "pk")}
        if len(set(pks)) < len(pks) or not present.keys() >= set(pks):
            raise ValidationError(_("排序中的书签应是本人的，且各列一次。"))
        order = [*pks, *(pk for pk in present if pk not in set(pks))]
        if order != list(present):
            for position, pk in enumerate(order, start=1):
                present[pk].position = position
            Bookmark.objects.bulk_update(present.values(), ["position"])
            record(
                by=by,
                verb="atlas.order_bookmarks",
                subject=f"people.user:{by.pk}",
                data={"order": order, "number": len(order)},
            )
    return order


def _locked(by: User) -> QuerySet[Bookmark]:
    """One's own, while nobody else writes any of them: the positions hang together."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    return Bookmark.objects.filter(owner=by)


def _set(row: Bookmark, by: User, **values: Any) -> None:
    for field, value in values.items():
        setattr(row, field, value.strip() if field in ("name", "series", "note") else value)
    if "hash" in values:
        try:
            row.hash = permalink.canonical(row.hash)
        except permalink.NoView:
            raise ValidationError({"hash": _("地址里没有地图视图。")}) from None
    if "query" in values:
        row.query = _filters(row.query)
    if values.get("shared") and by.organisation_id is None:
        raise ValidationError({"shared": _("您不属于任何单位，不能共享。")})
    row.full_clean(exclude=["owner"], validate_unique=False, validate_constraints=False)


def _filters(query: str) -> str:
    """What of a query filters projects: which project was open, or what never was a filter, is not kept."""
    kept = QueryDict(mutable=True)
    for name, values in QueryDict(query.removeprefix("?")).lists():
        # The kinds are switches of the view, and stand behind the #.
        if name in ProjectFilter.base_filters and name != "kind":
            kept.setlist(name, [value for value in values if value])
    return kept.urlencode()


def _subject(row: Bookmark) -> str:
    return f"atlas.bookmark:{row.pk}"
