"""What routing reads: the table in force, a project's facts, what its check found, and so who is asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gis_projects.argument.models import Case, RoutingTable
from gis_projects.argument.routing.planning import Found, Planned, ProjectFacts, found_in, plan
from gis_projects.argument.routing.reading import Table, table_of
from gis_projects.library.models import Evidence, InvestmentRecord, Outcome, Project
from gis_projects.library.models.plans import InvestmentPlan
from gis_projects.people.models import Department, Organisation, Region
from gis_projects.people.queries.organisations import department_of
from siting.engine.notices import Notice
from siting.models import Check
from siting.rulebook import pinned


def in_force() -> RoutingTable | None:
    """The newest version of the routing table; None before the first was published."""
    return RoutingTable.objects.order_by("-version").first()


def table(row: RoutingTable) -> Table:
    return table_of(row.content, row.sha256)


def facts_of(project: Project) -> ProjectFacts:
    """What routing asks of a project: from its newest plan, and before there is one from its money's newest record."""
    planned = (
        InvestmentPlan.objects.filter(project=project)
        .order_by("-number")
        .prefetch_related("sources__kind")
        .first()
    )
    total: Decimal | None
    if planned is not None:
        total, sources = (
            planned.total_yuan,
            tuple(sorted({each.kind.value for each in planned.sources.all()})),
        )
    else:
        sources = ()
        total = (
            InvestmentRecord.objects.filter(project=project)
            .order_by("-recorded_on", "-pk")
            .values_list("planned_yuan", flat=True)
            .first()
        )
    return ProjectFacts(project.investment_kind, project.level, project.industry, total, sources)


def newest_check(project: Project) -> Check | None:
    """The newest check of the project's current boundary."""
    site = project.site
    if site is None or site.current_id is None:
        return None
    rows = Check.objects.filter(site_version_id=site.current_id).select_related("rulebook", "site_version")
    return rows.order_by("-created_at", "-pk").first()


def found_by(check: Check | None) -> tuple[Found, ...]:
    """What a check found and what it left open, with whom the rulebook of then names."""
    if check is None:
        return ()
    document = json.loads(check.canonical)
    book = pinned(check.rulebook.code, check.rulebook.version, date.fromisoformat(document["on"]))
    return found_in(document, {rule.code: rule for rule in book.rules})


@dataclass(frozen=True)
class Asked:
    """One department of a plan: None where the region and those above it have no organisation with that function."""

    planned: Planned
    name: str
    organisation: Organisation | None


@dataclass(frozen=True)
class Plan:
    """Who would be asked in a case opened now, and what stands against opening it."""

    table: Table
    routing: RoutingTable
    check: Check | None
    asked: tuple[Asked, ...]
    obstacles: tuple[Notice, ...]


def planned(project: Project, kind: str, routing: RoutingTable | None = None) -> Plan | None:
    """Plan a case of a project by the table in force (or another version); None where there is no table at all."""
    routing = routing or in_force()
    if routing is None:
        return None
    rules = table(routing)
    check = newest_check(project) if kind != "fiscal" else None
    asked = assigned(project.region, plan(rules, kind, facts_of(project), found_by(check)))
    return Plan(rules, routing, check, asked, tuple(_obstacles(project, kind, rules, check, asked)))


def assigned(region: Region, departments: Iterable[Planned]) -> tuple[Asked, ...]:
    """Each planned department's organisation for a region: the nearest upwards."""
    names = dict(Department.objects.values_list("code", "name"))
    return tuple(
        Asked(each, names.get(each.function, each.function), department_of(each.function, region))
        for each in departments
    )


def _obstacles(
    project: Project, kind: str, rules: Table, check: Check | None, asked: tuple[Asked, ...]
) -> Iterable[Notice]:
    for before in rules.after.get(kind, ()):
        last = Evidence.objects.filter(project=project, kind=before).order_by("-pk").first()
        if last is None or last.outcome == Outcome.FAILED:
            yield Notice("case-before", _BEFORE[before])
    if Case.objects.filter(project=project, kind=kind).exclude(state__in=("concluded", "withdrawn")).exists():
        yield Notice("case-live", "该项目的这项论证正在进行，不能重复发起")
    if kind == "site" and check is None:
        yield Notice(
            "case-without-check", "选址论证依据现行边界的合规检查：请先保存选址边界并完成检查", field="site"
        )
    if not asked:
        yield Notice("case-asks-nobody", "按分派表没有需要征求意见的部门")
    for each in asked:
        if each.organisation is None:
            yield Notice(
                "case-no-organisation",
                "本地区及上级都没有承担“%(function)s”职能的部门，请先在单位管理中登记",
                {"function": each.name},
                field=each.planned.function,
            )


_BEFORE = {
    "total_structure": "须先完成总量结构论证",
    "site": "须先完成选址论证",
    "fiscal": "须先完成财力论证",
}
