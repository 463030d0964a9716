"""Bookmarks: kept, shared with the unit, put in order, and never showing a reader what they may not know of."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from gis_projects.atlas.actions import bookmarks as actions
from gis_projects.atlas.models import Bookmark
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from gis_projects.trail.words import sentence
from tests.factories.people import OrganisationFactory, user_of

pytestmark = pytest.mark.django_db
VIEW = "11/40.62000/109.85000/layers=MI,DLTB*70/kinds=key/compare=swipe:40/right.layers=MI:1/right.when=2025-06-30"


@pytest.fixture
def unit():
    return OrganisationFactory(kind="department")


@pytest.fixture
def owner(unit, layers):
    return user_of(Role.SURVEYOR, organisation=unit)  # knows of the confidential layer


@pytest.fixture
def colleague(unit):
    return user_of(Role.PLANNER, organisation=unit)  # doesn't


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def keep(by, name="南片现状与规划", **more):
    return actions.keep_bookmark(by=by, name=name, hash=VIEW, **more)


def verbs() -> list[str]:
    return list(
        Step.objects.filter(verb__contains="bookmark").values_list("verb", flat=True).order_by("number")
    )


def test_a_reader_gets_the_view_without_layers_that_they_may_not_know_of(owner, colleague):
    kept = keep(owner, query="stage=planning&project=7&kind=key&q=", shared=True)
    own = signed_in(owner).get(f"/map/bookmarks/{kept.pk}/")
    assert own["Location"] == f"/map/?stage=planning#{VIEW}"
    others = signed_in(colleague)
    assert "MI" not in others.get(f"/map/bookmarks/{kept.pk}/")["Location"]
    opened = others.get(f"/api/v1/map/bookmarks/{kept.pk}/").json()
    assert opened["hash"] == VIEW.replace("MI,", "").replace("MI:1", "")
    assert opened["mine"] is False
    # the right to know is asked at each opening, not when it was kept
    owner.roles = [str(Role.PLANNER)]
    owner.save()
    assert "MI" not in signed_in(owner).get(f"/map/bookmarks/{kept.pk}/")["Location"]


def test_shared_is_read_by_the_present_unit_only_and_changed_by_nobody_else(owner, colleague, unit):
    kept, private = keep(owner, shared=True), keep(owner, name="自用")
    others = signed_in(colleague)
    assert [row["id"] for row in others.get("/api/v1/map/bookmarks/").json()] == [kept.pk]
    assert others.get(f"/map/bookmarks/{private.pk}/").status_code == 404
    assert others.get(f"/map/bookmarks/{kept.pk}/edit/").status_code == 403
    assert others.delete(f"/api/v1/map/bookmarks/{kept.pk}/").status_code == 403
    assert others.post(f"/map/bookmarks/{kept.pk}/move/", {"to": "up"}).status_code == 403
    owner.organisation = OrganisationFactory(kind="department")
    owner.save()
    assert others.get(f"/map/bookmarks/{kept.pk}/").status_code == 404
    assert others.get("/api/v1/map/bookmarks/").json() == []


def test_without_a_unit_nothing_is_shared(layers):
    alone = user_of(Role.PLANNER)
    answer = signed_in(alone).post(
        "/api/v1/map/bookmarks/",
        {"name": "甲", "hash": VIEW, "shared": True},
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert "不属于任何单位" in answer.content.decode()
    assert not Bookmark.objects.exists()


def test_every_act_stands_in_the_trail_and_one_that_changes_nothing_does_not(owner):
    kept = keep(owner)
    actions.change_bookmark(by=owner, pk=kept.pk, name="新名", note="先说总量")
    actions.change_bookmark(by=owner, pk=kept.pk, name="新名")
    second = keep(owner, name="第二")
    actions.order_bookmarks(by=owner, pks=[second.pk])
    actions.order_bookmarks(by=owner, pks=[second.pk, kept.pk])
    actions.delete_bookmark(by=owner, pk=kept.pk)
    assert [verb.removeprefix("atlas.") for verb in verbs()] == [
        "keep_bookmark", "change_bookmark", "keep_bookmark", "order_bookmarks", "delete_bookmark",
    ]  # fmt: skip
    changed = Step.objects.get(verb="atlas.change_bookmark")
    assert sentence(changed) == "修改地图书签“新名”"
    assert changed.data["before"] == {"name": "南片现状与规划"}
    assert changed.data["note"] is True
    assert "先说总量" not in str(changed.data)
    assert "MI" not in str(
        list(Step.objects.filter(verb__contains="bookmark").values_list("data", flat=True))
    )


def test_the_order_is_that_of_the_list_and_moves_by_one(owner):
    first, second, third = (keep(owner, name=name) for name in ("一", "二", "三"))
    client = signed_in(owner)
    client.post(f"/map/bookmarks/{third.pk}/move/", {"to": "up"})
    assert [row["name"] for row in client.get("/api/v1/map/bookmarks/").json()] == ["一", "三", "二"]
    client.post(f"/map/bookmarks/{first.pk}/move/", {"to": "up"})  # it is the first already
    body = {"order": [second.pk]}
    answer = client.post("/api/v1/map/bookmarks/order/", body, content_type="application/json")
    assert answer.json()["order"] == [second.pk, first.pk, third.pk]
    for wrong in ([first.pk, first.pk], [first.pk, 10**6]):
        answer = client.post(
            "/api/v1/map/bookmarks/order/", {"order": wrong}, content_type="application/json"
        )
        assert answer.status_code == 400


def test_the_page_filters_and_its_file_says_the_same(owner, colleague):
    keep(owner, name="南片", series="调度会", shared=True)
    keep(owner, name="北片", series="调度会")
    keep(colleague, name="=SUM(1)", note="水务")
    keep(colleague, name="道路")
    client = signed_in(colleague)
    page = client.get("/map/bookmarks/").content.decode()
    assert "南片" in page
    assert "北片" not in page
    text = client.get("/map/bookmarks/", {"format": "csv", "whose": "own", "q": "水务"}).content.decode(
        "utf-8-sig"
    )
    assert len(text.strip().splitlines()) == 2
    assert "'=SUM(1)" in text
    page = client.get("/map/bookmarks/", {"series": "调度会"}).content.decode()
    assert "南片" in page
    assert "道路" not in page
    assert "没有符合条件的书签" in client.get("/map/bookmarks/", {"q": "没有这个"}).content.decode()


def test_the_form_changes_and_deletes(owner):
    kept = keep(owner)
    client = signed_in(owner)
    refused = client.post(f"/map/bookmarks/{kept.pk}/edit/", {"name": "", "series": "x" * 41})
    assert refused.status_code == 400
    client.post(
        f"/map/bookmarks/{kept.pk}/edit/", {"name": "改名", "series": "调度会", "note": "", "shared": "on"}
    )
    kept.refresh_from_db()
    assert (kept.name, kept.series, kept.shared, kept.hash) == ("改名", "调度会", True, VIEW)
    client.post(f"/map/bookmarks/{kept.pk}/delete/")
    assert not Bookmark.objects.exists()


def test_whoever_left_the_unit_still_edits_what_they_shared(owner):
    kept = keep(owner, shared=True)
    owner.organisation = None
    owner.save()
    client = signed_in(owner)
    form = client.get(f"/map/bookmarks/{kept.pk}/edit/").content.decode()
    assert 'name="shared"' not in form
    assert "不属于任何单位" in form
    answer = client.post(
        f"/map/bookmarks/{kept.pk}/edit/", {"name": "改名", "note": "离任前", "shared": "on"}
    )
    assert answer.status_code == 302
    kept.refresh_from_db()
    assert (kept.name, kept.note, kept.shared) == ("改名", "离任前", True)


def test_nonsense_is_no_bookmark(owner, monkeypatch):
    for wrong in ({"hash": "javascript:alert(1)"}, {"name": "   "}, {"name": "x" * 81}):
        with pytest.raises(ValidationError):
            actions.keep_bookmark(**{"by": owner, "name": "甲", "hash": VIEW, **wrong})
    monkeypatch.setattr(actions, "MOST", 1)
    keep(owner)
    with pytest.raises(ValidationError):
        keep(owner, name="多了")
