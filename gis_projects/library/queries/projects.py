"""Every reading of more than one project."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import NullIf

import layers.queries
from gis_projects.library.models import InvestmentRecord, Membership, Precision, Project, ProjectKind
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, visible
from siting.models import Check, SiteVersion

NO_KIND = "none"  # asks for the projects of none of the four kinds
UNTOLD = "untold"  # asks for those of whose kinds a past day has no record; today none
REGION_LAYER = "XZQ"  # its features' keys are region codes

# What a list may be ordered by: the name in the address, and the columns.
ORDERINGS: dict[str, tuple[str, ...]] = {
    "code": ("code",),
    "name": ("name",),
    "region": ("region__position", "region_id"),
    "industry": ("industry",),
    "level": ("level",),
    "stage": ("stage",),
    "year": ("year",),
    "planned": ("planned_yuan",),
    "cumulative": ("cumulative_yuan",),
    "progress": ("progress",),
}


def projects(user: User) -> QuerySet[Project]:
    """The projects that a user may know of, with their present money: ``planned_yuan``, ``cumulative_yuan``,
    ``progress`` (a share, None without a plan), ``kinds`` and ``has_boundary``.
    """
    latest = InvestmentRecord.objects.filter(project=OuterRef("pk")).order_by("-recorded_on", "-pk")
    return (
        visible(user, Permission.READ_PROJECTS, Project.objects.all())
        .select_related("region", "organisation")
        .annotate(
            planned_yuan=Subquery(latest.values("planned_yuan")[:1]),
            cumulative_yuan=Subquery(latest.values("cumulative_yuan")[:1]),
            kinds=ArraySubquery(
                Membership.objects.filter(project=OuterRef("pk"), kind__in=ProjectKind.values)
                .order_by("kind")
                .values("kind")
                .distinct()
            ),
        )
        .annotate(has_boundary=ExpressionWrapper(Q(site__current__isnull=False), output_field=BooleanField()))
        .annotate(progress=F("cumulative_yuan") / NullIf(F("planned_yuan"), Decimal(0)))
    )


def with_records(queryset: QuerySet[Project]) -> QuerySet[Project]:
    """Projects with their latest record of money (``planned_yuan``, ``cumulative_yuan``, ``recorded_on``)."""
    latest = InvestmentRecord.objects.filter(project=OuterRef("pk")).order_by("-recorded_on", "-pk")
    return queryset.annotate(
        planned_yuan=Subquery(latest.values("planned_yuan")[:1]),
        cumulative_yuan=Subquery(latest.values("cumulative_yuan")[:1]),
        recorded_on=Subquery(latest.values("recorded_on")[:1]),
    )


def of_kinds(queryset: QuerySet[Project], kinds: list[str]) -> QuerySet[Project]:
    """Projects of at least one of these kinds, each once; `NO_KIND` among them adds those of none of the four."""
    shown = Membership.objects.filter(project=OuterRef("pk"))
    wanted: Any = Exists(shown.filter(kind__in=set(kinds) & set(ProjectKind.values)))
    if NO_KIND in kinds:
        wanted = wanted | ~Exists(shown.filter(kind__in=ProjectKind.values))
    return queryset.filter(wanted)


def placed(queryset: QuerySet[Project]) -> QuerySet[Project]:
    """Projects that a map can show: by their own location, or by their site."""
    return queryset.filter(Q(location__isnull=False) | Q(site__current__isnull=False))


def unplaced(queryset: QuerySet[Project]) -> QuerySet[Project]:
    """Projects that no map can show, which so must be said beside it."""
    return queryset.filter(location__isnull=True, site__current__isnull=True)


def search(queryset: QuerySet[Project], words: str) -> QuerySet[Project]:
    """Projects whose code, name or content holds every word."""
    for word in words.split():
        queryset = queryset.filter(
            Q(code__icontains=word) | Q(name__icontains=word) | Q(content__icontains=word)
        )
    return queryset


def ordered(queryset: QuerySet[Project], ordering: str) -> QuerySet[Project]:
    """In the order named in an address (``-planned``); unknown names fall back to the code."""
    columns = ORDERINGS.get(ordering.removeprefix("-"), ORDERINGS["code"])
    descending = ordering.startswith("-")
    terms = [
        F(column).desc(nulls_last=True) if descending else F(column).asc(nulls_last=True)
        for column in columns
    ]
    return queryset.order_by(*terms, "code")


def boundaries(project: Project) -> list[SiteVersion]:
    """The versions of a project's site, newest first, without what is heavy (vertices, source file)."""
    if project.site_id is None:
        return []
    return list(
        SiteVersion.objects.filter(site=project.site_id).defer(
            "geometry", "declared", "source_file", "notices"
        )
    )


def checks(project: Project, limit: int = 20) -> list[Check]:
    """The latest answers about a project's site, newest first."""
    if project.site_id is None:
        return []
    return list(
        Check.objects.filter(site_version__site=project.site_id)
        .select_related("rulebook")
        .only("verdict", "created_at", "digest", "site_version_id", "rulebook__code", "rulebook__version")
        .annotate(version_number=F("site_version__number"))[:limit]
    )


def region_at(project: Project) -> Region | None:
    """The region whose outline holds a project's location; None where there is no location or nothing knows.

    It is compared with the declared one: a project counted in one region that stands in another is flagged.
    """
    if project.location is None or project.precision == Precision.REGION:
        return None
    versions = layers.queries.current([REGION_LAYER])
    if not versions:
        return None
    found = layers.queries.identify(versions, project.location.x, project.location.y)
    keys = [feature.key for feature in found]
    return Region.objects.filter(code__in=keys).first()
