"""The catalogue and a layer's page, on a desktop and on a phone."""

from __future__ import annotations

from tests.browser.conftest import PHONE, ready


def test_from_the_catalogue_to_a_layer_and_on_to_the_map(open_page, city):
    page = open_page("/layers/", city.planner)
    page.click("text=图层YJJBNT")
    page.wait_for_url("**/layers/YJJBNT/")
    assert page.locator("svg.coverage-map path").count() == 2
    page.click(".page-actions .btn-primary")
    page.wait_for_url("**/map/**")
    ready(page)
    assert page.is_checked("#layer-YJJBNT")


def test_a_theme_folds_by_keyboard(open_page, city):
    page = open_page("/layers/", city.planner)
    page.focus(".catalogue-theme summary >> nth=0")
    page.keyboard.press("Enter")
    assert page.locator(".catalogue-theme").nth(0).get_attribute("open") is None


def test_nothing_is_wider_than_a_phone(open_page, city):
    for address in ("/layers/", "/layers/YJJBNT/"):
        page = open_page(address, city.reviewer, PHONE)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_changed_look_is_what_the_map_draws(open_page, city):
    page = open_page("/layers/DLTB/edit/", city.reviewer)
    page.fill("#id_opacity", "0.6")
    page.click("form.layer-edit button.btn-primary")
    page.wait_for_url("**/layers/DLTB/")
    page.goto("/map/#13/40.6200/109.8300/layers=DLTB/kinds=")
    ready(page)
    page.click(".shown-layers summary")
    assert page.input_value(".shown-layers input[type=range]") == "60"
