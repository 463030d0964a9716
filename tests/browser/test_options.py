"""Alternatives side by side and sites suggested: from the form to the choice, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import shapely
from playwright.sync_api import Page, expect

from gis_projects.library.models import Project
from gis_projects.sites import suggestion_jobs
from gis_projects.sites.actions.alternatives import add_alternative
from gis_projects.sites.models import Alternative, AlternativeSource, SuggestionRun
from gis_projects.trail.models import Job
from tests.browser.conftest import DESKTOP, PHONE, City, new_project
from tests.browser.test_accessibility import serious
from tests.factories import land

EAST = shapely.box(109.8525, 40.615, 109.8555, 40.617)


@pytest.fixture
def compared(city: City, django_db_blocker) -> Project:
    """Two alternatives of a project of its own."""
    with django_db_blocker.unblock():
        project = new_project(f"比选项目 {Project.objects.count()}", land.SITE)
        for name, polygon in (("甲", land.SITE), ("乙", EAST)):
            add_alternative(
                by=city.planner, project=project, name=name, boundary=land.boundary(polygon),
                source=AlternativeSource.DRAWN,
            )  # fmt: skip
        return project


@pytest.fixture
def opened(compared, city: City, open_page: Callable[..., Page]) -> Callable[..., Page]:
    def open_(**more: object) -> Page:
        page = open_page(f"/projects/{compared.pk}/alternatives/", city.planner, **more)
        page.wait_for_selector(".option-map:first-child .leaflet-container")
        page.wait_for_load_state("networkidle")
        return page

    return open_


def _middle(page: Page, number: int) -> str:
    text = page.locator(".option-map").nth(number).locator(".map-coordinates").inner_text()
    return text.splitlines()[0]  # the scale


def test_weights_rank_anew_and_are_kept(opened) -> None:
    page = opened()
    expect(page.locator("[data-rank]")).to_have_count(2)
    for box in page.locator(".option-weight").all():
        box.fill("0")
    page.get_by_label("形状紧凑度的权重").fill("5")
    expect(page.locator("[data-total]").first).not_to_have_text("0.000")
    expect(page.locator("[data-rank]").first).to_have_text("1")
    expect(page.locator("#sensitivity")).to_contain_text("甲")
    expect(page.locator("#chart svg").first).to_be_visible()
    page.get_by_role("button", name="保存权重").click()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("形状紧凑度的权重")).to_have_value("5.0")


def test_the_maps_move_together(opened) -> None:
    page = opened()
    expect(page.locator(".option-map .leaflet-container")).to_have_count(2)
    before = _middle(page, 1)
    page.locator(".option-map").first.locator(".leaflet-control-zoom-in").click()
    expect(page.locator(".option-map").nth(1).locator(".map-scale")).not_to_have_text(before)
    assert _middle(page, 0) == _middle(page, 1)


def test_the_choice_is_saved_with_its_reason(opened, compared, django_db_blocker) -> None:
    page = opened()
    page.get_by_label("选定理由").fill("短")
    page.on("console", lambda message: None)
    page.get_by_label("选定理由").fill("离道路近，不占耕地")
    page.get_by_role("button", name="选定并保存为边界").click()
    expect(page.locator("#choices-title")).to_be_visible()
    expect(page.locator("section", has=page.locator("#choices-title"))).to_contain_text("离道路近，不占耕地")
    with django_db_blocker.unblock():
        compared.refresh_from_db()
        assert compared.site.current.number == 2


def test_a_phone_shows_one_map_and_lets_choose(opened) -> None:
    page = opened(viewport=PHONE, has_touch=True, is_mobile=True)
    expect(page.locator(".option-map:visible")).to_have_count(1)
    page.locator("#choose-map").select_option(label="乙")
    expect(page.locator(".option-map:visible figcaption")).to_contain_text("乙")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_no_serious_barrier(opened, viewport) -> None:
    assert serious(opened(viewport=viewport)) == []


def test_a_search_leads_to_an_alternative_and_to_the_editor(
    city: City, open_page: Callable[..., Page], django_db_blocker
) -> None:
    with django_db_blocker.unblock():
        project = new_project("推荐项目", land.SITE)
        for code in ("DL", "SX"):
            if not land.Layer.objects.filter(code=code).exists():
                land.publish_layer(
                    code, [(f"{code}1", "county", shapely.LineString([(109.85, 40.6), (109.85, 40.64)]))]
                )
    page = open_page(f"/projects/{project.pk}/suggestions/", city.planner)
    page.get_by_label("用地面积（m²）").fill("20000")
    page.get_by_label("方案个数").fill("3")
    page.get_by_label("像元大小（m）").select_option("30")
    page.get_by_role("button", name="开始搜索").click()
    expect(page.locator("#at-work")).to_be_visible()
    with django_db_blocker.unblock():
        run = SuggestionRun.objects.get(project=project)
        job = Job.objects.get(subject=f"sites.suggestion:{run.pk}")
        suggestion_jobs.search_sites.call(job_id=job.pk, run=run.pk)
    expect(page.locator("[data-patch]")).to_have_count(3)
    expect(page.locator("#map path.leaflet-interactive")).to_have_count(3)
    assert serious(page) == []
    page.get_by_role("button", name="第 2 名").click()
    expect(page.locator("[data-patch].is-on")).to_contain_text("第 2 名")
    page.locator("[data-add]").first.click()
    expect(page.get_by_role("link", name="已加入，查看方案比选")).to_be_visible()
    with django_db_blocker.unblock():
        row = Alternative.objects.get(project=project)
        assert row.source == "suggested"
    page.get_by_role("link", name="在编辑器中打开").first.click()
    page.wait_for_selector("#map.leaflet-container")
    expect(page.locator("#measure")).to_contain_text("m²")
