"""The public page: disclosed projects on a map and in words, for everyone and first of all on a phone."""

from __future__ import annotations

import gzip
import json

from django.conf import settings

from tests.browser.conftest import DEMO, PHONE, ready


def test_everyone_sees_the_disclosed_projects_on_the_map_and_as_a_list(open_page, city):
    page = ready(open_page("/"))
    page.wait_for_selector("#list .row-main")
    assert page.locator("#list .row-main").count() == 2
    assert "三环路改造" in page.inner_text("#list")
    assert city.projects[0].name not in page.content()
    assert DEMO in page.inner_text(".demo-notice")
    page.select_option("#kind", "planned")
    page.wait_for_function("() => document.querySelectorAll('#list .row-main').length === 1")
    assert "供热管网改造" in page.inner_text("#list")
    page.fill("#q", "没有这样的项目")
    page.wait_for_selector("#list .empty")


def test_on_a_phone_map_and_list_follow_each_other(open_page):
    page = ready(open_page("/", viewport=PHONE))
    page.wait_for_selector("#list .row-main")
    assert page.locator("#map").bounding_box()["height"] >= 260
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#list .row-main >> nth=0")
    page.click("#list .row-details a")
    page.wait_for_selector("h1")
    assert page.url.rstrip("/").split("/")[-2] == "projects"


def test_the_first_scripts_stay_small():
    dist = settings.BASE_DIR / "frontend" / "dist"
    manifest = json.loads((dist / "manifest.json").read_text())

    def files(entry: str) -> set[str]:
        chunk = manifest[entry]
        return {chunk["file"]}.union(*(files(name) for name in chunk.get("imports", [])))

    scripts = files("src/public.ts") | files("src/app.ts")
    assert sum(len(gzip.compress((dist / name).read_bytes())) for name in scripts) <= 150 * 1024
