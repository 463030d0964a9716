"""Two sides of the one map, views that are kept, and a presentation of them: by mouse, keyboard and finger."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route

from gis_projects.atlas.actions.bookmarks import keep_bookmark
from gis_projects.people.permissions import Role
from tests.browser.conftest import PHONE, ready
from tests.browser.test_accessibility import serious
from tests.factories.people import OrganisationFactory, user_of

HERE = "/map/#12/40.62000/109.85000/layers=DLTB,YJJBNT/kinds=key,government,planned,reserve"


@pytest.fixture(scope="module")
def unit(city, django_db_blocker):
    """Two colleagues; one of them shares what they kept."""
    with django_db_blocker.unblock():
        of = OrganisationFactory(kind="department")
        speaker = user_of(Role.PLANNER, "150207", username="speaker", organisation=of, full_name="李讲")
        colleague = user_of(Role.LEADER, "150200", username="listener", organisation=of, full_name="王听")
        for name, hash_, note in (
            ("总体布局", "11/40.62/109.85/layers=XZQ/kinds=key,government,planned,reserve", "先说总量。"),
            (
                "现状与过去",
                "12/40.61/109.84/layers=DLTB/kinds=key/look=stage/compare=swipe:30"
                "/right.layers=YJJBNT/right.kinds=key,government/right.look=level",
                "左边现状，右边保护。",
            ),
            ("项目热力", "11/40.62/109.85/layers=/kinds=key,government,planned,reserve/show=heat", ""),
        ):
            keep_bookmark(by=speaker, name=name, series="调度会", hash=hash_, note=note, shared=True)
        return speaker, colleague


def counted(page, legend: str) -> dict[str, int]:
    rows = page.locator(f"{legend} .legend-rows li").evaluate_all(
        "items => items.map(i => [i.querySelector('.legend-label').textContent,"
        " Number(i.querySelector('.legend-count').textContent)])"
    )
    return dict(rows)


def still(page) -> None:
    page.wait_for_function("() => document.querySelector('.map-stage').getAttribute('aria-busy') !== 'true'")
    page.wait_for_load_state("networkidle")


def middles(page) -> list[list[float]]:
    """Where the middle of each map lies, by a project that both show: how far it is from the middle of its map."""
    return page.evaluate(
        "() => ['#map', '#map-beside'].map(one => {"
        " const words = document.querySelector(`${one} .map-coordinates`).textContent;"
        " return [...words.matchAll(/[\\d.]+°/g)].map(found => parseFloat(found[0])); })"
    )


def test_each_side_has_its_own_layers_day_and_symbols_and_the_address_brings_both_back(open_page, city):
    page = ready(open_page(HERE, city.planner))
    page.click("[data-panel-tool=compare]")
    page.wait_for_selector("#map-beside.leaflet-container")
    page.click("[data-side=right]")
    still(page)
    assert "右侧" in page.inner_text("#layers-title")
    assert "右侧" in page.inner_text("#projects-title")
    page.uncheck("#kind-key")
    page.select_option("#project-look", "stage")
    page.uncheck("#layer-DLTB")
    right = counted(page, "#project-legend-classes")
    page.wait_for_function("() => /right\\.layers=YJJBNT\\/.*right\\.look=stage/.test(location.hash)")
    assert re.search(r"/layers=(DLTB,YJJBNT|YJJBNT,DLTB)/", page.evaluate("location.hash"))
    left = counted(page, "#beside-legend")
    assert set(left) == {"重点项目", "政府投资项目", "规划项目", "储备项目"}
    assert sum(right.values()) < sum(left.values())

    page.focus("#map")
    before, address = middles(page), page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => location.hash !== before", arg=address)
    page.keyboard.press("+")
    page.wait_for_function("() => location.hash.startsWith('#13/')")
    still(page)
    after = middles(page)
    assert after != before
    assert after[0] == pytest.approx(after[1], abs=2e-4)  # both moved, by the same way

    page.reload()
    ready(page)
    page.wait_for_selector("#map-beside.leaflet-container")
    still(page)
    assert page.get_attribute(".map-stage", "data-active") == "left"
    assert counted(page, "#project-legend-classes") == left
    assert counted(page, "#beside-legend") == right
    assert "右侧" in page.inner_text("#beside-legend summary")
    assert "YJJBNT" in page.inner_text("#beside-said")
    assert serious(page) == []
    page.click("#compare-end")
    page.wait_for_function("() => !location.hash.includes('right.')")
    assert not page.is_visible("#map-beside")


def test_a_day_is_one_sides_own(open_page, city):
    page = ready(open_page(HERE + "/compare=panes:50/right.layers=/right.when=2019-03-29", city.planner))
    page.wait_for_selector("#map-beside.leaflet-container")
    still(page)
    assert "今天" in page.inner_text(".side-name-left")
    assert "2019-03-29" in page.inner_text(".side-name-right")
    answer = page.request.get("/api/v1/projects/map/?form=rows&as_of=2019-03-29").json()
    assert page.inner_text("#beside-said").startswith(f"{len(answer['rows'])} 个项目")
    page.click("[data-side=right]")
    still(page)
    assert page.input_value("#timeline-date") == "2019-03-29"
    page.click("[data-side=left]")
    still(page)
    assert not page.is_visible("#timeline")
    assert "2019-03-29" in page.inner_text(".side-name-right")


def test_the_swipe_handle_goes_by_keyboard_and_each_part_takes_its_clicks(open_page, city):
    page = ready(open_page(HERE + "/compare=swipe:50/right.layers=YJJBNT/right.kinds=key", city.planner))
    handle = page.locator(".map-stage > [role=slider].swipe-divider")
    handle.wait_for()
    still(page)
    box = page.locator(".map-stage").bounding_box()
    handle.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")
    assert handle.get_attribute("aria-valuenow") == "58"
    page.wait_for_function("() => location.hash.includes('compare=swipe:58')")
    y = box["y"] + box["height"] * 0.62
    under = "([x, y]) => document.elementFromPoint(x, y).closest('.map').id"
    assert page.evaluate(under, [box["x"] + box["width"] * 0.53, y]) == "map"
    assert page.evaluate(under, [box["x"] + box["width"] * 0.63, y]) == "map-beside"
    page.mouse.click(box["x"] + box["width"] * 0.63, y)
    page.wait_for_function("() => document.querySelector('.map-stage').dataset.active === 'right'")
    still(page)
    page.wait_for_selector("#panel-identify:not([hidden])")
    assert "右侧" in page.inner_text("#identify-title")
    assert serious(page) == []


def test_views_are_kept_ordered_replaced_and_deleted_without_a_mouse(open_page, city, unit):
    speaker, _colleague = unit
    page = ready(open_page(HERE, speaker))
    page.focus("[data-panel-tool=bookmarks]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".bookmark-rows li >> nth=2")
    page.select_option("#project-look", "level")
    page.wait_for_function("() => location.hash.includes('look=level')")
    page.fill("#bookmark-name", "按级次")
    page.keyboard.press("Enter")
    page.wait_for_selector(".bookmark-rows li >> nth=3")
    row = page.locator(".bookmark-rows li", has_text="按级次")
    row.locator(".move >> nth=0").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => document.querySelectorAll('.bookmark-rows .row-name')[2].textContent === '按级次'"
    )
    assert page.evaluate("document.activeElement.classList.contains('move')")
    page.locator(".bookmark-open", has_text="现状与过去").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.includes('compare=swipe:30')")
    still(page)
    assert page.input_value("#project-look") == "stage"
    assert not page.is_checked("#kind-planned")
    page.locator(".bookmark-open", has_text="按级次").click()
    page.wait_for_function(
        "() => !location.hash.includes('compare=') && location.hash.includes('look=level')"
    )
    still(page)
    away = row.get_by_role("button", name="删除")
    away.click()
    assert row.count() == 1  # the first press asks
    row.get_by_role("button", name="确认删除").click()
    page.wait_for_function("() => document.querySelectorAll('.bookmark-rows li').length === 3")
    assert serious(page) == []


def test_a_presentation_by_keys_shows_slides_notes_and_counts_and_sets_nothing(open_page, city, unit):
    _speaker, colleague = unit
    page = open_page("/map/bookmarks/?series=调度会", colleague)
    assert page.locator("table.table-cards tbody tr").count() == 3
    page.click("table.table-cards tbody tr:first-child >> text=演示")
    page.wait_for_selector("body.is-presenting")
    still(page)
    assert "1 / 3" in page.inner_text(".slide-title")
    assert "个项目" in page.inner_text(".slide-told")
    every = sum(counted(page, "#project-legend-classes").values())
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".slide-title >> text=现状与过去")
    page.wait_for_function("() => location.hash.includes('compare=swipe:30')")
    still(page)
    assert 0 < sum(counted(page, "#project-legend-classes").values()) < every
    assert page.is_visible("#beside-legend")
    for hidden in (".site-header", "#panel-layers", "#panel-projects", ".map-bar", "#project-look"):
        assert not page.is_visible(hidden)
    page.click(".slide-tools >> text=备注")
    assert "左边现状" in page.inner_text("#slide-notes")
    page.click(".slide-tools >> text=名单")  # what the map shows, by name
    assert page.locator("#slide-list li, #slide-list tr").count() > 0
    page.click(".slide-tools >> text=名单")
    page.click(".slide-tools >> text=计时")
    assert not page.is_visible(".slide-time")
    assert serious(page) == []
    page.focus(".slide-notes")
    page.keyboard.press("Space")
    page.wait_for_function("() => location.hash.includes('show=heat')")
    still(page)
    middle = page.locator("#map").bounding_box()
    page.mouse.click(middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 3)
    page.keyboard.press("PageUp")
    page.wait_for_selector(".slide-title >> text=现状与过去")
    page.keyboard.press("Home")
    page.wait_for_function("() => location.hash.startsWith('#11/') && !location.hash.includes('show=heat')")
    still(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("body:not(.is-presenting)")
    assert page.is_visible("#panel-projects")
    assert not page.is_visible("#panel-identify")


def test_a_finger_turns_the_slides_on_a_phone(open_page, city, unit):
    speaker, _colleague = unit
    page = open_page("/map/bookmarks/", speaker, PHONE, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("table.table-cards tbody tr:first-child >> text=演示")
    page.wait_for_selector("body.is-presenting")
    still(page)
    where = page.evaluate("location.hash.split('/').slice(0, 3).join('/')")
    touch = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 300), ("touchMove", 180), ("touchMove", 60), ("touchEnd", None)):
        points = [] if x is None else [{"x": x, "y": 200}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_selector(".slide-title >> text=2 / 3")
    page.wait_for_function("() => location.hash.includes('compare=swipe:30')")
    assert where != page.evaluate("location.hash.split('/').slice(0, 3).join('/')")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def hasty(city, django_db_blocker):
    """Somebody with two views of an area: one of the key projects within it, one of what touches it, of the reserve."""
    with django_db_blocker.unblock():
        user = user_of(Role.PLANNER, "150207", username="hasty")
        area = "pick=rect:109.800000,40.580000,109.900000,40.660000"
        for name, hash_ in (
            ("园内", f"12/40.62/109.85/layers=/kinds=key/{area}/within=inside"),
            ("沿线", f"12/40.62/109.85/layers=YJJBNT/kinds=reserve/look=stage/{area}"),
        ):
            keep_bookmark(by=user, name=name, hash=hash_)
        return user


def test_of_what_was_there_before_a_bookmark_nothing_is_left(open_page, city, hasty):
    page = ready(open_page(HERE, hasty))
    page.fill("#search", "没有这个项目")
    page.wait_for_selector("#projects .empty")
    page.click("[data-panel-tool=photos]")
    page.wait_for_selector("[data-panel-tool=photos][aria-pressed=true]")
    page.click("[data-panel-tool=bookmarks]")
    page.locator(".bookmark-open", has_text="园内").click()
    page.wait_for_function("() => location.hash.includes('within=inside')")
    assert page.input_value("#search") == ""
    assert sum(counted(page, "#project-legend-classes").values()) > 0
    page.click("[data-panel-tool=bookmarks]")  # the figures of the area had taken its place
    page.locator(".bookmark-open", has_text="沿线").click()
    page.wait_for_function("() => location.hash.includes('kinds=reserve')")
    assert "pick=rect" in page.evaluate("location.hash")
    assert "within=intersects" in page.evaluate("location.hash")

    # The first waits for its catalogue, the second is asked for meanwhile: it is shown whole, after the first.
    page.click("[data-panel-tool=bookmarks]")
    held: list[Route] = []
    asked: list[str] = []
    catalogue = re.compile(r"/api/v1/layers/(\?|$)")
    page.on("request", lambda request: catalogue.search(request.url) and asked.append(request.url))
    page.route(catalogue, lambda route: route.continue_() if held else held.append(route))
    with page.expect_request(catalogue):
        page.locator(".bookmark-open", has_text="园内").click()
    with page.expect_response(re.compile("/api/v1/map/bookmarks/[0-9]+/")):
        page.locator(".bookmark-open", has_text="沿线").click()
    page.evaluate("fetch('/api/v1/map/bookmarks/').then(answer => answer.json())")  # it has come by now
    assert len(asked) == 1
    held[0].continue_()
    page.wait_for_function("() => document.querySelector('#bookmark-status').textContent.includes('沿线')")
    still(page)
    for part in ("layers=YJJBNT/", "kinds=reserve/", "look=stage"):
        assert part in page.evaluate("location.hash")
    assert page.is_checked("#kind-reserve")
    assert not page.is_checked("#kind-key")

    page.click("[data-close=area]")
    page.fill("#search", "没有这个项目")
    page.click("[data-panel-tool=bookmarks]")
    page.click("#bookmark-present")
    page.wait_for_selector("body.is-presenting")
    still(page)
    assert not page.inner_text(".slide-told").startswith("0 ")
    assert page.get_attribute("[data-panel-tool=photos]", "aria-pressed") == "false"
