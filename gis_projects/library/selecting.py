"""One selection of projects for a map, its counts and its exports: the list page's filters, today or as of a day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.filters import ProjectFilter
from gis_projects.library.queries import history, mapping
from gis_projects.library.queries import projects as queries
from gis_projects.library.queries.mapping import Mapped, Tally
from gis_projects.library.queries.overviews import Overview, overview
from gis_projects.people.models import Region, User

Test = Callable[[Mapped], bool]


def are_wanted(kinds: Collection[str], wanted: Collection[str]) -> bool:
    """Whether a project of these kinds is among those of the wanted ones (`NO_KIND`: of none of the four)."""
    return any(kind in wanted for kind in kinds) or (queries.NO_KIND in wanted and not kinds)


def _of_kinds(kinds: Iterable[str]) -> Test:
    wanted = set(kinds)

    def test(row: Mapped) -> bool:
        return queries.UNTOLD in wanted if row.kinds is None else are_wanted(row.kinds, wanted)

    return test


def _in_regions(regions: Iterable[Region]) -> Test:
    codes = {region.pk for region in regions}
    return lambda row: row.region in codes


#: The filters that are about what a project was on the day that is asked for; the others are about what it says today.
DATED: Mapping[str, Callable[[Any], Test]] = {
    "kind": _of_kinds,
    "region": _in_regions,
    "industry": lambda value: lambda row: row.industry == value,
    "level": lambda value: lambda row: row.level == value,
    "stage": lambda value: lambda row: row.stage == value,
    "library": lambda value: lambda row: row.library == value,
    "year": lambda value: lambda row: row.year == value,
    "year_from": lambda value: lambda row: row.year >= value,
    "year_to": lambda value: lambda row: row.year <= value,
    "planned_from": lambda value: lambda row: row.planned_yuan is not None and row.planned_yuan >= value,
    "planned_to": lambda value: lambda row: row.planned_yuan is not None and row.planned_yuan <= value,
}


class AsOf(forms.Form):
    as_of = forms.DateField(
        required=False, input_formats=["%Y-%m-%d"], error_messages={"invalid": _("日期应写作 2019-03-29。")}
    )


@dataclass(frozen=True)
class Selected:
    """``rows`` as filtered; ``rest`` the same but for the kinds. ``as_of`` is None for today; ``of_today`` names the
    filters that were taken by what a project says today although a past day was asked for.
    """

    rows: list[Mapped]
    rest: list[Mapped]
    as_of: date | None
    of_today: list[str]

    @property
    def tally(self) -> Tally:
        return mapping.tally(self.rows, self.rest)


class Misunderstood(ValueError):
    """A filter or a day can't be read; ``errors`` by field, as a form has them."""

    def __init__(self, errors: Any) -> None:
        super().__init__(str(errors))
        self.errors = errors


def selected(user: User, params: QueryDict) -> Selected:
    """The projects that the user may know of and that an address asks for (``as_of`` names a day).

    Raises
    ------
    Misunderstood
        A filter can't be read: that selects nothing, as it would pass for an answer.
    """
    day, chosen = asked(user, params)
    every = queries.projects(user)
    if day is None:
        every_kind = mapping.rows(chosen.without_kinds)
        tests = _tests(chosen.form.cleaned_data, {"kind"})
        return Selected([row for row in every_kind if _all(tests, row)], every_kind, None, [])
    undated = params.copy()
    for name in DATED:
        undated.pop(name, None)
    known = history.rows_as_of(_filtered(undated, every), day)
    tests = _tests(chosen.form.cleaned_data, set(DATED))
    other = {name: test for name, test in tests.items() if name != "kind"}
    rest_rows = [row for row in known if _all(other, row)]
    of_today = [name for name in ProjectFilter.base_filters if undated.get(name)]
    return Selected([row for row in rest_rows if _all(tests, row)], rest_rows, day, of_today)


def asked(user: User, params: QueryDict) -> tuple[date | None, ProjectFilter]:
    """The past day that an address names (None: today), and its filters, all of which can be read.

    Raises
    ------
    Misunderstood
        One of them can't be.
    """
    day = day_asked(params)
    chosen = ProjectFilter(params, queryset=queries.projects(user))
    if not chosen.form.is_valid():
        raise Misunderstood(chosen.form.errors)
    return day, chosen


def tally(user: User, params: QueryDict) -> Tally:
    """`Selected.tally` of an address. Today's is counted by the database: no project is fetched for it."""
    day, chosen = asked(user, params)
    if day is not None:
        return selected(user, params).tally
    return _tally(overview(chosen.without_kinds), _wanted(chosen))


def today_as_json(chosen: ProjectFilter) -> tuple[bytes, Tally]:
    """Today's rows of filters that can be read, as `mapping.rows_as_json` writes them, and their tally. One query."""
    wanted = _wanted(chosen)
    rows, every_kind = mapping.rows_as_json(chosen.without_kinds, wanted)
    return rows, _tally(every_kind, wanted)


def _wanted(chosen: ProjectFilter) -> Callable[[Collection[str]], bool]:
    asked = chosen.form.cleaned_data["kind"]
    return lambda kinds: not asked or are_wanted(kinds, asked)


def _tally(every_kind: Overview, wanted: Callable[[Collection[str]], bool]) -> Tally:
    found = every_kind.where(wanted)
    return Tally(
        every_kind.kinds, every_kind.none, 0, found.number, found.unplaced, found.planned_yuan, found.cumulative_yuan
    )  # fmt: skip


def day_asked(params: QueryDict) -> date | None:
    """The past day that an address names; None for today, or one to come."""
    form = AsOf(params)
    if not form.is_valid():
        raise Misunderstood(form.errors)
    day: date | None = form.cleaned_data["as_of"]
    return day if day is not None and day < timezone.localdate() else None


def _filtered(params: QueryDict, every: Any) -> Any:
    chosen = ProjectFilter(params, queryset=every)
    assert chosen.form.is_valid(), "a part of what was read can be read"
    return chosen.qs


def _tests(cleaned: Mapping[str, Any], names: set[str]) -> dict[str, Test]:
    found = {}
    for name in names:
        value = cleaned.get(name)
        # an empty list or queryset of choices asks for nothing in particular
        if value is None or value == "" or (hasattr(value, "__len__") and not len(value)):
            continue
        found[name] = DATED[name](value)
    return found


def _all(tests: Mapping[str, Test], row: Mapped) -> bool:
    return all(test(row) for test in tests.values())
