"""A case: one department agrees with a condition, which is met and confirmed; then the case is concluded."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from gis_projects.argument.models import Case
from tests.browser.conftest import PHONE
from tests.browser.house import house
from tests.browser.test_accessibility import serious
from tests.factories import arguments
from tests.factories.libraries import owner_of
from tests.factories.people import OrganisationFactory


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def sent(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).first.click()


def answered(page: Page, verdict: str) -> None:
    """Fill in what the items ask, whatever it is."""
    page.check(f"#verdict-{verdict}")
    page.fill("#text", "经研究，意见如上。")
    form = page.locator(".argument-opinion-form")
    for control in form.locator("select").all():
        options = control.locator("option").evaluate_all("all => all.map((one) => one.value)")
        control.select_option("yes" if "yes" in options else options[1])
    for control in form.locator("input[inputmode=decimal]").all():
        control.fill("0" if "额度" in control.locator("..").inner_text() else "120")
    for control in form.locator("fieldset textarea").all():
        control.fill("经测算符合要求")


def test_a_condition_is_set_met_confirmed_and_the_case_concluded(unblocked, open_page):
    bureau = house().bureau
    project = arguments.project(name="东湖泵站工程", organisation=OrganisationFactory())
    owner = owner_of(project, "owner-of-the-pump")
    case = arguments.opened(bureau, project)
    first, *others = case.tasks.select_related("organisation__region", "case__routing").order_by("pk")
    for task in others:
        bureau.give(task)

    page = open_page(f"/arguments/tasks/{first.pk}/", bureau.handler(first), PHONE)
    answered(page, "conditional")
    page.locator("[name=condition]").first.fill("开工前取得取水许可")
    sent(page, "提交审签")
    page.context.close()
    page = open_page(f"/arguments/tasks/{first.pk}/", bureau.approver(first))
    sent(page, "同意并审签")
    page.context.close()

    page = open_page(f"/arguments/{case.pk}/", bureau.coordinator)
    expect(page.locator(".argument-condition")).to_contain_text("开工前取得取水许可")
    page.fill("#conclusion", "各部门意见一致，附条件通过。")
    sent(page, "办结")
    expect(page.locator(".argument-outcome").first).to_contain_text("有条件通过")
    assert serious(page) == []

    meets = open_page(f"/arguments/{case.pk}/", owner)
    meets.locator("summary", has_text="填报落实情况").click()
    meets.locator("[id^=claim-]").first.fill("许可证已取得，见附件。")
    sent(meets, "提交")
    confirms = open_page(f"/arguments/tasks/{first.pk}/", bureau.handler(first))
    sent(confirms, "确认已落实")
    expect(confirms.locator(".condition-state")).to_contain_text("已落实")
    assert Case.objects.get(pk=case.pk).outcome == "conditional"
    meets.reload()
    expect(meets.locator(".condition-state").first).to_contain_text("已落实")
