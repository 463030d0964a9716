"""A protected area grows: the run, whose verdict turned, the proof for the others, and the notice of it."""

from __future__ import annotations

import re

import pytest
import shapely
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from gis_projects.desk import jobs as desk_jobs
from gis_projects.desk.models import Notice
from gis_projects.sites.actions.revalidation import revalidate
from siting.models import Site
from tests.browser.conftest import DESKTOP, PHONE, City, new_project
from tests.browser.test_accessibility import serious
from tests.factories import land

NAME = "复检示范项目"
SITE = shapely.box(109.856, 40.612, 109.858, 40.614)  # over 3 km from every edge of the land


@pytest.fixture(scope="module")
def grown(city: City, django_db_blocker):
    """A run after which one site's verdict is another; afterwards the land is as it was."""
    with django_db_blocker.unblock():
        project = new_project(NAME, SITE)
        revalidate(by=None)
        # What other walks had people told of lies read.
        desk_jobs.follow_trail()
        Notice.objects.filter(read_at=None).update(read_at=timezone.now())
        land.publish_layer("STBHHX", [("R9", "", SITE)])
        report = revalidate(by=None)
        desk_jobs.follow_trail()
    yield report
    with django_db_blocker.unblock(), transaction.atomic():
        land.publish_layer("STBHHX", [])
        Site.objects.filter(pk=project.site_id).update(is_live=False)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_runs_to_whose_verdict_turned_and_the_proof_for_the_others(grown, city, open_page, size):
    page = open_page("/revalidation/", city.planner, size)
    expect(page.get_by_role("heading", name="持续复检")).to_be_visible()
    fits(page)
    page.locator(f'a[href="/revalidation/{grown.run}/?change=worse"]').click()
    row = page.get_by_role("row").filter(has_text=NAME)
    expect(row).to_contain_text("变严")
    expect(row).to_contain_text("禁止建设")
    expect(page.get_by_role("heading", name="证明所依据的比对")).to_be_visible()
    expect(page.locator(".proof")).to_contain_text("1 个要素不同")
    fits(page)
    page.goto(f"/revalidation/coverage/?q={NAME}")
    expect(page.get_by_role("row").filter(has_text=NAME)).to_contain_text("有现行结果")
    expect(page.locator(".coverage-share")).to_contain_text("%")
    fits(page)


def test_a_notice_leads_to_the_check_and_is_read(grown, city, open_page):
    page = open_page("/checks/", city.planner)
    expect(page.locator(".badge-count")).to_have_text("1")
    page.locator(".site-notices").click()
    expect(page.locator(".notice-list .is-unread")).to_have_count(1)
    fits(page)
    page.get_by_role("button", name=NAME).click()
    page.wait_for_url(re.compile(r"/checks/\d+/$"))
    page.goto("/notices/")
    expect(page.locator(".notice-list li").filter(has_text=NAME)).to_have_count(1)
    expect(page.locator(".notice-list .is-unread")).to_have_count(0)
    expect(page.locator(".badge-count")).to_have_count(0)


def fits(page: Page) -> None:
    """Nothing sticks out to the side, and a reader of any kind can use it."""
    viewport = page.viewport_size
    assert viewport is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert serious(page) == []
