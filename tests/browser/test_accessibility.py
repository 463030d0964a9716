"""The axe checker finds nothing serious on the main pages; the keyboard reaches what the mouse does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import DESKTOP, PHONE, ready

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

PAGES = {
    "login": "/accounts/login/",
    "public map": "/",
    "map": "/map/",
    "projects": "/projects/",
    "project": "/projects/{project}/",
    "disclosure": "/projects/{project}/disclosure/",
    "editor": "/projects/{project}/site/",
    "checks": "/checks/",
    "check": "/checks/{check}/",
    "reviews": "/reviews/",
    "review": "/reviews/{check}/",
    "layers": "/layers/",
    "statistics": "/statistics/",
    "uploads": "/layers/uploads/",
    "version": "/layers/YJJBNT/versions/1/",
    "jobs": "/jobs/",
    "features": "/layers/DLTB/features/",
    "exports": "/layers/exports/",
    "tokens": "/account/tokens/",
    "ogc": "/ogc/collections/DLTB/items",
}
REVIEWING = {"reviews", "review", "disclosure", "uploads", "version", "features", "exports"}
OPEN_TO_ALL = {"login", "public map"}


def serious(page):
    page.evaluate(AXE.read_text())  # as the developer's console would: the page's policy stays in force
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    return [
        f"{item['impact']} {item['id']}: {node['html'][:200]}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"]
    ]


@pytest.mark.parametrize("width", ["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_barrier(open_page, city, name, width):
    path = PAGES[name].format(project=city.projects[-1].pk, check=city.check.pk)
    user = None if name in OPEN_TO_ALL else city.reviewer if name in REVIEWING else city.planner
    page = open_page(path, user, DESKTOP if width == "desktop" else PHONE)
    if page.locator("#map").count():
        ready(page)
    page.wait_for_load_state("networkidle")
    if name == "editor":
        page.wait_for_selector("#check-body h3", state="attached")
    assert serious(page) == []


def test_the_first_tab_stop_leads_to_the_content(open_page, city):
    page = open_page("/projects/", city.planner)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_the_page_speaks_english_when_asked(open_page, city):
    page = ready(open_page("/map/", city.planner))
    page.click(".lang-switch button[lang=en]")
    ready(page)
    assert page.get_attribute("html", "lang") == "en"
    page.wait_for_selector("text=Key projects")
    # English words are longer: the map's tools take another row and lie over nothing beside the map
    stage = page.locator(".map-stage").bounding_box()
    tools = [tool.bounding_box() for tool in page.locator(".map-tools .tool").all()]
    assert len(tools) > 5
    assert max(tool["x"] + tool["width"] for tool in tools) <= stage["x"] + stage["width"]


def test_the_menu_of_a_narrow_screen_opens_and_closes_by_keyboard(open_page, city):
    page = open_page("/projects/", city.planner, PHONE)
    page.focus(".nav-toggle")
    page.keyboard.press("Enter")
    assert page.is_visible("#site-nav")
    page.focus("#site-nav a")
    page.keyboard.press("Escape")
    assert not page.is_visible("#site-nav")
