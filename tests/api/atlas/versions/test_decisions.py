"""What a second person may do with a version that waits, and who sees it before."""

from __future__ import annotations

import json
import threading
import time

import pytest
from django.core.cache import cache
from django.db import connections

from gis_projects.atlas.actions import uploads
from gis_projects.atlas.models import Publication
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from layers import queries
from layers.models import Layer, LayerVersion, Status
from tests.api.atlas.uploading import ANSWERS, act, answer, told, whole, work
from tests.factories.files import zipped_shapefile
from tests.factories.layers import LayerFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_brought_it_cannot_let_it_through(layer, as_role, tmp_path):
    admin = as_role(Role.ADMINISTRATOR)
    whole(admin, zipped_shapefile(tmp_path / "GRID.zip"), layer="GRID", answers=ANSWERS)
    work()
    answered = act(admin, 2, "publish", "我自己来")
    assert (answered.status_code, "不同的人" in answered.json()["detail"]) == (403, True)
    page = admin.get("/layers/GRID/versions/2/").content.decode()
    assert 'value="publish"' not in page
    assert 'value="send_back"' in page
    assert admin.post("/layers/GRID/versions/2/", {"step": "publish"}).status_code == 403
    assert LayerVersion.objects.get(number=2).status == Status.STAGED


def test_a_planner_decides_nothing(staged, planner):
    for verb in ("publish", "send-back"):
        assert act(planner, 2, verb, "x").status_code == 404
    assert act(planner, 1, "withdraw", "x").status_code == 403


@pytest.mark.parametrize(
    ("outcome", "reason", "code"),
    [("pass", "", 200), ("reason", "", 400), ("reason", "已核实", 200), ("refuse", "x", 400)],
)
def test_the_quality_decides(staged, reviewer, outcome, reason, code):
    because = [{"code": "x", "template": "重叠 %(n)d 处", "params": {"n": 3}}]
    LayerVersion.objects.filter(number=2).update(
        quality={"outcome": outcome, "because": because, "counts": {}}
    )
    answered = act(reviewer, 2, "publish", reason)
    assert answered.status_code == code
    if code == 400:
        assert "重叠 3 处" in json.dumps(answered.json(), ensure_ascii=False)
        assert queries.current()["GRID"].number == 1
    else:
        assert Publication.objects.get(number=2).reason == reason


def test_sent_back_with_its_reason_it_may_be_answered_anew(staged, surveyor, reviewer):
    assert act(reviewer, 2, "send-back").status_code == 400
    assert act(reviewer, 2, "send-back", "年份不对").status_code == 204
    upload = told(surveyor, staged)
    assert upload["state"] == "refused"
    assert "年份不对" in upload["messages"][0]
    assert not LayerVersion.objects.filter(number=2).exists()
    assert Step.objects.get(verb="atlas.send_back_layer").data["reason"] == "年份不对"
    assert answer(surveyor, staged, source_date="2025-01-01").json()["state"] == "staging"
    work()
    assert told(surveyor, staged)["state"] == "staged"
    assert str(LayerVersion.objects.get(number=2).source_date) == "2025-01-01"


def test_of_two_who_decide_one_is_told(staged, reviewer):
    assert act(reviewer, 2, "publish").status_code == 200
    late = act(reviewer, 2, "send-back", "不要")
    assert (late.status_code, late["Content-Type"]) == (409, "application/problem+json")
    assert act(reviewer, 2, "publish").status_code == 409
    assert reviewer.post("/layers/GRID/versions/2/", {"step": "publish"}).status_code == 409
    assert Publication.objects.filter(number=2).count() == 1


def test_two_decide_in_the_same_moment(staged, as_role, reviewer):
    other = as_role(Role.ADMINISTRATOR)
    reviewer.raise_request_exception = other.raise_request_exception = False
    at_once, codes = threading.Barrier(2), []

    def decide(client):
        try:
            at_once.wait(10)
            codes.append(act(client, 2, "publish", "同意").status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=[client]) for client in (reviewer, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 409]
    assert Step.objects.filter(verb="atlas.publish_layer", subject="layers.version:GRID@2").count() == 1


def test_publishing_and_cancelling_do_not_wait_for_each_other(staged, surveyor, reviewer, monkeypatch):
    """Who publishes holds the publication before the upload; so must who cancels, or one of the two breaks off."""
    surveyor.raise_request_exception = reviewer.raise_request_exception = False
    codes, holds, locked = {}, threading.Event(), uploads._locked

    def slowly(by, key):
        row = locked(by, key)
        holds.set()
        time.sleep(0.5)  # so that the other one comes in between, whatever it waits for
        return row

    monkeypatch.setattr(uploads, "_locked", slowly)

    def cancel():
        try:
            codes["cancel"] = surveyor.delete(staged["url"]).status_code
        finally:
            connections.close_all()

    thread = threading.Thread(target=cancel)
    thread.start()
    assert holds.wait(10)
    codes["publish"] = act(reviewer, 2, "publish").status_code
    thread.join()
    assert codes == {"cancel": 200, "publish": 409}
    assert not LayerVersion.objects.filter(number=2).exists()


def test_nothing_changes_for_others_before_the_second_person(staged, surveyor, planner, reviewer):
    assert queries.current()["GRID"].number == 1
    assert [row["number"] for row in planner.get("/api/v1/layers/GRID/versions/").json()] == [1]
    assert [row["number"] for row in reviewer.get("/api/v1/layers/GRID/versions/").json()] == [2, 1]
    for path in (
        "/layers/GRID/versions/2/",
        "/api/v1/layers/GRID/versions/2/",
        "/tiles/GRID/2/14/13193/6178.mvt",
    ):
        assert planner.get(path).status_code == 404
        assert reviewer.get(path).status_code == 200
        assert surveyor.get(path).status_code == 200


def test_withdrawing_is_brought_by_one_and_let_through_by_another(staged, surveyor, reviewer, as_role):
    act(reviewer, 2, "publish")
    first = LayerVersion.objects.get(number=1)
    assert act(surveyor, 2, "withdraw").status_code == 400
    assert act(surveyor, 1, "withdraw", "错了").status_code == 409  # not in force
    answered = act(surveyor, 2, "withdraw", "错了")
    assert (answered.status_code, answered.json()["number"], answered.json()["withdraws"]) == (201, 3, 2)
    assert queries.current()["GRID"].number == 2
    assert act(surveyor, 3, "publish").status_code == 403
    assert act(reviewer, 3, "publish").status_code == 200
    assert queries.current()["GRID"].root_hash == first.root_hash
    assert [step.verb for step in Step.objects.filter(subject="layers.version:GRID@3")] == [
        "atlas.request_withdrawal", "atlas.withdraw_layer",
    ]  # fmt: skip
    page = reviewer.get("/layers/GRID/versions/3/").content.decode()
    assert "批准撤回" in page


def test_a_confidential_layers_versions_are_nowhere(as_role, tmp_path, planner):
    LayerFactory(code="JM", name="涉密网格", secrecy="confidential")
    surveyor = as_role(Role.SURVEYOR)
    upload = whole(
        surveyor,
        zipped_shapefile(tmp_path / "x.zip"),
        layer="JM",
        answers={**ANSWERS, "coverage": "features"},
    )
    work()
    assert told(surveyor, upload)["state"] == "staged"
    reviewer = as_role(Role.REVIEWER)
    assert "涉密网格" in reviewer.get("/layers/uploads/").content.decode()
    for path in (
        "/layers/JM/versions/1/", "/layers/JM/versions/1/quality.csv", "/api/v1/layers/JM/versions/",
        "/api/v1/layers/JM/versions/1/", "/api/v1/layers/JM/versions/1/findings/",
    ):  # fmt: skip
        assert planner.get(path).status_code == 404
        assert reviewer.get(path).status_code == 200


def test_the_pages_say_what_the_layers_ask_to_be_said(staged, surveyor, reviewer):
    Layer.objects.update(notice="演示数据，非真实界线")
    cache.clear()
    for client, page in (
        (surveyor, staged["page"]),
        (surveyor, "/layers/uploads/"),
        (reviewer, staged["version_page"]),
    ):
        assert "演示数据，非真实界线" in client.get(page).content.decode()
