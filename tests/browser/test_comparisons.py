"""Plan against plan: the patches in the list and on the map, dealt with together, and two who do so at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from django.db import transaction
from playwright.sync_api import Page, expect

from gis_projects.sites.actions import comparisons
from gis_projects.sites.comparing.workflow import Change
from gis_projects.sites.queries import comparisons as queries
from layers.loading import load
from layers.models import Layer
from layers.table import Table
from siting.models import PlanComparison
from tests.browser.conftest import DESKTOP, PHONE, City, ready
from tests.browser.test_accessibility import serious
from tests.factories import land
from tests.factories.people import OrganisationFactory
from tests.factories.plans import kept

STYLE = {"01": {"fill": "#ffd75e", "stroke": "#776600"}, "02": {"fill": "#6fd384", "stroke": "#116622"}}


def plan(code: str, name: str, shift: float) -> Layer:
    west, south, east, _north = land.EXTENT.bounds
    step = (east - west) / 6
    corner = np.array([west + shift * step, south])

    def cell(i: int, j: int) -> object:
        low = np.round(corner + np.array([i, j]) * step, 9)
        high = np.round(corner + np.array([i + 1, j + 1]) * step, 9)
        return shapely.box(*low, *high)

    cells = [cell(i, j) for i in range(5) for j in range(4)]
    layer = Layer.objects.create(
        code=code, name=name, class_system="test", class_names={"01": "耕地", "02": "林地"}, style=STYLE,
        order=91, authority="自然资源主管部门",
    )  # fmt: skip
    table = Table(
        np.array(cells, dtype=object),
        [f"{code}{n}" for n in range(20)],
        ["01" if n % 3 else "02" for n in range(20)],
    )
    load(layer, table, coverage=land.EXTENT)
    return layer


@pytest.fixture(scope="module")
def comparison(city: City, django_db_blocker) -> PlanComparison:
    with django_db_blocker.unblock():
        plans = [plan("PLANA", "规划甲", 0.0), plan("PLANB", "规划乙", 0.3)]
        OrganisationFactory(name="市自然资源局")
        row = kept("PLANA", "PLANB", city.reviewer)
    yield row
    with django_db_blocker.unblock(), transaction.atomic():
        Layer.objects.filter(pk__in=[layer.pk for layer in plans]).update(secrecy="confidential")


@pytest.fixture
def opened(comparison, city: City, open_page: Callable[..., Page]) -> Callable[..., Page]:
    return lambda query="", **more: ready(
        open_page(f"/comparisons/{comparison.pk}/{query}", city.reviewer, **more)
    )


def test_a_patch_is_found_on_the_map_and_told(opened, comparison) -> None:
    page = opened()
    expect(page.locator(".comparison-rows tbody tr")).to_have_count(comparison.patch_count)
    page.locator("[data-patch]").first.click()
    number = page.locator("[data-patch]").first.inner_text()
    expect(page.locator("#map-status")).to_contain_text(number)
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".leaflet-popup")).to_contain_text(f"图斑 {number}")
    page.get_by_label("甲方", exact=True).check()
    expect(page.locator(".tiles-PLANA")).to_have_count(1)


def test_chosen_patches_are_dealt_with_together(opened, watch) -> None:
    watch.expected += ["400"]  # a step that something is missing for
    page = opened("?sort=number")
    expect(page.get_by_role("button", name="保存")).to_be_disabled()
    page.get_by_label("选择图斑 1", exact=True).check()
    page.get_by_label("选择图斑 2", exact=True).check()
    expect(page.locator("#chosen")).to_have_text("已选 2 个")
    page.get_by_label("改为").select_option("negotiating")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#settle-problem")).to_contain_text("尚未指定负责部门")
    form = page.locator("#settle")
    form.get_by_label("负责部门").select_option(label="市自然资源局")
    form.get_by_role("button", name="保存").click()
    expect(page.locator(".patch-negotiating")).to_have_count(2)
    page.locator("form.filters").get_by_label("状态").select_option("negotiating")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator(".comparison-rows tbody tr")).to_have_count(2)


def test_who_comes_second_is_told_and_nothing_is_lost(
    opened, comparison, city, django_db_blocker, watch
) -> None:
    watch.expected += ["409"]
    page = opened("?sort=-area")
    number = int(page.locator("[data-choose]").last.get_attribute("data-choose") or 0)
    with django_db_blocker.unblock():
        row = queries.patches(comparison, queries.Filter(numbers=[number])).get()
        seen = {row.number: row.handling.version if hasattr(row, "handling") else 0}
        comparisons.settle(by=city.reviewer, comparison=comparison, seen=seen, change=Change(note="先到"))
    page.locator("[data-choose]").last.check()
    page.locator("#s_note").fill("后到")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#settle-problem")).to_contain_text(f"图斑 {number} 现为")
    expect(page.locator("#s_note")).to_have_value("后到")
    page.get_by_role("button", name="载入最新情况").click()
    expect(page.locator(".comparison-rows")).to_contain_text("先到")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", ["/comparisons/", "/comparisons/{}/", "/crosswalks/"])
def test_the_pages_fit_and_are_accessible(comparison, city, open_page, viewport, path) -> None:
    page = open_page(path.format(comparison.pk), city.reviewer, viewport=viewport)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert serious(page) == []
