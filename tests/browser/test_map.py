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


INK = """() => [...document.querySelectorAll('.tiles-layers canvas')].some(c =>
    c.width && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0))"""
CLEAN = INK.replace("() => [", "() => ![")


def centre(page):
    box = page.locator("#map").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def shown(page):
    return page.locator(".shown-layers > li[data-code]").evaluate_all(
        "items => items.map(i => i.dataset.code)"
    )


def test_the_address_brings_back_everything(open_page, city):
    address = "/map/#13/40.61000/109.84000/layers=YJJBNT*40!~,DLTB/kinds=reserve/find=150207/tool=area"
    page = ready(open_page(address, city.planner))
    assert shown(page) == ["YJJBNT", "DLTB"]
    assert page.is_checked("#layer-YJJBNT")
    page.click(".shown-layers [data-code=YJJBNT] summary")
    assert page.input_value(".shown-layers [data-code=YJJBNT] input[type=range]") == "40"
    assert not page.is_checked(".shown-layers [data-code=YJJBNT] .legend li input")
    assert not page.is_checked("#kind-key")
    assert page.is_checked("#kind-reserve")
    assert page.input_value("#find") == "150207"
    assert page.get_attribute("[data-tool=area]", "aria-pressed") == "true"
    page.click(".leaflet-control-zoom-in")
    page.wait_for_function("() => location.hash.startsWith('#14/')")
    assert page.evaluate("location.hash").endswith(
        "/layers=YJJBNT*40!~,DLTB/kinds=reserve/find=150207/tool=area"
    )


def test_a_layer_is_really_drawn_and_goes_with_its_class(open_page, city):
    page = ready(open_page("/map/#13/40.6200/109.8300/layers=YJJBNT/kinds=", city.planner))
    page.wait_for_function(INK)
    page.wait_for_function("() => document.querySelector('#map').dataset.painted === 'yes'")
    page.click(".shown-layers [data-code=YJJBNT] summary")
    page.uncheck(".shown-layers [data-code=YJJBNT] .legend li input")
    page.wait_for_function(CLEAN)
    page.wait_for_function("() => location.hash.includes('YJJBNT!~')")
    page.check(".shown-layers [data-code=YJJBNT] .legend li input")
    page.wait_for_function(INK)


def test_layers_of_one_place_come_in_one_request(open_page, city):
    page = ready(open_page("/map/#13/40.6200/109.8300/layers=/kinds=", city.planner))
    asked = []
    page.on("request", lambda request: "/tiles/" in request.url and asked.append(request.url))
    page.goto("/map/?again#13/40.6200/109.8300/layers=YJJBNT,DLTB/kinds=")
    ready(page)
    places = [url.split(".mvt")[0] for url in asked if "YJJBNT" in url]
    assert places
    assert len(places) == len(set(places))
    assert all("DLTB" in url for url in asked if "YJJBNT" in url)


def test_the_order_is_changed_by_keyboard_and_said(open_page, city):
    page = ready(open_page("/map/#13/40.6200/109.8300/layers=YJJBNT,DLTB/kinds=", city.planner))
    page.focus(".shown-layers [data-code=DLTB] .move >> nth=0")
    page.keyboard.press("Enter")
    assert shown(page) == ["DLTB", "YJJBNT"]
    assert "第 1 层" in page.inner_text("#map-status")
    # at the top the other button has the focus, so the next key takes it down again
    page.keyboard.press("Enter")
    assert shown(page) == ["YJJBNT", "DLTB"]
    page.wait_for_function("() => location.hash.includes('layers=YJJBNT,DLTB')")


def test_a_layer_out_of_its_scale_is_greyed_and_says_from_where_on_it_shows(open_page, city):
    def later(route):
        answer = route.fetch()
        layers = [{**layer, "min_zoom": 14 if layer["code"] == "YJJBNT" else 0} for layer in answer.json()]
        route.fulfill(response=answer, json=layers)

    page = ready(open_page("/map/#13/40.6200/109.8300/layers=YJJBNT/kinds=", city.planner))
    page.route("**/api/v1/layers/", later)
    page.reload()
    ready(page)
    note = page.locator(".themes [data-code=YJJBNT] .range-note")
    assert "14" in note.inner_text()
    assert page.evaluate(CLEAN)
    page.click(".leaflet-control-zoom-in")
    page.wait_for_function("() => document.querySelector('.themes [data-code=YJJBNT] .range-note').hidden")
    page.wait_for_function(INK)


def test_overviews_that_are_not_made_yet_are_said_calmly_and_come_by_themselves(open_page, city):
    page = ready(open_page("/map/#13/40.6200/109.8300/layers=/kinds=", city.planner))
    made = False

    def not_made(route):
        if made:
            return route.continue_()
        return route.fulfill(status=200, headers={"Tiles-Not-Made": "YJJBNT", "Retry-After": "1"}, body=b"")

    page.route("**/tiles/**layers=**YJJBNT**", not_made)
    page.route("**/tiles/YJJBNT/**", not_made)
    page.goto("/map/?again#13/40.6200/109.8300/layers=YJJBNT,DLTB/kinds=")
    page.wait_for_selector("#map-notice:not([hidden])")
    assert "概览生成中" in page.inner_text("#map-notice")
    assert "图层YJJBNT" in page.inner_text("#map-notice")
    assert page.locator(".map-failure").count() == 0
    made = True
    page.wait_for_selector("#map-notice", state="hidden")
    page.wait_for_function(INK)


def test_identify_names_the_version_and_shows_what_it_found(open_page, city):
    page = ready(open_page("/map/#14/40.6000/109.8300/layers=YJJBNT,DLTB/kinds=", city.planner))
    page.mouse.click(*centre(page))
    page.wait_for_selector(".found-card.is-chosen")
    assert page.locator(".found-card").count() == 2
    assert "第 1 版" in page.inner_text(".found-card >> nth=0")
    assert page.locator("path.leaflet-interactive, .leaflet-overlay-pane path").count() > 0
    page.wait_for_function("() => location.hash.includes('/at=')")
    first = page.evaluate("location.hash.split('/at=')[1]")
    page.click(".found-card:not(.is-chosen) h3 button >> nth=0")
    page.wait_for_function("first => !location.hash.endsWith(first)", arg=first)
    chosen = page.evaluate("location.hash.split('/at=')[1].split(':')[1]")
    page.goto(f"/map/?again{page.evaluate('location.hash')}")
    page.wait_for_selector(".found-card")
    assert chosen in page.inner_text(".found-card")


def test_the_same_question_by_keyboard(open_page, city):
    page = ready(open_page("/map/#14/40.6000/109.8300/layers=YJJBNT/kinds=", city.planner))
    page.focus("#map")
    page.keyboard.press("Enter")
    page.wait_for_selector(".found-card")


def test_a_search_finds_features_and_projects_in_the_list_and_on_the_map(open_page, city):
    page = ready(open_page("/map/#11/40.62/109.85/layers=/kinds=", city.planner))
    page.fill("#find", "150207")
    page.wait_for_selector("#search-results .find-row")
    assert page.locator(".find-mark").count() == page.locator("#search-results .find-row").count()
    page.click("#search-results .find-row >> nth=0")
    page.wait_for_selector(".found-card")
    assert "150207" in page.inner_text(".found-card")
    page.fill("#find", "供水工程 7")
    page.wait_for_function(
        "() => document.querySelector('#search-results')?.innerText.includes('供水工程 7')"
    )
    page.click("#search-results .find-row >> nth=0")
    page.wait_for_selector("#projects .row-main[aria-expanded=true]")


def test_coordinates_are_taken_in_any_way_and_it_says_how(open_page, city):
    page = ready(open_page("/map/#11/40.62/109.85/layers=/kinds=", city.planner))
    for typed, said in (
        ("109.85, 40.61", "按经纬度理解"),
        ("40.61 109.85", "次序颠倒"),
        ("109°51′0″E 40°36′36″N", "按经纬度理解"),
        ("4497885 37402760", "37 带"),
        ("37402760 4497885", "次序颠倒"),
        ("4497885 402760", "没有带号"),
    ):
        page.fill("#find", typed)
        page.wait_for_function(
            "words => document.querySelector('#search-results').innerText.includes(words)", arg=said
        )
        assert "109.8" in page.inner_text("#search-results .row-name")
    page.wait_for_function("() => location.hash.startsWith('#15/40.6')")


def test_length_and_area_are_measured_by_pointer_and_by_keyboard(open_page, city):
    page = ready(open_page("/map/#14/40.6200/109.8500/layers=/kinds=", city.planner))
    x, y = centre(page)
    page.click("[data-tool=length]")
    page.mouse.click(x - 100, y)
    page.wait_for_timeout(350)  # two clicks, not a double one
    page.mouse.click(x + 100, y)
    text = page.inner_text(".measured")
    # 200 pixels at zoom 14 and 40.62° N
    assert (
        abs(float(re.search(r"([\d,.]+)", text)[1].replace(",", "")) - 200 * 156543.034 / 2**14 * 0.7591) < 12
    )
    page.click("[data-tool=area]")
    page.focus("#map")
    for key in ("Enter", "ArrowRight", "Enter", "ArrowDown", "Enter"):
        page.keyboard.press(key)
        page.wait_for_timeout(400)
    assert "公顷" in page.inner_text(".measured")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.hash.includes('tool=')")


def test_a_frame_is_moved_turned_and_printed(open_page, city):
    page = ready(open_page("/map/#14/40.6200/109.8300/layers=YJJBNT,DLTB/kinds=/tool=print", city.planner))
    page.wait_for_selector(".print-frame")
    before = page.get_attribute(".print-frame", "d")
    page.focus("#map")
    page.keyboard.press(".")
    assert page.input_value("#print-turned") == "5"
    page.keyboard.press("Shift+ArrowRight")
    turned = page.get_attribute(".print-frame", "d")
    assert turned != before
    page.locator(".print-frame").hover()
    page.mouse.down()
    page.mouse.move(*[v + 40 for v in centre(page)], steps=4)
    page.mouse.up()
    assert page.get_attribute(".print-frame", "d") != turned
    page.fill("#print-title-field", "一号图")
    with page.expect_download() as download:
        page.click("#print-make")
    assert download.value.suggested_filename == "一号图.pdf"
    with open(download.value.path(), "rb") as file:
        assert file.read(5) == b"%PDF-"


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
