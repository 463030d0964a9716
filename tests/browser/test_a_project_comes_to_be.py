"""A project's way from the registration of its unit to the implementation library, by everybody's own hands.

Project unit, departments, intermediary, committee: each acts in the browser, and each refused shortcut says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from gis_projects.argument.models import Case, Task
from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.models import Library, Project
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Role
from gis_projects.people.queries.organisations import department_of
from gis_projects.sites.actions.revalidation import revalidate
from gis_projects.trail.models import Step
from siting import formats
from tests.browser.conftest import PHONE, ready
from tests.browser.house import house
from tests.factories import land
from tests.factories.people import UserFactory, user_of

REGION = "150207"
UNIT, UNIT_CODE = "九原城建投资有限公司", "91350100M000100Y43"
NAME = "九原区净水厂二期工程"
TOTAL = "32000000.00"
PDF = {"name": "材料.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
WORDS = "只在这次试办里用-Kp83"


@dataclass
class Walk:
    """One window per person, each on the address that they were last on."""

    open_page: Any
    unblock: Any
    pages: dict[str, Page] = field(default_factory=dict)

    def of(self, user: User, path: str, **more: Any) -> Page:
        page = self.pages.get(user.username)
        if page is None:
            page = self.pages[user.username] = self.open_page(path, user, **more)
        else:
            page.goto(path)
        return page

    def leave(self, user: User) -> None:
        """Close somebody's window: each that is open keeps connections to the database."""
        self.pages.pop(user.username).context.close()

    def get(self, model: Any, **lookup: Any) -> Any:
        with self.unblock():
            return model.objects.get(**lookup)


@pytest.fixture
def walk(open_page, django_db_blocker):
    return Walk(open_page, django_db_blocker.unblock)


@dataclass
class District:
    bureau: Any
    sitting: Any
    admin: User
    admission: User
    intermediary: User
    elsewhere: User


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


def sent(page: Page, button: str) -> None:
    """Press a button that sends a form, and wait for the page after it."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def chosen_first(page: Page, selector: str) -> None:
    page.select_option(selector, index=1)


# --- the unit ------------------------------------------------------------------------------------


def the_unit_registers(walk: Walk, district: District) -> User:
    """It applies without an account; a second person lets it in; its administrator opens the owner's account."""
    page = walk.open_page("/units/register/", None)
    page.fill("[name=name]", UNIT)
    page.fill("[name=code]", UNIT_CODE)
    page.select_option("[name=kind]", "owner")
    choose_region(page)
    page.fill("[name=contact]", "王经理")
    page.fill("[name=phone]", "0472-1234567")
    page.set_input_files("[name=proof]", PDF)
    sent(page, "提交申请")
    receipt = page.input_value("#receipt")

    admin = walk.of(district.admin, "/units/registrations/")
    admin.get_by_role("link", name=UNIT).click()
    sent(admin, "同意")
    expect(admin.locator("h1")).to_contain_text("已注册")

    page.goto(receipt)
    page.get_by_role("link", name="设置密码").click()
    set_password(page)
    head = walk.get(User, organisation__name=UNIT)
    unit_page = walk.of(head, f"/units/{head.organisation_id}/accounts/")
    unit_page.fill("[name=username]", "jy-owner")
    unit_page.fill("[name=full_name]", "李工")
    unit_page.check("[name=roles][value=owner]")
    sent(unit_page, "开通")
    link = unit_page.input_value("#password-link")
    page.goto(link)
    set_password(page)
    page.context.close()
    walk.leave(head)
    walk.leave(district.admin)
    return walk.get(User, username="jy-owner")


def choose_region(page: Page) -> None:
    control = page.locator("[name=region]")
    if control.evaluate("node => node.tagName") == "SELECT":
        control.select_option(REGION)
    else:
        control.fill(REGION)


def set_password(page: Page) -> None:
    for box in page.locator("input[type=password]").all():
        box.fill(WORDS)
    sent(page, "设置密码")


# --- the record -----------------------------------------------------------------------------------


def the_owner_registers_the_project(walk: Walk, owner: User) -> Project:
    page = walk.of(owner, "/projects/new/")
    sent(page, "开始登记")
    page.fill("[name=name]", NAME)
    page.select_option("[name=investment_kind]", "government")
    choose_region(page)
    page.select_option("[name=industry]", "N")
    division = page.locator("[name=division] option", has_text="水利管理业")
    page.select_option("[name=division]", division.first.get_attribute("value"))
    page.fill("[name=intended_yuan]", TOTAL)
    chosen_first(page, "[name=source_kind]")
    page.fill("[name=source_basis]", "政府工作报告")
    page.fill("[name=address]", "九原区滨河路南侧")
    page.fill("[name=content]", "新建日处理 5 万吨净水厂一座")
    sent(page, "保存，下一步")
    for name in ("policy", "industry_type", "project_type", "construction_mode", "investment_mode", "nature"):
        chosen_first(page, f"[name={name}]")
    sent(page, "保存，下一步")
    page.fill("[name=credit_code]", UNIT_CODE)
    page.fill("[name=legal_person]", "王经理")
    page.fill("[name=scale]", "日处理 5 万吨")
    page.fill("[name=planned_start]", "2027-03-01")
    page.fill("[name=planned_finish]", "2028-10-31")
    page.fill("[name=goals]", "供水保证率达到 97%")
    sent(page, "登记")
    return walk.get(Project, name=NAME)


def the_plan_must_add_up(page: Page, project: Project, *, definite: bool = False) -> None:
    """First with a fen too little, which is refused by how much; then right."""
    page.goto(f"/projects/{project.pk}/plan/")
    page.fill("#total_yuan", TOTAL)
    if definite:
        page.fill("#reason", "资金落实")
    first = page.locator("input[name^=source_]").first
    for box in page.locator("input[name^=source_], input[name^=year_]").all():
        box.fill("")
    if definite:
        name = str(first.get_attribute("name")).removeprefix("source_")
        page.check(f"[name=definite_{name}]")
        page.select_option(f"[name=document_{name}]", index=1)
    first.fill("31999999.99" if not definite else TOTAL)
    page.locator("input[name^=year_]").nth(1).fill(TOTAL)
    sent(page, "保存为新的一版")
    if not definite:
        expect(page.locator(".alert-danger")).to_contain_text("0.01")
        page.locator("input[name^=source_]").first.fill(TOTAL)
        sent(page, "保存为新的一版")
    expect(page.locator("#plan-title")).to_be_visible()


def the_owner_draws_the_site(walk: Walk, owner: User, project: Project) -> float:
    page = ready(walk.of(owner, f"/projects/{project.pk}/site/"))
    boundary = land.boundary(land.SITE)
    page.set_input_files(
        "#file",
        {
            "name": "选址.txt",
            "mimeType": "text/plain",
            "buffer": formats.write(boundary.declared, "txt"),
        },
    )
    expect(page.locator("#file-state .alert-success")).to_contain_text("选址.txt")
    for name, value in land.FACTS.items():  # what the rules ask of the project
        page.select_option(f"#fact-{name}", value)
    page.click("#save-check")
    page.wait_for_url(re.compile(r"/checks/\d+/"))
    return boundary.area_m2


def the_owner_completes_the_record(walk: Walk, owner: User, project: Project, area: float) -> None:
    page = walk.of(owner, f"/projects/{project.pk}/land/")
    page.fill("#total_m2", f"{area:.2f}")
    page.locator("input[name^=part_]").first.fill(f"{area:.2f}")
    sent(page, "保存为新的一版")
    for purpose in ("proposal", "site_file", "funding"):
        attach(page, project, purpose)


def attach(page: Page, project: Project, purpose: str) -> None:
    page.goto(f"/projects/{project.pk}/")
    form = page.locator(f"form[action='/projects/{project.pk}/files/']")
    form.locator("[name=purpose]").select_option(purpose)
    form.locator("input[type=file]").set_input_files(PDF)
    with page.expect_navigation():
        form.locator("button").last.click()


# --- the libraries --------------------------------------------------------------------------------


def asks_for(walk: Walk, owner: User, project: Project) -> Page:
    page = walk.of(owner, f"/projects/{project.pk}/library/")
    with page.expect_navigation():
        page.locator("form[action$='/library/apply/'] button").click()
    return page


def is_let_in(walk: Walk, by: User, project: Project, library: str) -> None:
    page = walk.of(by, "/libraries/applications/")
    page.get_by_role("link", name=NAME).first.click()
    expect(page.locator("#why-not")).to_have_count(0)
    with page.expect_navigation():
        page.locator("button[formaction$='/admit/']").click()
    assert walk.get(Project, pk=project.pk).library == library


# --- the arguments --------------------------------------------------------------------------------


def is_argued(walk: Walk, district: District, project: Project, kind: str) -> Case:
    """The coordinator opens the case; each department's handler answers and another person signs; it is concluded."""
    coordinator = district.bureau.coordinator
    page = walk.of(coordinator, f"/projects/{project.pk}/arguments/open/")
    form = page.locator(f"form:has(input[name=kind][value={kind}])")
    assert form.count(), page.locator("main").inner_text()
    with page.expect_navigation():
        form.locator("button").click()
    case = walk.get(Case, project=project, kind=kind)
    with walk.unblock():
        tasks = list(Task.objects.filter(case=case).select_related("organisation__region"))
    assert tasks
    for number, task in enumerate(tasks):
        with walk.unblock():
            handler, approver = district.bureau.handler(task), district.bureau.approver(task)
        is_answered(walk, handler, task, viewport=PHONE if number == 0 else None)
        if task.chain_mode != "file":
            signs = walk.of(approver, f"/arguments/tasks/{task.pk}/")
            sent(signs, "同意并审签")
            walk.leave(approver)
    page.goto(f"/arguments/{case.pk}/")
    page.fill("#conclusion", "各部门意见一致，予以通过。")
    sent(page, "办结")
    case = walk.get(Case, pk=case.pk)
    assert case.outcome == "passed"
    return case


def is_answered(walk: Walk, handler: User, task: Task, *, viewport: Any) -> None:
    """The first of them on a phone. Who drafted may not sign."""
    more = {"viewport": viewport} if viewport else {}
    page = walk.of(handler, f"/arguments/tasks/{task.pk}/", **more)
    page.check("#verdict-agree")
    page.fill("#text", "经研究，同意。")
    form = page.locator(".argument-opinion-form")
    for control in form.locator("select").all():
        options = control.locator("option").evaluate_all("all => all.map((one) => one.value)")
        control.select_option("yes" if "yes" in options else options[1])
    for control in form.locator("input[inputmode=decimal]").all():
        control.fill("0" if "额度" in control.locator("..").inner_text() else "120")
    for control in form.locator("fieldset textarea").all():
        control.fill("经测算符合要求")
    with page.expect_navigation():
        form.locator("button[value=submit]").click()
    if task.chain_mode != "file":
        assert not page.get_by_role("button", name="同意并审签").count()
    walk.leave(handler)


# --- the committee --------------------------------------------------------------------------------


def is_resolved(walk: Walk, district: District, project: Project) -> None:
    clerk, second = district.sitting.clerk, district.sitting.second
    page = walk.of(clerk, "/committee/new/")
    page.fill("#title", "第一次全体会议")
    page.fill("#scheduled_at", (timezone.localtime() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    sent(page, "召集会议")
    page.select_option("#item-kind", "fiscal")
    page.fill("#item-title", f"审议{NAME}")
    page.fill("#item-project", project.code)
    sent(page, "列入议程")
    for box in page.locator("select[name^=presence-]").all():
        box.select_option("present")
    sent(page, "登记出席情况")
    for box in page.locator("select[name^=vote-]").all():
        box.select_option("for")
    sent(page, "登记表决")
    page.locator("summary", has_text="记录决议").click()
    page.locator("textarea[id^=text-]").fill("同意纳入实施库。")
    sent(page, "记录决议")
    page.fill("#minutes-text", "会议审议并通过。")
    with page.expect_navigation():
        page.locator("form:has(#minutes-text) button").first.click()
    # Who recorded the minutes doesn't confirm them.
    assert not page.locator("form:has([value=confirm])").count()
    confirms = walk.of(second, urlsplit(page.url).path)
    with confirms.expect_navigation():
        confirms.locator("form:has([value=confirm]) button").first.click()
    walk.leave(clerk)
    walk.leave(second)


# --- the whole way --------------------------------------------------------------------------------


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
