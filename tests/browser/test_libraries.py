"""A unit applies for its project, the department of its region admits it; what is missing is said beforehand."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point

from gis_projects.library.models import Project
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_accessibility import serious
from tests.factories.libraries import admission, finance, in_library, owner_of, project_for_catalogue, proven


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def fits(page) -> bool:
    """Nothing makes the page scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


#: Two projects that nobody takes for one.
APPLIED_FOR = {
    DESKTOP["width"]: ("湿地公园栈道", "架空木栈道两公里", Point(109.86, 40.58, srid=4490)),
    PHONE["width"]: ("第三小学食堂", "两层框架结构，可供八百人就餐", Point(109.95, 40.66, srid=4490)),
}


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_project_is_applied_for_and_admitted(open_page, unblocked, viewport):
    name, content, location = APPLIED_FOR[viewport["width"]]
    project = project_for_catalogue(name=name, content=content, location=location, address="")
    owner = owner_of(project, f"unit{viewport['width']}")
    admitter = admission(username=f"admitting{viewport['width']}")

    page = open_page(f"/projects/{project.pk}/library/", owner, viewport)
    gate = page.locator("#gate")
    assert gate.locator(".gate-open").count() == 1
    assert "建设地点" in gate.locator(".gate-open").inner_text()
    gate.get_by_role("button", name="申请进入目录库").click()
    page.wait_for_selector(".alert-danger")
    assert "填写“建设地点”" in page.locator(".messages").inner_text()
    Project.objects.filter(pk=project.pk).update(address="九原区")
    page.reload()
    page.fill("#id_note", "请审核")
    page.get_by_role("button", name="申请进入目录库").click()
    page.wait_for_selector(".alert-success")
    assert fits(page)
    assert serious(page) == []

    page = open_page("/libraries/applications/", admitter, viewport)
    assert fits(page)
    page.get_by_role("link", name=name).first.click()
    page.wait_for_selector(".decide")
    assert fits(page)
    assert serious(page) == []
    page.get_by_role("button", name="同意进入目录库").click()
    page.wait_for_selector(".application-admitted")
    project.refresh_from_db()
    assert project.library == "catalogue"


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_of_the_libraries_fit_and_can_be_read(open_page, unblocked, city, viewport):
    project = project_for_catalogue(name=f"排水泵站 {viewport['width']}")
    in_library(project, "implementation")
    proven(project, "review")
    money = finance(username=f"money{viewport['width']}")
    page = open_page(f"/projects/{project.pk}/library/", money, viewport)
    page.get_by_text("安排预算", exact=True).first.click()
    page.fill("#id_budget-line_year", "2026")
    page.fill("#id_budget-line_amount_yuan", "1000")
    page.fill("#id_budget-line_reference", "预字1号")
    page.locator("details[open] button").click()
    page.wait_for_selector(".alert-success")
    page.get_by_role("link", name="2026").first.click()
    page.fill("#id_appropriate_amount_yuan", "1000.01")
    page.fill("#id_appropriate_reference", "拨字1号")
    page.get_by_role("button", name="拨付").click()
    page.wait_for_selector(".alert-danger")
    assert "超过预算余额" in page.locator(".messages").inner_text()
    for address in (
        "/libraries/",
        "/libraries/budget/",
        "/libraries/funds/",
        "/libraries/monitoring/",
        "/libraries/parameters/",
    ):
        page.goto(address)
        assert fits(page), address
        assert serious(page) == [], address
