"""How codes and amounts of disclosed projects are said to a reader, in lists, on pages and in tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library import money
from gis_projects.library.money import Unit
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage

_WORDS = {"industry": Industry, "level": Level, "stage": Stage, "kind": ProjectKind}
_YI = Decimal(100_000_000)
_BILLION = Decimal(1_000_000_000)
_MILLION = Decimal(1_000_000)


def word(sort: str, code: str) -> str:
    """A code's word in the reader's language; empty where nothing was disclosed."""
    return str(_WORDS[sort](code).label) if code else ""


def kinds(codes: Iterable[str]) -> list[tuple[str, str]]:
    """A project's kinds as (code, word), in the legend's order."""
    mine = set(codes)
    return [(code, word("kind", code)) for code in ProjectKind.values if code in mine]


def amount(yuan: Decimal | None) -> str:
    """An amount to read: in 亿元 from a hundred million on, else in 万元; in English by millions and billions."""
    if yuan is None:
        return ""
    if get_language() == "en":
        if yuan >= _BILLION:
            return f"¥{yuan / _BILLION:,.2f} bn"
        return f"¥{yuan / _MILLION:,.2f} m"
    unit = Unit.YI if yuan >= _YI else Unit.WAN
    return f"{money.show(yuan, unit)} {unit.label}"


def share(part: Decimal | None, whole: Decimal | None) -> int | None:
    """Per cent of the plan that is done, cut off at 100; None where one of both isn't disclosed."""
    if part is None or not whole:
        return None
    return min(100, int(part * 100 / whole))


@dataclass(frozen=True)
class Row:
    """A project as a line of a list."""

    slug: str
    code: str
    name: str
    kinds: list[tuple[str, str]]
    place: str
    industry: str
    level: str
    stage: str
    year: int | None
    planned: str
    share: int | None
    lon: float | None
    lat: float | None


def row(project: DisclosedProject) -> Row:
    at = project.mark.transform(4326, clone=True) if project.mark else None
    return Row(
        project.slug,
        project.code,
        project.name,
        kinds(project.kinds),
        place(project),
        word("industry", project.industry),
        word("level", project.level),
        word("stage", project.stage),
        project.year,
        amount(project.planned_yuan),
        share(project.completed_yuan, project.planned_yuan),
        round(at.x, 5) if at else None,
        round(at.y, 5) if at else None,
    )


def place(project: Any) -> str:
    return " · ".join(part for part in (project.region_name, project.township) if part)


@dataclass(frozen=True)
class Choice:
    code: str
    name: str
    count: int
    chosen: bool


def choices(
    counted: dict[str, dict[Any, int]], regions: dict[str, str], chosen: dict[str, Any]
) -> dict[str, list[Choice]]:
    """The choices of each filter with their counts, in the order of their words; empty ones only where chosen."""
    orders: dict[str, Iterable[tuple[Any, str]]] = {
        "region": sorted(regions.items()),
        "industry": ((code, word("industry", code)) for code in Industry.values),
        "level": ((code, word("level", code)) for code in Level.values),
        "stage": ((code, word("stage", code)) for code in Stage.values),
        "year": ((year, str(year)) for year in sorted((y for y in counted["year"] if y), reverse=True)),
    }
    found = {
        sort: [
            Choice(str(code), name, counted[sort].get(code, 0), chosen[sort] == code)
            for code, name in order
            if counted[sort].get(code) or chosen[sort] == code
        ]
        for sort, order in orders.items()
    }
    found["kind"] = [
        Choice(code, word("kind", code), counted["kind"][code], code in chosen["kind"])
        for code in ProjectKind.values
    ]
    return found


def dash() -> str:
    """What a table says where nothing was disclosed."""
    return _("未公开")
