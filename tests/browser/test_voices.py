"""Questions: asked with a pin on a phone, moderated, answered, shown, taken back; and every page by axe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from gis_projects.disclosure import inbox
from gis_projects.disclosure.models import DisclosedProject
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Role
from gis_projects.publishing import portal_jobs
from gis_projects.publishing.models import Question
from tests.browser.conftest import PHONE
from tests.factories import portal
from tests.factories.people import OrganisationFactory, UserFactory, user_of

NARROW = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %
TEXT = "路口缺少人行横道，希望在道路改造时一并增设。"
PAGES = ["handling/", "handling/delegated/", "items/", "guides/", "policies/", "notices/", "contacts/",
         "questions/", "questions/new/", "questions/receipt/", "open-data/", "feeds/"]  # fmt: skip


@pytest.fixture
def desk(city, django_db_blocker) -> dict[str, User]:
    with django_db_blocker.unblock():
        unit = Organisation.objects.filter(name="市政处（浏览器）").first() or OrganisationFactory(
            name="市政处（浏览器）", kind=OrganisationKind.DEPARTMENT, region_id="150200"
        )
        handler = User.objects.filter(username="browser_handler").first() or UserFactory(
            username="browser_handler", roles=[str(Role.HANDLER)], region_id="150200", organisation=unit
        )
        moderator = User.objects.filter(username="browser_moderator").first() or user_of(
            Role.COORDINATOR, username="browser_moderator"
        )
    return {"handler": handler, "moderator": moderator}


def test_a_question_with_a_pin_from_a_phone_is_answered_and_taken_back(
    open_page, desk, city, django_db_blocker, monkeypatch, watch
):
    monkeypatch.setattr(inbox, "YOUNGEST", 0)
    page = open_page("/public/questions/new/", viewport=PHONE)
    page.wait_for_selector("#map.leaflet-container")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.check("#kind-opinion")
    page.fill("#text", TEXT)
    page.locator("#map").scroll_into_view_if_needed()
    page.locator("#map").click(position={"x": 150, "y": 140})
    assert json.loads(page.input_value("#geometry"))["type"] == "Point"
    assert "已标注" in page.inner_text("#question-map-said")
    page.click("text=提交")
    receipt = page.inner_text("#receipt-number")
    with django_db_blocker.unblock():
        assert portal_jobs.tick() >= 1
        question = Question.objects.get(text=TEXT)
    assert question.geometry.geom_type == "Point"

    inside = open_page("/publishing/questions/?state=new", desk["moderator"])
    inside.click(f"text={TEXT[:12]}")
    inside.select_option("#organisation", label="市政处（浏览器）")
    inside.click("button[value=assign]")
    inside.wait_for_selector("text=已交办")

    answering = open_page(f"/publishing/questions/{question.pk}/", desk["handler"], viewport=PHONE)
    answering.fill("#id_text", "已列入施工图，随道路改造一并实施。")
    answering.select_option("#id_precision_m", "100")
    answering.click("button[value=submit]")
    answering.wait_for_selector("text=答复已提交")
    assert answering.evaluate("document.documentElement.scrollWidth <= innerWidth")

    inside.goto(f"/publishing/questions/{question.pk}/")
    inside.click("button[value=publish]")
    inside.wait_for_selector("text=答复已公开")

    reader = open_page("/public/questions/", viewport=PHONE)
    reader.click(f"text={TEXT[:12]}")
    reader.wait_for_selector(".voices-answer")
    assert "随道路改造一并实施" in reader.inner_text("main")
    assert "100 米" in reader.inner_text("main")
    address = reader.url
    reader.goto("/public/questions/receipt/")
    reader.fill("#receipt", receipt.lower())
    reader.click("form button")
    assert "已答复" in reader.inner_text("main")

    inside.fill("#withdraw-reason", "内容有误")
    inside.click("button[value=withdraw]")
    inside.wait_for_selector("text=已撤回")
    watch.expected.append("404")
    reader.goto(address)
    assert "随道路改造一并实施" not in reader.inner_text("body")
    reader.goto("/public/questions/")
    assert TEXT not in reader.inner_text("main")


def test_a_ground_is_drawn_and_cleared_and_typed_coordinates_take_its_place(open_page):
    page = open_page("/public/questions/new/")
    page.wait_for_selector("#map.leaflet-container")
    page.click("[data-draw=polygon]")
    for x, y in ((100, 100), (220, 110), (160, 200)):
        page.locator("#map").click(position={"x": x, "y": y})
    drawn = json.loads(page.input_value("#geometry"))
    assert drawn["type"] == "Polygon"
    assert len(drawn["coordinates"][0]) == 4
    page.click("[data-draw=clear]")
    assert page.input_value("#geometry") == ""
    page.locator("#map").click(position={"x": 100, "y": 100})
    page.fill("#coordinates", "109.84 40.66")
    assert page.input_value("#geometry") == ""


@pytest.fixture
def said(city, django_db_blocker) -> Iterator[list[str]]:
    """One of each that has a page of its own, with all that may stand on it."""
    with django_db_blocker.unblock():
        project = DisclosedProject.objects.get(name="三环路改造")
        rows = portal.voices(project)
    yield [
        "articles/axepolicy/",
        "articles/axeguide/",
        "articles/axemeaning/",
        "handling/axematter/",
        "questions/axequestion/",
        f"projects/{project.slug}/",
    ]
    with django_db_blocker.unblock():
        for row in rows:
            row.delete()


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_every_page_is_without_violations_and_fits_a_phone(browser, server, said, language):
    axe = Path(settings.BASE_DIR / "frontend" / "node_modules" / "axe-core" / "axe.min.js").read_text()
    context = browser.new_context(locale=language, viewport=PHONE, base_url=server, bypass_csp=True)
    page = context.new_page()
    found = {}
    for path in [*PAGES, *said]:
        answer = page.goto(f"/public/{path}")
        assert answer.status == 200, path
        page.wait_for_load_state("networkidle")
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found[path] = [(one["id"], one["nodes"][0]["html"][:200]) for one in result["violations"]]
        for size in (PHONE, NARROW):
            page.set_viewport_size(size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, size)
        page.set_viewport_size(PHONE)
    context.close()
    assert {path: bad for path, bad in found.items() if bad} == {}
