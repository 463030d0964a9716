"""Projects summed along four dimensions: year of management, who is responsible, type, size of investment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Case, Count, DecimalField, IntegerField, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, gettext_noop

from gis_projects.library.models import Code, Project
from gis_projects.people.models import Organisation
from gis_projects.reporting.statistics import Figures

#: Where one class of planned investment ends and the next begins, 元; each bound belongs to the class above it.
BOUNDS = (10_000_000, 50_000_000, 100_000_000, 1_000_000_000)
_CENT = Decimal("0.01")
_BANDS = (
    gettext_noop("1000万元以下"),
    gettext_noop("1000万元至5000万元"),
    gettext_noop("5000万元至1亿元"),
    gettext_noop("1亿元至10亿元"),
    gettext_noop("10亿元及以上"),
)
_UNSAID = gettext_noop("未填写")
_ZERO = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=2))

Key = int | str | None


@dataclass(frozen=True)
class Dimension:
    """One thing that projects are told apart by.

    ``column`` is what the database groups by. ``names`` gives the words of all its values that occur (None is what
    isn't said); ``selecting`` the filter of the project list for one of them, None where the list has none.
    """

    key: str
    label: str
    column: str
    names: Callable[[Iterable[Key]], dict[Key, str]]
    selecting: Callable[[Key], Mapping[str, str] | None]
    numbered: bool = False

    def heading(self) -> str:
        return gettext(self.label)

    def order(self, key: Key, names: Mapping[Key, str]) -> tuple[bool, int, str]:
        """Years and classes by their number, all else by its words; what isn't said last."""
        return key is None, key if isinstance(key, int) and self.numbered else 0, names[key]


def _years(found: Iterable[Key]) -> dict[Key, str]:
    return {year: str(year) for year in found}


def _authorities(found: Iterable[Key]) -> dict[Key, str]:
    rows = Organisation.objects.filter(pk__in=[key for key in found if key is not None])
    return {None: gettext(_UNSAID), **dict(rows.values_list("pk", "name"))}


def _types(found: Iterable[Key]) -> dict[Key, str]:
    rows = Code.objects.filter(pk__in=[key for key in found if key is not None])
    return {None: gettext(_UNSAID), **{row.pk: row.shown for row in rows}}


def _bands(found: Iterable[Key]) -> dict[Key, str]:
    return {None: gettext(_UNSAID), **{at: gettext(label) for at, label in enumerate(_BANDS)}}


def _of_band(key: Key) -> Mapping[str, str] | None:
    if not isinstance(key, int):
        return None
    edges = (Decimal(0), *map(Decimal, BOUNDS))
    wanted = {"planned_from": str(edges[key])}
    if key < len(BOUNDS):
        wanted["planned_to"] = str(edges[key + 1] - _CENT)
    return wanted


DIMENSIONS = {
    each.key: each
    for each in (
        Dimension("year", gettext_noop("管理年度"), "year", _years, lambda key: {"year": str(key)}, True),
        Dimension(
            "authority", gettext_noop("责任归属"), "authority_id", _authorities,
            lambda key: None if key is None else {"authority": str(key)},
        ),
        Dimension(
            "type", gettext_noop("项目类型"), "project_type_id", _types,
            lambda key: {"project_type": "none" if key is None else str(key)},
        ),
        Dimension("investment", gettext_noop("项目投资"), "band", _bands, _of_band, True),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One row of the table: the words of its values, its sum, and what of it falls into each column.

    ``query`` selects its projects in the project list; None where the list has no such filter.
    """

    names: tuple[str, ...]
    total: Figures
    cells: tuple[Figures, ...]
    query: str | None


@dataclass(frozen=True)
class Pivot:
    """The whole table. ``columns`` are the words of the values of the dimension across, in order; empty without one."""

    rows: tuple[Dimension, ...]
    across: Dimension | None
    columns: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)
    total: Figures = field(default_factory=Figures)
    sums: tuple[Figures, ...] = ()


def figures(projects: QuerySet[Project], dimensions: Sequence[Dimension]) -> dict[tuple[Key, ...], Figures]:
    """Numbers and money of a selection (`library.queries.projects.projects`) by the values of dimensions. One query.

    Amounts are those of each project's newest record; a project without one counts, with nothing.
    """
    columns = [dimension.column for dimension in dimensions]
    rows = (
        projects.order_by()
        .annotate(band=_band())
        .values_list(*columns)
        .annotate(
            number=Count("pk"),
            planned=Coalesce(Sum("planned_yuan"), _ZERO),
            cumulative=Coalesce(Sum("cumulative_yuan"), _ZERO),
        )
    )
    return {tuple(row[: len(columns)]): Figures(*row[len(columns) :]) for row in rows}


def _band() -> Case:
    classes = [When(planned_yuan=None, then=None)]
    classes += [When(planned_yuan__lt=bound, then=Value(at)) for at, bound in enumerate(BOUNDS)]
    return Case(*classes, default=Value(len(BOUNDS)), output_field=IntegerField())


def pivot(projects: QuerySet[Project], rows: Sequence[str], across: str = "") -> Pivot:
    """The table of a selection, down by ``rows`` and across by one more dimension, each named once.

    A line for every combination of values that occurs, in the order of the first, then the second dimension …; what
    isn't said comes last.
    """
    down = tuple(DIMENSIONS[name] for name in dict.fromkeys(rows))
    over = DIMENSIONS[across] if across else None
    assert over not in down, "a dimension stands on one side"
    asked = (*down, *([over] if over else []))
    found = figures(projects, asked)
    names = [dimension.names({key[at] for key in found}) for at, dimension in enumerate(asked)]
    heads = sorted({key[-1] for key in found}, key=lambda key: over.order(key, names[-1])) if over else []
    sums: dict[tuple[Key, ...], dict[Key, Figures]] = {}
    for key, value in found.items():
        sums.setdefault(key[: len(down)], {})[key[-1] if over else None] = value

    def in_order(key: tuple[Key, ...]) -> list[tuple[bool, int, str]]:
        return [each.order(part, names[at]) for at, (each, part) in enumerate(zip(down, key, strict=True))]

    lines = [
        Line(
            tuple(names[at][part] for at, part in enumerate(key)),
            sum(cells.values(), Figures()),
            tuple(cells.get(head, Figures()) for head in heads),
            _selecting(down, key),
        )
        for key, cells in sorted(sums.items(), key=lambda item: in_order(item[0]))
    ]
    return Pivot(
        rows=down,
        across=over,
        columns=tuple(names[-1][head] for head in heads),
        lines=lines,
        total=sum((line.total for line in lines), Figures()),
        sums=tuple(sum((line.cells[at] for line in lines), Figures()) for at in range(len(heads))),
    )


def _selecting(down: Sequence[Dimension], key: tuple[Key, ...]) -> str | None:
    wanted: dict[str, str] = {}
    for dimension, part in zip(down, key, strict=True):
        chosen = dimension.selecting(part)
        if chosen is None:
            return None
        wanted |= chosen
    return urlencode(wanted)


def flat(projects: QuerySet[Project]) -> list[tuple[tuple[str, ...], Figures]]:
    """Every combination of all four with its sum: what an export gives to a spreadsheet to go on with."""
    return [(line.names, line.total) for line in pivot(projects, list(DIMENSIONS)).lines]
