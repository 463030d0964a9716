"""The three libraries as one table: from where to where a project moves, and what each gate asks.

A requirement is a question about what is known of a project (`Known`), put together beforehand in a few queries
(`queries.gates`): it reads nothing itself. Its answer is a sentence with what was found, and the page where what is
missing can be brought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_noop

from gis_projects.library.models import (
    STEPS,
    Evidence,
    EvidenceKind,
    FundSource,
    InvestmentPlan,
    LandStatement,
    Library,
    Outcome,
    Project,
)
from siting.engine.verdict import Verdict

#: Departments whose admission role lets projects into the libraries (F265), by function.
ADMITTING = ("ndrc",)
#: Departments that issue procurement slips, by function.
ISSUING_SLIPS = ("big_data",)
#: A project is one of information technology by its type.
INFORMATION = "project_type:information"

#: What files are brought for, as attachments of the project itself: values of the code list ``attachment``.
PROPOSAL, SITE_FILE, SITE_APPROVAL = "proposal", "site_file", "approval"

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Known:
    """What is known of a project when its gate is asked. Amounts in 元, areas in m².

    ``verdict`` is the answer about its present boundary on today's layers and rules, None where there is none;
    ``checked_at`` a page of its evidence. ``review_from`` is (threshold, reached) for a project of information
    technology, None for others. ``unlike`` counts likely duplicates that nobody acknowledged.
    """

    project: Project
    plan: InvestmentPlan | None = None
    sources: tuple[FundSource, ...] = ()
    years: int = 0
    land: LandStatement | None = None
    land_parts: int = 0
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: _NOTHING)
    files: frozenset[str] = frozenset()
    boundary_m2: float | None = None
    boundary_at: datetime | None = None
    verdict: str | None = None
    check: int | None = None
    area_tolerance: Decimal = Decimal(5)
    review_from: tuple[Decimal, bool] | None = None
    unlike: int = 0
    credit_code_doubtful: bool = False

    @property
    def total_yuan(self) -> Decimal | None:
        return self.plan.total_yuan if self.plan is not None else self.project.intended_yuan


@dataclass(frozen=True)
class Found:
    """What a question found: whether it is met, and a sentence with what was seen (may be empty)."""

    met: bool
    template: str = ""
    params: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    address: str = ""


@dataclass(frozen=True)
class Requirement:
    """One thing that a gate asks. ``place`` names the part of the project's record where it is brought (`PLACES`);
    ``deciding``: it is the admitting department's to look after, and doesn't keep anybody from applying.
    """

    code: str
    template: str
    ask: Callable[[Known], Found]
    place: str
    params: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    deciding: bool = False
    applies: Callable[[Known], bool] = lambda known: True


def _filled(name: str, label: str, place: str) -> Requirement:
    return Requirement(
        f"field.{name}",
        gettext_noop("填写“%(field)s”"),
        lambda known: Found(getattr(known.project, name) not in (None, "")),
        place,
        {"field": label},
    )


def _file(purpose: str, template: str) -> Requirement:
    return Requirement(f"file.{purpose}", template, lambda known: Found(purpose in known.files), "files")


def _total(known: Known) -> Found:
    total = known.total_yuan
    return Found(total is not None and total > 0)


def _credit_code(known: Known) -> Found:
    code = known.project.credit_code
    if code and known.credit_code_doubtful:
        # some early codes that are genuine fail the check digit
        return Found(True, gettext_noop("校验位不符，请核对"))
    return Found(len(code) == 18)


def _sources_stated(known: Known) -> Found:
    return Found(bool(known.sources), *_sources_said(known))


def _sources_said(known: Known) -> tuple[str, Mapping[str, Any]]:
    if not known.sources or known.plan is None:
        return "", _NOTHING
    return gettext_noop("%(count)s 项来源，合计 %(sum)s 元；投资匡算 %(total)s 元"), {
        "count": len(known.sources),
        "sum": f"{sum((source.amount_yuan for source in known.sources), Decimal(0)):,}",
        "total": f"{known.plan.total_yuan:,}",
    }


def _sources_definite(known: Known) -> Found:
    """Every source is promised by a document, and together they are the total (F277)."""
    if not known.sources or known.plan is None:
        return Found(False)
    whole = sum((source.amount_yuan for source in known.sources), Decimal(0)) == known.plan.total_yuan
    bare = [source for source in known.sources if not source.definite or source.document_id is None]
    if bare:
        return Found(False, gettext_noop("%(count)s 项来源尚未落实或没有文件"), {"count": len(bare)})
    return Found(whole, *_sources_said(known))


def _land_matches(known: Known) -> Found:
    if known.land is None or known.boundary_m2 is None:
        return Found(False)
    declared, measured = float(known.land.total_m2), known.boundary_m2
    off = abs(declared - measured) / measured * 100
    return Found(
        off <= float(known.area_tolerance),
        gettext_noop(
            "申报 %(declared)s 平方米，边界 %(measured)s 平方米，相差 %(off)s%%（允许 %(tolerance)s%%）"
        ),
        {
            "declared": f"{declared:,.2f}",
            "measured": f"{measured:,.2f}",
            "off": f"{off:.2f}",
            "tolerance": f"{known.area_tolerance.normalize():f}",
        },
    )


def _checked(known: Known) -> Found:
    """The present boundary has an answer on today's layers and rules, and none of it is open."""
    if known.boundary_m2 is None:
        return Found(False, gettext_noop("还没有选址边界"))
    if known.verdict is None:
        return Found(False, gettext_noop("现行边界没有依据最新图层和规则的检查结论"))
    if known.verdict == Verdict.INCOMPLETE:
        return Found(False, gettext_noop("有必查规则尚未检查，未检查不等于没有冲突"))
    return Found(True)


def _not_prohibited(known: Known) -> Found:
    if known.verdict != Verdict.PROHIBITED:
        return Found(known.verdict is not None)
    if SITE_APPROVAL in known.files:
        return Found(True, gettext_noop("检查结论为禁止，已有批准文件"))
    return Found(False, gettext_noop("检查结论为禁止，须调整选址或上传有权机关的批准文件"))


def _evidence(kind: EvidenceKind, template: str, *, of_boundary: bool = False) -> Requirement:
    def ask(known: Known) -> Found:
        found = known.evidence.get(kind)
        if found is None:
            return Found(False, gettext_noop("尚无结论"))
        if found.outcome == Outcome.FAILED:
            return Found(
                False, gettext_noop("结论为不通过：%(title)s"), {"title": found.title}, found.address
            )
        if of_boundary and known.boundary_at is not None and found.at < known.boundary_at:
            # what was argued was another boundary
            return Found(
                False,
                gettext_noop("论证之后边界已修改，须重新论证：%(title)s"),
                {"title": found.title},
                found.address,
            )
        return Found(True, gettext_noop("%(title)s"), {"title": found.title}, found.address)

    return Requirement(f"evidence.{kind}", template, ask, "arguments")


def _needs_review(known: Known) -> bool:
    return known.review_from is not None and known.review_from[1]


CATALOGUE: tuple[Requirement, ...] = (
    _filled("name", gettext_noop("项目名称"), "basics"),
    Requirement("field.intended_yuan", gettext_noop("填写“%(field)s”"), _total, "investment",
                {"field": gettext_noop("意向总投资")}),
    _filled("industry", gettext_noop("所属行业"), "basics"),
    _filled("division_id", gettext_noop("国民经济行业大类"), "basics"),
    _filled("source_basis", gettext_noop("来源依据"), "basics"),
    _filled("content", gettext_noop("建设内容"), "basics"),
    _filled("address", gettext_noop("建设地点"), "basics"),
    Requirement("duplicates", gettext_noop("疑似重复的项目已逐个核对"),
                lambda known: Found(known.unlike == 0), "duplicates", deciding=True),
)  # fmt: skip

RESERVE: tuple[Requirement, ...] = (
    _filled("organisation_id", gettext_noop("项目单位"), "reserve"),
    _filled("legal_person", gettext_noop("法定代表人"), "reserve"),
    Requirement("field.credit_code", gettext_noop("填写“%(field)s”"), _credit_code, "reserve",
                {"field": gettext_noop("业主统一社会信用代码")}),
    _filled("nature_id", gettext_noop("建设性质"), "reserve"),
    Requirement("plan.total", gettext_noop("填写“%(field)s”"), lambda known: Found(known.plan is not None), "plan",
                {"field": gettext_noop("投资匡算")}),
    Requirement("plan.sources", gettext_noop("填写“%(field)s”"), _sources_stated, "plan",
                {"field": gettext_noop("意向资金来源")}),
    Requirement("plan.years", gettext_noop("填写“%(field)s”"), lambda known: Found(known.years > 0), "plan",
                {"field": gettext_noop("分年度投资计划")}),
    _filled("content", gettext_noop("建设内容"), "basics"),
    _filled("scale", gettext_noop("建设规模"), "reserve"),
    _filled("national_code", gettext_noop("国家统一项目代码"), "code"),
    _filled("planned_start", gettext_noop("计划开工"), "reserve"),
    _filled("planned_finish", gettext_noop("计划竣工"), "reserve"),
    _filled("address", gettext_noop("建设地点"), "basics"),
    Requirement("land.total", gettext_noop("填写“%(field)s”"), lambda known: Found(known.land is not None), "land",
                {"field": gettext_noop("总用地面积")}),
    Requirement("land.parts", gettext_noop("填写“%(field)s”"), lambda known: Found(known.land_parts > 0), "land",
                {"field": gettext_noop("用地构成")}),
    _filled("goals", gettext_noop("功能效益目标"), "reserve"),
    _file(PROPOSAL, gettext_noop("上传项目建议书（策划书）")),
    _file(SITE_FILE, gettext_noop("上传项目选址文件")),
    Requirement("site.checked", gettext_noop("现行选址边界有最新的合规检查结论"), _checked, "site"),
    Requirement("site.allowed", gettext_noop("选址不在禁止范围内，或有批准文件"), _not_prohibited, "site"),
    Requirement("site.area", gettext_noop("申报用地面积与选址边界相符"), _land_matches, "land"),
    _evidence(EvidenceKind.TOTAL_STRUCTURE, gettext_noop("总量结构必要性论证已通过")),
    _evidence(EvidenceKind.SITE, gettext_noop("项目选址论证已通过"), of_boundary=True),
)  # fmt: skip

IMPLEMENTATION: tuple[Requirement, ...] = (
    Requirement(
        "plan.definite", gettext_noop("资金来源合计等于总投资，且各项都有落实文件"), _sources_definite, "plan"
    ),
    Requirement("site.checked", gettext_noop("现行选址边界有最新的合规检查结论"), _checked, "site"),
    Requirement("site.allowed", gettext_noop("选址不在禁止范围内，或有批准文件"), _not_prohibited, "site"),
    _evidence(EvidenceKind.SITE, gettext_noop("项目选址论证已通过"), of_boundary=True),
    _evidence(EvidenceKind.FISCAL, gettext_noop("财力论证已通过")),
    _evidence(EvidenceKind.RESOLUTION, gettext_noop("投资管理委员会已审议通过")),
    Requirement(
        "evidence.review",
        gettext_noop("信息化项目已经专家评审"),
        _evidence(EvidenceKind.REVIEW, "").ask,
        "arguments",
        applies=_needs_review,
    ),
    Requirement(
        "evidence.consultation",
        gettext_noop("信息化项目已经有关部门联合审核"),
        _evidence(EvidenceKind.CONSULTATION, "").ask,
        "arguments",
        applies=_needs_review,
    ),
)

#: The one table. What isn't a key of it is no move that anybody may apply for.
GATES: Mapping[tuple[str, str], tuple[Requirement, ...]] = {
    (Library.NONE, Library.CATALOGUE): CATALOGUE,
    (Library.EXITED, Library.CATALOGUE): CATALOGUE,
    (Library.CATALOGUE, Library.RESERVE): RESERVE,
    (Library.RESERVE, Library.IMPLEMENTATION): IMPLEMENTATION,
}
assert set(GATES) == set(STEPS), "the gates and the steps of the database are one table"


def next_library(project: Project) -> str | None:
    """The library that a project may apply for from where it is; None at the end."""
    return next((str(to) for since, to in STEPS if since == project.library), None)
