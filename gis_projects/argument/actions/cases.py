"""The only writers of cases: opened, held up, concluded, withdrawn."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_projects.argument.actions import closing, quotas
from gis_projects.argument.actions.rounds import dispatch, reconfirm
from gis_projects.argument.actions.timeouts import apply_rule
from gis_projects.argument.models import Case, CaseKind, CaseState, TaskState
from gis_projects.argument.queries import routing, standing
from gis_projects.argument.refusals import NotNow, not_now, refuse, words
from gis_projects.argument.subjects import locked_case
from gis_projects.clock.actions import clocks
from gis_projects.clock.models import ClockState
from gis_projects.library.models import Outcome, Project
from gis_projects.library.subjects import locked
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from siting.engine.notices import UnusableInput

__all__ = ["conclude", "open_case", "pause_case", "reconfirm", "resume_case", "withdraw_case"]


@transaction.atomic
def open_case(
    *, by: User, project: Project, kind: str, note: str = "", starts_on: date | None = None
) -> Case:
    """Open one of the three arguments of a project: every department concerned is asked in this transaction.

    Parameters
    ----------
    kind
        A value of `CaseKind`.
    starts_on
        The day from which the limit counts (itself not counted): today, or an earlier one on which the papers were
        received.

    Raises
    ------
    UnusableInput
        Something comes first, a department is missing, or the site has no check. Nothing was opened.
    NotNow
        The project has such a case already.
    """
    project = locked(project)
    require(by, Permission.START_ARGUMENTS, project)
    if kind not in CaseKind.values:
        raise refuse("case-kind", "没有这种论证：%(kind)s", field="kind", kind=kind)
    day = starts_on or timezone.localdate()
    if day > timezone.localdate():
        raise refuse("case-starts-later", "起算日不能晚于今天", field="starts_on")
    said = words(note, field="note", needed=False)
    plan = routing.planned(project, kind)
    if plan is None:
        raise refuse("case-no-routing", "还没有发布论证分派表")
    if plan.obstacles:
        live = any(notice.code == "case-live" for notice in plan.obstacles)
        raise (NotNow if live else UnusableInput)(*plan.obstacles)
    check = plan.check
    try:
        with transaction.atomic():
            case = Case.objects.create(
                project=project,
                kind=kind,
                routing=plan.routing,
                answer=check,
                site_version=check.site_version if check else None,
                digest=check.digest if check else "",
                note=said,
                opened_by=by,
            )
    except IntegrityError as error:
        if "argument_one_live_case_of_a_kind" not in str(error):
            raise
        raise not_now("case-live", "该项目的这项论证正在进行，不能重复发起") from None
    dispatch(by, case, plan.asked, days=plan.table.limits.working_days, starts_on=day)
    assert case.clock is not None, "a dispatched case has its clock"
    closing.written(
        by=by,
        case=case,
        verb="argument.open_case",
        data={
            "routing": plan.routing.version,
            "check": check.pk if check else None,
            "digest": case.digest,
            "departments": [each.organisation.name for each in plan.asked if each.organisation],
            "starts_on": day.isoformat(),
            "due_on": case.clock.due_on.isoformat() if case.clock.due_on else "",
        },
    )
    return case


@transaction.atomic
def pause_case(*, by: User, case: Case, reason: str) -> Case:
    """Let the limit stand still (materials are being supplemented), with the reason."""
    case = _held(by, case)
    why = words(reason, field="reason", limit=300)
    if case.clock is None or case.clock.state != ClockState.RUNNING:
        raise not_now("case-clock", "期限没有在计时")
    clocks.pause(by=by, clock=case.clock, reason=why)
    closing.written(by=by, case=case, verb="argument.pause_case", data={"reason": why})
    return locked_case(case)


@transaction.atomic
def resume_case(*, by: User, case: Case, reason: str = "") -> Case:
    """Let the limit go on."""
    case = _held(by, case)
    why = words(reason, field="reason", needed=False, limit=300)
    if case.state == CaseState.ESCALATED:
        raise not_now("case-escalated", "正在提请上级，期限在上级裁定后恢复")
    if case.clock is None or case.clock.state != ClockState.PAUSED:
        raise not_now("case-clock", "期限没有暂停")
    clocks.resume(by=by, clock=case.clock, reason=why)
    closing.written(by=by, case=case, verb="argument.resume_case", data={"reason": why})
    return locked_case(case)


@transaction.atomic
def conclude(*, by: User, case: Case, text: str) -> Case:
    """Join what the departments said into the case's outcome, and write it down where the libraries' gates read it.

    All have given their opinion, or the table's rule for overdue ones has put something in its place. An objection
    that stands makes it fail, and only after a joint consultation or a superior's decision; a condition makes it
    conditional.

    Raises
    ------
    NotNow
        Somebody still owes an opinion, a consultation or a superior's decision is open, or the ground has changed.
    """
    case = _held(by, case)
    said = words(text, field="text")
    apply_rule(by, case)
    if case.state != CaseState.OPEN:
        raise not_now("case-not-open", "论证处于“%(state)s”，不能办结", state=case.get_state_display())
    if obstacles := standing.obstacles(case):
        raise NotNow(*obstacles)
    outcome = standing.outcome(case)
    for opinion in standing.opinions_in_force(case):
        if outcome == Outcome.FAILED:
            quotas.release(by=by, opinion=opinion)
        else:
            quotas.debit(by=by, opinion=opinion)
    # What a department began to write anew and nobody handed in comes to nothing.
    closing.drop_opinions(by=by, tasks=case.tasks.all())
    closing.stop_clock(by, case)
    case.state, case.outcome, case.conclusion = CaseState.CONCLUDED, outcome, said
    case.concluded_by, case.concluded_at = by, timezone.now()
    case.save(update_fields=["state", "outcome", "conclusion", "concluded_by", "concluded_at"])
    closing.written(
        by=by,
        case=case,
        verb="argument.conclude_case",
        data={"outcome": str(outcome), "conclusion": said},
    )
    closing.establish(by, case, outcome)
    return case


@transaction.atomic
def withdraw_case(*, by: User, case: Case, reason: str) -> Case:
    """Take a live case back: open tasks are cancelled, what was reserved is released."""
    case = _held(by, case)
    why = words(reason, field="reason", limit=300)
    closing.lapse_conditions(case.tasks.all())
    for opinion in standing.opinions_in_force(case):
        quotas.release(by=by, opinion=opinion)
    closing.drop_opinions(by=by, tasks=case.tasks.all())
    closing.close_meetings(by=by, case=case, reason=why)
    case.tasks.exclude(state__in=standing.GONE).update(state=TaskState.CANCELLED)
    closing.stop_clock(by, case)
    case.state = CaseState.WITHDRAWN
    case.save(update_fields=["state"])
    closing.written(by=by, case=case, verb="argument.withdraw_case", data={"reason": why})
    return case


def _held(by: User, case: Case) -> Case:
    """A live case, held by whoever organises the argument."""
    case = locked_case(case)
    require(by, Permission.START_ARGUMENTS, case.project)
    if case.state in (CaseState.CONCLUDED, CaseState.WITHDRAWN):
        raise not_now("case-closed", "论证%(state)s，不能再办理", state=case.get_state_display())
    return case
