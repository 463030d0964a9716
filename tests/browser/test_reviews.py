"""A reviewer goes through the conflicts with the keyboard alone and signs; a planner answers."""

from __future__ import annotations

import json

import pytest
import shapely

from gis_projects import files
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.actions.boundaries import run_check, save_boundary
from gis_projects.sites.models import Mark, SignOff
from gis_projects.sites.reviewing.items import items
from tests.browser.conftest import DESKTOP, PHONE, new_project, ready
from tests.browser.test_accessibility import serious
from tests.factories import land
from tests.factories.people import user_of

FARMLAND = "permanent-basic-farmland"
PDF = b"%PDF-1.4\n%\xe2\xe3\n%%EOF\n"
ON_FARMLAND = shapely.box(109.842, 40.625, 109.848, 40.629)  # its west lies on the basic farmland


@pytest.fixture(autouse=True)
def attached(monkeypatch, tmp_path):
    """Attachments go to a folder of the test's own; the rasters stay where the package put them."""
    monkeypatch.setattr(files, "path_of", lambda sha256: tmp_path / "reviews" / sha256[:2] / sha256)


@pytest.fixture
def unblocked(city, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def check(unblocked, city):
    """A check of a project of the test's own."""
    project = new_project("待复核的学校", ON_FARMLAND)
    return run_check(by=city.planner, project=project, site_version=project.site.current)


@pytest.fixture
def second(unblocked):
    known = User.objects.filter(username="second").first()
    return known or user_of(Role.REVIEWER, username="second", full_name="王核")


def opened(open_page, check, user, viewport=DESKTOP):
    page = ready(open_page(f"/reviews/{check.pk}/", user, viewport))
    page.wait_for_selector(".review-item")
    return page


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('[data-rule]')?.dataset.rule ?? ''")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def recorded(page, text):
    page.wait_for_function(
        "text => document.querySelector('#review-status').textContent.includes(text)", arg=text
    )


def test_a_reviewer_decides_and_signs_with_the_keyboard_alone(open_page, city, check):
    page = open_page("/reviews/", city.reviewer)
    page.focus(f"a[href='/reviews/{check.pk}/']")
    press(page, "Enter")
    ready(page)
    page.wait_for_selector(".review-item")
    rules = [
        item["rule"]
        for item in page.evaluate("JSON.parse(document.querySelector('#review').textContent).items")
    ]
    assert rules[0] == FARMLAND  # the gravest first
    press(page, "j")
    assert focused(page) == rules[0]
    press(page, "j")
    assert focused(page) == rules[1]
    press(page, "ArrowUp")
    assert focused(page) == rules[0]
    before = page.evaluate(
        "document.querySelector('.leaflet-overlay-pane, .leaflet-findings-pane').innerHTML.length"
    )
    assert before > 0
    press(page, "3")  # dismissed: wants a reason and leads to the words
    assert page.evaluate("document.activeElement.id") == "words-0"
    assert page.is_visible("#error-0")
    page.keyboard.insert_text("用地范围已核减，不占用")
    press(page, "1", "2", "j")  # letters and digits are text here
    assert page.input_value("#words-0").endswith("12j")
    press(page, "Backspace", "Backspace", "Backspace", "Control+Enter")
    page.wait_for_selector(f"[data-rule='{FARMLAND}'] .finding-head .decision-dismissed")
    for _ in range(len(rules)):
        if not page.evaluate("document.querySelectorAll('.decision-none').length"):
            break
        rule = focused(page)
        assert rule != FARMLAND  # the work has gone on by itself
        press(page, "2")
        page.wait_for_function(
            "rule => !document.querySelector(`[data-rule='${rule}'] .decision-none`)", arg=rule
        )
    recorded(page, "已有结论")
    press(page, "s")
    assert page.evaluate("document.activeElement.id") == "sign-words"
    page.keyboard.insert_text("同意选址。")
    press(page, "Tab", "Enter")
    page.wait_for_selector("#review-state.review-signed")
    assert page.locator("#sign").get_by_text("签发记录").count() == 1
    signed = SignOff.objects.get(answer=check)
    assert signed.signer == city.reviewer
    assert Mark.objects.filter(answer=check, rule=FARMLAND).get().text == "用地范围已核减，不占用"
    page.focus("#verify")
    press(page, "Enter")
    page.wait_for_selector("#verify-result:has-text('均与写入时一致')")


def test_a_stale_signature_is_refused_and_the_words_stay(open_page, city, check, second, watch):
    watch.expected.append("409")
    for item in items(json.loads(check.canonical)):
        actions.mark(by=city.reviewer, check=check, rule=item.rule, decision="accepted")
    page = opened(open_page, check, city.reviewer)
    page.fill("#sign-words", "同意，按意见办理。")
    actions.mark(by=second, check=check, rule=FARMLAND, decision="opinion", text="请再核实面积")
    page.click("#sign-button")
    page.wait_for_selector("#review-problem:has-text('其他人刚刚有新的处理')")
    assert page.input_value("#sign-words") == "同意，按意见办理。"
    assert page.get_by_text("请再核实面积").count() >= 1
    page.reload()
    ready(page)
    assert page.input_value("#sign-words") == "同意，按意见办理。"  # kept by the tab
    page.click("#sign-button")
    page.wait_for_selector("#review-state.review-signed")


def test_a_planner_reads_the_request_and_answers_with_a_new_check(open_page, city, check):
    actions.mark(
        by=city.reviewer, check=check, rule=FARMLAND, decision="change", text="请向东平移，避开基本农田"
    )
    page = open_page(f"/checks/{check.pk}/", city.planner)
    page.wait_for_selector("text=请向东平移，避开基本农田")
    page.click("text=查看意见并答复")
    ready(page)
    page.wait_for_selector(".review-item.is-current textarea")
    assert page.locator("[data-say=accepted]").count() == 0  # planners decide nothing
    page.fill(".review-item.is-current textarea", "已平移，见新边界")
    page.click("[data-say=reply]")
    recorded(page, "答复")
    project = check.site_version.site.project
    save_boundary(
        by=city.planner,
        project=project,
        boundary=land.boundary(shapely.box(109.846, 40.625, 109.851, 40.629)),
        based_on=check.site_version_id,
    )
    project.site.refresh_from_db()
    newer = run_check(by=city.planner, project=project, site_version=project.site.current)
    page = opened(open_page, newer, city.reviewer)
    assert page.locator(".change-gone").count() >= 1
    assert page.get_by_text("边界已修改").count() == 1
    page = open_page(f"/reviews/{check.pk}/", city.reviewer)
    page.wait_for_selector("text=此后已有更新的检查")


def test_a_file_is_attached_and_a_hostile_one_is_refused(open_page, city, check, watch):
    watch.expected.append("400")
    page = opened(open_page, check, city.reviewer)
    page.locator(".is-current input[type=file]").set_input_files(
        {"name": "核查表.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.wait_for_selector(".is-current .review-files a:has-text('核查表.pdf')")
    page.locator(".is-current input[type=file]").set_input_files(
        {"name": "页面.pdf", "mimeType": "application/pdf", "buffer": b"<html><script>alert(1)</script>"}
    )
    page.wait_for_selector(".is-current .form-error:has-text('不接受这种文件')")
    with page.expect_download() as download:
        page.click(".is-current .review-files a")
    assert download.value.suggested_filename == "核查表.pdf"


def test_single_keys_can_be_switched_off(open_page, city, check):
    page = opened(open_page, check, city.reviewer)
    page.click(".review-keys summary")
    page.uncheck("#keys-on")
    page.focus("#item-0")
    press(page, "2")
    press(page, "j")
    assert focused(page) == FARMLAND
    assert not Mark.objects.filter(answer=check).exists()
    page.check("#keys-on")
    page.focus("#item-0")
    press(page, "j")
    assert focused(page) != FARMLAND


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_no_barrier_and_nothing_wider_than_the_screen(open_page, city, check, width, tmp_path):
    actions.mark(by=city.reviewer, check=check, rule=FARMLAND, decision="change", text="请避让")
    viewport = DESKTOP if width == "desktop" else PHONE
    for path in ("/reviews/", f"/reviews/{check.pk}/"):
        page = open_page(path, city.reviewer, viewport)
        page.wait_for_load_state("networkidle")
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    page = open_page(f"/checks/{check.pk}/", city.planner, viewport)
    page.wait_for_selector("text=请避让")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
