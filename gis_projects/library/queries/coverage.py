"""The three libraries in figures: totals against what they should reach, and what should be in them and isn't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from gis_projects.library.models import (
    LIBRARIES,
    Application,
    ApplicationState,
    Evidence,
    EvidenceKind,
    Factor,
    FactorState,
    FactorStatus,
    InvestmentRecord,
    Library,
    ParameterKey,
    PlanningRow,
    Project,
    RowState,
    Stage,
)
from gis_projects.library.queries import gates
from gis_projects.library.queries.parameters import Setting, required, setting
from gis_projects.library.workflow import next_library
from gis_projects.people.models import Organisation, Region, User
from gis_projects.people.permissions import Permission, region_prefix, visible

_MONEY = DecimalField(max_digits=22, decimal_places=2)
_ZERO = Value(Decimal(0), output_field=_MONEY)
#: Which multiple a library's total is held against.
_MULTIPLES = {
    Library.CATALOGUE: ParameterKey.CATALOGUE_MULTIPLE,
    Library.RESERVE: ParameterKey.RESERVE_MULTIPLE,
}
#: What the argument that precedes a transfer leaves behind: only projects with these are asked the whole gate.
_ARGUED = {
    Library.CATALOGUE: (EvidenceKind.TOTAL_STRUCTURE, EvidenceKind.SITE),
    Library.RESERVE: (EvidenceKind.FISCAL, EvidenceKind.RESOLUTION),
}


@dataclass(frozen=True)
class Total:
    """One library: how many projects, their planned money (元), and the multiple that it is held against.

    ``ratio`` is the total by the base, to four places rounded down, so that it never reads as reached when it isn't;
    None without a base. ``met`` is exact, and None where there is no multiple or no base.
    """

    library: str
    label: str
    number: int
    planned_yuan: Decimal
    multiple: Setting | None
    base: Setting | None

    @property
    def ratio(self) -> Decimal | None:
        if self.base is None or not self.base.value:
            return None
        return (self.planned_yuan / self.base.value).quantize(Decimal("0.0001"), rounding="ROUND_DOWN")

    @property
    def met(self) -> bool | None:
        if self.multiple is None or self.base is None or not self.base.value:
            return None
        # multiplied, not divided: 399.99 by 100 is less than four times, whatever a quotient is rounded to
        wanted = self.multiple.value * self.base.value
        return self.planned_yuan >= wanted if self.multiple.inclusive else self.planned_yuan > wanted

    @property
    def share(self) -> int:
        """Whole per cent of what is wanted, at most 100 and 100 only where it is met: the length of a bar."""
        if self.multiple is None or self.base is None or not self.base.value or not self.multiple.value:
            return 0
        return (
            100
            if self.met
            else min(99, int(self.planned_yuan * 100 / (self.multiple.value * self.base.value)))
        )


@dataclass(frozen=True)
class Coverage:
    """Of ``whole`` things, ``part`` are where they should be."""

    part: int
    whole: int

    @property
    def complete(self) -> bool:
        return self.part == self.whole

    @property
    def percent(self) -> int | None:
        """Whole per cent, 100 only where nothing is left out; None of nothing."""
        return self.part * 100 // self.whole if self.whole else None


@dataclass(frozen=True)
class Row:
    """One line of a table: a region or a department with its libraries' numbers and money."""

    key: str
    name: str
    numbers: dict[str, int]
    planned_yuan: dict[str, Decimal]
    building: Coverage

    @property
    def cells(self) -> list[tuple[str, int, Decimal]]:
        """Library, number and money, as a table has them side by side."""
        return [(library, number, self.planned_yuan[library]) for library, number in self.numbers.items()]


def projects(user: User, region: str = "") -> QuerySet[Any]:
    """The projects that a user may know of, in a region and below it, with ``planned`` (元)."""
    latest = InvestmentRecord.objects.filter(project=OuterRef("pk")).order_by("-recorded_on", "-pk")
    rows = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    if region:
        rows = rows.filter(region__code__startswith=region_prefix(region))
    return rows.annotate(
        planned=Coalesce(
            Subquery(latest.values("planned_yuan")[:1], output_field=_MONEY),
            F("intended_yuan"),
            _ZERO,
            output_field=_MONEY,
        )
    )


def totals(rows: QuerySet[Project], region: str) -> list[Total]:
    """The three libraries. One query, and those of the parameters."""
    sums: dict[str, Any] = {
        row["library"]: row
        for row in rows.order_by().values("library").annotate(number=Count("pk"), sum=Sum("planned"))
    }
    base = setting(ParameterKey.BASE_INVESTMENT, region)
    return [
        Total(
            library.value,
            str(library.label),
            sums.get(library, {}).get("number", 0),
            sums.get(library, {}).get("sum") or Decimal(0),
            required(_MULTIPLES[library], region) if library in _MULTIPLES else None,
            base,
        )
        for library in LIBRARIES
    ]


def listed(user: User, region: str = "") -> Coverage:
    """Rows of planning lists whose project is in the libraries, of those that are still to be carried out (F244)."""
    rows = visible(user, Permission.READ_PROJECTS, PlanningRow.objects.exclude(state=RowState.DROPPED))
    if region:
        rows = rows.filter(region__code__startswith=region_prefix(region))
    found = rows.aggregate(whole=Count("pk"), part=Count("pk", filter=Q(project__library__in=LIBRARIES)))
    return Coverage(found["part"], found["whole"])


def building(rows: QuerySet[Project]) -> Coverage:
    """Projects under construction that are in the implementation library (F246, F249)."""
    found = rows.filter(stage=Stage.CONSTRUCTION).aggregate(
        whole=Count("pk"), part=Count("pk", filter=Q(library=Library.IMPLEMENTATION))
    )
    return Coverage(found["part"], found["whole"])


def outside(rows: QuerySet[Project]) -> QuerySet[Project]:
    """Projects under construction that are not in the implementation library."""
    return rows.filter(stage=Stage.CONSTRUCTION).exclude(library=Library.IMPLEMENTATION)


def transferable(rows: QuerySet[Project]) -> list[Project]:
    """Projects that pass the whole gate to the next library and for which nobody has applied (F245)."""
    found = []
    applied = Application.objects.filter(project=OuterRef("pk"), state=ApplicationState.OPEN)
    for library, kinds in _ARGUED.items():
        candidates = rows.filter(~Exists(applied), library=library).select_related("site__current", "region")
        for kind in kinds:
            candidates = candidates.filter(Exists(Evidence.objects.filter(project=OuterRef("pk"), kind=kind)))
        some = list(candidates.order_by("code"))
        to = next_library(some[0]) if some else None
        if to is not None:
            found += [row for row in some if not _lacking(some, to)[row.pk]]
    return found


def _lacking(rows: Iterable[Project], to: str) -> dict[int, bool]:
    return {
        key: any(not one.met for one in gates.asked(known, to))
        for key, known in gates.known_of(rows, to).items()
    }


def by_region(rows: QuerySet[Project]) -> list[Row]:
    """A line for each region that has projects, in the order of the statistics table. Two queries."""
    names = {
        region.code: (region.position, region.short_name)
        for region in Region.objects.filter(code__in=rows.order_by().values("region"))
    }
    return [
        _row(key, names[key][1], sums)
        for key, sums in sorted(_sums(rows, "region_id").items(), key=lambda item: names[item[0]][0])
    ]


def by_department(rows: QuerySet[Project]) -> list[Row]:
    """A line for each department in charge; projects without one come last. Two queries."""
    names = dict(
        Organisation.objects.filter(pk__in=rows.order_by().values("authority")).values_list("pk", "name")
    )
    sums = _sums(rows, "authority_id")
    known = [_row(str(key), names[key], found) for key, found in sums.items() if key is not None]
    return sorted(known, key=lambda row: row.name) + [
        _row("", "", found) for key, found in sums.items() if key is None
    ]


_Sums = dict[str, tuple[int, Decimal, int]]


def _sums(rows: QuerySet[Project], by: str) -> dict[Any, _Sums]:
    found: dict[Any, _Sums] = {}
    grouped = (
        rows.order_by()
        .values(by, "library")
        .annotate(
            number=Count("pk"), sum=Sum("planned"), building=Count("pk", filter=Q(stage=Stage.CONSTRUCTION))
        )
    )
    for row in grouped:
        found.setdefault(row[by], {})[row["library"]] = (row["number"], row["sum"], row["building"])
    return found


def _row(key: object, name: str, sums: _Sums) -> Row:
    nothing = (0, Decimal(0), 0)
    return Row(
        str(key),
        name,
        {library.value: sums.get(library, nothing)[0] for library in (Library.NONE, *LIBRARIES)},
        {library.value: sums.get(library, nothing)[1] for library in (Library.NONE, *LIBRARIES)},
        Coverage(sums.get(Library.IMPLEMENTATION, nothing)[2], sum(one[2] for one in sums.values())),
    )


@dataclass(frozen=True)
class FactorCount:
    """How many projects of the reserve and the implementation library stand how with one factor."""

    factor: str
    label: str
    states: dict[str, int]


def with_factor(rows: QuerySet[Project], factor: str) -> QuerySet[Any]:
    """Projects with ``factor_state``: what was last said of a factor."""
    latest = (
        FactorStatus.objects.filter(project=OuterRef("pk"), factor=factor).order_by("-pk").values("state")[:1]
    )
    return rows.filter(library__in=[Library.RESERVE, Library.IMPLEMENTATION]).annotate(
        factor_state=Coalesce(Subquery(latest), Value(FactorState.UNKNOWN.value))
    )


def factors(rows: QuerySet[Project]) -> list[FactorCount]:
    """The four factors (F253). Two queries: how many projects there are, and what was last said of any."""
    chosen = rows.filter(library__in=[Library.RESERVE, Library.IMPLEMENTATION]).order_by()
    latest = FactorStatus.objects.filter(project__in=chosen.values("pk")).order_by(
        "project_id", "factor", "-pk"
    )
    said = Counter(latest.distinct("project_id", "factor").values_list("factor", "state"))
    number = chosen.count()
    found = []
    for factor in Factor:
        states = {state: said[factor.value, state] for state in FactorState.values}
        # of whom nothing was ever said
        states[FactorState.UNKNOWN.value] += number - sum(states.values())
        found.append(FactorCount(factor.value, str(factor.label), states))
    return found
