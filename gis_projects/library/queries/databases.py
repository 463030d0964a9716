"""The ten databases: how much is in each, of what, and how far; development plans and what realises them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum

from gis_projects.library.databases import Database, project_databases, registers
from gis_projects.library.models import (
    DecisionResource,
    DevelopmentPlan,
    Expert,
    Membership,
    PlanItem,
    Policy,
    Project,
    Realisation,
    Stage,
)
from gis_projects.library.money import percent
from gis_projects.library.queries import projects as projects_of
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible


@dataclass(frozen=True)
class Holdings:
    """What one database holds for a reader: members (each once), and how many of each part and stage.

    A project in two parts counts in both, so parts may sum to more; ``""`` counts those in none. Stages sum to
    ``number``.
    """

    database: Database
    number: int
    parts: dict[str, int]
    stages: dict[str, int]


def overview(user: User) -> list[Holdings]:
    """The ten, in their order; every number is of what the user may know of."""
    by_part = {(row["kind"], row["part"]): row["n"] for row in _counted(user, "kind", "part")}
    by_stage = {(row["kind"], row["stage"]): row["n"] for row in _counted(user, "kind", "stage")}
    whole = {row["kind"]: row["n"] for row in _counted(user, "kind")}
    found = [
        Holdings(
            database,
            whole.get(code, 0),
            {part: by_part.get((code, part), 0) for part in ("", *(term.code for term in database.parts))},
            {
                stage: by_stage.get((code, stage), 0)
                for stage in ("", *(term.code for term in database.stages))
            },
        )
        for code, database in project_databases().items()
    ]
    for code, database in registers().items():
        parts = register_counts(user, code)
        found.append(
            Holdings(
                database,
                sum(parts.values()),
                {term.code: parts.get(term.code, 0) for term in database.parts},
                {},
            )
        )
    return found


def _members(user: User) -> QuerySet[Membership]:
    return visible(user, Permission.READ_PROJECTS, Membership.objects.filter(kind__in=project_databases()))


def _counted(user: User, *fields: str) -> QuerySet[Any]:
    return _members(user).order_by().values(*fields).annotate(n=Count("project", distinct=True))


def register_counts(user: User, code: str) -> Counter[str]:
    """How many entries of each part a register holds for a reader."""
    query, field = register(user, code)
    return Counter(dict(query.order_by().values_list(field).annotate(n=Count("pk"))))


def register(user: User, code: str) -> tuple[QuerySet[Any], str]:
    """The entries of a register that a user may read, and the field that says their part."""
    if code == "experts":
        return visible(user, Permission.READ_PROJECTS, Expert.objects.all()), "source"
    if code == "policies":
        every = Policy.objects.all()
        return (every if has(user, Permission.READ_PROJECTS) else every.none()), "level"
    return visible(user, Permission.READ_PROJECTS, DecisionResource.objects.all()), "kind"


def members(
    user: User, database: str, *, part: str = "", stage: str = "", region: str = "", words: str = ""
) -> QuerySet[Project]:
    """The projects of a database, each once, with ``parts``, ``at_stage`` and ``since``, and their money."""
    inside = Membership.objects.filter(kind=database)
    if part:
        inside = inside.filter(part="" if part == "-" else part)
    if stage:
        inside = inside.filter(stage="" if stage == "-" else stage)
    found = projects_of.projects(user).filter(Exists(inside.filter(project=OuterRef("pk"))))
    if region:
        found = found.filter(region=region)
    mine = Q(memberships__kind=database)
    return projects_of.search(found, words).annotate(
        parts=ArrayAgg(
            "memberships__part",
            filter=mine & ~Q(memberships__part=""),
            default=[],
            order_by="memberships__part",
        ),
        at_stage=Max("memberships__stage", filter=mine, default=""),
        since=Min("memberships__since", filter=mine),
    )


# Plans.


def plans(user: User) -> QuerySet[DevelopmentPlan]:
    return visible(user, Permission.READ_PROJECTS, DevelopmentPlan.objects.select_related("region"))


@dataclass(frozen=True)
class Completion:
    """How much of a plan is done: its items with a project, its projects completed, their money (元)."""

    items: int
    items_realised: int
    projects: int
    completed: int
    planned_yuan: Decimal
    cumulative_yuan: Decimal

    @property
    def rate(self) -> int | None:
        """Completed of all projects, in whole per cent, half-up; None without projects."""
        return percent(Decimal(self.completed), Decimal(self.projects))

    @property
    def invested(self) -> int | None:
        return percent(self.cumulative_yuan, self.planned_yuan)


def completion(user: User, plan: DevelopmentPlan) -> Completion:
    """Of the projects that a user may know of."""
    links = visible(user, Permission.READ_PROJECTS, Realisation.objects.filter(item__plan=plan))
    found = projects_of.with_records(Project.objects.filter(pk__in=links.values("project")))
    money = found.aggregate(planned=Sum("planned_yuan"), cumulative=Sum("cumulative_yuan"), n=Count("pk"))
    return Completion(
        PlanItem.objects.filter(plan=plan).count(),
        links.values("item").distinct().count(),
        money["n"],
        found.filter(stage=Stage.COMPLETED).count(),
        money["planned"] or Decimal(0),
        money["cumulative"] or Decimal(0),
    )


def items(user: User, plan: DevelopmentPlan) -> Iterator[tuple[PlanItem, list[Project]]]:
    """A plan's items with the projects that realise each. Two queries."""
    links = visible(
        user, Permission.READ_PROJECTS, Realisation.objects.filter(item__plan=plan)
    ).select_related("project__region")
    by_item: dict[int, list[Project]] = {}
    for link in links.order_by("project__code"):
        by_item.setdefault(link.item_id, []).append(link.project)
    for item in PlanItem.objects.filter(plan=plan):
        yield item, by_item.get(item.pk, [])


def orphans(user: User) -> QuerySet[Project]:
    """Projects of the plan database that name no item of any plan."""
    return members(user, "planned").filter(~Exists(Realisation.objects.filter(project=OuterRef("pk"))))
