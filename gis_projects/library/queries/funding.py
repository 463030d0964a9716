"""A plan's money by instrument (F028), and what the rules of a source of funds ask (F426)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import Code, FundSource, InvestmentKind, InvestmentPlan, Library, Project

RULES = Path(__file__).parent.parent / "data" / "fund_rules.toml"
_ASKS: Mapping[str, str | Promise] = {
    "government": _("只用于政府投资项目"),
    "reserve": _("项目须已进入储备库或实施库"),
    "document": _("须附落实文件"),
    "definite": _("须已落实"),
    "revenue": _("须写明功能效益目标（收益来源）"),
}


@dataclass(frozen=True)
class Instrument:
    """One instrument with what comes by it: 元, and how many sources (or plans)."""

    code: Code
    amount_yuan: Decimal
    number: int


@dataclass(frozen=True)
class Fault:
    """One thing that the rules of a source ask and a plan lacks, with the rule's source."""

    source: Code
    asks: str | Promise
    basis: str


@cache
def rules() -> Mapping[str, Mapping[str, Any]]:
    """What each source of funds asks: ``asks``, ``basis``."""
    return tomllib.loads(RULES.read_text())


def by_instrument(plan: InvestmentPlan | None) -> list[Instrument]:
    """A plan's money by instrument, every instrument once, also where nothing comes by it."""
    sources = list(plan.sources.all()) if plan is not None else []
    return [
        Instrument(
            code,
            sum((row.amount_yuan for row in sources if row.instrument_id == code.pk), Decimal(0)),
            sum(row.instrument_id == code.pk for row in sources),
        )
        for code in Code.objects.of("instrument")
    ]


def of_selection(queryset: QuerySet[Project]) -> list[Instrument]:
    """The money of the plans in force of a selection, by instrument. Two queries."""
    latest = InvestmentPlan.objects.filter(project=OuterRef("pk")).order_by("-number").values("pk")[:1]
    plans = queryset.order_by().annotate(plan_in_force=Subquery(latest)).values("plan_in_force")
    rows = (
        FundSource.objects.filter(plan__in=plans)
        .order_by()
        .values_list("instrument")
        .annotate(amount=Sum("amount_yuan"), number=Count("plan", distinct=True))
    )
    found = {key: (amount, number) for key, amount, number in rows}
    return [Instrument(code, *found.get(code.pk, (Decimal(0), 0))) for code in Code.objects.of("instrument")]


def faults(project: Project, plan: InvestmentPlan | None) -> list[Fault]:
    """What the rules of a plan's sources ask and the project lacks."""
    found = []
    for source in plan.sources.all() if plan is not None else []:
        rule = rules().get(source.kind.value, {})
        for asked in rule.get("asks", ()):
            if not _met(asked, project, source):
                found.append(Fault(source.kind, _ASKS[asked], rule["basis"]))
    return found


def _met(asked: str, project: Project, source: FundSource) -> bool:
    if asked == "government":
        return project.investment_kind == InvestmentKind.GOVERNMENT
    if asked == "reserve":
        return project.library in (Library.RESERVE, Library.IMPLEMENTATION)
    if asked == "document":
        return source.document_id is not None
    if asked == "definite":
        return source.definite
    assert asked == "revenue", asked
    return bool(project.goals.strip())
