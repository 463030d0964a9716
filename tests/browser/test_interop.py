"""The feature table, exports and tokens as a person meets them, also on a phone."""

from __future__ import annotations

import json
import re

import pytest

from tests.browser.conftest import DESKTOP, PHONE, ready


@pytest.mark.parametrize(
    "path", ["/layers/DLTB/features/", "/account/tokens/", "/layers/exports/", "/ogc/collections"]
)
def test_nothing_hangs_over_the_edge_of_a_phone(open_page, city, path):
    page = open_page(path, city.reviewer, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_feature_is_filtered_and_found_on_the_map(open_page, city):
    page = open_page("/layers/DLTB/features/", city.planner, DESKTOP)
    page.fill("#q", "P1")
    page.press("#q", "Enter")
    page.wait_for_url(re.compile(r"q=P1"))
    assert page.locator("tbody tr").count() == 1
    page.click("tbody a")
    ready(page)
    assert "at=DLTB:P1" in page.url


def test_what_is_filtered_away_leaves_a_way_back(open_page, city):
    page = open_page("/layers/DLTB/features/?q=nothing", city.planner)
    page.click(".empty a")
    assert page.locator("tbody tr").count() >= 1


def test_the_selection_is_downloaded(open_page, city):
    page = open_page("/layers/DLTB/features/?q=P1", city.reviewer)
    page.select_option("#format", "geojson")
    with page.expect_download() as started:
        page.click("form[method=post] button:has-text('导出')")
    download = started.value
    assert re.fullmatch(r"DLTB_v\d+_[0-9a-f]{8}\.geojson", download.suggested_filename)
    body = json.loads(download.path().read_text())
    assert [feature["id"] for feature in body["features"]] == ["P1"]


def test_a_token_is_shown_once_and_revoked(open_page, city):
    page = open_page("/account/tokens/", city.planner)
    page.fill("#id_name", "台式机")
    page.click("main form button.btn-primary")
    word = page.input_value("#token-word")
    assert re.fullmatch(r"gp-[a-z0-9]{8}-[\w-]{43}", word)
    page.goto("/account/tokens/")
    assert word not in page.content()
    page.click("button:has-text('撤销')")
    page.wait_for_selector("text=已撤销")
    assert page.locator("button:has-text('撤销')").count() == 0
