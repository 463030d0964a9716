"""How complete a project's record is, and what it lacks (F032): information, investment, procedures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import Attachment, CostPart, InvestmentPlan, LandStatement, Project
from gis_projects.library.subjects import subject

INFORMATION, INVESTMENT, PROCEDURES = "information", "investment", "procedures"
ASPECTS: dict[str, str | Promise] = {
    INFORMATION: _("项目信息"),
    INVESTMENT: _("投资进度"),
    PROCEDURES: _("项目手续"),
}


@dataclass(frozen=True)
class Item:
    """One thing that a record should have. ``function``: only where the project chose that function of the eight
    processes (F092), or chose none.
    """

    field: str
    label: str | Promise
    aspect: str
    place: str  # the form that holds it: its section, or plan, land, files, site
    function: str = ""


#: Everything that is counted, each once and alike.
ITEMS: tuple[Item, ...] = (
    Item("name", _("项目名称"), INFORMATION, "catalogue"),
    Item("content", _("建设内容"), INFORMATION, "catalogue"),
    Item("intended_yuan", _("意向总投资"), INFORMATION, "catalogue"),
    Item("industry", _("所属行业"), INFORMATION, "catalogue"),
    Item("division", _("国民经济行业大类"), INFORMATION, "catalogue"),
    Item("source_kind", _("项目来源"), INFORMATION, "catalogue"),
    Item("source_basis", _("来源依据"), INFORMATION, "catalogue"),
    Item("address", _("建设地点"), INFORMATION, "catalogue"),
    Item("policy", _("投资政策"), INFORMATION, "classification", "classification"),
    Item("industry_type", _("产业类型"), INFORMATION, "classification", "classification"),
    Item("project_type", _("项目类型"), INFORMATION, "classification", "classification"),
    Item("authority", _("主管部门"), INFORMATION, "classification", "classification"),
    Item("construction_mode", _("建设模式"), INFORMATION, "classification", "classification"),
    Item("investment_mode", _("投资模式"), INFORMATION, "classification", "classification"),
    Item("nature", _("建设性质"), INFORMATION, "classification", "classification"),
    Item("organisation", _("项目单位"), INFORMATION, "owner", "owner"),
    Item("legal_person", _("法定代表人"), INFORMATION, "owner", "owner"),
    Item("credit_code", _("业主统一社会信用代码"), INFORMATION, "owner", "owner"),
    Item("scale", _("建设规模"), INFORMATION, "reserve"),
    Item("planned_start", _("计划开工"), INFORMATION, "reserve"),
    Item("planned_finish", _("计划竣工"), INFORMATION, "reserve"),
    Item("goals", _("功能效益目标"), INFORMATION, "reserve", "performance-goals"),
    Item("plan", _("投资匡算与资金来源"), INVESTMENT, "plan", "sources"),
    Item("years", _("分年度投资计划"), INVESTMENT, "plan", "years"),
    Item("parts", _("投资构成"), INVESTMENT, "plan", "composition"),
    Item("record", _("投资完成记录"), INVESTMENT, "investment", "progress-investment"),
    Item("land", _("总用地面积与用地构成"), PROCEDURES, "land", "land"),
    Item("site", _("选址边界"), PROCEDURES, "site", "planning"),
    Item("proposal", _("项目建议书（策划书）"), PROCEDURES, "files", "proposal"),
    Item("site_file", _("项目选址文件"), PROCEDURES, "files", "planning"),
    Item("national_code", _("国家统一项目代码"), PROCEDURES, "code", "setup"),
)
FILES = ("proposal", "site_file")


@dataclass(frozen=True)
class Missing:
    """One thing that a record lacks, and the page where it is entered."""

    field: str
    label: str | Promise
    aspect: str
    address: str


@dataclass(frozen=True)
class Completeness:
    """``score`` in whole per cent, half-up; ``present`` of ``counted`` things are there, ``missing`` are not."""

    score: int
    present: int
    counted: int
    missing: tuple[Missing, ...]

    def of_aspect(self, aspect: str) -> list[Missing]:
        return [item for item in self.missing if item.aspect == aspect]


def of(project: Project) -> Completeness:
    """How complete one project's record is. At most five queries."""
    return of_many([project])[project.pk]


def of_many(projects: Sequence[Project]) -> dict[int, Completeness]:
    """The same for many projects, by key; as many queries as for one."""
    keys = [project.pk for project in projects]
    parts = Exists(CostPart.objects.filter(plan=OuterRef("pk")))
    there: defaultdict[int, set[str]] = defaultdict(set)
    latest = InvestmentPlan.objects.filter(project__in=keys).order_by("project_id", "-number")
    for project, has_parts in (
        latest.distinct("project_id").annotate(has_parts=parts).values_list("project_id", "has_parts")
    ):
        # a plan has sources and years that add up, or the database refuses it
        there[project] |= {"plan", "years"} | ({"parts"} if has_parts else set())
    for project in (
        LandStatement.objects.filter(project__in=keys).values_list("project_id", flat=True).distinct()
    ):
        there[project].add("land")
    of_subjects = {subject(project): project.pk for project in projects}
    files = Attachment.objects.filter(subject__in=of_subjects, purpose__in=FILES)
    for beside, purpose in files.values_list("subject", "purpose").distinct():
        there[of_subjects[beside]].add(purpose)
    rows = Project.objects.filter(pk__in=keys)
    for project in rows.filter(site__current__isnull=False).values_list("pk", flat=True):
        there[project].add("site")
    for project in rows.filter(investments__isnull=False).values_list("pk", flat=True).distinct():
        there[project].add("record")
    return {project.pk: _of(project, there[project.pk]) for project in projects}


def asked(project: Project) -> list[Item]:
    """What is counted for a project: what every one should have, and what goes with the functions it chose."""
    chosen = set(project.functions)
    return [item for item in ITEMS if not item.function or not chosen or item.function in chosen]


def lacking(project: Project, fields: Iterable[str]) -> list[Missing]:
    """Which of these fields a project's own row lacks, whatever functions it chose; for gates that name them."""
    wanted = set(fields)
    return [
        _missing(project, item) for item in ITEMS if item.field in wanted and not _has(project, item, set())
    ]


def address_of(project: Project, item: Item) -> str:
    """The page where something is entered."""
    if item.place == "site":
        return f"{reverse('library:project', args=[project.pk])}#site"
    if item.place == "files":
        return f"{reverse('library:project', args=[project.pk])}#files"
    if item.place == "investment":
        return f"{reverse('library:project', args=[project.pk])}#investment"
    if item.place == "code":
        return f"{reverse('library:project', args=[project.pk])}#libraries"
    if item.place in ("plan", "land"):
        return reverse(f"library:project-{item.place}", args=[project.pk])
    return f"{reverse('library:project-edit', args=[project.pk])}#id_{item.field}"


def _of(project: Project, there: set[str]) -> Completeness:
    items = asked(project)
    missing = tuple(_missing(project, item) for item in items if not _has(project, item, there))
    present = len(items) - len(missing)
    return Completeness((200 * present + len(items)) // (2 * len(items)), present, len(items), missing)


def _has(project: Project, item: Item, there: set[str]) -> bool:
    if item.place in ("plan", "investment", "land", "site", "files"):
        return item.field in there
    value: Any = getattr(project, f"{item.field}_id", None) or getattr(project, item.field)
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _missing(project: Project, item: Item) -> Missing:
    return Missing(item.field, item.label, item.aspect, address_of(project, item))
