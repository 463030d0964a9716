"""A project's way on from the implementation library to the last of its eight links, by everybody's own hands.

Approvals with the points of a standard, start, diary, change, acceptance, accounts, evaluation: each in the browser and
none on paper. With the evaluation the record ends: all of it stands in rows that nobody changes, so that nothing has to
be put away for it to be kept; the whole trail is exported from its page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from gis_projects.argument.models import Assessment, Campaign
from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.models import DiaryEntry, Project, Stage
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Role
from tests.browser.coming_to_be import Walk, attach, sent
from tests.factories import standards
from tests.factories.libraries import (
    REGION,
    admission,
    finance,
    in_library,
    owner_of,
    planned,
    project_for_catalogue,
    proven,
)
from tests.factories.people import UserFactory, user_of

NAME = "九原区污水泵站工程"
LINKS = 8


@dataclass
class Site:
    """A project in the implementation library, and who sees to it."""

    project: Project
    owner: User
    admission: User
    bureau: User
    finance: User
    evaluator: User


@pytest.fixture
def walk(open_page, django_db_blocker):
    return Walk(open_page, django_db_blocker.unblock)


@pytest.fixture
def site(city, django_db_blocker):
    with django_db_blocker.unblock():
        load_defaults()
        project = in_library(project_for_catalogue(name=NAME), "implementation")
        planned(project)
        proven(project, "review")
        standards.published("design")
        agency = Organisation.objects.create(
            code="91150207MA0CLOSER1", name="中信绩效评价公司", kind=OrganisationKind.INTERMEDIARY
        )
        return Site(
            project=project,
            owner=owner_of(project, "closing-owner"),
            admission=admission(username="closing-admission"),
            bureau=user_of(Role.COORDINATOR, REGION, username="closing-bureau"),
            finance=finance(username="closing-finance"),
            evaluator=UserFactory(
                username="closing-agency", roles=[str(Role.INTERMEDIARY)], region=None, organisation=agency
            ),
        )


def does(page: Page, project: Project, act: str, **said: str) -> None:
    """One act of the project's page: open its form, fill it in, send it; it is done."""
    page.goto(f"/projects/{project.pk}/library/")
    ending = f"form[action$='/library/{act}/']"
    page.locator(f"details:has({ending}) summary").click()
    form = page.locator(ending)
    for name, value in said.items():
        control = form.locator(f"[name={name}]")
        if control.evaluate("node => node.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    with page.expect_navigation():
        form.locator("button").click()
    expect(page.locator(".alert-success").first).to_be_visible()


def test_from_the_implementation_library_to_the_last_link(walk, site, django_db_blocker):
    project, today = site.project, timezone.localdate()
    owner, bureau = walk.of(site.owner, f"/projects/{project.pk}/"), walk.of(site.bureau, "/desk/")
    admits = walk.of(site.admission, "/desk/")

    does(bureau, project, "start-approval", item="setup")
    expect(bureau.locator("main")).to_contain_text("受理之日没有施行中的执法规范")
    does(admits, project, "grant-approval", item="setup", number="九发改审〔2026〕7号")
    the_design_is_approved_by_its_checklist(bureau, admits, project)

    does(owner, project, "start", started_on=today.isoformat())
    the_diary_is_written(owner, project)
    until = (today + timedelta(days=900)).isoformat()
    does(owner, project, "change", kind="schedule", text="顺延", reason="地下水位高", to_finish=until)
    does(bureau, project, "decide-change", approves="yes", opinion="同意")
    attach(owner, project, "site_file")  # what belongs to the acceptance lies beside the record

    does(owner, project, "acceptance", kind="special", about="消防")
    does(bureau, project, "accept", passes="no", opinion="消火栓间距过大")
    does(owner, project, "acceptance", kind="special", about="消防", note="已整改")
    does(bureau, project, "accept", passes="yes", number="消验〔2026〕3号")
    does(owner, project, "acceptance", kind="own")
    does(bureau, project, "accept", passes="yes", number="竣验〔2026〕3号", surveyed_on=today.isoformat())
    assert walk.get(Project, pk=project.pk).stage == Stage.COMPLETED

    money = walk.of(site.finance, "/desk/")
    for kind, number in (("settlement", "财建结〔2026〕5号"), ("final", "财建决〔2026〕5号")):
        does(
            money,
            project,
            "account",
            kind=kind,
            concluded_on=today.isoformat(),
            amount_yuan="29500000.00",
            number=number,
        )
    walk.leave(site.finance)
    walk.leave(site.admission)

    the_evaluation_is_done_by_all_three(walk, site, owner, bureau)
    everything_stands_as_one_thing(owner, project)
    with django_db_blocker.unblock():
        call_command("verify_trail")


def the_design_is_approved_by_its_checklist(bureau: Page, admits: Page, project: Project) -> None:
    """Who grants is told what is missing; the points are answered on the page; then it is granted."""
    does(bureau, project, "start-approval", item="design")
    admits.goto(f"/projects/{project.pk}/library/")
    ending = "form[action$='/library/grant-approval/']"
    admits.locator(f"details:has({ending}) summary").click()
    admits.locator(f"{ending} [name=item]").select_option("design")
    admits.locator(f"{ending} [name=number]").fill("九发改审〔2026〕8号")
    with admits.expect_navigation():
        admits.locator(f"{ending} button").click()
    expect(admits.locator(".messages")).to_contain_text("尚未核对")

    checks = bureau.locator("#checks-design")
    expect(checks).to_contain_text("还有 2 个要点未核对")
    checks.locator("select").nth(0).select_option("met")
    checks.locator("select").nth(1).select_option("not_applicable")
    checks.locator("input[name^=reason_]").nth(1).fill("资金已在立项时落实")
    with bureau.expect_navigation():
        checks.get_by_role("button", name="提交核对结果").click()
    expect(bureau.locator("main")).to_contain_text("已核对 2 / 2")
    does(admits, project, "grant-approval", item="design", number="九发改审〔2026〕8号")


def the_diary_is_written(owner: Page, project: Project) -> None:
    owner.goto(f"/projects/{project.pk}/diary/")
    owner.fill("[name=text]", "基坑开挖至 -4.2 米")
    sent(owner, "记入日志")
    expect(owner.locator(".diary")).to_contain_text("基坑开挖")


def the_evaluation_is_done_by_all_three(walk: Walk, site: Site, owner: Page, bureau: Page) -> None:
    """The department opens the batch and scores; the unit and whom it engages find it on their desks and score too."""
    project, third = site.project, site.evaluator
    owner.goto(f"/projects/{project.pk}/services/new/")
    owner.select_option("#organisation", str(third.organisation_id))
    owner.check("[name=phase][value=late]")
    owner.check("[name=service][value=evaluation]")
    owner.fill("#ends_on", (timezone.localdate() + timedelta(days=30)).isoformat())
    sent(owner, "委托")

    bureau.goto(reverse("argument:campaign-new"))
    bureau.fill("#name", "2026 年绩效评价")
    bureau.check("[name=kind][value=evaluation]")
    bureau.select_option("#region", REGION)
    bureau.fill("#codes", project.code)
    sent(bureau, "建立批次")
    place = urlsplit(bureau.url).path
    for page, evaluator, score in (
        (owner, "self", "92"),
        (walk.of(third, "/desk/"), "third_party", "88.5"),
        (bureau, "department", "90"),
    ):
        if page is not bureau:
            page.goto("/desk/")
            page.get_by_role("link", name="绩效评价待评分").first.click()
            assert urlsplit(page.url).path == place
        form = page.locator(f"form:has([name=evaluator][value={evaluator}])")
        form.locator("[name=score]").fill(score)
        with page.expect_navigation():
            form.locator("button").click()
    walk.leave(third)
    with walk.unblock():
        assert Assessment.objects.filter(item__project=project).count() == 3
        assert DiaryEntry.objects.filter(project=project).count() == 1
    sent(bureau, "结束批次")
    assert walk.get(Campaign, name="2026 年绩效评价").closed_at is not None


def everything_stands_as_one_thing(owner: Page, project: Project) -> None:
    """All eight links are done under one number; nothing more is offered to be done; the trail goes out whole."""
    owner.goto(f"/projects/{project.pk}/one-thing/")
    states = owner.locator(".one-thing-state").all_inner_texts()
    assert states == ["已完成"] * LINKS
    expect(owner.locator("main")).to_contain_text(project.code)
    owner.goto(f"/projects/{project.pk}/library/")
    for act in ("start", "change", "acceptance"):
        assert not owner.locator(f"form[action$='/library/{act}/']").count(), act
    owner.goto(f"/projects/{project.pk}/timeline/")
    with owner.expect_download() as given:
        owner.locator("a[href*='format=xlsx']").first.click()
    assert given.value.path().stat().st_size > 0
