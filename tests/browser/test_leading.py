"""A leader on the way: what goes wrong, on the map, an instruction in three touches, and its receipt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from gis_projects.argument.models import Blocker
from gis_projects.people.models import Organisation
from gis_projects.people.permissions import Role
from tests.browser.conftest import PHONE, new_project
from tests.browser.test_accessibility import serious
from tests.factories.people import user_of


@pytest.fixture(scope="module")
def leader(city, django_db_blocker):
    with django_db_blocker.unblock():
        bureau = Organisation.objects.create(
            code="11150207LEAD000001", name="九原区生态环境局", kind="department", region_id="150207"
        )
        project = new_project("滨河泵站")
        Blocker.objects.create(
            project=project, link="site", title="环评批复", organisation=bureau, raised_by=city.planner,
            due_on=timezone.localdate() - timedelta(days=9),
        )  # fmt: skip
        return user_of(Role.LEADER, "150207", username="way-leader", full_name="王区长")


def test_from_the_map_an_instruction_is_given_in_three_touches_and_its_receipt_is_seen(leader, open_page):
    page = open_page("/desk/leading/?weight=overdue", leader, PHONE)
    expect(page.locator(".concern").filter(has_text="滨河泵站")).to_contain_text("堵点“环评批复”未解决")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert serious(page) == []
    page.get_by_role("button", name="地图").click()
    page.get_by_role("button", name="滨河泵站：已逾期").click()  # first
    assert serious(page) == []
    page.locator("#concern-card").get_by_role("link", name="批示").click()  # second
    expect(page.get_by_role("checkbox", name="九原区生态环境局", checked=True)).to_have_count(1)
    page.get_by_role("button", name="下达批示").click()  # third
    expect(page.locator(".receipts")).to_contain_text("未签收")
    page.goto("/desk/leading/#screen-given")
    expect(page.locator(".given")).to_contain_text("滨河泵站")
