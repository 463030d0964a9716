"""The review of a check over HTTP: inbox, marks, signature; who may, what is withheld, what is carried over."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import shapely
from django.test import Client

from gis_projects.people.permissions import Role
from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.actions.boundaries import run_check
from gis_projects.sites.models import Mark, SignOff
from layers.models import Layer
from siting import certificates, versions
from tests.api.conftest import signed_in
from tests.factories import land
from tests.factories import reviews as factory
from tests.factories.reviews import FARMLAND, GENERAL, PDF, RED_LINE

pytestmark = pytest.mark.django_db
MOVED = shapely.box(109.848, 40.615, 109.853, 40.619)  # off the farmland


@pytest.fixture
def case(tmp_path):
    return factory.case(tmp_path)


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(client, path, data):
    return client.post(path, json.dumps(data), content_type="application/json")


def api(case, tail=""):
    return f"/api/v1/reviews/{case.check.pk}/{tail}"


def item(data, rule):
    return next(entry for entry in data["items"] if entry["rule"] == rule)


def test_a_check_is_decided_and_signed(case):
    reviewer = client_of(case.reviewer)
    shown = reviewer.get(api(case)).json()
    assert [(entry["rule"], entry["needs_decision"]) for entry in shown["items"]] == [
        (FARMLAND, True),
        (RED_LINE, True),  # not checked is never clear
        (GENERAL, False),
    ]
    assert shown["progress"] == {"needed": 2, "decided": 0}
    assert not shown["may"]["sign"]
    answer = post(reviewer, api(case, "marks/"), {"rule": FARMLAND, "decision": "accepted"})
    assert answer.status_code == 201
    assert item(answer.json(), FARMLAND)["decision"]["by"] == "李审"
    answer = post(reviewer, api(case, "marks/"), {"rule": RED_LINE, "decision": "dismissed", "text": ""})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "text"
    answer = post(
        reviewer, api(case, "marks/"), {"rule": RED_LINE, "decision": "dismissed", "text": "已核对"}
    )
    shown = answer.json()
    assert (shown["state"], shown["may"]["sign"]) == ("ready", True)
    signed = post(reviewer, api(case, "sign-off/"), {"revision": shown["revision"], "opinion": "同意"})
    assert signed.status_code == 201
    assert signed.json()["state"] == "signed"
    document = json.loads(reviewer.get(f"/reviews/{case.check.pk}/sign-off.json").content)
    assert certificates.verify(document) == []
    assert document["check"] == case.check.digest
    assert reviewer.get(api(case, "verification/")).json() == {"holds": True, "differences": []}
    withdrawn = post(client_of(case.second), api(case, "sign-off/withdrawal/"), {"reason": "依据有误"})
    assert withdrawn.json()["sign_off"]["withdrawn"]["reason"] == "依据有误"


def test_a_stale_signature_is_refused_with_what_stands_now(case):
    case.decide_all()
    reviewer = client_of(case.reviewer)
    seen = reviewer.get(api(case)).json()["revision"]
    actions.mark(by=case.second, check=case.check, rule=FARMLAND, decision="opinion", text="请再核实")
    answer = post(reviewer, api(case, "sign-off/"), {"revision": seen, "opinion": "同意"})
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["errors"][0]["code"] == "review-moved-on"
    assert item(told["review"], FARMLAND)["marks"][-1]["text"] == "请再核实"
    assert not SignOff.objects.exists()
    again = post(
        reviewer, api(case, "sign-off/"), {"revision": told["review"]["revision"], "opinion": "同意"}
    )
    assert again.status_code == 201


def test_a_mark_that_comes_after_the_signature_is_told_so(case):
    case.decide_all()
    case.sign()
    answer = post(client_of(case.second), api(case, "marks/"), {"rule": FARMLAND, "decision": "seen"})
    assert answer.status_code == 409
    assert answer.json()["review"]["sign_off"]["signer"] == "李审"


def test_the_drawer_is_told_why_they_may_not_sign(case):
    case.planner.roles = [str(Role.PLANNER), str(Role.REVIEWER)]
    case.planner.save()
    case.decide_all()
    planner = client_of(case.planner)
    shown = planner.get(api(case)).json()
    assert not shown["may"]["sign"]
    assert shown["obstacles"] == ["边界的保存人和检查的运行人不能签发，须由另一人签发"]
    answer = post(planner, api(case, "sign-off/"), {"revision": shown["revision"]})
    assert (answer.status_code, answer.json()["detail"]) == (403, shown["obstacles"][0])


def test_the_planner_sees_the_marks_and_answers_with_a_new_boundary(case):
    words = "请避让西南角的永久基本农田"
    actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision="change", text=words)
    actions.mark(by=case.reviewer, check=case.check, rule=RED_LINE, decision="accepted")
    planner = client_of(case.planner)
    page = planner.get(f"/checks/{case.check.pk}/").content.decode()
    assert words in page
    assert "待修改" in page
    assert f"/projects/{case.project.pk}/site/" in page
    newer = case.check_again(MOVED)
    case.check = newer
    shown = planner.get(api(case)).json()
    assert shown["state"] == "waiting"
    assert shown["compared"]["boundary"]
    gone = {change["rule"]: change["kind"] for change in shown["compared"]["findings"]}
    assert gone[FARMLAND] == "gone"
    assert post(planner, api(case, "marks/"), {"decision": "submitted", "text": "已避让"}).status_code == 201
    listed = client_of(case.reviewer).get("/api/v1/reviews/").json()["results"]
    assert [row["check"] for row in listed] == [newer.pk]
    assert listed[0]["submitted_at"]


def test_what_was_decided_last_time_is_shown_and_does_not_count(case):
    actions.mark(by=case.reviewer, check=case.check, rule=RED_LINE, decision="accepted", text="已函询")
    actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision="change", text="请避让")
    case.check = case.check_again(shapely.box(109.846, 40.615, 109.851, 40.619))
    reviewer = client_of(case.reviewer)
    shown = reviewer.get(api(case)).json()
    red_line, farmland = item(shown, RED_LINE), item(shown, FARMLAND)
    assert red_line["earlier"]["label"] == "认可"
    assert red_line["earlier"]["unchanged"]
    assert red_line["decision"] is None
    assert farmland["change"]["kind"] == "shrunk"
    assert farmland["change"]["grown_m2"] < 0
    assert not farmland["earlier"]["unchanged"]
    assert shown["progress"]["decided"] == 0
    page = reviewer.get(f"/reviews/{case.check.pk}/").content.decode()
    assert "与以前的检查相比" in page
    assert "边界已修改" in page


def test_a_new_check_is_compared_with_the_last_that_was_reviewed_unless_told(case):
    actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision="accepted")
    first, between = case.check, case.check_again()
    case.check = case.check_again()
    reviewer = client_of(case.reviewer)
    assert reviewer.get(api(case)).json()["compared"]["check"] == first.pk
    page = f"/reviews/{case.check.pk}/"
    assert f'value="{first.pk}" selected' in reviewer.get(page).content.decode()
    assert f'value="{between.pk}" selected' in reviewer.get(page, {"against": between.pk}).content.decode()
    for other in (case.check.pk, "0", "x" * 30, "9" * 40):  # no earlier check of this site
        expected = 200 if str(other).startswith("x") else 404
        assert reviewer.get(page, {"against": other}).status_code == expected


def test_the_inbox_lists_the_newest_check_of_each_live_site(case):
    case.check_again()
    newest = case.check_again()
    other = factory.checked(name="滨河学校", polygon=MOVED)
    done = factory.checked(name="已竣工的桥", polygon=shapely.box(109.86, 40.62, 109.863, 40.622))
    done.project.site.is_live = False
    done.project.site.save()
    unchecked = factory.checked(name="刚改边界", polygon=shapely.box(109.87, 40.62, 109.873, 40.622))
    unchecked.save(shapely.box(109.87, 40.62, 109.874, 40.622))
    listed = client_of(case.reviewer).get("/api/v1/reviews/").json()
    assert {row["check"] for row in listed["results"]} == {newest.pk, other.check.pk}
    assert listed["count"] == 2


def test_the_inbox_is_filtered(case):
    school = factory.checked(name="滨河学校", polygon=MOVED)
    actions.take(by=case.reviewer, check=school.check)
    reviewer = client_of(case.reviewer)

    def found(**query):
        return {row["project"]["name"] for row in reviewer.get("/api/v1/reviews/", query).json()["results"]}

    both = {"滨河净水厂工程", "滨河学校"}
    assert found() == both
    assert found(verdict="prohibited") == {"滨河净水厂工程"}
    assert found(severity="P") == {"滨河净水厂工程"}
    assert found(severity="I") == both
    assert found(rule=FARMLAND) == {"滨河净水厂工程"}
    assert found(rule=RED_LINE) == both  # rules that could not be checked are found too
    assert found(rule="slope") == set()
    assert found(region="150207") == both
    assert found(region="150202") == set()
    assert found(whose="mine") == {"滨河学校"}
    assert found(whose="free") == {"滨河净水厂工程"}
    assert found(state="reviewing") == {"滨河学校"}
    assert found(state="waiting") == {"滨河净水厂工程"}
    assert found(state="signed") == set()
    assert found(q="学校") == {"滨河学校"}
    assert found(q=f"滨河 {case.project.code}") == {"滨河净水厂工程"}
    page = reviewer.get("/reviews/", {"q": "没有这样的"}).content.decode()
    assert "没有符合条件的检查" in page
    assert "清除筛选" in page
    rows = list(csv.reader(io.StringIO(reviewer.get("/reviews/?format=csv").content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert rows[0][:3] == ["检查编号", "项目代码", "项目名称"]


def test_the_inbox_keeps_to_the_reach_of_whoever_asks(case):
    elsewhere = signed_in(Role.PLANNER, "150202", username="elsewhere")
    assert elsewhere.get("/api/v1/reviews/").json()["count"] == 0
    page = elsewhere.get("/reviews/").content.decode()
    assert case.project.name not in page
    assert "没有等待复核的检查" in page
    assert "占用永久基本农田" not in page  # nor the rules that other people's sites run into
    assert elsewhere.get(f"/reviews/{case.check.pk}/").status_code == 404


def test_submitted_checks_stand_first_the_longest_waiting_on_top(case):
    second = factory.checked(name="第二个", polygon=MOVED)
    third = factory.checked(name="第三个", polygon=shapely.box(109.86, 40.62, 109.863, 40.622))
    for each in (third, second):
        actions.mark(by=case.planner, check=each.check, decision="submitted")
    rows = client_of(case.reviewer).get("/api/v1/reviews/").json()["results"]
    assert [row["project"]["name"] for row in rows] == ["第三个", "第二个", "滨河净水厂工程"]


def test_words_and_files_about_a_confidential_layer_stay_with_who_may_read_it(tmp_path):
    land.publish_land(tmp_path, {"WWBH": [("KEY-77", "protection", land.SITE)]})
    Layer.objects.filter(code="WWBH").update(secrecy="confidential")
    case = factory.checked()
    rule = "heritage-protection"
    told = {
        "dismissed": "某某设施北侧围墙以外",
        "opinion": "设施编号七十七",
        "change": "请整体北移五十米",
    }
    for decision, text in told.items():
        actions.mark(by=case.reviewer, check=case.check, rule=rule, decision=decision, text=text)
    actions.attach(by=case.reviewer, check=case.check, rule=rule, name="设施平面图.pdf", content=PDF)
    open_ = actions.attach(by=case.reviewer, check=case.check, name="会议纪要.pdf", content=PDF)
    planner, reviewer = client_of(case.planner), client_of(case.reviewer)
    faces = (f"/reviews/{case.check.pk}/", f"/checks/{case.check.pk}/", api(case))

    def text(answer):
        # JSON within a page and JSON of the API write other characters than ASCII as escapes.
        return re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), answer.content.decode())

    assert all(told["opinion"] in text(reviewer.get(face)) for face in faces if "checks" not in face)
    for face in faces:
        for words in (told["dismissed"], told["opinion"], "设施平面图"):
            assert words not in text(planner.get(face)), face
    shown = planner.get(api(case)).json()
    assert item(shown, rule)["attachments_withheld"]
    assert item(shown, rule)["decision"]["text"] == told["change"]  # addressed to the planner
    assert [mark["text"] for mark in item(shown, rule)["marks"]] == [None, None, told["change"]]
    file = item(reviewer.get(api(case)).json(), rule)["attachments"][0]["url"]
    assert reviewer.get(file).status_code == 200
    assert planner.get(file).status_code == 404
    assert planner.get(f"/reviews/{case.check.pk}/attachments/{open_.pk}/").status_code == 200
    for entry in reviewer.get(api(case)).json()["items"]:
        if entry["undecided"]:
            actions.mark(
                by=case.reviewer, check=case.check, rule=entry["rule"], decision="dismissed", text="不涉及"
            )
    case.sign()
    record = json.loads(planner.get(f"/reviews/{case.check.pk}/sign-off.json").content)
    assert record["withheld"] == ["WWBH"]
    assert "signature" not in record
    assert told["opinion"] not in json.dumps(record, ensure_ascii=False)
    assert "WWBH" not in record["manifest"]
    whole = json.loads(reviewer.get(f"/reviews/{case.check.pk}/sign-off.json").content)
    assert certificates.verify(whole) == []


def test_what_people_write_is_text_on_every_page(case):
    script = "<script>alert(1)</script>"
    actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision="opinion", text=script)
    actions.mark(by=case.reviewer, check=case.check, decision="opinion", text=script)
    for path in (f"/reviews/{case.check.pk}/", f"/checks/{case.check.pk}/"):
        assert script not in client_of(case.planner).get(path).content.decode()


def test_a_hostile_mark_is_a_problem_and_nothing_else(case):
    reviewer = client_of(case.reviewer)
    for body in (
        {"decision": "accepted", "rule": FARMLAND, "text": "\u0000"},
        {"decision": ["accepted"]},
        {"decision": "accepted", "rule": "a" * 61},
        {"decision": "opinion", "text": "x" * 9000},
        [],
    ):
        answer = post(reviewer, api(case, "marks/"), body)
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
    assert not Mark.objects.exists()


def test_a_boundary_without_a_known_drawer_is_not_signed(case):
    version = versions.save(case.project.site, land.boundary(MOVED))  # past every action
    case.check = run_check(by=case.planner, project=case.project, site_version=version)
    reviewer = client_of(case.reviewer)
    for entry in reviewer.get(api(case)).json()["items"]:
        actions.mark(by=case.reviewer, check=case.check, rule=entry["rule"], decision="accepted")
    shown = reviewer.get(api(case)).json()
    assert shown["obstacles"] == ["留痕中找不到边界的保存人，不能签发"]
    answer = post(reviewer, api(case, "sign-off/"), {"revision": shown["revision"]})
    assert answer.status_code == 400
