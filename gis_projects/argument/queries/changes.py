"""Whether the ground that a case is argued on has changed since, and whom the change touches."""

from __future__ import annotations

from dataclasses import dataclass

from gis_projects.argument.models import Case, Task
from gis_projects.argument.queries.routing import Asked, assigned, facts_of, found_by, newest_check, table
from gis_projects.argument.routing.planning import Planned, plan, touched
from gis_projects.sentences import filled
from siting.engine.verdict import Verdict
from siting.models import Check


@dataclass(frozen=True)
class Change:
    """What changed under a case; ``check`` is the check to argue on now, None while there is none of the new ground."""

    template: str
    boundary: bool
    check: Check | None

    @property
    def text(self) -> str:
        return filled(self.template, {})


def of(case: Case) -> Change | None:
    """What changed since a site case was opened, or last argued anew; None where its answer still holds.

    A new boundary always does. A newer check of the same boundary does where the site has become prohibited.
    """
    if case.kind != "site" or case.state == "withdrawn" or case.answer is None:
        return None
    site = case.project.site
    check = newest_check(case.project)
    if site is not None and site.current_id != case.site_version_id:
        if check is None:
            return Change("选址边界已修改，且尚未检查", True, None)
        return Change("选址边界已修改", True, check)
    if check is None or check.pk == case.answer_id:
        return None
    if check.verdict == Verdict.PROHIBITED and case.answer.verdict != Verdict.PROHIBITED:
        return Change("最新检查的结论变为禁止", False, check)
    return None


def touched_by(case: Case, change: Change) -> tuple[list[Asked], list[Task]]:
    """Whom a change touches: the departments to be asked anew, and the standing tasks that they had.

    A department that is not asked any more, since nothing is found for it, keeps what it said.
    """
    assert case.answer is not None
    rules = table(case.routing)
    facts = facts_of(case.project)
    before = {planned.function: planned for planned in plan(rules, case.kind, facts, found_by(case.answer))}
    now = plan(rules, case.kind, facts, found_by(change.check))
    concerned: list[Planned] = [
        planned
        for planned in now
        if touched(before.get(planned.function), planned, rules, boundary_changed=change.boundary)
    ]
    asked = list(assigned(case.project.region, concerned))
    functions = {planned.function for planned in concerned}
    old = case.tasks.exclude(state__in=["superseded", "cancelled"]).filter(function__in=functions)
    return asked, list(old)
