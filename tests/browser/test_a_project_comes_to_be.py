"""A project's way from the registration of its unit to the implementation library, by everybody's own hands.

Project unit, departments, intermediary, committee: each acts in the browser, and each refused shortcut says why.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.models import Library, Project
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Role
from gis_projects.people.queries.organisations import department_of
from gis_projects.sites.actions.revalidation import revalidate
from gis_projects.trail.models import Step
from tests.browser.coming_to_be import (
    NAME,
    PDF,
    REGION,
    District,
    Walk,
    asks_for,
    is_argued,
    is_let_in,
    is_resolved,
    sent,
    the_owner_completes_the_record,
    the_owner_draws_the_site,
    the_owner_registers_the_project,
    the_plan_must_add_up,
    the_unit_registers,
)
from tests.browser.house import house
from tests.factories.people import UserFactory, user_of


@pytest.fixture
def walk(open_page, django_db_blocker):
    return Walk(open_page, django_db_blocker.unblock)


@pytest.fixture
def district(city, django_db_blocker):
    """九原区 as it is before the unit comes: departments with people, a committee, an intermediary, the code lists."""
    with django_db_blocker.unblock():
        load_defaults()
        made = house().bureau
        ndrc = department_of("ndrc", REGION)  # the one in charge, whoever else entered one before
        agency = Organisation.objects.create(
            code="91150207MA0AGENCY1", name="北方工程咨询公司", kind=OrganisationKind.INTERMEDIARY
        )
        return District(
            bureau=made,
            sitting=house().sitting,
            admin=user_of(Role.ADMINISTRATOR, username="admin-of-units", full_name="平台管理员"),
            admission=UserFactory(
                username="admission", full_name="入库审核员", roles=[str(Role.ADMISSION)],
                region_id=REGION, organisation=ndrc,
            ),
            intermediary=UserFactory(
                username="agency", full_name="咨询师", roles=[str(Role.INTERMEDIARY)], region=None,
                organisation=agency,
            ),
            elsewhere=user_of(Role.ADMISSION, "150202", username="admission-elsewhere"),
        )  # fmt: skip


def test_from_registration_to_the_implementation_library(walk, district, watch, django_db_blocker):
    # What is refused on the way: a plan that doesn't add up, an application too early, what isn't somebody's.
    watch.expected += ["400 ", "404 ", "409 ", "status of 400", "status of 404", "status of 409"]
    owner = the_unit_registers(walk, district)
    project = the_owner_registers_the_project(walk, owner)
    assert project.organisation_id == owner.organisation_id

    # Nothing is skipped: the page offers the catalogue alone.
    page = walk.of(owner, f"/projects/{project.pk}/library/")
    expect(page.locator("#gate h2")).to_contain_text("目录库")
    asks_for(walk, owner, project)
    # The applicant is no admitter, and another district's admission doesn't know of it.
    assert (
        walk.of(owner, "/libraries/applications/").get_by_role("button", name="同意进入目录库").count() == 0
    )
    other = walk.of(district.elsewhere, f"/projects/{project.pk}/library/")
    expect(other.locator("h1")).to_contain_text("没有找到")
    walk.leave(district.elsewhere)
    is_let_in(walk, district.admission, project, Library.CATALOGUE)

    # What the reserve still misses is listed, and applying before is refused with it.
    page = walk.of(owner, f"/projects/{project.pk}/library/")
    assert page.locator(".gate-open").count() > 5
    page = asks_for(walk, owner, project)
    assert walk.get(Project, pk=project.pk).library == Library.CATALOGUE

    the_plan_must_add_up(walk.of(owner, f"/projects/{project.pk}/plan/"), project)
    area = the_owner_draws_the_site(walk, owner, project)
    the_owner_completes_the_record(walk, owner, project, area)
    the_intermediary_serves_and_goes(walk, district, owner, project)
    for kind in ("total_structure", "site"):
        is_argued(walk, district, project, kind)
    code = walk.of(district.admission, f"/projects/{project.pk}/library/")
    the_code_is_assigned(code)
    with django_db_blocker.unblock():
        revalidate(by=None)  # what the worker does meanwhile
    asks_for(walk, owner, project)
    is_let_in(walk, district.admission, project, Library.RESERVE)

    is_argued(walk, district, project, "fiscal")
    is_resolved(walk, district, project)
    the_plan_must_add_up(walk.of(owner, f"/projects/{project.pk}/plan/"), project, definite=True)
    asks_for(walk, owner, project)
    is_let_in(walk, district.admission, project, Library.IMPLEMENTATION)

    with django_db_blocker.unblock():
        steps = Step.objects.filter(subject=f"library.project:{project.pk}")
        actors = set(steps.values_list("actor", flat=True))
        call_command("verify_trail")
    assert {owner.username, district.admission.username, district.bureau.coordinator.username} <= actors
    timeline = walk.of(district.sitting.members[0], f"/projects/{project.pk}/timeline/")
    expect(timeline.locator("main")).to_contain_text("实施库")


def the_code_is_assigned(page: Page) -> None:
    form = page.locator("form[action$='/library/code/']")
    page.locator("details:has(form[action$='/library/code/']) summary").click()
    form.locator("[name=code]").fill("2611-150207-04-01-123456")
    with page.expect_navigation():
        form.locator("button").click()


def the_intermediary_serves_and_goes(walk: Walk, district: District, owner: User, project: Project) -> None:
    """Engaged, it reads the project and delivers; ended, it knows nothing of it."""
    agency = district.intermediary
    page = walk.of(agency, f"/projects/{project.pk}/")
    expect(page.locator("h1")).to_contain_text("没有找到")
    engages = walk.of(owner, f"/projects/{project.pk}/services/new/")
    engages.select_option("#organisation", str(agency.organisation_id))
    engages.check("[name=phase][value=early]")
    engages.check("[name=service][value=consulting]")
    engages.fill("#ends_on", (date.today() + timedelta(days=30)).isoformat())
    sent(engages, "委托")
    service = engages.url
    page.goto(f"/projects/{project.pk}/")
    expect(page.locator("h1")).to_contain_text(NAME)
    delivers = walk.of(agency, "/services/")
    delivers.get_by_role("link", name=NAME).first.click()
    delivers.check("[name=conflict][value='0']")
    sent(delivers, "作出声明")
    delivers.fill("#title", "可行性研究报告")
    delivers.set_input_files("#files", PDF)
    sent(delivers, "提交")
    engages.goto(service)
    engages.locator("button[value=accept]").click()
    engages.get_by_text("终止委托").click()
    engages.fill("#end_reason", "服务完成")
    sent(engages, "终止")
    page.goto(f"/projects/{project.pk}/")
    expect(page.locator("h1")).to_contain_text("没有找到")
    walk.leave(agency)
