"""The portal in a real browser: map and list agree, addresses, keyboard, paper, scripts off, network off."""

from __future__ import annotations

import gzip
import io
import json
import unicodedata

import pytest
from django.conf import settings
from pypdf import PdfReader

from gis_projects.disclosure.models import DisclosedProject, PublicOutline
from tests.browser.conftest import DEMO, DESKTOP, PHONE, ready
from tests.browser.test_accessibility import serious

NARROW = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %
PATHS = {
    "map": "/",
    "list": "/public/projects/",
    "project": "/public/projects/{slug}/",
    "statistics": "/public/statistics/",
    "offline": "/public/offline/",
}


@pytest.fixture
def slug(city, django_db_blocker):
    with django_db_blocker.unblock():
        return DisclosedProject.objects.get(name="三环路改造").slug


def drawn(page):
    page.wait_for_function("() => Number(document.querySelector('#map')?.dataset.drawn) > 0")
    return page


def test_everyone_sees_the_disclosed_projects_on_the_map_and_as_a_list(open_page, city):
    page = drawn(ready(open_page("/")))
    assert page.locator("#list .project-row").count() == 2
    assert "三环路改造" in page.inner_text("#list")
    assert city.projects[0].name not in page.content()
    assert DEMO in page.inner_text(".demo-notice")
    for kind in ("key", "government"):
        page.uncheck(f'input[value="{kind}"]')
    page.wait_for_function("() => document.querySelectorAll('#list .project-row').length === 1")
    assert "供热管网改造" in page.inner_text("#list")
    assert "kind=planned" in page.url
    page.uncheck('input[value="planned"]')
    page.uncheck('input[value="reserve"]')
    page.wait_for_selector("#list .empty")
    page.click("#clear")
    page.wait_for_function("() => document.querySelectorAll('#list .project-row').length === 2")


def test_a_place_is_found_by_its_name_and_a_project_opens_from_the_list(open_page):
    page = drawn(ready(open_page("/")))
    page.fill("#q", "三环")
    page.wait_for_selector("#found-places button")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.querySelectorAll('#list .project-row').length === 1")
    page.click("#list [data-locate]")
    page.wait_for_selector("#map-card:not([hidden]) a")
    assert "三环路改造" in page.inner_text("#map-card")
    address = page.url
    again = page.context.new_page()
    again.goto(address)
    again.wait_for_selector("#map-card:not([hidden]) a")
    assert again.input_value("#q") == "三环"
    again.click("#map-card a")
    again.wait_for_selector("h1:has-text('三环路改造')")


def test_a_tap_on_a_symbol_opens_its_project(open_page, slug):
    page = open_page("/", viewport=PHONE)
    drawn(page)
    place = page.eval_on_selector(f'#list [data-slug="{slug}"]', "row => [row.dataset.lat, row.dataset.lon]")
    page.goto(f"/?q=三环#16/{place[0]}/{place[1]}")
    page.reload()
    drawn(page)
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(f'#map-card:not([hidden]) a[href*="{slug}"]')
    page.keyboard.press("Escape")
    page.wait_for_selector("#map-card", state="hidden")


def test_without_script_filters_list_and_project_page_work(open_page, slug):
    page = open_page("/", java_script_enabled=False)
    page.fill("#q", "三环")
    page.click("#filters button")
    assert page.locator("#list .project-row").count() == 1
    page.click("#list .row-title")
    assert page.locator("svg.place-drawing").count() == 1


def test_the_keyboard_walks_from_filters_to_list_to_project(open_page):
    page = drawn(ready(open_page("/")))
    page.focus("#q")
    page.keyboard.type("三环")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#list .project-row').length === 1")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.className === 'row-title'"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('三环路改造')")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_no_public_page_has_a_serious_barrier(open_page, slug, size, language):
    page = open_page("/", viewport=PHONE if size == "phone" else DESKTOP, service_workers="block")
    page.set_extra_http_headers({"Accept-Language": language})
    for path in PATHS.values():
        page.goto(path.format(slug=slug))
        page.wait_for_load_state("networkidle")
        assert serious(page) == [], path


def test_at_400_per_cent_nothing_scrolls_two_ways(open_page, slug):
    page = open_page("/", viewport=NARROW)
    for path in PATHS.values():
        page.goto(path.format(slug=slug))
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_map_is_printed_with_all_that_it_shows(open_page, city, django_db_blocker):
    with django_db_blocker.unblock():
        for code, name in (("150207", "九原区"), ("150202", "东河区")):
            PublicOutline.objects.filter(code=code).update(name=name, review_number="蒙S(2026)001号")
    page = drawn(ready(open_page("/?kind=key", viewport=PHONE)))
    page.wait_for_selector("#map[data-outlined]")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    # A canvas would be printed as a white sheet over the base map.
    assert page.locator("#map canvas:visible").count() == 0
    assert page.locator(".leaflet-overlay-pane svg path").count() > 0
    assert page.locator(".leaflet-base-pane svg path").count() > 0
    for part in (
        ".region-name:visible",
        ".public-legend li",
        ".leaflet-control-scale",
        ".paper-north",
        ".paper-title",
    ):
        assert page.locator(part).first.is_visible(), part
    assert "审图号：蒙S(2026)001号" in page.inner_text(".paper-imprint")
    assert "重点项目" in page.inner_text("#paper-said")  # what is chosen, the day, where it is from
    assert not page.is_visible("#filters")
    page.emulate_media(media=None)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#map canvas:visible").count() == 1
    assert page.evaluate("document.body.className") == "public-body"
    for landscape in (False, True):
        paper = PdfReader(io.BytesIO(page.pdf(format="A4", landscape=landscape)))
        box = paper.pages[0].mediabox
        assert (box.width > box.height) is landscape
        told = unicodedata.normalize("NFKC", paper.pages[0].extract_text())
        assert all(word in told for word in ("东河区", "图例", "公开项目地图", "三环路改造")), told


def test_a_seen_project_can_be_read_without_a_network_until_it_is_withdrawn(
    open_page, city, django_db_blocker, watch
):
    watch.expected += ["ERR_INTERNET_DISCONNECTED", "404"]
    with django_db_blocker.unblock():
        public = DisclosedProject.objects.create(
            slug="offlinetest", name="离线再看的工程", region_code="150207", region_name="九原区", kinds=["key"],
            form="point", precision_m=50,
        )  # fmt: skip
    page = open_page("/")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.goto("/public/projects/offlinetest/")
    page.wait_for_function("() => caches.match('/public/projects/offlinetest/').then((found) => !!found)")
    page.context.set_offline(True)
    page.goto("/public/projects/offlinetest/")
    assert page.is_visible(".offline-notice")
    assert "离线再看的工程" in page.inner_text("h1")
    page.goto("/public/statistics/")
    page.wait_for_selector("#kept-pages a")
    assert "离线再看的工程" in page.inner_text("#kept-pages")
    page.context.set_offline(False)
    with django_db_blocker.unblock():
        public.delete()
    page.goto("/public/projects/offlinetest/")
    page.wait_for_function("() => caches.match('/public/projects/offlinetest/').then((found) => !found)")


def _scripts(*entries):
    dist = settings.BASE_DIR / "frontend" / "dist"
    manifest = json.loads((dist / "manifest.json").read_text())
    files: set[str] = set()
    waiting = list(entries)
    while waiting:
        chunk = manifest[waiting.pop()]
        files.add(chunk["file"])
        waiting += chunk.get("imports", [])
    return sum(len(gzip.compress((dist / name).read_bytes())) for name in files)


@pytest.mark.parametrize("entry", ["public", "listed", "statistics"])
def test_the_first_scripts_stay_small(entry):
    assert _scripts("src/portal.ts", f"src/{entry}.ts") <= 150 * 1024


def test_the_charts_have_a_budget_of_their_own():
    assert _scripts("src/public/charts.ts") - _scripts("src/portal.ts") <= 220 * 1024


def test_a_chart_comes_after_its_table_and_says_the_same(open_page):
    page = open_page("/public/statistics/", viewport={"width": 1280, "height": 2400})
    page.wait_for_selector('[data-chart="region"] svg')
    assert page.get_attribute('[data-chart="region"]', "role") == "img"
    counts = page.locator("#table-kind tbody tr").evaluate_all("rows => rows.map((row) => row.dataset.count)")
    assert counts == ["1", "1", "1", "0"]
