"""Applications and moves, as lists and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from gis_projects.clock.models import Clock
from gis_projects.library.models import (
    LIBRARIES,
    Application,
    ApplicationState,
    Evidence,
    Factor,
    FactorState,
    FactorStatus,
    Project,
)
from gis_projects.library.queries import gates
from gis_projects.library.queries.likenesses import Likeness, likely
from gis_projects.library.workflow import next_library
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible


def applications(user: User) -> QuerySet[Any]:
    """The applications of projects that a user may know of, with ``due_on`` and ``provisional`` of their clock."""
    clock = Clock.objects.filter(
        subject=Concat(Value("library.application:"), Cast(OuterRef("pk"), CharField()))
    ).order_by("-pk")
    return (
        visible(user, Permission.READ_PROJECTS, Application.objects.all())
        .select_related("project", "project__region", "project__organisation", "applicant", "decided_by")
        .annotate(
            due_on=Subquery(clock.values("due_on")[:1]), provisional=Subquery(clock.values("provisional")[:1])
        )
    )


def waiting_by_library(user: User) -> dict[str, int]:
    """How many open applications each library has."""
    rows = visible(user, Permission.READ_PROJECTS, Application.objects.filter(state=ApplicationState.OPEN))
    return dict(rows.order_by().values("to_library").annotate(n=Count("pk")).values_list("to_library", "n"))


def stored(gate: list[dict[str, Any]]) -> list[gates.Answer]:
    """The answers that a move or an application kept."""
    return [
        gates.Answer(
            row["code"],
            row["text"],
            row["params"],
            row["met"],
            row.get("found", ""),
            row.get("found_params", {}),
            "",
        )
        for row in gate
    ]


def likes(user: User, project: Project) -> list[Likeness]:
    """Likely duplicates that the user may read."""
    found = likely(project)
    of_found = Project.objects.filter(pk__in=[like.project.pk for like in found])
    seen = set(visible(user, Permission.READ_PROJECTS, of_found).values_list("pk", flat=True))
    return [like for like in found if like.project.pk in seen]


@dataclass(frozen=True)
class FactorNow:
    factor: str
    label: str
    state: str
    state_label: str
    status: FactorStatus | None


def factors(project: Project) -> list[FactorNow]:
    """The four factors of a project as they stand. One query."""
    latest = {row.factor: row for row in project.factors.select_related("by").order_by("pk")}
    return [
        FactorNow(
            factor.value,
            str(factor.label),
            state := latest[factor].state if factor in latest else FactorState.UNKNOWN.value,
            str(FactorState(state).label),
            latest.get(factor),
        )
        for factor in Factor
    ]


@dataclass(frozen=True)
class Step:
    """One library on a project's way: whether it is behind, here, or ahead."""

    library: str
    label: str
    place: str


def way(project: Project) -> list[Step]:
    """The three libraries in their order."""
    order = [one.value for one in LIBRARIES]
    at = order.index(project.library) if project.library in order else -1
    return [
        Step(one.value, str(one.label), "here" if step == at else "behind" if step < at else "ahead")
        for step, one in enumerate(LIBRARIES)
    ]


def next_answers(project: Project) -> tuple[str | None, list[gates.Answer]]:
    """The library that comes next, and what its gate answers."""
    to = next_library(project)
    return to, gates.answers(project, to) if to is not None else []


def evidence_now(project: Project) -> list[Evidence]:
    """The newest result of each kind."""
    rows = {row.kind: row for row in Evidence.objects.filter(project=project).order_by("pk")}
    return list(rows.values())
