"""Projects that have what a gate asks, and the people who bring them and let them in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import timezone

from gis_projects.library.actions import permits
from gis_projects.library.actions.attachments import attach
from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.actions.evidence import record_evidence
from gis_projects.library.actions.libraries import take_over
from gis_projects.library.actions.plans import Source, set_land, set_plan
from gis_projects.library.models import Code, Evidence, Project
from gis_projects.people.models import Department, Organisation, User
from gis_projects.people.permissions import Role
from siting import versions
from siting.models import Check, CurrentAnswer, RuleBook, Site
from siting.models.answers import Revalidation, RunState
from siting.revalidation import standing
from siting.rulebook import publish_defaults
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, user_of

TOTAL = Decimal("30000000.00")
REGION = "150207"


def bureau(function: str = "ndrc", region: str = REGION) -> Organisation:
    """The department of a function of a region itself."""
    kind, _made = Department.objects.get_or_create(code=function, defaults={"name": function})
    found = Organisation.objects.filter(department=kind, region=region).first()
    return found or OrganisationFactory(
        kind="department", department=kind, region=RegionFactory(code=region), name=f"{function} of {region}"
    )


def admission(region: str = REGION, username: str = "admission", **more: object) -> User:
    """The admission role of a region's own 发改 department."""
    return user_of(Role.ADMISSION, region, username=username, organisation=bureau("ndrc", region), **more)


def entry(function: str = "construction", region: str = REGION, username: str = "entry") -> User:
    """A handler of a department that enters projects."""
    return user_of(Role.HANDLER, region, username=username, organisation=bureau(function, region))


def finance(region: str = REGION, username: str = "finance") -> User:
    return user_of(Role.FINANCE, region, username=username, organisation=bureau("finance", region))


def owner_of(project: Project, username: str = "owner") -> User:
    return user_of(Role.OWNER, None, username=username, organisation=project.organisation)


def project_for_catalogue(**more: object) -> Project:
    """A project with the seven fields of the catalogue, of a unit of its own."""
    load_defaults()
    return ProjectFactory(
        **{
            "region": RegionFactory(code=REGION),
            "stage": "planning",
            "organisation": OrganisationFactory(),
            "content": "新建道路 3.2 公里及附属管网",
            "division": Code.objects.of("division").first(),
            "source_basis": "政府工作报告",
            "address": "九原区滨河路",
            "intended_yuan": TOTAL,
            **more,
        }
    )


def in_library(project: Project, library: str) -> Project:
    """As a ledger that was taken over has it."""
    take_over(by=None, projects=[project], library=library, source="测试台账")
    project.refresh_from_db()
    return project


def proven(project: Project, kind: str, outcome: str = "passed") -> Evidence:
    by = User.objects.filter(username="prover").first() or user_of(Role.COORDINATOR, username="prover")
    return record_evidence(
        by=by,
        project=project,
        kind=kind,
        outcome=outcome,
        reference=f"argument.case:{kind}",
        title=f"{kind} 结论",
    )


def answered(project: Project, verdict: str = "clear", canonical: str = "{}") -> CurrentAnswer:
    """A present boundary with the answer that holds today, as a run would leave it; ``canonical`` for who reads it."""
    if not RuleBook.objects.exists():
        publish_defaults()
    if project.site is None:
        site = Site.objects.create(region_code=project.region_id)
        versions.save(site, land.boundary())
        Project.objects.filter(pk=project.pk).update(site=site)
        project.refresh_from_db()
    site = Site.objects.select_related("current").get(pk=project.site_id)
    assert site.current is not None
    now = standing.current()
    run = Revalidation.objects.create(
        footing=now.footing, state=RunState.DONE, finished_at=timezone.now(), started_at=timezone.now()
    )
    check = Check.objects.create(
        site_version=site.current,
        rulebook_id=now.footing.rulebook_id,
        verdict=verdict,
        canonical=canonical,
        digest="0" * 64,
        signature="",
        key_id="",
        created_at=timezone.now(),
    )
    answer, _made = CurrentAnswer.objects.update_or_create(
        site=site,
        defaults={
            "site_version": site.current,
            "evidence": check,
            "footing": now.footing,
            "revalidation": run,
            "verdict": verdict,
            "content": "0" * 64,
            "held_at": timezone.now(),
        },
    )
    return answer


def ready_for_reserve(project: Project, *, argued: tuple[str, ...] = ("total_structure", "site")) -> Project:
    """Everything that the gate to the reserve asks of a project in the catalogue; of arguments, the named ones."""
    Project.objects.filter(pk=project.pk).update(
        legal_person="张三",
        credit_code="91350100M000100Y43",
        nature=Code.objects.of("nature").first(),
        scale="3.2 公里",
        planned_start=date(2026, 12, 1),
        planned_finish=date(2028, 6, 30),
        goals="改善出行",
        national_code="2611-150207-04-01-123456",
    )
    planned(project)
    answered(project)
    project.refresh_from_db()
    assert project.site is not None
    area = Decimal(f"{project.site.current.area_m2:.2f}")
    set_land(by=None, project=project, total_m2=area, parts={_first("land_part"): area})
    for purpose in ("proposal", "site_file"):
        attach(by=None, project=project, purpose=purpose, name=f"{purpose}.pdf", content=b"%PDF-1.4\n%%EOF\n")
    for kind in argued:
        proven(project, kind)
    return Project.objects.get(pk=project.pk)


def built(**more: object) -> Project:
    """Under construction in the implementation library: with a plan, set up, and its start registered."""
    project = in_library(project_for_catalogue(**more), "implementation")
    planned(project)
    approval = permits.start_approval(by=None, project=project, item="setup")
    permits.grant_approval(by=None, approval=approval, number="发改审〔2026〕1号")
    permits.start_construction(by=None, project=project)
    project.refresh_from_db()
    return project


def planned(project: Project, *, definite: bool = False, total: Decimal = TOTAL) -> None:
    """The plan: one source and one year; ``definite`` with a document."""
    document = None
    if definite:
        document = attach(
            by=None, project=project, purpose="fund_source", name="承诺函.pdf", content=b"%PDF-1.4\n%%EOF\n"
        )
    promised = document.pk if document is not None else None
    source = Source(_first("fund_source"), total, definite=definite, document=promised)
    set_plan(
        by=None,
        project=project,
        total_yuan=total,
        sources=[source],
        years={2027: total},
        reason="落实资金" if definite else "",
    )


def ready_for_implementation(project: Project) -> Project:
    """Everything that the gate to the implementation library asks; the project is in the reserve."""
    planned(project, definite=True)
    answered(project)
    for kind in ("site", "fiscal", "resolution"):
        proven(project, kind)
    return Project.objects.get(pk=project.pk)


def _first(key: str) -> str:
    code = Code.objects.of(key).first()
    assert code is not None
    return code.value
