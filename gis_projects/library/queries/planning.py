"""Planning lists: how much of each is recorded, and which projects an open row may be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Count, Q, QuerySet

from gis_projects.library.duplicates import similarity
from gis_projects.library.models import PlanningList, PlanningRow, Project, RowState
from gis_projects.library.money import percent
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, region_prefix, visible

LEAST = 0.15  # of trigrams shared, below which names are not compared any further
SHOWN = 3
ENOUGH = 35  # of 100: what is less alike is no suggestion


def lists(user: User) -> QuerySet[PlanningList]:
    """Lists that a user may read, with the numbers of their rows: ``listed``, ``matched``, ``dropped``."""
    return visible(user, Permission.READ_PROJECTS, PlanningList.objects.select_related("region")).annotate(
        listed=Count("rows"),
        matched=Count("rows", filter=Q(rows__state=RowState.MATCHED)),
        dropped=Count("rows", filter=Q(rows__state=RowState.DROPPED)),
    )


def narrowed(
    rows: QuerySet[PlanningList], *, words: str = "", year: str = "", region: str = ""
) -> QuerySet[PlanningList]:
    """Of these lists those whose name or code has every word, of a year and a region; empty means any."""
    for word in words.split():
        rows = rows.filter(Q(name__icontains=word) | Q(code__icontains=word))
    if year.isdecimal() and len(year) == 4:
        rows = rows.filter(year=int(year))
    return rows.filter(region=region) if region else rows


def coverage(matched: int, listed: int) -> int | None:
    """Recorded of listed projects in whole per cent, half-up (F244); None for an empty list."""
    return percent(Decimal(matched), Decimal(listed))


def rows(user: User, of: PlanningList) -> QuerySet[PlanningRow]:
    found = visible(user, Permission.READ_PROJECTS, PlanningRow.objects.filter(list=of))
    return found.select_related("region", "project", "settled_by")


@dataclass(frozen=True)
class Candidate:
    """A project that a row may be; ``likeness`` 0 to 100, ``by_code``: their codes are the same."""

    project: Project
    likeness: int
    by_code: bool


def candidates(user: User, row: PlanningRow) -> list[Candidate]:
    """The projects that are most like a row: the one of its code first, then by name and content.

    Only those that the user may know of, in the row's region or its city's own row, which no other row of the list
    has. One query.
    """
    prefix = region_prefix(row.region_id)
    city = f"{row.region_id[:4]}00"
    near = Q(region__gte=prefix, region__lte=prefix.ljust(12, "9")) | Q(region=city)
    named = Q(likeness__gte=LEAST) & near
    found = (
        visible(user, Permission.READ_PROJECTS, Project.objects.all())
        .annotate(likeness=TrigramSimilarity("name", row.name))
        .filter(named | Q(code=row.code) | Q(national_code=row.code) if row.code else named)
        .exclude(planning_rows__list=row.list_id)
        .select_related("region")
        .order_by("-likeness", "code")[:30]
    )
    scored = [_scored(row, project) for project in found]
    return sorted(
        (one for one in scored if one.by_code or one.likeness >= ENOUGH),
        key=lambda one: (-one.by_code, -one.likeness, one.project.code),
    )[:SHOWN]


def _scored(row: PlanningRow, project: Project) -> Candidate:
    if row.code and row.code in (project.code, project.national_code):
        return Candidate(project, 100, True)
    found = similarity((row.name, row.content), (project.name, project.content), None)
    return Candidate(project, round(found.score), False)
