"""Departments asked at one moment: the first round of a case, and later ones where the ground has changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from gis_projects.argument.actions import closing, quotas
from gis_projects.argument.models import Case, CaseState, Task, TaskState
from gis_projects.argument.queries import changes, standing
from gis_projects.argument.queries.routing import Asked, table
from gis_projects.argument.refusals import NotNow, not_now, words
from gis_projects.argument.subjects import case_subject, locked_case
from gis_projects.clock.actions import clocks
from gis_projects.library.models import Outcome
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.people.queries import chains
from siting.engine.notices import Notice

#: What a department's chain for opinions is called (`people.ApprovalChain.item`).
CHAIN_ITEM = "argument.opinion"


def dispatch(by: User, case: Case, asked: Iterable[Asked], *, days: int, starts_on: date) -> list[Task]:
    """Ask departments in one round: one clock, one moment, each by its own chain as it is now."""
    clock = clocks.start(by=by, limit_days=days, starts_on=starts_on, subject=case_subject(case))
    case.clock = clock
    case.save(update_fields=["clock"])
    at = timezone.now()
    tasks = []
    for each in asked:
        assert each.organisation is not None, "a plan with a missing department is refused"
        chain = chains.current(each.organisation, CHAIN_ITEM)
        tasks.append(
            Task(
                case=case,
                round=case.round,
                function_id=each.planned.function,
                organisation=each.organisation,
                items=list(each.planned.items),
                reasons=each.planned.reasons(),
                clock=clock,
                chain_mode=str(chain.mode),
                chain_version=chain.version,
                chain_levels=[
                    {"number": level.number, "post": level.post, "name": level.name} for level in chain.levels
                ],
                dispatched_at=at,
            )
        )
    return Task.objects.bulk_create(tasks)


@transaction.atomic
def reconfirm(*, by: User, case: Case, reason: str) -> Case:
    """Argue a site anew on its changed ground: only departments that the change touches are asked again.

    What the others said stands. A case that was concluded is open again, and its result no longer opens a gate.

    Raises
    ------
    NotNow
        Nothing has changed, the new boundary is not checked, or a consultation or escalation is under way.
    UnusableInput
        A department that would be asked is missing.
    """
    case = locked_case(case)
    require(by, Permission.START_ARGUMENTS, case.project)
    why = words(reason, field="reason", limit=300)
    change = changes.of(case)
    if case.state not in (CaseState.OPEN, CaseState.CONCLUDED):
        raise not_now("case-not-open", "论证处于“%(state)s”，不能重新征求", state=case.get_state_display())
    if change is None:
        raise not_now("case-unchanged", "选址边界和检查结论都没有变化，无需重新征求")
    if change.check is None:
        raise not_now("case-unchecked", "新的边界还没有检查，请先完成检查")
    asked, old = changes.touched_by(case, change)
    if missing := [each for each in asked if each.organisation is None]:
        raise NotNow(
            *(
                Notice(
                    "case-no-organisation",
                    "本地区及上级都没有承担“%(function)s”职能的部门，请先在单位管理中登记",
                    {"function": each.name},
                )
                for each in missing
            )
        )
    concluded, before = case.state == CaseState.CONCLUDED, case.outcome
    closing.drop_opinions(by=by, tasks=old)
    closing.lapse_conditions(old)
    for opinion in standing.opinions_in_force(case):
        if opinion.task in old:
            quotas.release(by=by, opinion=opinion)
    Task.objects.filter(pk__in=[task.pk for task in old]).update(state=TaskState.SUPERSEDED)
    closing.stop_clock(by, case)
    case.state, case.round = CaseState.OPEN, case.round + 1
    case.outcome, case.conclusion, case.concluded_by, case.concluded_at = "", "", None, None
    case.answer, case.site_version, case.digest = change.check, change.check.site_version, change.check.digest
    case.save()
    limits = table(case.routing).limits
    if asked:
        dispatch(by, case, asked, days=limits.reconfirm_days, starts_on=timezone.localdate())
    closing.written(
        by=by,
        case=case,
        verb="argument.reconfirm_case",
        data={
            "round": case.round,
            "reason": why,
            "check": change.check.pk,
            "digest": case.digest,
            "departments": [each.organisation.name for each in asked if each.organisation],
            "outcome_before": before,
        },
    )
    if concluded and before != Outcome.FAILED:
        closing.establish(by, case, Outcome.FAILED)
    return case
