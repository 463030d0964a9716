"""Projects on the map: what symbols show, filters, regions, days and drawn areas, by mouse, keyboard and on a phone."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from django.contrib.gis.geos import Point

from tests.browser.conftest import PHONE, ready
from tests.browser.test_accessibility import serious
from tests.factories.library import InvestmentFactory, ProjectFactory

HERE = "/map/#12/40.62/109.85"


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)


def total(page) -> int:
    return number(page.inner_text("#area-total"))


@pytest.fixture(scope="module")
def many(city, django_db_blocker):
    """Enough projects for clusters, some of no kind and some without a place."""
    with django_db_blocker.unblock():
        ProjectFactory.create_batch(2, region_id="150207", kinds=["key"], location=None, precision="unknown")
        ProjectFactory.create_batch(3, region_id="150207", kinds=[])
        for index in range(130):
            one = ProjectFactory(
                name=f"密集工程 {index}",
                region_id="150207",
                kinds=[("key", "government", "planned", "reserve")[index % 4]],
                stage=("planning", "construction")[index % 2],
                location=Point(109.80 + index % 13 * 0.009, 40.58 + index // 13 * 0.008, srid=4490),
            )
            InvestmentFactory(
                project=one, planned_yuan=1_000_000 * (index + 1), cumulative_yuan=10_000 * index
            )


def legend(page) -> dict[str, int]:
    rows = page.locator("#project-legend-classes .legend-rows li").evaluate_all(
        "items => items.map(i => [i.querySelector('.legend-label').textContent,"
        " i.querySelector('.legend-count')?.textContent])"
    )
    return {label: number(count or "") for label, count in rows}


def test_the_legend_says_what_the_switches_say_and_what_no_map_shows_is_said(open_page, city, many):
    page = ready(open_page(HERE, city.planner))
    shown = {
        page.inner_text(f".kind-toggle.kind-{kind} .kind-name"): number(
            page.inner_text(f".kind-toggle.kind-{kind} .kind-count")
        )
        for kind in ("key", "government", "planned", "reserve")
    }
    assert legend(page) == shown
    beside = page.inner_text("#list-beside")
    assert "另有 2 个项目没有位置" in beside
    assert "另有 3 个项目不属四类" in beside
    page.click("#list-beside a >> text=不属四类")
    page.wait_for_load_state("networkidle")
    assert page.locator("table.table-cards tbody tr").count() == 3


def test_each_look_has_a_legend_that_sums_and_stays_in_the_address(open_page, city, many):
    page = ready(open_page(HERE, city.planner))
    every = number(page.inner_text("#list-count").split("\uff0c")[1].split("·")[0])
    for look in ("level", "industry", "stage"):
        page.select_option("#project-look", look)
        assert sum(legend(page).values()) == every
    page.wait_for_function("() => location.hash.includes('look=stage')")
    page.reload()
    ready(page)
    assert page.input_value("#project-look") == "stage"
    page.select_option("#project-look", "investment")
    assert page.locator(".legend-disc").count() == 3


def test_a_cluster_opens_by_a_click(open_page, city, many):
    page = ready(open_page("/map/#10/40.62/109.85/layers=", city.planner))
    assert "圆环汇总" in page.inner_text("#project-legend-classes")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => Number(location.hash.slice(1).split('/')[0]) > 10")


def test_filters_narrow_the_map_the_list_and_its_page_alike(open_page, city, many):
    page = ready(open_page(HERE, city.planner))
    page.click("#filters-box summary")
    page.select_option("#filter-stage", "planning")
    page.wait_for_function("() => location.search.includes('stage=planning')")
    page.wait_for_function("() => document.querySelector('#list-count').textContent.includes('共 65 个项目')")
    page.fill("#project-filters [name=planned_from]", "12900")
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.querySelector('#list-count').textContent.includes('共 1 个项目')")
    assert "planned_from=129000000" in page.evaluate("location.search")
    assert number(page.inner_text("#filters-count")) == 2
    page.click("#to-list")
    page.wait_for_load_state("networkidle")
    assert page.locator("table.table-cards tbody tr").count() == 1
    page.go_back()
    ready(page)
    page.click("#filters-box summary")
    page.click("#filters-clear")
    page.wait_for_function("() => location.search === ''")


def test_the_popup_says_scale_and_progress(open_page, city, many):
    page = ready(open_page(HERE, city.planner))
    page.fill("#search", "密集工程 129")
    page.wait_for_function("() => document.querySelectorAll('#projects .row-main').length === 1")
    page.click("#projects .row-main >> nth=0")
    page.wait_for_selector(".project-popup meter")
    words = page.inner_text(".project-popup")
    assert "建设规模" in words
    assert "1%" in words  # 1,290,000 of 130,000,000


def test_regions_say_what_the_statistics_page_says(open_page, city, many):
    page = ready(open_page(HERE, city.reviewer))
    page.select_option("#project-show", "region-planned")
    page.wait_for_selector(".region-table tbody tr")
    mapped = page.locator("#region-figures tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.querySelectorAll('th,td')].map(c => c.textContent.trim()))"
    )
    page.click("#region-figures a")
    page.wait_for_load_state("networkidle")
    report = page.locator("table tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.querySelectorAll('th,td')].map(c => c.textContent.trim()))"
    )

    def plain(rows):
        return {row[0]: (number(row[1]), number(row[2]), number(row[3])) for row in rows}

    assert plain(mapped) == plain(report)
    assert plain(mapped)["九原区"][0] > 100


def test_a_region_opens_its_projects(open_page, city, many):
    page = ready(open_page(HERE + "/show=region-share", city.reviewer))
    page.wait_for_selector("#region-figures tbody tr")
    page.click("#region-figures button >> text=九原区")
    page.wait_for_function("() => location.search.includes('region=150207')")
    page.wait_for_selector("#projects .row-main")
    assert page.input_value("#project-show") == "points"


def test_a_day_before_everything_tells_money_and_no_kind(open_page, city, many):
    page = ready(open_page(HERE, city.planner))
    page.click("[data-panel-tool=timeline]")
    page.wait_for_function("() => document.querySelector('#timeline-slider').max > 0")
    page.focus("#timeline-slider")
    page.keyboard.press("Home")
    page.wait_for_function("() => location.hash.includes('when=2019-03-29')")
    page.wait_for_function(
        "() => document.querySelector('#project-legend-classes').textContent.includes('当日无记载')"
    )
    assert page.inner_text(".kind-toggle.kind-key .kind-count") == "0"
    assert "自" in page.inner_text("#timeline .row-note")
    assert date.today().isoformat()[:4] in page.inner_text("#timeline .row-note")
    page.click("#timeline >> text=回到今天")
    page.wait_for_function("() => !location.hash.includes('when=')")
    page.wait_for_function("() => document.querySelector('.kind-key .kind-count').textContent !== '0'")


def test_the_days_are_played_to_today(open_page, city, many):
    page = ready(open_page(HERE + "/when=2019-03-29", city.planner))
    page.click("#timeline-play")
    page.wait_for_function("() => !location.hash.includes('when=')")
    page.wait_for_function("() => document.querySelector('#timeline-play').textContent === '播放'")


def test_an_area_is_drawn_by_mouse_and_comes_back_by_its_address(open_page, city, many):
    page = ready(open_page("/map/#12/40.62/109.85/layers=", city.planner))
    box = page.locator("#map").bounding_box()
    page.click("[data-panel-tool=area]")
    page.mouse.click(box["x"] + 330, box["y"] + 220)
    page.mouse.click(box["x"] + 480, box["y"] + 420)
    page.wait_for_selector("#area-total")
    drawn = total(page)
    page.wait_for_function("() => location.hash.includes('pick=')")
    area = re.search(r"pick=([^/]+)", page.evaluate("location.hash")).group(1)
    kinds = "&".join(f"kind={kind}" for kind in ("key", "government", "planned", "reserve"))
    assert drawn == page.request.get(f"/api/v1/map/area/?area={area}&{kinds}").json()["total"] > 0
    page.reload()
    ready(page)
    page.wait_for_selector("#area-total")
    assert total(page) == drawn
    page.uncheck("#kind-key")
    page.wait_for_function("n => Number(document.querySelector('#area-total').textContent) < n", arg=drawn)
    left = page.request.get(page.get_attribute("#area a >> text=GeoJSON", "href"))
    assert len(json.loads(left.text())["features"]) == total(page)


def test_an_area_without_a_mouse(open_page, city, many):
    page = ready(open_page("/map/#12/40.62/109.85/layers=", city.planner))
    page.focus("[data-panel-tool=area]")
    page.keyboard.press("Enter")
    page.focus("[data-area=circle]")
    page.keyboard.press("Enter")
    page.focus("#map")
    page.keyboard.press("Enter")
    centre = page.evaluate("location.hash")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => location.hash !== before", arg=centre)
    page.keyboard.press("Enter")
    page.wait_for_selector("#area-total")
    page.wait_for_function(r"() => /pick=circle:109\.8(49|50)/.test(location.hash)")
    page.click("#area summary")
    page.fill("#area-typed", "rect:109.79,40.57,109.93,40.67")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.hash.includes('pick=rect:109.79,40.57,109.93,40.67')")
    page.wait_for_function("() => Number(document.querySelector('#area-total').textContent) >= 130")


def test_a_bad_area_says_why(open_page, city, many, watch):
    watch.expected.append("400")
    page = ready(open_page("/map/#12/40.62/109.85/layers=", city.planner))
    page.click("[data-panel-tool=area]")
    page.click("#area summary")
    page.fill("#area-typed", "poly:109,40,110,41,110,40,109,41")
    page.keyboard.press("Enter")
    page.wait_for_selector("#area-result [role=alert]")
    assert "自相交" in page.inner_text("#area-result")


@pytest.mark.parametrize(
    "state", ["show=heat", "show=region-share", "pick=rect:109.8,40.6,109.9,40.65", "when=2019-03-29"]
)
def test_no_barrier_in_any_state(open_page, city, many, state):
    page = ready(open_page(f"/map/#12/40.62/109.85/layers=/{state}", city.reviewer))
    assert serious(page) == []


def test_a_phone_has_it_all(open_page, city, many):
    page = ready(open_page("/map/#12/40.62/109.85/layers=", city.planner, PHONE))
    page.click(".sheet-tabs [data-show=none]")
    assert page.get_attribute("#project-legend", "open") is None
    page.click("#project-legend summary")
    page.select_option("#project-look", "stage")
    page.click("[data-panel-tool=area]")
    box = page.locator("#map").bounding_box()
    for x, y in ((60, 180), (330, 330)):
        page.mouse.click(box["x"] + x, box["y"] + y)
    page.wait_for_selector("#area-total")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert total(page) > 0
