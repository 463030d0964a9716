"""How far the matters of disclosed projects are, as the public reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from gis_projects.disclosure.models import HandlingMatter, HandlingStage, HandlingStep
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import disclosed


@dataclass(frozen=True)
class Station:
    """One of the five steps of a matter: done on a day, still to come, or not part of a matter of its kind."""

    stage: HandlingStage
    step: HandlingStep | None
    applies: bool


def _shown() -> QuerySet[HandlingMatter]:
    """Those of projects that are shown today, whether or not the platform has taken the others away already."""
    project = disclosed().filter(slug=OuterRef("project_id"))
    return HandlingMatter.objects.using(PUBLIC).filter(Exists(project))


def matters(
    *, kind: str = "", region: str = "", ended: bool | None = None, words: str = ""
) -> QuerySet[HandlingMatter]:
    """Matters with their project and steps, the latest begun first."""
    steps = HandlingStep.objects.using(PUBLIC).order_by("stage")
    found = _shown().select_related("project").prefetch_related(Prefetch("steps", steps))
    if kind:
        found = found.filter(kind=kind)
    if region:
        found = found.filter(region_code=region)
    if ended is not None:
        found = found.filter(ended=ended)
    for word in words.split():
        found = found.filter(project__name__icontains=word)
    return found


def matter(slug: str) -> HandlingMatter | None:
    return matters().filter(slug=slug).first()


def of_project(slug: str) -> list[HandlingMatter]:
    """The matters of one disclosed project."""
    return list(matters().filter(project__slug=slug))


def regions() -> list[tuple[str, str, int]]:
    """The regions that have matters: code, name, how many."""
    rows = _shown().order_by("region_code").values_list("region_code", "region_name")
    return [(code, name, number) for code, name, number in rows.annotate(n=Count("pk"))]


def stations(row: HandlingMatter) -> list[Station]:
    """The five steps of a matter in their order."""
    done = {step.stage: step for step in row.steps.all()}
    return [Station(stage, done.get(stage), stage in row.stages) for stage in HandlingStage]


def latest(row: HandlingMatter) -> tuple[HandlingStage, date] | None:
    """The last step that is done, and its day."""
    done = [(HandlingStage(step.stage), step.on) for step in row.steps.all()]
    return done[-1] if done else None
