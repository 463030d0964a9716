"""Comparisons of plans, their patches and how those are dealt with, through the one permission question.

A comparison tells of both layers' features, so it is for those who may read both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404

from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, ScopePaths, has, require, visible
from gis_projects.sites.models import ComparisonRun, HandlingState
from gis_projects.trail.models import Step
from layers.models import IN_FORCE_ONCE, Kind, LayerVersion
from siting.models import ConflictPatch, Crosswalk, PlanComparison

VERSION_SCOPE = ScopePaths(secrecy="layer__secrecy")
_SIDES = (
    ScopePaths(secrecy="version_a__layer__secrecy"),
    ScopePaths(secrecy="version_b__layer__secrecy"),
)
PATCH_SCOPE = ScopePaths(region="town")
ORDERS = {
    "number": ["number"],
    "area": ["area_m2", "number"],
    "-area": ["-area_m2", "number"],
    "width": ["width_m", "number"],
    "-width": ["-width_m", "number"],
    "town": ["town", "number"],
}


def comparisons(user: User, *, q: str = "") -> QuerySet[PlanComparison]:
    """Comparisons of layers that the user may read both of, newest first; ``q``: words in a layer's name or code."""
    rows = PlanComparison.objects.select_related(
        "version_a__layer", "version_b__layer", "crosswalk", "run__by"
    )
    rows = rows.defer("version_a__coverage", "version_b__coverage", "version_a__report", "version_b__report")
    for paths in _SIDES:
        rows = visible(user, Permission.READ_LAYERS, rows, paths)
    if q:
        rows = rows.filter(
            Q(version_a__layer_name__icontains=q)
            | Q(version_b__layer_name__icontains=q)
            | Q(version_a__layer__code__icontains=q)
            | Q(version_b__layer__code__icontains=q)
        )
    return rows


def comparison(user: User, pk: int) -> PlanComparison:
    """One of them, or 404."""
    require(user, Permission.READ_LAYERS)
    row = comparisons(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def runs(user: User) -> QuerySet[ComparisonRun]:
    """Comparisons as they were asked for, of layers that the user may read both of."""
    rows = ComparisonRun.objects.select_related(
        "version_a__layer", "version_b__layer", "crosswalk", "job", "by"
    )
    rows = rows.defer("version_a__coverage", "version_b__coverage", "version_a__report", "version_b__report")
    for paths in _SIDES:
        rows = visible(user, Permission.READ_LAYERS, rows, paths)
    return rows


def run(user: User, pk: int) -> ComparisonRun:
    """One of them, or 404."""
    require(user, Permission.READ_LAYERS)
    row = runs(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def versions(user: User) -> list[LayerVersion]:
    """What can be compared: vector versions that are or were in force and have classes, the newest of a layer first."""
    rows = LayerVersion.objects.filter(status__in=IN_FORCE_ONCE, layer__kind=Kind.VECTOR)
    rows = rows.exclude(class_system="").select_related("layer").defer("coverage", "report")
    return [
        *visible(user, Permission.READ_LAYERS, rows, VERSION_SCOPE).order_by(
            "layer__order", "layer__code", "-number"
        )
    ]


def version(user: User, code: str, number: int | None = None) -> LayerVersion:
    """A version by its layer's code and its number (the one in force without a number), or 404."""
    rows = LayerVersion.objects.filter(status__in=IN_FORCE_ONCE, layer__code=code)
    rows = visible(user, Permission.READ_LAYERS, rows.select_related("layer"), VERSION_SCOPE)
    found = rows.filter(number=number) if number is not None else rows.order_by("-number")
    row = found.defer("coverage", "report").first()
    if row is None:
        raise Http404
    return row


def earlier(user: User, a: LayerVersion, b: LayerVersion) -> PlanComparison | None:
    """The newest comparison of the same two layers, in the same order."""
    return (
        comparisons(user)
        .filter(version_a__layer=a.layer_id, version_b__layer=b.layer_id)
        .order_by("-pk")
        .first()
    )


def crosswalks() -> list[Crosswalk]:
    """The newest version of each crosswalk."""
    return [*Crosswalk.objects.order_by("code", "-version").distinct("code")]


def organisations() -> QuerySet[Organisation]:
    """Departments that a patch can be assigned to."""
    return Organisation.objects.order_by("name")


# --- patches ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """Which patches; None doesn't ask."""

    class_a: str | None = None
    class_b: str | None = None
    town: str | None = None
    state: str | None = None
    organisation: int | None = None
    slivers: bool | None = None
    min_area: float | None = None
    max_area: float | None = None
    numbers: Sequence[int] | None = None
    box: tuple[float, float, float, float] | None = None

    @property
    def narrow(self) -> bool:
        """Whether it leaves anything out."""
        return any(value is not None for value in vars(self).values())


def patches(row: PlanComparison, asked: Filter = Filter()) -> QuerySet[ConflictPatch]:
    """A comparison's patches with `state` and their handling, by number."""
    rows = ConflictPatch.objects.filter(comparison=row).select_related("handling__organisation")
    rows = rows.annotate(state=Coalesce("handling__state", Value(HandlingState.OPEN.value)))
    exact = {
        "class_a": asked.class_a, "class_b": asked.class_b, "town": asked.town, "state": asked.state,
        "handling__organisation": asked.organisation, "sliver": asked.slivers, "area_m2__gte": asked.min_area,
        "area_m2__lte": asked.max_area, "number__in": asked.numbers,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value is not None})
    if asked.box is not None:
        box = Polygon.from_bbox(asked.box)
        box.srid = 4490
        rows = rows.filter(geometry__intersects=box)
    return rows.order_by("number")


def settleable(user: User, rows: QuerySet[ConflictPatch]) -> QuerySet[ConflictPatch]:
    """Those that the user may deal with: in towns of their region; without a town they are the whole city's."""
    if not has(user, Permission.SETTLE_CONFLICTS):
        return rows.none()
    reached = visible(user, Permission.SETTLE_CONFLICTS, ConflictPatch.objects.all(), PATCH_SCOPE)
    return rows.filter(Q(town="") | Q(pk__in=reached.order_by().values("pk")))


@dataclass(frozen=True)
class TownProgress:
    """How far the patches of a town are; slivers are left out. Areas in m²."""

    town: str
    name: str
    count: int
    area_m2: float
    open: int
    negotiating: int
    settled: int
    done: int

    @property
    def percent(self) -> int:
        """Patches that are done, rounded down."""
        return 100 * self.done // self.count if self.count else 0


def progress(row: PlanComparison) -> list[TownProgress]:
    """How far each town is, by code."""
    found = (
        patches(row, Filter(slivers=False))
        .order_by()
        .values("town", "town_name")
        .annotate(
            count=Count("pk"),
            area_m2=Sum("area_m2"),
            **{str(state): Count("pk", filter=Q(state=state)) for state in HandlingState},
        )
        .order_by("town")
    )
    return [
        TownProgress(
            one["town"], one["town_name"], one["count"], one["area_m2"],
            *(one[str(state)] for state in HandlingState),  # type: ignore[literal-required]
        )
        for one in found
    ]  # fmt: skip


def pairs(row: PlanComparison) -> list[dict[str, Any]]:
    """Class pairs that have patches, the largest first."""
    found = patches(row).order_by().values("class_a", "class_b", "name_a", "name_b")
    return [dict(one) for one in found.annotate(count=Count("pk"), area=Sum("area_m2")).order_by("-area")]


def history(row: PlanComparison, number: int) -> QuerySet[Step]:
    """What was done to a patch, newest first."""
    steps = Step.objects.filter(subject=subject(row), verb="sites.settle_conflicts")
    return steps.filter(data__patches__contains=[number]).order_by("-number")


def changed_since(row: PlanComparison) -> datetime | None:
    """When a patch's handling was last changed."""
    return (
        ConflictPatch.objects.filter(comparison=row, handling__isnull=False)
        .order_by("-handling__updated_at")
        .values_list("handling__updated_at", flat=True)
        .first()
    )


def subject(row: PlanComparison) -> str:
    return f"sites.comparison:{row.pk}"


def sorted_by(rows: QuerySet[ConflictPatch], order: str) -> QuerySet[ConflictPatch]:
    return rows.order_by(*ORDERS.get(order, ORDERS["number"]))


def departments(row: PlanComparison) -> QuerySet[Organisation]:
    """Departments that patches of the comparison are assigned to."""
    used = patches(row).exclude(handling__organisation=None).order_by().values("handling__organisation")
    return Organisation.objects.filter(pk__in=used.annotate(pk_=F("handling__organisation")).values("pk_"))
