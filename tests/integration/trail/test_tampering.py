"""Whoever commands the database can change it behind the triggers' back; that it was changed shows."""

from __future__ import annotations

import json
import random
import string
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from gis_projects.trail import anchors
from gis_projects.trail.actions import digest_of, record
from gis_projects.trail.models import Step
from gis_projects.trail.queries import verify
from siting import keys

pytestmark = pytest.mark.django_db
STEPS = 60
COLUMNS = ("at", "actor", "actor_id", "verb", "subject", "data", "previous", "digest", "number")


@pytest.fixture(autouse=True)
def _key(settings, tmp_path):
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


class Person:
    pk = 7

    def get_username(self) -> str:
        return "李四"


@pytest.fixture
def trail():
    for number in range(1, STEPS + 1):
        record(
            by=Person() if number % 3 else None,
            verb="library.revise_project",
            subject=f"library.project:{number}",
            data={
                "before": {"name": "旧" * number, "year": number},
                "after": {"list": [1.5, None, True, {"值": "é"}]},
            },
        )
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trail_step DISABLE TRIGGER USER")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trail_step ENABLE TRIGGER USER")


def one_byte_of(chance: random.Random, text: str) -> str:
    """The text with one character put in, left out, or another one in its place."""
    at = chance.randrange(len(text) + 1)
    letter = chance.choice(string.ascii_letters + string.digits + "的_:. ")
    kind = chance.randrange(3) if text else 0
    if kind == 0:
        return text[:at] + letter + text[at:]
    at = min(at, len(text) - 1)
    if kind == 1:
        return text[:at] + text[at + 1 :]
    return text[:at] + chance.choice([c for c in "0a的" if c != text[at]]) + text[at + 1 :]


def one_change_of(chance: random.Random, data: object) -> object:
    """JSON with one leaf, or one key, changed by a character."""
    text = json.dumps(data, ensure_ascii=False)
    while True:
        other = one_byte_of(chance, text)
        try:
            found = json.loads(other)
        except ValueError:
            continue
        if found != data and "NaN" not in other and "Infinity" not in other:
            return found


def tampered(chance: random.Random, step: Step, column: str) -> object:
    value = getattr(step, column)
    if column == "at":
        return value + timedelta(microseconds=chance.choice([-1, 1]) * 10 ** chance.randrange(9))
    if column == "data":
        return one_change_of(chance, value)
    if column == "number":
        return STEPS + 1 + chance.randrange(10**6)
    limit = Step._meta.get_field(column).max_length
    while True:
        other = one_byte_of(chance, value)
        # the first step has nothing before it and every other has something: the database holds that by itself
        if other != value and len(other) <= limit and (column != "previous" or (step.number > 1 and other)):
            return other


def test_a_thousand_changes_of_one_byte_are_found_each_at_its_step(trail):
    chance = random.Random(20261122)
    hit = dict.fromkeys(COLUMNS, 0)
    assert verify().broken is None
    for _ in range(1000):
        number = chance.randint(1, STEPS)
        column = chance.choice([name for name in COLUMNS if number > 1 or name not in ("previous", "number")])
        step = Step.objects.get(number=number)
        with transaction.atomic():
            Step.objects.filter(number=number).update(**{column: tampered(chance, step, column)})
            found = verify()
            transaction.set_rollback(True)
        assert found.broken == number, f"{column} of step {number}: {found}"
        hit[column] += 1
    assert min(hit.values()) > 60, hit
    assert verify().broken is None


@pytest.mark.parametrize("number", [1, 2, 30, STEPS - 1])
def test_a_step_left_out_is_missed(trail, number):
    Step.objects.filter(number=number).delete()
    assert verify().broken == number


def test_two_steps_that_change_places_do_not_fit(trail):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE trail_step SET number = 1000 WHERE number = 20")
        cursor.execute("UPDATE trail_step SET number = 20 WHERE number = 21")
        cursor.execute("UPDATE trail_step SET number = 21 WHERE number = 1000")
    assert verify().broken == 20


def rewritten_from(number: int) -> None:
    """As somebody would who knows how digests are made."""
    previous = Step.objects.get(number=number - 1).digest
    for step in Step.objects.filter(number__gte=number).order_by("number"):
        step.previous = previous
        step.actor = "别人"
        step.digest = digest_of(step)
        Step.objects.filter(number=step.number).update(
            previous=step.previous, actor=step.actor, digest=step.digest
        )
        previous = step.digest


def test_an_anchor_shows_an_end_that_was_cut_off_or_written_anew(trail, tmp_path):
    file = tmp_path / "anchor.json"
    call_command("anchor_trail", out=file, stdout=StringIO())
    record(by=None, verb="library.attach_site", subject="library.project:1")
    assert checked(file) == 0
    with transaction.atomic():
        Step.objects.filter(number__gte=STEPS - 3).delete()
        assert verify().broken is None  # the chain alone can't tell
        assert checked(file) == 1
        transaction.set_rollback(True)
    with transaction.atomic():
        rewritten_from(10)
        assert verify().broken is None
        assert checked(file) == 1
        transaction.set_rollback(True)
    assert checked(file) == 0


def checked(file) -> int:
    try:
        call_command("verify_trail", anchor=file, stdout=StringIO(), stderr=StringIO())
    except SystemExit as end:
        return int(end.code)
    return 0


def test_an_anchor_is_believed_by_its_signature_alone(trail, tmp_path):
    text = anchors.anchor()
    assert anchors.read(text).number == STEPS
    content = json.loads(text)
    for name, value in (("number", STEPS - 1), ("digest", "0" * 64), ("at", "2020-01-01T00:00:00+00:00")):
        with pytest.raises(anchors.UnusableAnchor):
            anchors.read(json.dumps(content | {name: value}))
    for broken in ("", "{}", "[]", "null", '{"form": 1}', "[" * 100_000):
        with pytest.raises(anchors.UnusableAnchor):
            anchors.read(broken)
    keys.rotate()
    assert anchors.read(text).number == STEPS  # a retired key is still believed
    file = tmp_path / "other.json"
    file.write_text(json.dumps(content | {"number": 1}))
    with pytest.raises(CommandError):
        call_command("verify_trail", anchor=file)


def test_a_revoked_key_anchors_nothing(trail):
    text = anchors.anchor()
    keys.rotate(revoke=True)
    with pytest.raises(anchors.UnusableAnchor):
        anchors.read(text)


def test_an_empty_trail_has_no_end(tmp_path):
    with pytest.raises(CommandError):
        call_command("anchor_trail", out=tmp_path / "anchor.json")
