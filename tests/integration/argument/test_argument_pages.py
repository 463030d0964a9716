"""The pages of arguments, for who may and for who may not; a case's whole walk by its forms."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from gis_projects.argument.actions import opinions
from gis_projects.argument.models import Case, Opinion
from gis_projects.people.permissions import Role
from tests.factories import arguments as factory
from tests.factories.people import UserFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def case(bureau):
    return factory.opened(bureau, factory.project())


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user, name: str, *args: object, **query: str):
    return client_of(user).get(reverse(f"argument:{name}", args=args), query)


def test_a_case_walks_from_its_opening_to_its_end_by_forms(bureau):
    project = factory.project()
    organiser = client_of(bureau.coordinator)
    page = organiser.get(reverse("argument:open", args=[project.pk]))
    assert bureau.unit("water").name in page.content.decode()
    answer = organiser.post(
        reverse("argument:open", args=[project.pk]), {"kind": "total_structure", "note": "随附方案"}
    )
    case = Case.objects.get(project=project)
    assert answer["Location"] == reverse("argument:case", args=[case.pk])
    for task in case.tasks.select_related("organisation__region", "case__routing"):
        act = reverse("argument:task-act", args=[task.pk])
        given = {"verdict": "agree", "text": "同意", **factory.filled(task)}
        refused = client_of(bureau.handler(task)).post(act, {"step": "submit", "verdict": "object"})
        assert refused.status_code == 400
        assert "请写明理由" in refused.content.decode()
        assert client_of(bureau.handler(task)).post(act, {"step": "submit", **given}).status_code == 302
        opinion = task.opinions.get(state="approving")
        signing = {"step": "sign", "opinion": opinion.pk, "level": 1}
        assert client_of(bureau.approver(task)).post(act, signing).status_code == 302
        assert client_of(bureau.approver(task, 2)).post(act, signing).status_code == 409
    done = organiser.post(reverse("argument:case-act", args=[case.pk]), {"step": "conclude", "text": "通过"})
    assert done.status_code == 302
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("concluded", "passed")
    shown = organiser.get(reverse("argument:case", args=[case.pk])).content.decode()
    assert "发起总量结构论证" in shown


def test_each_page_answers(bureau, case, tmp_path):
    task = case.tasks.get(function="water")
    bureau.give(task, "conditional")
    handler = bureau.handler(task)
    for name, args in (
        ("cases", ()), ("case", (case.pk,)), ("tasks", ()), ("task", (task.pk,)), ("routing", ()), ("quotas", ()),
        ("checklists", ()), ("blockers", ()),
    ):  # fmt: skip
        assert get(handler, name, *args).status_code == 200, name
    for name in ("cases", "tasks", "quotas", "blockers"):
        for kind in ("csv", "xlsx"):
            who = bureau.coordinator if name in ("cases", "quotas", "blockers") else handler
            assert get(who, name, format=kind).status_code == 200, (name, kind)
    assert "滨河净水厂工程" in get(bureau.coordinator, "cases", format="csv").content.decode("utf-8-sig")


def test_a_site_case_shows_its_map_and_findings(bureau, tmp_path):
    from tests.integration.argument.test_site_cases import WEST_HALF

    factory.on_land(tmp_path, {"YYSBHQ": [("S1", "1", WEST_HALF)]})
    project = factory.project()
    factory.checked(project)
    case = factory.opened(bureau, project, "site")
    page = get(bureau.coordinator, "case", case.pk).content.decode()
    assert 'id="findings"' in page
    assert case.digest in page
    task = case.tasks.get(function="ecology")
    assert "饮用水水源" in get(bureau.handler(task), "task", task.pk).content.decode()
    assert get(bureau.coordinator, "open", project.pk).status_code == 200


def test_who_may_not_know_of_a_project_finds_no_case(bureau):
    secret = factory.project(name="保密工程", secrecy="confidential")
    knowing = UserFactory(
        username="knowing", roles=[Role.COORDINATOR, Role.REVIEWER], region=secret.region, full_name="知情人"
    )
    from gis_projects.argument.actions import cases

    case = cases.open_case(by=knowing, project=secret, kind="total_structure")
    assert get(knowing, "case", case.pk).status_code == 200
    task = case.tasks.get(function="water")
    handler = bureau.handler(task)
    assert get(handler, "case", case.pk).status_code == 404
    assert get(handler, "task", task.pk).status_code == 404
    assert "保密工程" not in get(handler, "tasks").content.decode()
    assert "保密工程" not in get(bureau.coordinator, "cases").content.decode()


def test_another_region_finds_nothing_and_the_city_watches(bureau, case):
    """A city user sees the district's case with its trail, and may change nothing of it."""
    elsewhere = user_of(Role.COORDINATOR, "150202", username="elsewhere")
    city = user_of(Role.MONITOR, "150200", username="city")
    assert get(elsewhere, "case", case.pk).status_code == 404
    page = get(city, "case", case.pk)
    assert page.status_code == 200
    assert "发起总量结构论证" in page.content.decode()
    act = client_of(city).post(
        reverse("argument:case-act", args=[case.pk]), {"step": "withdraw", "reason": "x"}
    )
    assert act.status_code == 403


def test_what_is_not_in_force_is_the_departments_own(bureau, case):
    task = case.tasks.select_related("organisation__region", "case__routing").get(function="water")
    by = bureau.handler(task)
    row = opinions.draft(by=by, task=task, verdict="agree", text="内部讨论稿", fields=factory.filled(task))
    opinions.hand_in(by=by, opinion=row)
    assert "内部讨论稿" in get(by, "task", task.pk).content.decode()
    assert "内部讨论稿" not in get(bureau.coordinator, "task", task.pk).content.decode()
    api = reverse("argument-api:signatures", args=[row.pk])
    assert (
        client_of(bureau.coordinator).post(api, {"level": 1}, content_type="application/json").status_code
        == 404
    )


def test_the_api_gives_signs_and_says_what_stands_against_it(bureau, case):
    task = case.tasks.select_related("organisation__region", "case__routing").get(function="water")
    handler, approver = client_of(bureau.handler(task)), client_of(bureau.approver(task))
    listed = handler.get(reverse("argument-api:tasks")).json()
    assert [each["id"] for each in listed["results"]] == [task.pk]
    url = reverse("argument-api:opinions", args=[task.pk])
    given = {"verdict": "agree", "text": "同意", "fields_stated": factory.filled(task), "hand_in": True}
    assert (
        handler.post(url, {**given, "fields_stated": {}}, content_type="application/json").status_code == 400
    )
    answer = handler.post(url, given, content_type="application/json")
    assert answer.status_code == 201
    opinion = answer.json()["opinions"][-1]
    assert (opinion["state"], opinion["level"]) == ("approving", 1)
    again = handler.post(url, given, content_type="application/json")
    assert again.status_code == 409
    assert again.json()["errors"][0]["code"] == "task-not-open"
    sign = reverse("argument-api:signatures", args=[opinion["id"]])
    assert handler.post(sign, {"level": 1}, content_type="application/json").status_code == 403
    assert approver.post(sign, {"level": 1}, content_type="application/json").status_code == 201
    assert Opinion.objects.get(pk=opinion["id"]).state == "approved"
    whole = client_of(bureau.coordinator).get(reverse("argument-api:case", args=[case.pk])).json()
    assert len(whole["tasks"]) == 3
    assert whole["obstacles"]
    opened = client_of(bureau.coordinator).post(
        reverse("argument-api:open", args=[case.project_id]),
        {"kind": "total_structure"},
        content_type="application/json",
    )
    assert opened.status_code == 409


def test_an_administrator_publishes_a_routing_table_and_running_cases_keep_theirs(bureau, case):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from gis_projects.argument.routing.reading import DEFAULT_PATH

    admin = user_of(Role.ADMINISTRATOR, "150200", username="root")
    text = DEFAULT_PATH.read_text("utf-8").replace("working_days = 15 ", "working_days = 10 ", 1)
    url = reverse("argument:routing")

    def send(content: str):
        file = SimpleUploadedFile("routing.toml", content.encode())
        return client_of(admin).post(url, {"file": file, "reason": "缩短期限"})

    assert send("name = ").status_code == 400
    assert send(text).status_code == 302
    assert send(text).status_code == 400  # the same again is no new version
    later = factory.opened(bureau, factory.project(name="后来的项目"))
    assert (case.routing.version, case.clock.limit_days) == (1, 15)
    assert (later.routing.version, later.clock.limit_days) == (2, 10)
    back = get(admin, "routing-file", 2)
    assert b"working_days = 10" in back.content
