"""Records taken over in bulk from an older ledger: fields, plans and land of many projects, with one step for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library import upkeep
from gis_projects.library.models import (
    Code,
    CostPart,
    FundSource,
    InvestmentPlan,
    LandPart,
    LandStatement,
    Project,
    YearPlan,
)
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from gis_projects.sentences import listed
from gis_projects.trail import actions as trail


@dataclass(frozen=True)
class TakenOver:
    """What an older ledger says of one project.

    ``sources`` and ``parts`` by values of their lists, ``years`` by year: 元; ``land`` by values of ``land_part``: m².
    Each set that isn't empty makes a first version; sources and years sum to the same total. ``kept_up_at`` is when
    that ledger was last kept up.
    """

    project: Project
    fields: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Decimal] = field(default_factory=dict)
    definite: frozenset[str] = frozenset()
    years: Mapping[int, Decimal] = field(default_factory=dict)
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    land: Mapping[str, Decimal] = field(default_factory=dict)
    kept_up_at: datetime | None = None


@transaction.atomic
def take_over_records(*, by: User | None, rows: Iterable[TakenOver]) -> int:
    """Write what older ledgers say of projects that have no plan and no land yet; how many. Bounded queries.

    What doesn't add up is refused by the database at the end of the transaction, as a whole.

    Raises
    ------
    ValidationError
        A field that isn't revisable, a project out of reach, or one that has a plan already.
    """
    taken = list(rows)
    keys = [row.project.pk for row in taken]
    names = sorted({name for row in taken for name in row.fields})
    if unknown := set(names) - set(upkeep.FIELDS):
        raise ValidationError(_("没有这样的字段：%(names)s") % {"names": listed(sorted(unknown))})
    projects = Project.objects.filter(pk__in=keys)
    if by is not None and visible(by, Permission.EDIT_PROJECTS, projects).count() != len(set(keys)):
        raise ValidationError(_("其中有您不能修改的项目。"))
    if InvestmentPlan.objects.filter(project__in=keys).exists():
        raise ValidationError(_("其中有的项目已有投资计划。"))
    for row in taken:
        for name, value in row.fields.items():
            setattr(row.project, name, value)
        if row.kept_up_at is not None:
            row.project.updated_at = row.kept_up_at
    if taken:
        Project.objects.bulk_update([row.project for row in taken], [*names, "updated_at"], batch_size=200)
    _plans(by, [row for row in taken if row.sources])
    _land(by, [row for row in taken if row.land])
    trail.record(
        by=by,
        verb="library.take_over_records",
        subject="library.projects:ledger",
        data={"number": len(taken), "fields": names, "plans": sum(bool(row.sources) for row in taken)},
    )
    return len(taken)


def _plans(by: User | None, rows: list[TakenOver]) -> None:
    instruments = dict(Code.objects.of("fund_source").values_list("value", "group"))
    plans = InvestmentPlan.objects.bulk_create(
        InvestmentPlan(project=row.project, number=1, total_yuan=sum(row.sources.values(), Decimal(0)), by=by)
        for row in rows
    )
    pairs = list(zip(plans, rows, strict=True))
    FundSource.objects.bulk_create(
        FundSource(
            plan=plan, kind_id=f"fund_source:{kind}", instrument_id=f"instrument:{instruments[kind]}",
            amount_yuan=amount, definite=kind in row.definite,
        )
        for plan, row in pairs
        for kind, amount in row.sources.items()
    )  # fmt: skip
    YearPlan.objects.bulk_create(
        YearPlan(plan=plan, year=year, amount_yuan=amount)
        for plan, row in pairs
        for year, amount in row.years.items()
    )
    CostPart.objects.bulk_create(
        CostPart(plan=plan, kind_id=f"cost_part:{kind}", amount_yuan=amount)
        for plan, row in pairs
        for kind, amount in row.parts.items()
    )


def _land(by: User | None, rows: list[TakenOver]) -> None:
    statements = LandStatement.objects.bulk_create(
        LandStatement(project=row.project, number=1, total_m2=sum(row.land.values(), Decimal(0)), by=by)
        for row in rows
    )
    LandPart.objects.bulk_create(
        LandPart(statement=statement, kind_id=f"land_part:{kind}", area_m2=area)
        for statement, row in zip(statements, rows, strict=True)
        for kind, area in row.land.items()
    )
