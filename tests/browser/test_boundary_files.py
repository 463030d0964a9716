"""Every format opened in the editor, saved and downloaded again; and what is said of the neighbours meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from playwright.sync_api import expect

from siting import formats
from siting.models import SiteVersion
from tests.browser.conftest import PHONE, new_project, ready
from tests.factories import land

LINE = '{"type":"LineString","coordinates":[[109.845,40.615],[109.85,40.615],[109.85,40.619]]}'


@pytest.fixture
def project(city, django_db_blocker):
    def make(name, *more):
        with django_db_blocker.unblock():
            return new_project(name, *more)

    return make


def edit(open_page, city, project, **more):
    return ready(open_page(f"/projects/{project.pk}/site/", city.planner, **more))


def opened(page, name: str, content: bytes) -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})


def saved(page) -> None:
    page.click("#save")
    page.wait_for_function("() => /已保存/.test(document.querySelector('#save-state').textContent)")


@pytest.mark.parametrize("kind", ["xlsx", "dxf", "shp", "gpkg", "kml", "kmz"])
def test_a_file_is_opened_saved_and_downloaded_again(
    open_page, city, project, django_db_blocker, kind: str, tmp_path: Path
) -> None:
    made = project(f"格式 {kind}")
    boundary = land.boundary(land.SITE)
    page = edit(open_page, city, made)
    suffix = formats.EXPORTS[kind].suffix
    opened(page, f"边界.{suffix}", formats.write(boundary.declared, kind))
    expect(page.locator("#file-state .alert-success")).to_contain_text(f"边界.{suffix}")
    saved(page)
    with django_db_blocker.unblock():
        version = SiteVersion.objects.get(site__project=made)
    assert version.area_m2 == pytest.approx(boundary.area_m2, abs=0.05)
    assert version.source_name == f"边界.{suffix}"
    page.goto(page.url.replace("/site/", "/"))
    page.click("details.menu summary")
    with page.expect_download() as download:
        page.click(f'a[href="/site-versions/{version.pk}/boundary.{kind}"]')
    assert download.value.suggested_filename.endswith(f"选址边界第1版.{suffix}")
    content = Path(download.value.path()).read_bytes()
    assert formats.read(content, "again").plots


def test_a_line_is_asked_for_its_width(open_page, city, project, watch, django_db_blocker) -> None:
    watch.expected += ["/api/v1/boundaries/read/", "status of 400"]
    made = project("连接线")
    page = edit(open_page, city, made)
    opened(page, "道路.geojson", LINE.encode())
    alert = page.locator("#file-state .alert-danger")
    expect(alert).to_contain_text("宽度")
    alert.locator("input").fill("24")
    alert.get_by_role("button", name="按此宽度重新读取").click()
    expect(page.locator("#file-state .alert-success")).to_contain_text("道路.geojson")
    saved(page)
    with django_db_blocker.unblock():
        version = SiteVersion.objects.get(site__project=made)
    [line] = version.declared["plots"][0]["centre_lines"]
    assert line["width_m"] == 24


def test_the_neighbours_are_told_while_drawing_and_on_the_pages(open_page, city, project) -> None:
    there = shapely.box(109.8475, 40.615, 109.852, 40.619)
    project("沿河路改造工程（一期）", there)
    made = project("沿河路改造工程", land.SITE)
    for viewport in (None, PHONE):
        page = edit(open_page, city, made, **({"viewport": viewport} if viewport else {}))
        if viewport:
            page.click('[data-show="check"]')
        body = page.locator("#neighbours-body")
        expect(body.locator(".neighbour-list").first).to_contain_text("沿河路改造工程（一期）")
        expect(body).to_contain_text("与登记的")
        expect(body.locator(".score-likely")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.goto(page.url.replace("/site/", "/"))
        section = page.locator("section.neighbours")
        expect(section).to_contain_text("疑似重复")
        expect(section).to_contain_text("重叠")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
