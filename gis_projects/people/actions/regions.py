"""Administrative divisions: entered, corrected, ended; one by one or as a whole list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, region_prefix, require
from gis_projects.trail import actions as trail


def save_region(
    *,
    by: User | None,
    code: str,
    name: str,
    short_name: str,
    kind: str,
    parent: Region | None,
    position: int,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Region:
    """Enter or correct a region; its code is its identity.

    Raises
    ------
    ValidationError
        For a code that has not the digits of its kind or doesn't begin as its parent's, or days in the wrong order.
    PermissionDenied
        Unless ``by`` manages people there.
    """
    _may_manage(by, code)
    if parent is not None and not code.startswith(region_prefix(parent.code)):
        raise ValidationError(
            {"code": _("代码应以上级区划的 %(prefix)s 开头。") % {"prefix": region_prefix(parent.code)}},
            code="prefix",
        )
    with transaction.atomic():
        region = Region(
            code=code,
            name=name,
            short_name=short_name,
            kind=kind,
            parent=parent,
            position=position,
            valid_from=valid_from,
            valid_to=valid_to,
        )
        region.full_clean(validate_unique=False)
        region.save()
        trail.record(
            by=by, verb="people.save_region", subject=f"people.region:{code}", data=_described(region)
        )
    return region


@transaction.atomic
def enter_regions(*, by: User | None, regions: Iterable[Region]) -> int:
    """Enter many regions that are not there yet, parents before children; how many. Known codes stay as they are.

    Raises
    ------
    ValidationError, IntegrityError
        As `save_region`; then none of them is entered.
    """
    rows = list(regions)
    known = set(Region.objects.values_list("code", flat=True))
    new = [row for row in rows if row.code not in known]
    for row in new:
        _may_manage(by, row.code)
        row.clean_fields(exclude=["parent"])
    Region.objects.bulk_create(new)
    trail.record_many(
        by=by,
        steps=[("people.save_region", f"people.region:{row.code}", _described(row)) for row in new],
    )
    return len(new)


@transaction.atomic
def end_region(*, by: User | None, region: Region, last_day: date) -> Region:
    """Say on which day a code was last valid. What was recorded for it stays where it is.

    Raises
    ------
    ValidationError
        A division below it goes on longer.
    """
    _may_manage(by, region.code)
    row = Region.objects.select_for_update().get(pk=region.pk)
    if row.children.current(last_day).exclude(valid_to__lte=last_day).exists():
        raise ValidationError(_("请先停用其下级区划。"), code="children")
    row.valid_to = last_day
    row.full_clean(validate_unique=False)
    row.save(update_fields=["valid_to"])
    trail.record(
        by=by,
        verb="people.end_region",
        subject=f"people.region:{row.code}",
        data={"name": row.name, "valid_to": last_day.isoformat()},
    )
    return row


def _may_manage(by: User | None, code: str) -> None:
    if by is not None:
        require(by, Permission.MANAGE_PEOPLE, Scope(region=code))


def _described(row: Region) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": row.name,
        "short_name": row.short_name,
        "kind": str(row.kind),
        "parent": row.parent_id,
        "position": row.position,
    }
    for key in ("valid_from", "valid_to"):
        if (day := getattr(row, key)) is not None:
            said[key] = day.isoformat()
    return said
