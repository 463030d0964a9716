"""What each person does in the browser while a project comes to be: the unit, the record, the site, the arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import Page, expect

from gis_projects.argument.models import Case, Task
from gis_projects.library.models import Project
from gis_projects.people.models import User
from siting import formats
from tests.browser.conftest import PHONE, ready
from tests.factories import land

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


@dataclass
class District:
    bureau: Any
    sitting: Any
    admin: User
    admission: User
    intermediary: User
    elsewhere: User


def sent(page: Page, button: str) -> None:
    """Press a button that sends a form, and wait for the page after it."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def chosen_first(page: Page, selector: str) -> None:
    page.select_option(selector, index=1)


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
