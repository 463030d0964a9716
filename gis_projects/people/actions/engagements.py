"""Letting intermediaries and experts in to one project, and out again."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import Engagement, Organisation, OrganisationKind, Service, User
from gis_projects.people.permissions import Permission, Role, require
from gis_projects.trail import actions as trail


@transaction.atomic
def engage(
    *,
    by: User | None,
    project_key: int,
    phase: str,
    service: str,
    starts_on: date,
    ends_on: date,
    purpose: str = "",
    organisation: Organisation | None = None,
    user: User | None = None,
    in_name_of: User | None = None,
) -> Engagement:
    """Let an intermediary (``organisation``) or an expert (``user``) in to one project for a period.

    The caller's room has asked whether ``by`` may do that for this project; here only whether they do it at all.
    ``by`` is None where it follows from somebody else's act (the next expert of a draw): it is then engaged
    ``in_name_of`` who drew, whether or not their account is still in use.

    Raises
    ------
    ValidationError
        Not exactly one of the two, an organisation that is no open intermediary (for a referral: no open department), a
        user who is no active expert, or a period that has passed or ends before it starts.
    PermissionDenied
        ``by`` engages nobody.
    """
    if by is not None:
        require(by, Permission.MANAGE_ENGAGEMENTS)
    if (organisation is None) == (user is None):
        raise ValidationError(_("请选择一家中介机构，或一位专家。"), code="of-one")
    referred = service == Service.REFERRAL
    wanted = OrganisationKind.DEPARTMENT if referred else OrganisationKind.INTERMEDIARY
    if organisation is not None and (organisation.kind != wanted or organisation.closed_at is not None):
        told = _("只能移送在册的部门。") if referred else _("只能委托在册的中介机构。")
        raise ValidationError({"organisation": told}, code="intermediary")
    if user is not None and (Role.EXPERT not in user.roles or not user.is_active):
        raise ValidationError({"user": _("只能聘请在册的评审专家。")}, code="expert")
    if ends_on < timezone.localdate():
        raise ValidationError({"ends_on": _("截止日期已过。")}, code="past")
    row = Engagement(
        project=project_key,
        organisation=organisation,
        user=user,
        phase=phase,
        service=service,
        purpose=purpose.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        engaged_by=by or in_name_of,
    )
    row.full_clean()
    row.save()
    trail.record(
        by=by,
        verb="people.engage",
        subject=f"people.engagement:{row.pk}",
        data={
            "project": project_key,
            "organisation": organisation.code if organisation else None,
            "user": user.username if user else None,
            "name": organisation.name if organisation else str(user),
            "phase": phase,
            "service": service,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
        },
    )
    return row


@transaction.atomic
def end_engagement(*, by: User | None, engagement: Engagement, reason: str) -> Engagement:
    """End an engagement before its last day, at once; ended twice it stays as it was.

    The caller's room has asked about the project. ``by`` is None where it follows from somebody else's act (an expert
    declines).

    Raises
    ------
    ValidationError
        Without a reason.
    """
    if by is not None:
        require(by, Permission.MANAGE_ENGAGEMENTS)
    if not reason.strip():
        raise ValidationError({"reason": _("请写明终止原因。")}, code="reason")
    row = Engagement.objects.select_for_update().get(pk=engagement.pk)
    if row.ended_at is None:
        row.ended_at, row.ended_reason = timezone.now(), reason.strip()
        row.save(update_fields=["ended_at", "ended_reason"])
        trail.record(
            by=by,
            verb="people.end_engagement",
            subject=f"people.engagement:{row.pk}",
            data={"project": row.project, "reason": row.ended_reason},
        )
    return row
