"""Lists as people keep them."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library.models import SavedView
from gis_projects.people.models import User

MOST = 50


@transaction.atomic
def save_view(
    *, by: User, table: str, name: str, query: str, columns: Sequence[str], shared: bool = False
) -> SavedView:
    """Keep a list under a name; one's own view of that name is replaced. Nothing else is recorded: it is a bookmark.

    Raises
    ------
    ValidationError
        It has no name, there are too many, or it is to be shared by somebody of no organisation.
    """
    name = name.strip()[:60]
    if not name:
        raise ValidationError(_("请填写名称。"), code="name")
    if shared and by.organisation_id is None:
        raise ValidationError(_("您不属于任何单位，不能共享。"), code="shared")
    mine = SavedView.objects.filter(owner=by, table=table)
    if mine.exclude(name=name).count() >= MOST:
        raise ValidationError(_("保存的视图不能超过 %(limit)s 个。") % {"limit": MOST}, code="many")
    if len(query) > 2000:
        raise ValidationError(_("筛选条件过长。"), code="long")
    found, _made = SavedView.objects.update_or_create(
        owner=by,
        table=table,
        name=name,
        defaults={
            "query": query,
            "columns": list(columns),
            "shared": shared,
            "organisation_id": by.organisation_id if shared else None,
        },
    )
    return found


def drop_view(*, by: User, view: SavedView) -> None:
    """Only who made it takes it away."""
    if view.owner_id != by.pk:
        raise PermissionDenied
    view.delete()
