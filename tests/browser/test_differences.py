"""Two versions of a layer side by side: the list, the map of changes, the divider, the matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from django.db import transaction
from playwright.sync_api import Page, expect

from layers.loading import load
from layers.models import Layer
from layers.table import Table
from tests.browser.conftest import DESKTOP, PHONE, City, ready
from tests.browser.test_accessibility import serious
from tests.factories import land

CODE = "CHANGED"
ADDRESS = f"/layers/{CODE}/differences/?from=1&to=2"
STYLE = {"01": {"fill": "#ffd75e", "stroke": "#776600"}, "02": {"fill": "#6fd384", "stroke": "#116622"}}


def cells() -> list[tuple[str, str, object]]:
    west, south, east, north = land.EXTENT.bounds
    xs, ys = np.linspace(west, east, 9), np.linspace(south, north, 9)
    return [
        (f"T{i}{j}", "01" if (i + j) % 2 else "02", shapely.box(xs[i], ys[j], xs[i + 1], ys[j + 1]))
        for i in range(8)
        for j in range(8)
    ]


def table(rows: list[tuple[str, str, object]]) -> Table:
    keys, classes, geometries = zip(*rows, strict=True)
    return Table(np.array(geometries, dtype=object), keys, classes)


@pytest.fixture(scope="module")
def two_versions(city: City, django_db_blocker) -> None:
    """A layer of its own: eight by eight fields, one gone, one built on, one divided."""
    with django_db_blocker.unblock():
        layer = Layer.objects.create(
            code=CODE, name="变化图斑", class_names={"01": "耕地", "02": "林地"}, style=STYLE, order=90
        )
        rows = cells()
        load(layer, table(rows), coverage=land.EXTENT)
        west, south, east, north = rows[20][2].bounds
        middle = (west + east) / 2
        rows[20] = (rows[20][0], rows[20][1], shapely.box(west, south, middle, north))
        rows.append(("NEW", "02", shapely.box(middle, south, east, north)))
        rows[10] = (rows[10][0], "02" if rows[10][1] == "01" else "01", rows[10][2])
        load(layer, table([row for row in rows if row[0] != "T77"]), coverage=land.EXTENT)
    yield
    with django_db_blocker.unblock(), transaction.atomic():
        Layer.objects.filter(code=CODE).update(secrecy="confidential")  # no other test meets it


@pytest.fixture
def opened(two_versions, city: City, open_page: Callable[..., Page]) -> Callable[..., Page]:
    return lambda **more: ready(open_page(ADDRESS, city.planner, **more))


def test_the_list_filters_and_leads_to_the_map(opened) -> None:
    page = opened()
    expect(page.locator(".changes-table tbody tr")).to_have_count(4)
    page.locator(".change-tile", has_text="删除").click()
    expect(page.locator(".changes-table tbody tr")).to_have_count(1)
    page.get_by_role("button", name="T77").click()
    expect(page.locator("#map-status")).to_contain_text("T77")
    expect(page.locator("#map .leaflet-overlay-pane path")).to_have_count(1)


def test_a_click_on_a_change_tells_what_it_is(opened) -> None:
    page = opened()
    page.get_by_role("button", name="NEW").click()
    page.wait_for_load_state("networkidle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".leaflet-popup")).to_contain_text("NEW")
    expect(page.locator(".leaflet-popup")).to_contain_text("新增")


def _clip(page: Page, pane: str) -> str:
    return page.evaluate("pane => document.querySelector(`.leaflet-${pane}-pane`).style.clip", pane)


def test_the_divider_moves_by_keyboard_and_by_hand(opened) -> None:
    page = opened()
    page.get_by_role("button", name="卷帘对比").click()
    divider = page.get_by_role("slider")
    expect(divider).to_have_attribute("aria-valuenow", "50")
    divider.focus()
    before = _clip(page, "before")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageUp")
    expect(divider).to_have_attribute("aria-valuenow", "62")
    assert _clip(page, "before") != before
    page.keyboard.press("Home")
    expect(divider).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    box, map_box = divider.bounding_box(), page.locator("#map").bounding_box()
    assert box is not None
    assert map_box is not None
    page.mouse.move(box["x"] + 6, box["y"] + 40)  # half of it is outside the map
    page.mouse.down()
    page.mouse.move(map_box["x"] + map_box["width"] * 0.25, box["y"] + 40, steps=4)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "25")
    page.get_by_role("button", name="变化位置").click()
    expect(divider).to_have_count(0)
    assert _clip(page, "before") == _clip(page, "after") == ""


def test_the_matrix_adds_up_in_every_unit(opened) -> None:
    page = opened()
    table = page.locator(".flow-table")
    expect(table).to_be_visible()
    for unit in ("m²", "亩", "公顷"):
        page.locator(".flow-choice").get_by_label(unit).check()
        rows = table.locator("tbody tr").all()
        assert len(rows) == 2
        for row in rows:
            numbers = [
                float(text.replace(",", "").replace("—", "0"))
                for text in row.locator("td").all_text_contents()
            ]
            assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=1e-6)


def test_a_phone_shows_all_of_it_without_scrolling_sideways(opened) -> None:
    page = opened(viewport=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="卷帘对比").tap()
    expect(page.get_by_role("slider")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_no_serious_barrier_in_either_mode(opened, viewport) -> None:
    page = opened(viewport=viewport)
    expect(page.locator(".flow-table")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="卷帘对比").click()
    assert serious(page) == []
