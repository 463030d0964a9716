"""Plots with names, drafts that outlive a crash, and two people at one boundary."""

from __future__ import annotations

import re

import pytest
import shapely
from playwright.sync_api import Error

from gis_projects.people.models import User
from gis_projects.sites.actions.boundaries import save_boundary
from siting import versions
from siting.models import SiteVersion
from tests.browser.conftest import ready
from tests.browser.test_editor import draw, edit, shape
from tests.browser.test_editor_tools import across, done, letter
from tests.factories import land


def test_plots_are_named_given_a_use_and_saved_and_a_name_can_be_undone(
    open_page,
    city,
    project,
    django_db_blocker,
):
    sited = project("多个地块", land.SITE)
    page = edit(open_page, city, sited)
    letter(page, "s")
    across(page, 0.5)
    done(page)
    page.fill("#plot-0-name", "厂区")
    page.press("#plot-0-name", "Tab")
    page.select_option("#plot-1-use", "07")
    page.fill("#plot-1-name", "改错的名")
    page.press("#plot-1-name", "Tab")
    page.locator("#map").focus()
    page.keyboard.press("Control+z")
    page.wait_for_function("() => document.querySelector('#plot-1-name').value === ''")
    page.fill("#plot-1-name", "生活区")
    page.press("#plot-1-name", "Tab")
    page.click("#save")
    page.wait_for_function("() => document.querySelector('#save-state').innerText.includes('第 2 版')")
    with django_db_blocker.unblock():
        version = SiteVersion.objects.get(site=sited.site, number=2)
        plots = versions.stored(version).declared.plots
    assert [(plot.name, plot.use) for plot in plots] == [("厂区", ""), ("生活区", "07")]
    page.reload()
    ready(page)
    assert page.input_value("#plot-0-name") == "厂区"
    page.click("#plot-0-remove")
    page.wait_for_function("() => document.querySelectorAll('.plot').length === 1")


def test_after_a_crash_the_plots_their_names_the_ring_and_the_way_back_are_there(
    open_page,
    city,
    project,
    watch,
):
    watch.expected += ["Target crashed", "crash"]
    sited = project("浏览器崩溃", land.SITE)
    page = edit(open_page, city, sited)
    page.fill("#plot-0-name", "一期")
    page.press("#plot-0-name", "Tab")
    letter(page, "b")
    page.fill("#tool-distance_m", "10")
    page.keyboard.press("Enter")
    done(page)
    page.click("[data-mode=draw]")
    draw(page, [(700, 300), (760, 310), (750, 360)], close=False)
    page.wait_for_function(
        """() => {
            const key = Object.keys(localStorage).find((name) => name.startsWith("site-draft"));
            return key && JSON.parse(localStorage.getItem(key)).sketch?.points.length === 3;
        }"""
    )
    context = page.context
    with pytest.raises(Error):
        page.goto("chrome://crash")
    again = context.new_page()
    again.goto(f"/projects/{sited.pk}/site/")
    ready(again)
    again.click("#file-state .btn-primary")
    again.wait_for_function("() => document.querySelector('#plot-0-name')?.value === '一期'")
    assert again.locator("[data-mode=draw]").get_attribute("aria-pressed") == "true", (
        "the pencil is still down"
    )
    again.keyboard.press("Escape")
    assert shape(again) == (1, 0, 4)
    assert "2 个" not in again.inner_text("#plots-title")
    saved = again.inner_text("#measure b")
    again.locator("#map").focus()
    again.keyboard.press("Control+z")
    again.wait_for_function("() => document.querySelector('#plot-0-name').value !== '一期'")
    assert again.inner_text("#measure b") != saved, "undo goes back to where the work began"


def test_of_two_who_edit_one_boundary_the_second_is_told_and_loses_nothing(
    open_page,
    city,
    project,
    watch,
    django_db_blocker,
):
    watch.expected += ["409"]
    sited = project("两人同改", land.SITE)
    page = edit(open_page, city, sited)
    page.fill("#plot-0-name", "我的地块")
    page.press("#plot-0-name", "Tab")
    with django_db_blocker.unblock():
        save_boundary(
            by=User.objects.get(username="planner"),
            project=sited,
            boundary=land.boundary(shapely.box(109.845, 40.615, 109.851, 40.619)),
        )
    page.click("#save")
    page.wait_for_selector("#newer-version")
    assert "第 2 版" in page.inner_text("#newer-version")
    assert page.input_value("#plot-0-name") == "我的地块"
    page.click("#newer-compare")
    page.wait_for_function("() => document.querySelector('#newer-figures').innerText.includes('相差')")
    assert re.search(r"-[\d,]+\.\d\d 平方米", page.inner_text("#newer-figures"))
    page.click("#newer-take")
    page.wait_for_function("() => document.querySelector('#plot-0-name').value !== '我的地块'")
    page.locator("#map").focus()
    page.keyboard.press("Control+z")
    page.wait_for_function("() => document.querySelector('#plot-0-name').value === '我的地块'")
    page.click("#save")
    page.wait_for_function("() => document.querySelector('#save-state').innerText.includes('第 3 版')")
    with django_db_blocker.unblock():
        assert [v.number for v in SiteVersion.objects.filter(site=sited.site)] == [3, 2, 1]


def test_versions_are_listed_and_compared_on_a_page(open_page, city, project, django_db_blocker):
    sited = project("版本对比", land.SITE)
    with django_db_blocker.unblock():
        save_boundary(
            by=User.objects.get(username="planner"),
            project=sited,
            boundary=land.boundary(shapely.box(109.845, 40.615, 109.851, 40.619)),
        )
    page = ready(open_page(f"/projects/{sited.pk}/site/versions/", city.planner))
    assert page.locator(".versions-table tbody tr").count() == 2
    page.click("[data-mode=swipe]")
    page.wait_for_selector(".swipe-divider")
    page.locator(".swipe-divider").focus()
    page.keyboard.press("ArrowLeft")
    page.click("[data-mode=changes]")
    page.locator("[data-point]").first.click()
    assert "移动" in page.inner_text(".change-moved >> nth=0") or page.locator(".change-moved").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
