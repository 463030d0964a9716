"""Whatever goes wrong with a layer: its rules say that they were not checked and why; they are never clear by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from django.db import connection

import layers.queries
from siting import checks
from siting.engine.verdict import Outcome
from siting.rulebook import in_force
from tests.factories import land

pytestmark = pytest.mark.django_db

RULE, LAYER = "ecological-red-line", "STBHHX"
WEST_HALF = shapely.box(land.WEST, land.SOUTH, 109.8475, land.NORTH)
AWAY = ("away", "", shapely.box(109.811, 40.601, 109.812, 40.602))
#: Features and coverage by which the rule ends so while nothing is wrong.
GROUNDS = {
    Outcome.CLEAR: ([AWAY], land.EXTENT),
    # a strip of 5 mm along the site's western edge, all of its height
    Outcome.SUSPECT: (
        [AWAY, ("strip", "", shapely.box(109.840, 40.610, 109.845 + 6e-8, 40.625))],
        land.EXTENT,
    ),
    Outcome.HIT: ([AWAY, ("half", "", shapely.box(109.840, 40.610, 109.8475, 40.625))], land.EXTENT),
    Outcome.NOT_CHECKED: ([AWAY], WEST_HALF),
}


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def answer():
    found = checks.run(land.boundary(), facts=land.FACTS)
    result = next(item for item in found.results if item.rule.code == RULE)
    others = {item.rule.code: item.outcome for item in found.results if item.rule.layer != LAYER}
    return found, result, others


def missing(monkeypatch):
    rest = layers.queries.current
    monkeypatch.setattr(
        layers.queries, "current", lambda codes, as_of=None: rest([c for c in codes if c != LAYER], as_of)
    )


def superseded(monkeypatch):
    """Another version takes over between the check's first question and its next: it says the opposite."""
    asked, done = layers.queries.covers, []

    def republished_first(*arguments):
        if not done:
            done.append(True)
            features, _ = GROUNDS[Outcome.HIT]
            land.publish_layer(LAYER, [AWAY] if done_before[RULE] is Outcome.HIT else features)
        return asked(*arguments)

    monkeypatch.setattr(layers.queries, "covers", republished_first)


def not_covering(monkeypatch):
    features, _ = GROUNDS[done_before[RULE]]
    land.publish_layer(LAYER, features, coverage=WEST_HALF)


def unreadable(monkeypatch):
    """A feature on the site that the database gives out and nothing can be computed with."""
    asked = layers.queries.candidates
    bow_tie = shapely.LineString([(109.846, 40.616), (109.847, 40.617)])  # no area can be told of a line

    def with_a_broken_one(versions, *more):
        found = asked(versions, *more)
        if LAYER in found:
            part = found[LAYER]
            found[LAYER] = replace(
                part,
                keys=np.append(part.keys, "broken"),
                classes=np.append(part.classes, ""),
                areas=np.append(part.areas, 1.0),
                geometries=np.append(part.geometries, bow_tie),
                pieces=np.append(part.pieces, 0),
                attributes={name: np.append(values, None) for name, values in part.attributes.items()},
            )
        return found

    monkeypatch.setattr(layers.queries, "candidates", with_a_broken_one)


def timeout(monkeypatch):
    """A question about the layer that takes the database far longer than a check may."""
    asked = layers.queries.candidates

    def slow(versions, *more):
        if LAYER in versions:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(600)")
        return asked(versions, *more)

    monkeypatch.setattr(layers.queries, "candidates", slow)


#: By fault: the reason's code, and the outcomes that stand although it came: what more could only confirm.
FAULTS = {
    missing: ("layer-missing", ()),
    not_covering: ("layer-not-covering", (Outcome.HIT,)),
    unreadable: ("features-failed", (Outcome.HIT,)),
    timeout: ("layer-timeout", ()),
}
done_before: dict[str, Outcome] = {}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("outcome", GROUNDS, ids=str)
def test_a_fault_of_a_layer_is_never_clear(tmp_path, monkeypatch, settings, outcome, fault):
    features, coverage = GROUNDS[outcome]
    land.publish_land(tmp_path)
    land.publish_layer(LAYER, features, coverage=coverage)
    _, before, others = answer()
    assert before.outcome is outcome
    done_before[RULE] = outcome

    settings.CHECK_STATEMENT_TIMEOUT_MS = 2_000 if fault is timeout else 600_000
    fault(monkeypatch)
    found, result, others_now = answer()

    reason, standing = FAULTS[fault]
    if outcome in standing:
        assert result.outcome is outcome
    else:
        assert result.outcome is Outcome.NOT_CHECKED
        # a layer that doesn't cover the site says so, whatever else is wrong with it
        assert result.reason.code == ("layer-not-covering" if outcome is Outcome.NOT_CHECKED and fault is unreadable
                                      else reason)  # fmt: skip
        assert result.reason.params
    assert others_now == others, "no other layer's rule says anything else"
    assert str(found.verdict) in ("prohibited", "incomplete")


@pytest.mark.parametrize("outcome", GROUNDS, ids=str)
def test_a_version_that_is_superseded_while_a_check_runs_still_answers_it(tmp_path, monkeypatch, outcome):
    """Neither clear by what came nor not checked: the rows of a version never go, and the check names those it read."""
    features, coverage = GROUNDS[outcome]
    land.publish_land(tmp_path)
    land.publish_layer(LAYER, features, coverage=coverage)
    before, _, _ = answer()
    done_before[RULE] = outcome
    superseded(monkeypatch)
    during, result, _ = answer()
    assert result.outcome is outcome
    assert during.versions[LAYER].number == before.versions[LAYER].number == 2
    assert layers.queries.current([LAYER])[LAYER].number == 3
    assert during.results == before.results
    now, _, _ = answer()
    assert now.versions[LAYER].number == 3


def test_the_bound_of_a_check_ends_with_it(tmp_path, settings):
    """Inside somebody's transaction: what they set for themselves holds again."""
    land.publish_land(tmp_path)
    settings.CHECK_STATEMENT_TIMEOUT_MS = 12_345
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 54321")
        checks.run(land.boundary(), facts=land.FACTS)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("54321ms",)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_the_bound_ends_with_each_statement(tmp_path, settings, monkeypatch):
    land.publish_land(tmp_path)
    settings.CHECK_STATEMENT_TIMEOUT_MS = 12_345
    seen = []
    asked = layers.queries.candidates

    def looked_at(*arguments):
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            seen.append(cursor.fetchone()[0])
        return asked(*arguments)

    monkeypatch.setattr(layers.queries, "candidates", looked_at)
    import datetime as dt

    checks.run(land.boundary(), facts=land.FACTS, rulebook=in_force("default", dt.date.today()))
    assert seen == ["12345ms"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
