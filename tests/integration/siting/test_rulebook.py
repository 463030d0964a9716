"""Rules and facts by the day: what is published stays, and what a file says of its use counts only if it is clear."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from siting import checks
from siting.engine.boundary import build
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Outcome, Verdict
from siting.models import Rule, RuleBook
from siting.rulebook import DEFAULT_PATH, NoRulebook, in_force, pinned, publish, read
from tests.factories import land

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def _default():
    return read(DEFAULT_PATH.read_bytes())


def test_the_same_rules_again_are_the_same_row_and_other_ones_need_another_number():
    first = publish(_default())
    assert publish(_default()).pk == first.pk
    changed = copy.deepcopy(_default())
    changed["rule"][0]["advice"] += "。"
    with pytest.raises(UnusableInput) as refusal:
        publish(changed)
    assert [notice.code for notice in refusal.value.notices] == ["rulebook-version-taken"]
    changed["version"] += 1
    second = publish(changed)
    assert second.sha256 != first.sha256
    assert in_force("default", timezone.localdate()).version == second.version
    assert pinned("default", first.version, timezone.localdate()).sha256 == first.sha256


@pytest.mark.parametrize(
    "change",
    [
        lambda: Rule.objects.filter(code="ecological-red-line").update(spec={}),
        lambda: Rule.objects.first().delete(),
        lambda: RuleBook.objects.update(valid_to="2030-01-01"),
    ],
    ids=["text", "gone", "dates"],
)
def test_published_rules_refuse_change(change):
    publish(_default())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()


def test_a_day_without_a_rulebook_or_a_version_is_not_answered_by_another():
    publish(_default())
    published = RuleBook.objects.get()
    with pytest.raises(NoRulebook):
        in_force("default", published.valid_from - dt.timedelta(days=1))
    with pytest.raises(NoRulebook):
        pinned("default", published.version + 1, timezone.localdate())


def test_a_check_as_of_a_day_reads_the_layers_of_that_day(tmp_path):
    land.publish_land(tmp_path)
    today = timezone.localdate()
    assert checks.run(land.boundary(), facts=land.FACTS, on=today).verdict is Verdict.CLEAR
    before = checks.run(land.boundary(), facts=land.FACTS, on=today - dt.timedelta(days=1))
    assert before.versions == {}
    assert {item.outcome for item in before.results} == {Outcome.NOT_CHECKED}
    assert before.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    ("uses", "known"),
    [
        (["07居住用地"], {"intended_use": "07"}),
        (["0701", "0702"], {}),
        (["07", "07"], {"intended_use": "07"}),
        (["07", "10"], {}),
        (["0102"], {}),
        (["05"], {}),
        (["居住用地"], {}),
        ([""], {}),
        (["99"], {}),
    ],
)
def test_the_use_that_a_file_declares_counts_where_it_is_one_planning_code(tmp_path, uses, known):
    land.publish_land(tmp_path)
    declared = land.boundary().declared
    plots = tuple(replace(declared.plots[0], use=use) for use in uses)
    found = checks.run(build(replace(declared, plots=plots)))
    assert found.facts == known
    assert checks.run(found.boundary, facts={"intended_use": "10"}).facts == {"intended_use": "10"}
