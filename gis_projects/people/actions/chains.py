"""Chains of approval: a unit's administrator sets the next version; what runs keeps its own."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.people.actions.units import may_run
from gis_projects.people.items import DEALING, ITEMS
from gis_projects.people.models import ApprovalChain, ChainLevel, ChainMode, Organisation, Post, User
from gis_projects.trail import actions as trail

MOST_LEVELS = 9


@transaction.atomic
def set_chain(
    *, by: User, organisation: Organisation, item: str, mode: str, levels: Sequence[tuple[str, Post | None]]
) -> ApprovalChain:
    """Make the next version of an item's chain: its mode, and its levels from the first one up.

    Parameters
    ----------
    levels
        Each level's name, and the post whose holder decides there (None: anybody of the unit who may approve).

    Raises
    ------
    ValidationError
        An unknown item or mode, a unit that deals with none, no level (unless the item is filed) or more than nine, a
        level without a name, or a post of another unit.
    """
    may_run(by, organisation)
    if item not in ITEMS or organisation.kind not in DEALING:
        raise ValidationError({"item": _("本单位没有这个事项。")}, code="item")
    if mode not in ChainMode.values:
        raise ValidationError({"mode": _("没有这种办理方式。")}, code="mode")
    if not levels and mode != ChainMode.FILE:
        raise ValidationError({"levels": _("审批和核准至少需要一个层级。")}, code="levels")
    if len(levels) > MOST_LEVELS:
        raise ValidationError({"levels": _("最多 %(most)d 个层级。") % {"most": MOST_LEVELS}}, code="levels")
    for name, post in levels:
        if not name.strip():
            raise ValidationError({"levels": _("每个层级都要有名称。")}, code="name")
        if post is not None and (post.organisation_id != organisation.pk or post.closed_at is not None):
            raise ValidationError({"levels": _("只能选择本单位的岗位。")}, code="post")
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    last = ApprovalChain.objects.filter(organisation=organisation, item=item).order_by("-version").first()
    row = ApprovalChain(
        organisation=organisation, item=item, version=last.version + 1 if last else 1, mode=mode, made_by=by
    )
    row.full_clean()
    row.save()
    for number, (name, post) in enumerate(levels, start=1):
        level = ChainLevel(chain=row, number=number, name=name.strip(), post=post)
        level.full_clean()
        level.save()
    trail.record(
        by=by,
        verb="people.set_chain",
        subject=f"people.organisation:{organisation.code}",
        data={
            "item": item,
            "version": row.version,
            "mode": mode,
            "levels": [{"name": name.strip(), "post": post.name if post else None} for name, post in levels],
            "before": _before(last),
        },
    )
    return row


def _before(last: ApprovalChain | None) -> dict[str, object] | None:
    if last is None:
        return None
    levels = last.levels.order_by("number").values_list("name", "post__name")
    return {"mode": last.mode, "levels": [{"name": name, "post": post} for name, post in levels]}
