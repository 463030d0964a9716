"""Drawing a boundary, and what the page says about it while it is being drawn."""

from __future__ import annotations

import json
import re
from pathlib import Path

from siting.models import SiteVersion
from tests.browser.conftest import PHONE, WITH_HOLE, ready
from tests.factories import land

# Screen points of an empty editor at 1280 × 800, clear of its tool bar and its measuring box.
SAMPLES = Path(__file__).parents[2] / "fixtures" / "boundaries"
RING = [(300, 260), (520, 280), (500, 460), (310, 440)]


def edit(open_page, city, project, **more):
    return ready(open_page(f"/projects/{project.pk}/site/", city.planner, **more))


def draw(page, ring, close=True):
    for x, y in [*ring, ring[0]] if close else ring:
        page.mouse.move(x, y)
        page.mouse.click(x, y)


def verdict(page):
    """Wait for an answer, and read it."""
    page.wait_for_function(
        "() => !document.querySelector('#check-verdict').classList.contains('verdict-none')"
    )
    page.wait_for_function("() => !document.querySelector('#check-state .busy')")
    return page.locator("#check-verdict").get_attribute("class").split("verdict-")[-1]


def look_at(page, lon, lat):
    """Move the map there by typing a point; then put the pencil down again."""
    page.click("#type")
    page.fill("#typed-text", f"{lon},{lat}")
    page.click("#typed-points")
    page.click("#typed-close")
    page.keyboard.press("Escape")
    page.wait_for_load_state("networkidle")


def shape(page):
    """Parts, holes and vertices as the page counts them."""
    text = page.inner_text("#measure")
    return tuple(int(re.search(rf"(\d+) {unit}", text)[1]) for unit in ("个地块", "个孔", "个界址点"))


def test_drawing_by_mouse_shows_the_verdict_while_drawing(open_page, city, project):
    page = edit(open_page, city, project("画在基本农田上"))
    look_at(page, 109.825, 40.62)
    page.click("[data-mode=draw]")
    draw(page, RING[:3], close=False)
    assert verdict(page) == "prohibited"  # before the ring is closed
    draw(page, [RING[3]], close=False)
    page.mouse.click(*RING[0])
    page.wait_for_function(
        "() => document.querySelector('[data-mode=draw]').getAttribute('aria-pressed') === 'false'"
    )
    assert verdict(page) == "prohibited"
    assert shape(page) == (1, 0, 4)
    assert "占用永久基本农田" in page.inner_text(".findings")
    assert "禁止建设" in page.inner_text("#check-live")
    assert page.locator(".leaflet-findings-pane path").count() >= 1


def test_every_step_can_be_undone_and_done_again(open_page, city, project):
    page = edit(open_page, city, project("撤销与重做"))
    look_at(page, 109.87, 40.62)
    page.click("[data-mode=draw]")
    draw(page, RING[:3], close=False)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+y")
    page.mouse.click(*RING[0])
    page.wait_for_function("() => document.querySelector('#measure').innerText.includes('3 个界址点')")
    page.keyboard.press("Control+z")
    page.wait_for_selector(".measure-empty")
    page.keyboard.press("Control+Shift+z")
    page.wait_for_function("() => document.querySelector('#measure').innerText.includes('3 个界址点')")


def test_a_hole_survives_editing_and_saving(open_page, city, project, django_db_blocker):
    sited = project("编辑带孔边界", WITH_HOLE)
    page = edit(open_page, city, sited)
    assert shape(page) == (1, 1, 8)
    page.click("[data-mode=vertices]")
    handle = page.locator(".marker-icon:not(.marker-icon-middle):not(.cursor-marker)").first.bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 24, y + 18, steps=6)
    page.mouse.up()
    page.wait_for_function("() => document.querySelector('#save-state').innerText.includes('未保存')")
    assert shape(page) == (1, 1, 8)
    page.click("#save")
    page.wait_for_function("() => document.querySelector('#save-state').innerText.includes('第 2 版')")
    with django_db_blocker.unblock():
        version = SiteVersion.objects.get(site=sited.site, number=2)
    (part,) = json.loads(version.geometry.geojson)["coordinates"]
    assert len(part) == 2
    hole = {(round(lon, 9), round(lat, 9)) for lon, lat in part[1]}
    assert hole == {(109.847, 40.616), (109.848, 40.616), (109.848, 40.617), (109.847, 40.617)}


def test_a_dropped_text_file_is_read_checked_and_saved_as_it_is(open_page, city, project, django_db_blocker):
    target = project("拖入坐标文件")
    page = edit(open_page, city, target)
    content = (SAMPLES / "clear.txt").read_text(encoding="utf-8")
    drop = """([text, name]) => {
        const data = new DataTransfer();
        data.items.add(new File([text], name, {type: 'text/plain'}));
        for (const kind of ['dragenter', 'dragover', 'drop'])
            document.querySelector('#map').dispatchEvent(
                new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(drop, [content, "clear.txt"])
    page.wait_for_selector("#file-state .alert-success")
    assert "clear.txt" in page.inner_text("#file-state")
    verdict(page)
    assert "将以原文件 clear.txt 保存" in page.inner_text("#save-state")
    page.click("#save")
    page.wait_for_function("() => document.querySelector('#save-state').innerText.includes('第 1 版')")
    with django_db_blocker.unblock():
        version = SiteVersion.objects.get(site__project=target)
    assert bytes(version.source_file).decode() == content


def test_a_broken_file_is_refused_with_its_lines_and_changes_nothing(open_page, city, project, watch):
    watch.expected += ["400"]
    page = edit(open_page, city, project("坏文件", land.SITE))
    before = page.inner_text("#measure")
    page.set_input_files("#file", SAMPLES / "broken.txt")
    page.wait_for_selector("#file-state .alert-danger")
    assert "第 " in page.inner_text("#file-state .problems")
    assert page.inner_text("#measure") == before


def test_typed_coordinates_make_a_boundary_or_name_the_bad_line(open_page, city, project):
    page = edit(open_page, city, project("键入坐标"))
    page.click("#type")
    assert page.input_value("#typed-zone") == "37", "the zone in view"
    page.fill("#typed-text", "4498000,37402000\n4498000,三七\n4498300,37402300")
    page.click("#typed button[type=submit]")
    assert "第 2 行" in page.inner_text("#typed-result")
    page.fill("#typed-text", "4498000,37402000\n4498000,37402300\n4498300,37402300\n4498300,37402000")
    page.click("#typed button[type=submit]")
    verdict(page)
    assert shape(page) == (1, 0, 4)
    assert "坐标" in page.inner_text("#file-state") or "4525" in page.inner_text("#file-state")


def test_outside_the_region_is_said_at_once(open_page, city, project):
    page = edit(open_page, city, project("区外", land.SITE))
    verdict(page)
    assert "九原区" in page.inner_text("#check-region")
    page.click("#type")
    page.fill("#typed-text", "109.880,40.620\n109.885,40.620\n109.885,40.624")
    page.click("#typed button[type=submit]")
    page.wait_for_selector(".region-out")
    assert "辖区" in page.inner_text(".region-out")


def test_a_question_is_answered_and_the_check_runs_again(open_page, city, project):
    page = edit(open_page, city, project("回答情况"))
    page.click("#type")
    page.fill("#typed-text", "109.846,40.616\n109.849,40.616\n109.849,40.618")
    page.click("#typed button[type=submit]")
    assert verdict(page) == "incomplete"  # nobody said what the land will be used for
    page.select_option("#fact-intended_use", "07")
    page.wait_for_function(
        "() => document.querySelector('#check-verdict').classList.contains('verdict-clear')"
    )


def test_without_the_server_the_boundary_stays_and_comes_back_after_a_reload(open_page, city, project, watch):
    watch.expected += ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch"]
    page = edit(open_page, city, project("断网"))
    page.route("**/checks/preview/", lambda route: route.abort())
    page.click("#type")
    page.fill("#typed-text", "109.860,40.620\n109.865,40.620\n109.865,40.624")
    page.click("#typed button[type=submit]")
    page.wait_for_selector("#check-state .alert-warning")
    assert "无法连接" in page.inner_text("#check-live")
    assert shape(page) == (1, 0, 3)
    page.unroute("**/checks/preview/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    ready(page)
    page.click("#file-state .btn-primary")
    page.wait_for_function("() => document.querySelector('#measure').innerText.includes('3 个界址点')")
    verdict(page)


def test_saving_and_checking_leads_to_the_check_page(open_page, city, project):
    page = edit(open_page, city, project("保存并检查", land.SITE))
    page.click("#save-check")
    page.wait_for_url("**/checks/*/")
    ready(page)
    assert page.locator("#map").bounding_box()["height"] > 300
    assert "未发现冲突" in page.inner_text(".check-answer .verdict")


def test_on_a_phone_the_answer_is_a_sheet_and_the_verdict_stands_on_its_tab(open_page, city, project):
    page = edit(open_page, city, project("手机", land.SITE), viewport=PHONE)
    verdict(page)
    assert page.inner_text("#tab-verdict").strip() != ""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("[data-show=check]")
    assert page.locator("#panel-check").bounding_box()["y"] > 300
