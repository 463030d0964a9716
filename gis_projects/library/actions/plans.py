"""A project's estimate with its sources and years, and the land that it asks for: each change a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from gis_projects.library import upkeep
from gis_projects.library.actions.investment import add_record
from gis_projects.library.actions.projects import own_fields
from gis_projects.library.models import (
    Attachment,
    ChangeKind,
    Code,
    CostPart,
    FundSource,
    InvestmentPlan,
    LandPart,
    LandStatement,
    Project,
    YearPlan,
)
from gis_projects.library.money import Unit, show
from gis_projects.library.queries.building import planned_yuan, shut
from gis_projects.library.subjects import locked, subject
from gis_projects.people.models import User
from gis_projects.sentences import listed
from gis_projects.trail import actions as trail

_MOST = Decimal("9999999999999999.99")


@dataclass(frozen=True)
class Source:
    """One source of money as it is brought: codes by their values; the kind's own instrument unless one is named."""

    kind: str
    amount_yuan: Decimal
    definite: bool = False
    document: int | None = None  # key of an attachment of the project
    note: str = ""
    instrument: str = ""


def set_plan(
    *,
    by: User | None,
    project: Project,
    total_yuan: Decimal,
    sources: Iterable[Source],
    years: Mapping[int, Decimal],
    parts: Mapping[str, Decimal] | None = None,
    reason: str = "",
) -> InvestmentPlan:
    """Put a new version of a project's plan in force.

    The planned total of its investment record follows from today on. ``parts`` may be empty: the composition isn't
    known yet.

    Raises
    ------
    ValidationError
        By field (``total_yuan``, ``sources``, ``years``, ``parts``, ``reason``): a set doesn't sum to the total (the
        message says by how much), an amount is not positive or has fractions of a fen, a code isn't offered, a
        change of a plan comes without a reason, or the total of what is built would be another than was decided.
    OutsideOwnFields
        The plan is another party's to keep up; the attempt is recorded.
    """
    with own_fields(by, project):
        return _set_plan(
            by, project, total_yuan, list(sources), dict(years), dict(parts or {}), reason.strip()
        )


def _set_plan(
    by: User | None,
    project: Project,
    total: Decimal,
    sources: list[Source],
    years: dict[int, Decimal],
    parts: dict[str, Decimal],
    reason: str,
) -> InvestmentPlan:
    project = locked(project)
    upkeep.demand_fields(by, project, ["plan"])
    last = project.plans.first()
    faults = _plan_faults(project, total, sources, years, parts)
    if shut(project, ChangeKind.INVESTMENT) and (decided := planned_yuan(project)) not in (None, total):
        faults.setdefault("total_yuan", []).append(
            _("在建项目的总投资须申请变更，投资匡算应为已批准的 %(money)s 元。")
            % {"money": show(decided, Unit.YUAN)}
        )
    if last is not None and not reason:
        faults.setdefault("reason", []).append(_("调整已有的投资计划须写明理由。"))
    if faults:
        raise ValidationError(faults)
    kinds = {code.value: code for code in Code.objects.of("fund_source")}
    plan = InvestmentPlan(
        project=project, number=last.number + 1 if last else 1, total_yuan=total, reason=reason, by=by
    )
    plan.save(force_insert=True)
    FundSource.objects.bulk_create(
        FundSource(
            plan=plan,
            kind=kinds[source.kind],
            instrument_id=f"instrument:{source.instrument or kinds[source.kind].group}",
            amount_yuan=source.amount_yuan,
            definite=source.definite,
            document_id=source.document,
            note=source.note,
        )
        for source in sources
    )
    YearPlan.objects.bulk_create(
        YearPlan(plan=plan, year=year, amount_yuan=amount) for year, amount in sorted(years.items())
    )
    CostPart.objects.bulk_create(
        CostPart(plan=plan, kind_id=f"cost_part:{kind}", amount_yuan=amount) for kind, amount in parts.items()
    )
    record = project.investments.first()
    if record is None or record.planned_yuan != total:
        add_record(project, total, Decimal(0) if record is None else record.cumulative_yuan, None)
    project.save(update_fields=["updated_at"])
    trail.record(
        by=by,
        verb="library.set_plan",
        subject=subject(project),
        data={
            "number": plan.number,
            "total_yuan": str(total),
            "sources": [
                {"kind": one.kind, "amount_yuan": str(one.amount_yuan), "definite": one.definite}
                for one in sources
            ],
            "years": {str(year): str(amount) for year, amount in sorted(years.items())},
            "parts": {kind: str(amount) for kind, amount in parts.items()},
            "reason": reason,
        },
    )
    return plan


def set_land(
    *, by: User | None, project: Project, total_m2: Decimal, parts: Mapping[str, Decimal]
) -> LandStatement:
    """Declare the land that a project asks for, with its composition (values of the list ``land_part`` → m²).

    Raises
    ------
    ValidationError
        By field (``total_m2``, ``parts``): the composition doesn't sum to the total, or an area isn't positive.
    """
    with own_fields(by, project):
        project = locked(project)
        upkeep.demand_fields(by, project, ["land"])
        offered = set(Code.objects.of("land_part").offered().values_list("value", flat=True))
        faults: dict[str, list[str]] = {}
        _refuse_amounts(faults, "total_m2", [total_m2])
        _refuse_amounts(faults, "parts", parts.values())
        if unknown := set(parts) - offered:
            faults.setdefault("parts", []).append(_unknown(unknown))
        if not faults and (off := sum(parts.values(), Decimal(0)) - total_m2):
            said = (
                _("用地构成合计比总用地面积多 %(by)s 平方米。")
                if off > 0
                else _("用地构成合计比总用地面积少 %(by)s 平方米。")
            )
            faults["parts"] = [said % {"by": f"{abs(off):,}"}]
        if faults:
            raise ValidationError(faults)
        last = project.land_statements.first()
        statement = LandStatement.objects.create(
            project=project, number=last.number + 1 if last else 1, total_m2=total_m2, by=by
        )
        LandPart.objects.bulk_create(
            LandPart(statement=statement, kind_id=f"land_part:{kind}", area_m2=area)
            for kind, area in parts.items()
        )
        project.save(update_fields=["updated_at"])
        trail.record(
            by=by,
            verb="library.set_land",
            subject=subject(project),
            data={
                "number": statement.number,
                "total_m2": str(total_m2),
                "parts": {kind: str(area) for kind, area in parts.items()},
            },
        )
    return statement


def _plan_faults(
    project: Project,
    total: Decimal,
    sources: list[Source],
    years: dict[int, Decimal],
    parts: dict[str, Decimal],
) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    _refuse_amounts(faults, "total_yuan", [total])
    _refuse_amounts(faults, "sources", [source.amount_yuan for source in sources])
    _refuse_amounts(faults, "years", years.values())
    _refuse_amounts(faults, "parts", parts.values())
    for field, key, given in (
        ("sources", "fund_source", {source.kind for source in sources}),
        ("sources", "instrument", {source.instrument for source in sources if source.instrument}),
        ("parts", "cost_part", set(parts)),
    ):
        offered = set(Code.objects.of(key).offered().values_list("value", flat=True))
        if unknown := given - offered:
            faults.setdefault(field, []).append(_unknown(unknown))
    if strange := [year for year in years if not 1990 <= year <= 2100]:
        faults.setdefault("years", []).append(_("年度应在 1990 至 2100 之间：%(years)s") % {"years": strange})
    documents = {source.document for source in sources if source.document is not None}
    # Of the project itself: what lies beside an opinion or a review is not the unit's paper.
    own = Attachment.objects.filter(subject=subject(project), pk__in=documents)
    if documents and own.count() != len(documents):
        faults.setdefault("sources", []).append(_("落实文件应是本项目的附件。"))
    if faults:
        return faults
    for field, label, amounts in (
        ("sources", _("资金来源"), [source.amount_yuan for source in sources]),
        ("years", _("分年度投资计划"), list(years.values())),
        ("parts", _("投资构成"), list(parts.values())),
    ):
        if not amounts:
            if field != "parts":
                faults[field] = [_("请填写%(what)s。") % {"what": label}]
        elif off := sum(amounts, Decimal(0)) - total:
            template = (
                _("%(what)s合计比投资匡算多 %(by)s 元。")
                if off > 0
                else _("%(what)s合计比投资匡算少 %(by)s 元。")
            )
            faults[field] = [template % {"what": label, "by": show(abs(off), Unit.YUAN)}]
    return faults


def _refuse_amounts(faults: dict[str, list[str]], field: str, amounts: Iterable[Decimal]) -> None:
    for amount in amounts:
        if not amount.is_finite() or not 0 < amount <= _MOST:
            faults.setdefault(field, []).append(_("数值应大于零，且不超过 16 位整数。"))
            return
        if amount != amount.quantize(Decimal("0.01")):
            faults.setdefault(field, []).append(_("最多两位小数。"))
            return


def _unknown(values: Iterable[str]) -> str:
    return _("没有这样的代码，或已停用：%(codes)s") % {"codes": listed(sorted(values))}
