"""What one project's record says beyond its own row: plan, land, files, evidence, diary, and whether all is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import (
    Attachment,
    Code,
    DiaryEntry,
    Evidence,
    InvestmentPlan,
    LandStatement,
    Library,
    Project,
)
from gis_projects.library.money import share
from gis_projects.library.subjects import subject

#: What the page of a project reads with its row.
RELATED = (
    "policy", "industry_type", "project_type", "construction_mode", "investment_mode", "nature", "division",
    "source_kind", "authority", "site__current",
)  # fmt: skip


def plan(project: Project) -> InvestmentPlan | None:
    """The plan in force with its sources, years and composition; None before there is one."""
    return (
        project.plans.select_related("by")
        .prefetch_related("sources__kind", "sources__instrument", "sources__document", "years", "parts__kind")
        .first()
    )


def land(project: Project) -> LandStatement | None:
    """The land asked for, with its composition."""
    return project.land_statements.prefetch_related("parts__kind").first()


@dataclass(frozen=True)
class Measured:
    """Declared land against the boundary's, m²: by how much they differ, and whether a bureau lets that pass (X8).

    ``share`` is the difference in per cent of the measured area, two decimals.
    """

    declared_m2: Decimal
    measured_m2: Decimal
    off_m2: Decimal
    share: Decimal | None
    within: bool


def measured(project: Project, statement: LandStatement | None) -> Measured | None:
    """Hold the declared land against the boundary's official area; None where one of them is missing.

    The boundary's area is the ellipsoidal one (CGCS2000). The tolerance is the setting
    ``SITE_PLAUSIBILITY["area_tolerance_share"]``.
    """
    boundary = project.site.current if project.site is not None else None
    if statement is None or boundary is None:
        return None
    area = Decimal(str(boundary.area_m2)).quantize(Decimal("0.01"))
    off = statement.total_m2 - area
    tolerance = Decimal(str(settings.SITE_PLAUSIBILITY["area_tolerance_share"]))
    return Measured(statement.total_m2, area, off, share(off, area), abs(off) <= area * tolerance)


def evidence(project: Project) -> list[Evidence]:
    """The results of other rooms that stand: of each kind the newest."""
    rows = Evidence.objects.filter(project=project).order_by("kind", "-pk").distinct("kind")
    return list(rows)


def files(project: Project) -> list[tuple[Attachment, str]]:
    """The files beside the project itself, newest first, each with its purpose's label."""
    labels = {code.value: code.shown for code in Code.objects.of("attachment")}
    rows = Attachment.objects.filter(subject=subject(project)).select_related("by").order_by("-pk")
    return [(row, labels.get(row.purpose, row.purpose)) for row in rows]


def functions(project: Project) -> list[Code]:
    """What the project chose of the eight processes."""
    if not project.functions:
        return []
    return list(Code.objects.of("process_function").filter(value__in=project.functions))


def diary(project: Project) -> QuerySet[DiaryEntry]:
    """What was written and not corrected since, newest day first."""
    rows = DiaryEntry.objects.filter(project=project, corrected_by=None)
    return rows.select_related("by", "corrects").order_by("-on", "-pk")


@dataclass(frozen=True)
class One:
    """One of the six ones (六个一): whether a project has it."""

    label: str | Promise
    note: str | Promise
    there: bool


def six_ones(project: Project) -> list[One]:
    """F283: one form, one code, one map, one library, one standard, one mechanism."""
    row = project
    form = (
        row.name, row.content, row.intended_yuan is not None, row.division_id, row.source_kind_id, row.source_basis,
        row.address,
    )  # fmt: skip
    classes = (row.policy_id, row.industry_type_id, row.project_type_id)
    inside = row.library in (Library.CATALOGUE, Library.RESERVE, Library.IMPLEMENTATION)
    has_boundary = row.site is not None and row.site.current_id is not None
    argued = row.authority_id is not None and row.evidence.exists()
    return [
        One(_("一表生成"), _("目录信息齐全，一次填报、处处引用"), all(form)),
        One(_("一码管理"), _("赋有唯一的国家统一项目代码"), bool(row.national_code)),
        One(_("一图支撑"), _("选址边界在一张图上"), has_boundary),
        One(_("一库归集"), _("在三库之一"), inside),
        One(_("一标到底"), _("按统一代码表分类"), all(classes)),
        One(_("一套机制"), _("有主管部门，论证结果在案"), argued),
    ]


#: What projects are grouped by (F025, F107): the name in an address, and the column. Every code gives a row.
GROUPS = {
    "policy": "policy", "industry_type": "industry_type", "project_type": "project_type",
    "construction_mode": "construction_mode", "investment_mode": "investment_mode", "nature": "nature",
    "source_kind": "source_kind", "division": "division",
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """A code with its projects; ``code`` is None for those that have none."""

    code: Code | None
    number: int
    planned_yuan: Decimal
    cumulative_yuan: Decimal


def grouped(queryset: QuerySet[Project], by: str) -> list[Group]:
    """A selection counted by a code: a row for every code of the list, also where there is no project, then one for
    projects without a code if there are any. Retired codes only where a project has them. Two queries.
    """
    rows = {
        key: (number, planned, cumulative) for key, number, planned, cumulative in _sums(queryset, GROUPS[by])
    }
    nothing = (0, Decimal(0), Decimal(0))
    codes = [code for code in Code.objects.of(by) if code.is_offered() or code.pk in rows]
    found = [Group(code, *rows.get(code.pk, nothing)) for code in codes]
    if None in rows:
        found.append(Group(None, *rows[None]))
    return found


def _sums(queryset: QuerySet[Project], column: str) -> Iterable[tuple[str | None, int, Decimal, Decimal]]:
    found: dict[str | None, list[Decimal | int]] = {}
    for key, planned, cumulative in queryset.order_by().values_list(
        column, "planned_yuan", "cumulative_yuan"
    ):
        row = found.setdefault(key, [0, Decimal(0), Decimal(0)])
        row[0] += 1
        row[1] += planned or 0
        row[2] += cumulative or 0
    for key, (number, planned, cumulative) in found.items():
        yield key, int(number), Decimal(planned), Decimal(cumulative)
