"""The desk: a leader's instruction goes to a department and back, on a phone too; the calendar reckons a limit."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from gis_projects.people.models import Organisation
from gis_projects.people.permissions import Role
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_accessibility import serious
from tests.factories.people import user_of


@pytest.fixture(scope="module")
def people(city, django_db_blocker):
    with django_db_blocker.unblock():
        bureau = Organisation.objects.create(
            code="11150207DESK000001", name="九原区水务局", kind="department", region_id="150207"
        )
        return (
            user_of(Role.LEADER, "150207", username="desk-leader", full_name="王区长"),
            user_of(Role.HANDLER, "150207", username="desk-handler", organisation=bureau),
        )


def fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_instruction_goes_out_and_its_answer_comes_back(people, open_page, size):
    leader, handler = people
    text = f"请核实取水许可（{size['width']}）"
    page = open_page("/desk/instructions/new/", leader, size)
    page.get_by_label("批示内容").fill(text)
    page.get_by_label("九原区水务局").check()
    fits(page)
    page.get_by_role("button", name="下达批示").click()
    expect(page.get_by_text("批示已下达。")).to_be_visible()
    expect(page.locator(".receipts")).to_contain_text("未签收")

    desk = open_page("/desk/", handler, size)
    expect(desk.locator(".todo-count")).not_to_have_text("")
    fits(desk)
    desk.get_by_role("link", name=f"办理批示：{text}").click()
    expect(desk.locator(".receipts")).to_contain_text("已签收")
    desk.get_by_label("办理情况").fill("许可证有效。")
    fits(desk)
    desk.get_by_role("button", name="提交反馈").click()
    expect(desk.locator(".receipts")).to_contain_text("许可证有效。")

    page.goto("/desk/")
    page.get_by_role("link", name=f"审阅九原区水务局对批示的反馈：{text}").click()
    page.get_by_role("button", name="同意办结").click()
    expect(page.locator(".task-closed")).to_have_text("已办结")
    page.goto("/desk/")
    expect(page.get_by_text("没有待办事项。")).to_be_visible()
    assert serious(page) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_calendar_reckons_a_limit_and_shows_its_days(people, open_page, size):
    page = open_page("/calendar/?year=2024", people[1], size)
    expect(page.locator("#day-2024-04-28")).to_contain_text("班")
    fits(page)
    page.get_by_label("起算日（当日不计入）").fill("2024-04-28")
    page.get_by_label("时限").fill("15")
    page.get_by_role("button", name="计算").click()
    expect(page.locator(".due-answer")).to_have_text("2024-05-21")
    expect(page.locator(".counted .day")).to_have_count(15)
    fits(page)
    assert serious(page) == []


@pytest.mark.parametrize("path", ["/desk/duties/", "/desk/tasks/", "/desk/circular/", "/notices/settings/"])
def test_pages_fit_a_phone(people, open_page, path):
    page = open_page(path, people[1], PHONE)
    expect(page.locator("h1")).to_be_visible()
    fits(page)
    assert serious(page) == []
