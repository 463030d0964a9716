"""What a gate answers of a project: listed with links before anybody applies, and stored when somebody decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.library.models import (
    LIBRARIES,
    Attachment,
    Evidence,
    InvestmentPlan,
    LandStatement,
    Library,
    ParameterKey,
    Project,
)
from gis_projects.library.queries import likenesses
from gis_projects.library.queries.parameters import required
from gis_projects.library.refusals import refused
from gis_projects.library.subjects import subject
from gis_projects.library.workflow import GATES, INFORMATION, Found, Known, Requirement
from gis_projects.people.queries.organisations import credit_code_notice
from gis_projects.sentences import filled
from siting.models import CurrentAnswer
from siting.revalidation import standing
from siting.rulebook import NoRulebook


@dataclass(frozen=True)
class Answer:
    """What one requirement answered. Texts are templates (message ids) with what fills them."""

    code: str
    template: str
    params: Mapping[str, Any]
    met: bool
    found: str
    found_params: Mapping[str, Any]
    address: str
    deciding: bool = False

    @property
    def text(self) -> str:
        return filled(self.template, self.params)

    @property
    def seen(self) -> str:
        return filled(self.found, self.found_params) if self.found else ""

    def stored(self) -> dict[str, Any]:
        """As a move keeps it."""
        return {
            "code": self.code,
            "text": self.template,
            "params": dict(self.params),
            "met": self.met,
            "found": self.found,
            "found_params": dict(self.found_params),
        }


@dataclass(frozen=True)
class Missing:
    """One thing that a project lacks, in the reader's language, and the page where it is brought."""

    code: str
    text: str
    address: str
    found: str = ""
    deciding: bool = field(default=False, compare=False)


def answers(project: Project, to: str) -> list[Answer]:
    """What the gate to a library answers now. Empty where no step leads there from where the project is."""
    return asked(known_of([project], to)[project.pk], to)


def asked(known: Known, to: str) -> list[Answer]:
    """What the gate answers of what is known."""
    gate = GATES.get((known.project.library, to), ())
    return [_asked(requirement, known) for requirement in gate if requirement.applies(known)]


def missing(project: Project, to: str) -> list[Missing]:
    """What a project lacks for a library. A step that skips one lacks just that."""
    if (project.library, to) not in GATES:
        return [Missing("no-such-step", filled(SKIPS, {}), reverse("library:project", args=[project.pk]))]
    return [
        Missing(answer.code, answer.text, answer.address, answer.seen, answer.deciding)
        for answer in answers(project, to)
        if not answer.met
    ]


SKIPS = gettext_noop("项目须依次进入目录库、储备库、实施库，不能越级或重复申请。")


def known_of(projects: Iterable[Project], to: str) -> dict[int, Known]:
    """What gates ask of projects, in a number of queries that grows with their regions only (but for likenesses, which
    the gate to the catalogue asks one by one). Projects come with their site and its present boundary.
    """
    rows = list(projects)
    keys = [row.pk for row in rows]
    plans = _newest(InvestmentPlan.objects.filter(project__in=keys).prefetch_related("sources", "years"))
    land = _newest(LandStatement.objects.filter(project__in=keys).prefetch_related("parts"))
    evidence: dict[int, dict[str, Evidence]] = defaultdict(dict)
    for result in Evidence.objects.filter(project__in=keys).order_by("pk"):
        evidence[result.project_id][result.kind] = result
    files: dict[int, set[str]] = defaultdict(set)
    own = {subject(row): row.pk for row in rows}
    for beside, purpose in Attachment.objects.filter(subject__in=own).values_list("subject", "purpose"):
        files[own[beside]].add(purpose)
    held = _held([row.site_id for row in rows if row.site_id is not None]) if to != Library.CATALOGUE else {}
    bounds = {
        region: (
            required(ParameterKey.REVIEW_THRESHOLD, region),
            required(ParameterKey.AREA_TOLERANCE, region).value,
        )
        for region in {row.region_id for row in rows}
    }
    found = {}
    for row in rows:
        threshold, tolerance = bounds[row.region_id]
        plan, statement = plans.get(row.pk), land.get(row.pk)
        boundary = row.site.current if row.site is not None else None
        answer = held.get(row.site_id or 0)
        if answer is not None and (boundary is None or answer.site_version_id != boundary.pk):
            answer = None
        total = plan.total_yuan if plan is not None else row.intended_yuan
        found[row.pk] = Known(
            project=row,
            plan=plan,
            sources=tuple(plan.sources.all()) if plan is not None else (),
            years=len(plan.years.all()) if plan is not None else 0,
            land=statement,
            land_parts=len(statement.parts.all()) if statement is not None else 0,
            evidence=evidence[row.pk],
            files=frozenset(files[row.pk]),
            boundary_m2=boundary.area_m2 if boundary is not None else None,
            boundary_at=boundary.created_at if boundary is not None else None,
            verdict=answer.verdict if answer is not None else None,
            check=answer.evidence_id if answer is not None else None,
            area_tolerance=tolerance,
            review_from=(threshold.value, total is not None and threshold.reached_by(total))
            if row.project_type_id == INFORMATION
            else None,
            unlike=len([like for like in likenesses.likely(row) if like.acknowledged is None])
            if to == Library.CATALOGUE
            else 0,
            credit_code_doubtful=bool(row.credit_code) and credit_code_notice(row.credit_code) is not None,
        )
    return found


def _newest(rows: Any) -> dict[int, Any]:
    """The one with the highest number of each project."""
    return {row.project_id: row for row in rows.order_by("project_id", "number")}


def _held(sites: list[int]) -> dict[int, CurrentAnswer]:
    """The answers that hold on what is in force today, by site."""
    try:
        footing = standing.current().footing
    except NoRulebook:
        return {}  # nothing can be answered while no rules are in force
    rows = CurrentAnswer.objects.filter(site__in=sites, footing=footing)
    return {row.site_id: row for row in rows}


def _asked(requirement: Requirement, known: Known) -> Answer:
    found: Found = requirement.ask(known)
    return Answer(
        requirement.code,
        requirement.template,
        requirement.params,
        found.met,
        found.template,
        found.params,
        found.address or place(requirement.place, known),
        requirement.deciding,
    )


#: The pages of a project's record where things are brought, by the place that a requirement names.
PLACES = {
    "basics": "library:project-edit",
    "investment": "library:project-edit",
    "reserve": "library:project-edit",
    "plan": "library:project-plan",
    "land": "library:project-land",
    "arguments": "library:project",
}


def place(name: str, known: Known) -> str:
    """The page where something of a project is brought."""
    project = known.project
    if name == "site":
        return (
            reverse("sites:check", args=[known.check])
            if known.check
            else reverse("sites:edit", args=[project.pk])
        )
    if name == "files":
        return f"{reverse('library:project', args=[project.pk])}#files"
    if name in ("duplicates", "code"):
        return f"{reverse('library:standing', args=[project.pk])}#{name}"
    return reverse(PLACES[name], args=[project.pk])


def inside(project: Project) -> bool:
    """Whether a project is in one of the three libraries."""
    return project.library in LIBRARIES


#: The three refusals (三个不), and those that the budget adds (F036).
REFUSALS = {
    "code": gettext_noop("非平台项目不赋码：“%(project)s”不在目录库、储备库或实施库中。"),
    "approval": gettext_noop("非平台项目不审批：“%(project)s”不在目录库、储备库或实施库中。"),
    "funds": gettext_noop("非平台项目不支持上级资金申报：“%(project)s”不在目录库、储备库或实施库中。"),
    "budget": gettext_noop(
        "使用财政性资金的项目必须纳入项目库：“%(project)s”不在目录库、储备库或实施库中，不能安排预算。"
    ),
    "appropriation": gettext_noop(
        "使用财政性资金的项目必须纳入项目库：“%(project)s”不在目录库、储备库或实施库中，不能拨款。"
    ),
    "slip": gettext_noop("“%(project)s”不在目录库、储备库或实施库中，不能签发采购联系单。"),
}


def demand_inside(project: Project, what: str) -> None:
    """Refuse what only projects of the libraries get (a key of `REFUSALS`). The database refuses it too.

    Raises
    ------
    Refused
        The project is in none of the three.
    """
    if not inside(project):
        raise refused("outside-the-libraries", REFUSALS[what], project=project.name)
