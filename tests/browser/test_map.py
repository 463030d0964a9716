"""The map of the staff says what the list says, on a desktop and on a phone."""

from __future__ import annotations

import re

from tests.browser.conftest import PHONE, ready


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def test_the_counts_of_the_four_kinds_are_those_of_the_list(open_page, city):
    page = ready(open_page("/map/", city.planner))
    for kind in ("key", "government", "planned", "reserve"):
        said = number(page.inner_text(f".kind-toggle.kind-{kind} .kind-count"))
        listed = page.request.get(f"/api/v1/projects/?kind={kind}").json()
        assert said == listed["count"] > 0


def test_a_kind_switched_off_leaves_map_and_list(open_page, city):
    page = ready(open_page("/map/#12/40.62/109.85", city.planner))
    page.wait_for_selector("#projects .row-main")
    before = page.locator("#projects .row-main").count()
    planned = number(page.inner_text(".kind-toggle.kind-planned .kind-count"))
    page.uncheck("#kind-planned")
    page.wait_for_function(
        "n => document.querySelectorAll('#projects .row-main').length === n", arg=before - planned
    )
    page.wait_for_function("() => location.hash.includes('kinds=key,government,reserve')")


def test_the_map_has_a_height_and_fills_the_screen(open_page, city):
    page = ready(open_page("/map/", city.planner))
    box = page.locator("#map").bounding_box()
    assert box["height"] > 600
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_project_is_chosen_by_keyboard_and_found_on_the_map(open_page, city):
    page = ready(open_page("/map/#10/40.7/109.9", city.planner))
    page.fill("#search", "供水工程 7")
    page.wait_for_function("() => document.querySelectorAll('#projects .row-main').length === 1")
    page.focus("#projects .row-main")
    page.keyboard.press("Enter")
    page.wait_for_selector("#projects .row-main[aria-expanded=true]")
    page.wait_for_function("() => Number(location.hash.slice(1).split('/')[0]) >= 12")
    assert "供水工程 7" in page.inner_text("#map-status")


def test_a_click_asks_the_server_what_is_there(open_page, city):
    page = ready(open_page("/map/#14/40.6000/109.8300/layers=YJJBNT,DLTB/kinds=", city.planner))
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".found-card")
    assert "图层YJJBNT" in page.inner_text("#identify")


def test_the_address_brings_back_view_and_layers(open_page, city):
    page = ready(open_page("/map/#13/40.6100/109.8400/layers=YJJBNT/kinds=reserve", city.planner))
    assert page.is_checked("#layer-YJJBNT")
    assert not page.is_checked("#kind-key")
    assert page.is_checked("#kind-reserve")
    assert page.locator(".tiles-YJJBNT canvas").count() > 0


def test_a_layer_is_really_drawn(open_page, city):
    page = ready(open_page("/map/#13/40.6200/109.8300/layers=YJJBNT/kinds=", city.planner))
    inked = """() => [...document.querySelectorAll('.tiles-YJJBNT canvas')].some(c =>
        c.width && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0))"""
    page.wait_for_function(inked)


def test_on_a_phone_the_panels_are_a_sheet_at_the_foot(open_page, city):
    page = ready(open_page("/map/", city.planner, PHONE))
    assert page.locator("#map").bounding_box()["height"] > 400
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click(".sheet-tabs [data-show=projects]")
    sheet = page.locator("#panel-projects").bounding_box()
    assert sheet["y"] > 300
    assert sheet["width"] >= 380
    assert page.locator("#map").bounding_box()["height"] >= 180


def test_every_panel_of_the_phone_opens_below_the_map(open_page, city):
    page = ready(open_page("/map/", city.planner, PHONE))
    for name in ("layers", "projects"):
        page.click(f".sheet-tabs [data-show={name}]")
        assert (
            page.locator(f"#panel-{name}").bounding_box()["y"]
            > page.locator("#map").bounding_box()["y"] + 150
        )


def test_the_content_policy_forbids_foreign_and_inline_scripts(open_page, city, watch):
    watch.expected += ["Content Security Policy"]
    page = open_page("/map/", city.planner)
    policy = page.request.get("/map/").headers["content-security-policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert "'unsafe" not in rules["script-src"]
    assert "http" not in policy
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.slippedIn = true';
        document.body.append(script);
    }""")
    assert page.evaluate("() => window.slippedIn === undefined")
