"""Changes while a project is built, and its acceptance: asked for by whoever keeps it, decided by another person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gis_projects.library.actions.sites import keep_live
from gis_projects.library.models import (
    WHOLE,
    Acceptance,
    AcceptanceKind,
    AcceptanceState,
    BuildingChange,
    ChangeKind,
    ChangeState,
    Completion,
    Library,
    Project,
    Stage,
)
from gis_projects.library.queries.building import facts, open_whole, plan_behind, planned_yuan
from gis_projects.library.refusals import NotThisPerson, refused
from gis_projects.library.subjects import locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice


@transaction.atomic
def apply_change(
    *, by: User, project: Project, kind: str, text: str, reason: str, to_yuan: Decimal | None = None,
    to_finish: date | None = None,
) -> BuildingChange:  # fmt: skip
    """Ask that something be otherwise than decided. What it was stands in the record and is taken from there.

    Raises
    ------
    Refused
        The project is not under construction in the implementation library, another change is open, or the whole is
        being accepted.
    ValidationError
        A change of money without the new total, of time without the new day, or one that changes nothing.
    """
    project = locked(project)
    require(by, Permission.EDIT_PROJECTS, project)
    _demand_built(project)
    _refuse_open_change(project)
    if open_whole(project) is not None:
        raise refused(
            "acceptance-open", gettext_noop("工程整体验收尚未办结，不能申请变更；请先办结或撤回验收。")
        )
    row = BuildingChange(
        project=project,
        kind=kind,
        text=text.strip(),
        reason=reason.strip(),
        from_yuan=planned_yuan(project),
        to_yuan=to_yuan if kind == ChangeKind.INVESTMENT else None,
        from_finish=project.planned_finish,
        to_finish=to_finish if kind == ChangeKind.SCHEDULE else None,
        applied_by=by,
    )
    if kind == ChangeKind.INVESTMENT and (row.to_yuan is None or row.to_yuan == row.from_yuan):
        raise ValidationError({"to_yuan": _("请填写变更后的总投资，且不同于现在的总投资。")})
    if kind == ChangeKind.SCHEDULE and (row.to_finish is None or row.to_finish == row.from_finish):
        raise ValidationError({"to_finish": _("请填写变更后的计划竣工日期，且不同于现在的日期。")})
    if row.to_finish is not None and project.planned_start and row.to_finish < project.planned_start:
        raise ValidationError({"to_finish": _("计划竣工不能早于计划开工。")})
    row.full_clean(exclude=["decided_by"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.apply_change",
        subject=subject(project),
        data={"change": row.pk, "change_kind": row.kind, "text": row.text, "reason": row.reason},
    )
    return row


@transaction.atomic
def approve_change(*, by: User, change: BuildingChange, opinion: str = "") -> BuildingChange:
    """Approve a change; one of time is written into the record at once, one of money asks for the next plan.

    Raises
    ------
    NotThisPerson
        Whoever applied, or someone who acts for them.
    Refused
        It is decided already, the project is under construction no longer, or its record says another day than when
        the change was asked for.
    """
    change, project = _change(by, change)
    _demand_built(project)
    if change.kind == ChangeKind.SCHEDULE and change.from_finish != project.planned_finish:
        raise refused(
            "record-moved",
            gettext_noop("项目档案中的计划竣工现为 %(now)s，与申请时（%(then)s）不同，请退回后重新申请。"),
            now=project.planned_finish.isoformat() if project.planned_finish else "—",
            then=change.from_finish.isoformat() if change.from_finish else "—",
        )
    told: dict[str, Any] = {}
    if change.to_finish is not None and change.to_finish != project.planned_finish:
        before, project.planned_finish = project.planned_finish, change.to_finish
        project.full_clean()
        project.save(update_fields=["planned_finish", "updated_at"])
        told = {
            "before": {"planned_finish": before.isoformat() if before else None},
            "after": {"planned_finish": change.to_finish.isoformat()},
        }
    return _change_decided(by, change, ChangeState.APPROVED, opinion, told)


@transaction.atomic
def return_change(*, by: User, change: BuildingChange, opinion: str) -> BuildingChange:
    """Send a change back with the reason; by another person than who applied."""
    change, _project = _change(by, change)
    if not opinion.strip():
        raise ValidationError({"opinion": _("请写明退回理由。")})
    return _change_decided(by, change, ChangeState.RETURNED, opinion, {})


@transaction.atomic
def withdraw_change(*, by: User, change: BuildingChange) -> BuildingChange:
    """Take a change back before it is decided; whoever keeps the project may."""
    project = locked(change.project)
    require(by, Permission.EDIT_PROJECTS, project)
    return _change_decided(by, _open_change(change), ChangeState.WITHDRAWN, "", {})


@transaction.atomic
def apply_acceptance(*, by: User, project: Project, kind: str, about: str = "", note: str = "") -> Acceptance:
    """Apply for acceptance. What the record says of the project goes with it; nobody writes that again (F198).

    Parameters
    ----------
    about
        What is to be accepted; the whole project unless named. A special acceptance names its field.

    Raises
    ------
    Refused
        The project is not under construction in the implementation library, has an open change, or has the same under
        way or passed; or its plan doesn't yet say the total that was approved, for the whole.
    """
    project = locked(project)
    require(by, Permission.EDIT_PROJECTS, project)
    _demand_built(project)
    about = about.strip()
    if kind == AcceptanceKind.SPECIAL and not about:
        raise ValidationError({"about": _("专业验收须写明验收内容，如消防、人防、环保。")})
    about = about or _("工程整体")
    _refuse_open_change(project)
    if kind in WHOLE:
        _refuse_plan_behind(project)
    under_way = project.acceptances.filter(state=AcceptanceState.APPLIED)
    if (kind in WHOLE and under_way.exists()) or under_way.filter(kind__in=WHOLE).exists():
        raise refused("acceptance-open", gettext_noop("项目有一项验收尚未办结。"))
    same = project.acceptances.filter(kind=kind, subject=about)
    if same.filter(state__in=[AcceptanceState.APPLIED, AcceptanceState.PASSED]).exists():
        raise refused("acceptance-there", gettext_noop("这项验收已经申请或通过。"))
    row = Acceptance(
        project=project, kind=kind, subject=about, note=note.strip(), facts=facts(project), applied_by=by
    )
    row.full_clean(exclude=["decided_by"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.apply_acceptance",
        subject=subject(project),
        data={"acceptance": row.pk, "acceptance_kind": row.kind, "about": row.subject},
    )
    return row


@transaction.atomic
def accept(
    *, by: User, acceptance: Acceptance, number: str, accepted_on: date | None = None,
    surveyed_on: date | None = None, opinion: str = "",
) -> Acceptance:  # fmt: skip
    """Conclude that it passed, with number and day. With a joint or an own acceptance the project is completed.

    Raises
    ------
    NotThisPerson
        Whoever applied, or someone who acts for them.
    Refused
        It is concluded already, the project is under construction no longer, has an open change, or, of the whole,
        has a plan behind what was approved.
    ValidationError
        No number; a day in the future, before the application, or a survey after the acceptance.
    """
    acceptance, project = _acceptance(by, acceptance)
    _demand_built(project)
    _refuse_open_change(project)
    if acceptance.kind in WHOLE:
        _refuse_plan_behind(project)
    today, applied_on = timezone.localdate(), timezone.localdate(acceptance.applied_at)
    day = accepted_on or today
    if not number.strip():
        raise ValidationError({"number": _("请填写验收文号。")})
    if not applied_on <= day <= today:
        raise ValidationError({"accepted_on": _("验收日期应在申请之日至今天之间。")})
    if surveyed_on is not None and not applied_on <= surveyed_on <= day:
        raise ValidationError({"surveyed_on": _("现场踏勘日期应在申请之日至验收日期之间。")})
    acceptance.number, acceptance.accepted_on, acceptance.surveyed_on = number.strip(), day, surveyed_on
    told: dict[str, Any] = {"number": acceptance.number, "accepted_on": day.isoformat()}
    acceptance = _concluded(by, acceptance, AcceptanceState.PASSED, opinion, told)
    if acceptance.kind in WHOLE:
        _complete(by, project, acceptance)
    return acceptance


@transaction.atomic
def demand_rectification(
    *, by: User, acceptance: Acceptance, opinion: str, surveyed_on: date | None = None
) -> Acceptance:
    """Conclude that something has to be put right first; the unit applies again afterwards."""
    acceptance, _project = _acceptance(by, acceptance)
    if not opinion.strip():
        raise ValidationError({"opinion": _("请写明须整改的问题。")})
    if surveyed_on is not None and not (
        timezone.localdate(acceptance.applied_at) <= surveyed_on <= timezone.localdate()
    ):
        raise ValidationError({"surveyed_on": _("现场踏勘日期应在申请之日至今天之间。")})
    acceptance.surveyed_on = surveyed_on
    return _concluded(by, acceptance, AcceptanceState.RECTIFY, opinion, {})


@transaction.atomic
def withdraw_acceptance(*, by: User, acceptance: Acceptance) -> Acceptance:
    """Take an application back before it is concluded; whoever keeps the project may."""
    project = locked(acceptance.project)
    require(by, Permission.EDIT_PROJECTS, project)
    return _concluded(by, _open_acceptance(acceptance), AcceptanceState.WITHDRAWN, "", {})


def _demand_built(project: Project) -> None:
    if project.library != Library.IMPLEMENTATION or project.stage != Stage.CONSTRUCTION:
        raise refused("not-built", gettext_noop("实施库中在建的项目才有变更和验收。"))


def _refuse_open_change(project: Project) -> None:
    if project.building_changes.filter(state=ChangeState.APPLIED).exists():
        raise refused("change-open", gettext_noop("项目有一项变更尚未办结。"))


def _refuse_plan_behind(project: Project) -> None:
    """What is accepted as a whole is measured by what was approved."""
    if (row := plan_behind(project)) is not None:
        raise refused(
            "plan-behind",
            gettext_noop("总投资已批准变更为 %(money)s 元，请先调整投资计划，再办理工程整体验收。"),
            money=f"{row.to_yuan:,}",
        )


def _another(by: User, applicant: User, on: date) -> None:
    if same_person(by, applicant, on):
        raise NotThisPerson(
            Notice("same-person", gettext_noop("申请人及其代理人不能办理自己的申请，须由另一人办理。"))
        )


def _change(by: User, change: BuildingChange) -> tuple[BuildingChange, Project]:
    project = locked(change.project)
    require(by, Permission.MANAGE_LIBRARIES, project)
    change = _open_change(change)
    _another(by, change.applied_by, timezone.localdate(change.applied_at))
    return change, project


def _open_change(change: BuildingChange) -> BuildingChange:
    change = BuildingChange.objects.select_for_update().get(pk=change.pk)
    if change.state != ChangeState.APPLIED:
        raise refused(
            "decided", gettext_noop("该申请已办结：%(state)s。"), state=ChangeState(change.state).label
        )
    return change


_CHANGE_VERBS = {
    ChangeState.APPROVED: "library.approve_change",
    ChangeState.RETURNED: "library.return_change",
    ChangeState.WITHDRAWN: "library.withdraw_change",
}


def _change_decided(
    by: User, change: BuildingChange, state: ChangeState, opinion: str, told: dict[str, Any]
) -> BuildingChange:
    change.state, change.opinion = state, opinion.strip()
    change.decided_by, change.decided_at = by, timezone.now()
    change.save(update_fields=["state", "opinion", "decided_by", "decided_at"])
    trail.record(
        by=by,
        verb=_CHANGE_VERBS[state],
        subject=subject(change.project),
        data={
            "change": change.pk,
            "change_kind": change.kind,
            "text": change.text,
            "reason": change.opinion,
            **told,
        },
    )
    return change


def _acceptance(by: User, acceptance: Acceptance) -> tuple[Acceptance, Project]:
    project = locked(acceptance.project)
    require(by, Permission.MANAGE_LIBRARIES, project)
    acceptance = _open_acceptance(acceptance)
    _another(by, acceptance.applied_by, timezone.localdate(acceptance.applied_at))
    return acceptance, project


def _open_acceptance(acceptance: Acceptance) -> Acceptance:
    acceptance = Acceptance.objects.select_for_update().get(pk=acceptance.pk)
    if acceptance.state != AcceptanceState.APPLIED:
        raise refused(
            "decided",
            gettext_noop("该申请已办结：%(state)s。"),
            state=AcceptanceState(acceptance.state).label,
        )
    return acceptance


_ACCEPTANCE_VERBS = {
    AcceptanceState.PASSED: "library.accept",
    AcceptanceState.RECTIFY: "library.demand_rectification",
    AcceptanceState.WITHDRAWN: "library.withdraw_acceptance",
}


def _concluded(
    by: User, acceptance: Acceptance, state: AcceptanceState, opinion: str, told: dict[str, Any]
) -> Acceptance:
    acceptance.state, acceptance.opinion = state, opinion.strip()
    acceptance.decided_by, acceptance.decided_at = by, timezone.now()
    acceptance.full_clean()
    acceptance.save()
    trail.record(
        by=by,
        verb=_ACCEPTANCE_VERBS[state],
        subject=subject(acceptance.project),
        data={
            "acceptance": acceptance.pk,
            "acceptance_kind": acceptance.kind,
            "about": acceptance.subject,
            "reason": acceptance.opinion,
            **told,
        },
    )
    return acceptance


def _complete(by: User, project: Project, acceptance: Acceptance) -> None:
    assert acceptance.accepted_on is not None
    if project.completions.exists():
        raise refused("completion-there", gettext_noop("竣工日期已登记，不能再次竣工。"))
    before, project.stage = project.stage, Stage.COMPLETED
    project.save(update_fields=["stage", "updated_at"])
    if project.site is not None:
        keep_live(project, project.site)
    Completion.objects.create(
        project=project, completed_on=acceptance.accepted_on, acceptance=acceptance,
        source=f"{acceptance.get_kind_display()} {acceptance.number}", by=by,
    )  # fmt: skip
    trail.record(
        by=by,
        verb="library.complete_project",
        subject=subject(project),
        data={
            "number": acceptance.number,
            "before": {"stage": before},
            "after": {"stage": str(project.stage)},
        },
    )
