"""Lending permissions for a time, and taking them back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import Delegation, User
from gis_projects.people.permissions import Permission, listed
from gis_projects.people.roles import LENDABLE
from gis_projects.trail import actions as trail


@transaction.atomic
def delegate(
    *,
    by: User,
    to: User,
    permissions: Iterable[Permission | str],
    starts_on: date,
    ends_on: date,
    reason: str,
) -> Delegation:
    """Lend some of one's own permissions to a colleague of the same unit, from a day to a day.

    Raises
    ------
    ValidationError
        For a colleague of another unit or without an account that works, a permission that is not one's own or can't
        be lent, a period that has passed, or no reason.
    PermissionDenied
        By a token.
    """
    if by.limited_to is not None:
        raise PermissionDenied(_("令牌不能用来委托。"))
    wanted = {str(each) for each in permissions}
    own = {str(each) for each in listed(by) & LENDABLE}
    if not wanted or wanted - own:
        raise ValidationError({"permissions": _("只能委托自己拥有、且可以委托的权限。")}, code="permissions")
    if to.pk == by.pk or not to.is_active or by.organisation_id is None:
        raise ValidationError({"to": _("请选择本单位的另一位在职人员。")}, code="colleague")
    if to.organisation_id != by.organisation_id:
        raise ValidationError({"to": _("只能委托给本单位的同事。")}, code="colleague")
    if ends_on < starts_on or ends_on < timezone.localdate():
        raise ValidationError({"ends_on": _("截止日期应不早于起始日期和今天。")}, code="period")
    if not reason.strip():
        raise ValidationError({"reason": _("请写明委托事由。")}, code="reason")
    taker = User.objects.select_for_update().get(pk=to.pk)
    row = Delegation(
        giver=by,
        taker=taker,
        permissions=sorted(wanted),
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
    )
    row.full_clean()
    row.save()
    _note_last_day(taker)
    trail.record(
        by=by,
        verb="people.delegate",
        subject=f"people.user:{taker.pk}",
        data={
            "to": taker.username,
            "name": str(taker),
            "permissions": row.permissions,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
            "reason": row.reason,
        },
    )
    return row


@transaction.atomic
def end_delegation(*, by: User, delegation: Delegation) -> Delegation:
    """Take back what was lent, or give it back, at once. Ended twice it stays as it was.

    Raises
    ------
    PermissionDenied
        By anybody else than the two.
    """
    row = Delegation.objects.select_for_update().get(pk=delegation.pk)
    if by.pk not in (row.giver_id, row.taker_id) or by.limited_to is not None:
        raise PermissionDenied(_("只有委托人和受托人可以终止委托。"))
    if row.ended_at is None:
        taker = User.objects.select_for_update().get(pk=row.taker_id)
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        _note_last_day(taker)
        trail.record(
            by=by,
            verb="people.end_delegation",
            subject=f"people.user:{taker.pk}",
            data={"to": taker.username, "name": str(taker), "permissions": row.permissions},
        )
    return row


def _note_last_day(taker: User) -> None:
    """Until when this person may borrow anything: what saves everybody else the question."""
    rows = Delegation.objects.filter(taker=taker, ended_at=None)
    last = rows.order_by("-ends_on").values_list("ends_on", flat=True).first()
    taker.borrows_until = last
    taker.save(update_fields=["borrows_until"])
