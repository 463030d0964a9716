"""The tools of the boundary desk, each by its main walk: by letter, by click, by numbers; each undone."""

from __future__ import annotations

import pytest
import shapely

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_accessibility import serious
from tests.browser.test_editor import edit, shape, verdict
from tests.factories import land

ON_FARMLAND = shapely.box(109.8445, 40.615, 109.850, 40.619)  # its westernmost 42 m are farmland


def letter(page, key):
    page.locator("#map").focus()
    page.keyboard.press(key)


def done(page):
    page.wait_for_selector("#tool-result .alert-success")
    return page.inner_text("#tool-result")


def site_box(page):
    """The drawn boundary's box on the screen."""
    return page.locator(".leaflet-overlay-pane path.leaflet-interactive").first.bounding_box()


def across(page, share):
    """Draw a line from above to below the boundary, at a share of its width; a click on its last point ends it."""
    box = site_box(page)
    x = box["x"] + box["width"] * share
    for y in (box["y"] - 25, box["y"] + box["height"] + 25):
        page.mouse.move(x, y)
        page.mouse.click(x, y)
    page.mouse.click(x, box["y"] + box["height"] + 25)


def undo_to(page, counted):
    page.locator("#map").focus()
    page.keyboard.press("Control+z")
    parts, _, points = counted
    page.wait_for_function(
        "([a, b]) => document.querySelector('#measure').innerText.includes(a)"
        " && document.querySelector('#measure').innerText.includes(b)",
        arg=[f"{parts} 个地块", f"{points} 个界址点"],
    )


def test_splitting_by_a_line_and_merging_again(open_page, city, project):
    page = edit(open_page, city, project("分割与合并", land.SITE))
    letter(page, "s")
    across(page, 0.4)
    assert "2 块" in done(page)
    assert shape(page) == (2, 0, 8)
    assert page.locator(".plot").count() == 2
    letter(page, "m")
    page.wait_for_function("() => document.querySelectorAll('.plot').length === 1")
    undo_to(page, (2, 0, 8))
    undo_to(page, (1, 0, 4))


def test_growing_moving_and_snapping_by_numbers(open_page, city, project):
    page = edit(open_page, city, project("按数值", land.SITE))
    before = page.inner_text("#measure b")
    letter(page, "b")
    page.fill("#tool-distance_m", "十")
    page.keyboard.press("Enter")
    assert "应为数字" in page.inner_text("#tool-form-error")
    page.fill("#tool-distance_m", "10")
    page.keyboard.press("Enter")
    done(page)
    page.wait_for_function("(b) => document.querySelector('#measure b').innerText !== b", arg=before)
    letter(page, "n")
    page.fill("#tool-north_m", "0.3")
    page.keyboard.press("Enter")
    assert "已移动 1 个地块" in done(page)
    letter(page, "k")
    page.fill("#tool-tolerance_m", "0.5")
    page.keyboard.press("Enter")
    assert "吸附清理完成" in done(page)
    for _ in range(2):
        page.locator("#map").focus()
        page.keyboard.press("Control+z")
    page.wait_for_function("(b) => document.querySelector('#measure b').innerText === b", arg=before)


def test_copying_and_cutting_out_what_lies_under_a_click(open_page, city, project):
    page = edit(open_page, city, project("挖去图斑", land.SITE))
    page.click("#tools")
    page.click("[data-tool=copy]")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "取自" in done(page)
    assert page.locator(".plot").count() == 2
    undo_to(page, (1, 0, 4))


def test_a_line_with_a_width_becomes_a_plot(open_page, city, project):
    page = edit(open_page, city, project("带状地块", land.SITE))
    letter(page, "w")
    page.fill("#tool-width_m", "24")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#hint').innerText.includes('中心线')")
    across(page, 0.5)
    done(page)
    assert "宽 24 米" in page.inner_text(".plots")
    undo_to(page, (1, 0, 4))


def test_a_tool_that_can_do_nothing_says_why_and_changes_nothing(open_page, city, project, watch):
    watch.expected += ["400"]
    page = edit(open_page, city, project("分不开", land.SITE))
    letter(page, "b")
    page.fill("#tool-distance_m", "-900")
    page.keyboard.press("Enter")
    page.wait_for_selector("#tool-result .alert-danger")
    assert "没有剩余" in page.inner_text("#tool-form-error")
    assert shape(page) == (1, 0, 4)


def test_every_tool_is_in_the_menu_and_its_letter_in_the_list(open_page, city, project):
    page = edit(open_page, city, project("快捷键", land.SITE), viewport={"width": 1440, "height": 900})
    letter(page, "?")
    listed = page.inner_text("#tool-form .keys")
    for word in ("绘制", "按线分割", "吸附清理", "撤销", "看全部"):
        assert word in listed
    assert serious(page) == []
    page.keyboard.press("Escape")
    bar, map_ = page.locator("#toolbar").bounding_box(), page.locator("#map").bounding_box()
    assert bar["x"] + bar["width"] <= map_["x"] + map_["width"]
    assert bar["height"] < 50, "one row"


def test_on_a_phone_every_tool_is_in_reach(open_page, city, project):
    page = edit(open_page, city, project("手机上的工具", land.SITE), viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(
        "(() => { const b = document.querySelector('#toolbar'); return b.scrollWidth <= b.clientWidth; })()"
    )
    page.click("#tools")
    menu = page.locator("#tools-menu").bounding_box()
    assert menu["x"] + menu["width"] <= 390
    page.click("[data-tool=move]")
    page.fill("#tool-north_m", "5")
    page.click("#tool-form button[type=submit]")
    page.wait_for_selector("#tool-result .alert-success", state="attached")


# --- avoidance ---


@pytest.fixture
def farmed(open_page, city, project):
    page = edit(open_page, city, project("避让", ON_FARMLAND), viewport=DESKTOP)
    assert verdict(page) == "prohibited"
    page.check("[data-avoid=permanent-basic-farmland]")
    return page


def test_chosen_conflicts_are_cut_away_after_one_saw_the_cost(farmed):
    page = farmed
    page.fill("#avoid-clearance", "5")
    page.click("#avoid-cut")
    page.wait_for_selector("#avoid-apply")
    told = page.inner_text("#avoid-result")
    assert "减少面积" in told
    assert "所选冲突已消除" in told
    page.click("#avoid-apply")
    page.wait_for_function(
        "() => document.querySelector('#check-verdict').classList.contains('verdict-clear')"
    )
    page.locator("#map").focus()
    page.keyboard.press("Control+z")
    page.wait_for_function(
        "() => document.querySelector('#check-verdict').classList.contains('verdict-prohibited')"
    )


def test_the_smallest_shift_is_suggested_and_taken(farmed):
    page = farmed
    page.click("#avoid-shift")
    page.wait_for_selector("#avoid-apply")
    assert "ΔY +" in page.inner_text("#avoid-result")
    page.click("#avoid-apply")
    page.wait_for_function(
        "() => document.querySelector('#check-verdict').classList.contains('verdict-clear')"
    )
    assert shape(page) == (1, 0, 4)


def test_where_no_shift_helps_that_is_said(farmed):
    page = farmed
    page.fill("#avoid-bound", "20")
    page.click("#avoid-shift")
    page.wait_for_function(
        "() => document.querySelector('#avoid-result').innerText.includes('20 米内没有找到')"
    )
