"""Many sites at once: the same documents as one by one, in one process or several."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

import layers.queries
from siting import checks
from siting.documents import canonical, document
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Outcome
from siting.rulebook import in_force
from tests.factories import land
from tests.factories.many_sites import USES, shapes, varied_ground


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def sites(count):
    return [(land.boundary(shape), USES[number % 3]) for number, shape in enumerate(shapes(count))]


def pinned():
    import datetime as dt

    rulebook = in_force("default", dt.date(2026, 11, 20))
    return rulebook, layers.queries.current([*rulebook.layers, checks.PRESENT_LAND_LAYER])


def one_by_one(asked, rulebook, versions):
    return [
        canonical(document(checks.run(boundary, facts=facts, rulebook=rulebook, versions=versions)))
        for boundary, facts in asked
    ]


def at_once(asked, rulebook, versions, **options):
    results = checks.run_many(asked, rulebook=rulebook, versions=versions, **options)
    return [canonical(document(result)) for result in results]


@pytest.mark.django_db
def test_many_sites_give_the_documents_that_each_gives_alone(tmp_path, django_assert_max_num_queries):
    varied_ground(tmp_path)
    rulebook, versions = pinned()
    asked = sites(100)
    alone = one_by_one(asked, rulebook, versions)
    with django_assert_max_num_queries(
        20
    ):  # 4 blocks, each one question with its bound between two savepoints
        together = at_once(asked, rulebook, versions)
    assert together == alone
    assert len(set(together)) == len(together), "the sites differ, so an exchange would show"
    outcomes = {
        item.outcome for result in checks.run_many(asked, rulebook=rulebook, versions=versions)
        for item in result.results
    }  # fmt: skip
    assert outcomes >= {Outcome.CLEAR, Outcome.HIT, Outcome.NOT_CHECKED}


@pytest.mark.django_db
def test_no_site_gives_no_answer(tmp_path):
    land.publish_land(tmp_path)
    rulebook, versions = pinned()
    assert list(checks.run_many([], rulebook=rulebook, versions=versions)) == []


@pytest.mark.django_db
def test_a_fact_that_no_rule_asks_for_is_refused_before_anything_is_checked(tmp_path):
    land.publish_land(tmp_path)
    rulebook, versions = pinned()
    with pytest.raises(UnusableInput):
        next(checks.run_many([(land.boundary(), {"colour": "red"})], rulebook=rulebook, versions=versions))


@pytest.mark.django_db
def test_where_the_common_question_fails_each_site_is_asked_alone(tmp_path, monkeypatch, caplog):
    varied_ground(tmp_path)
    rulebook, versions = pinned()
    asked = sites(20)
    alone = one_by_one(asked, rulebook, versions)
    single = layers.queries.candidates

    def fails_for_many(versions, geometry, *more):
        if geometry.geom_type != "MultiPolygon":
            raise DatabaseError("canceling statement due to statement timeout")
        return single(versions, geometry, *more)

    monkeypatch.setattr(layers.queries, "candidates", fails_for_many)
    assert at_once(asked, rulebook, versions) == alone
    assert "could not be asked together" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_several_processes_give_the_same_documents(tmp_path):
    varied_ground(tmp_path)
    rulebook, versions = pinned()
    asked = sites(80)
    assert at_once(asked, rulebook, versions, processes=2) == at_once(asked, rulebook, versions)
