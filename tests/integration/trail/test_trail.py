from __future__ import annotations

import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from gis_projects.trail import queries
from gis_projects.trail.actions import record, record_many
from gis_projects.trail.models import Cursor, Step
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def some(count=3):
    return [
        record(by=None, verb="test.act", subject=f"test.thing:{n}", data={"n": n, "x": n / 3})
        for n in range(count)
    ]


def tamper(sql, params=()):
    """Change the trail as only someone with the owner's power over the database could."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE trail_step DISABLE TRIGGER trail_step_unchanged")
        cursor.execute(sql, params)
        cursor.execute("ALTER TABLE trail_step ENABLE TRIGGER trail_step_unchanged")


def test_a_step_says_who_did_what_to_what():
    user = UserFactory(username="zhang")
    step = record(by=user, verb="library.register_project", subject="library.project:1", data={"name": "路"})
    step.refresh_from_db()
    assert (step.number, step.actor, step.actor_id) == (1, "zhang", str(user.pk))
    assert (step.verb, step.subject, step.data) == (
        "library.register_project",
        "library.project:1",
        {"name": "路"},
    )


def test_steps_are_chained():
    first, second, third = some()
    assert (first.previous, second.previous, third.previous) == ("", first.digest, second.digest)


def test_the_record_outlives_its_actor():
    user = UserFactory(username="gone")
    record(by=user, verb="test.act", subject="test.thing:1")
    user.delete()
    assert Step.objects.get().actor == "gone"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE trail_step SET verb = 'other'",
        "DELETE FROM trail_step",
        "UPDATE trail_step SET digest = digest",
    ],
)
def test_the_database_refuses_to_change_the_trail(sql):
    some()
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_a_whole_trail_verifies():
    some()
    found = queries.verify()
    assert (found.steps, found.broken) == (3, None)
    assert found.head == Step.objects.get(number=3).digest


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("UPDATE trail_step SET data = '{\"n\": 9}' WHERE number = 2", 2),
        ("UPDATE trail_step SET actor = 'x' WHERE number = 1", 1),
        ("UPDATE trail_step SET at = at + interval '1 microsecond' WHERE number = 3", 3),
        ("DELETE FROM trail_step WHERE number = 2", 2),
        ("DELETE FROM trail_step WHERE number = 1", 1),
        ("UPDATE trail_step SET previous = digest WHERE number = 2", 2),
    ],
)
def test_verification_names_the_first_step_that_does_not_fit(sql, broken):
    some()
    tamper(sql)
    assert queries.verify().broken == broken


def test_a_changed_step_with_its_digest_recomputed_breaks_the_next():
    some()
    step = Step.objects.get(number=2)
    step.data = {"n": 9}
    from gis_projects.trail.actions import digest_of

    tamper("UPDATE trail_step SET data = '{\"n\": 9}', digest = %s WHERE number = 2", [digest_of(step)])
    assert queries.verify().broken == 3


def test_a_cut_off_end_is_found_by_a_kept_digest_or_a_cursor():
    steps = some()
    with transaction.atomic():
        queries.read_on("reader")
    tamper("DELETE FROM trail_step WHERE number = 3")
    assert queries.verify(number=3, digest=steps[2].digest).broken == 3
    assert queries.verify().broken == 3  # the reader was already past it
    Cursor.objects.all().delete()
    assert queries.verify().broken is None


def test_command_tells_by_its_exit_code(capsys):
    some()
    out = StringIO()
    call_command("verify_trail", stdout=out)
    assert "共 3 步" in out.getvalue()
    tamper("UPDATE trail_step SET verb = 'x' WHERE number = 2")
    err = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_trail", stderr=err)
    assert stopped.value.code == 1
    assert "第 2 步" in err.getvalue()


def test_numbers_survive_the_database():
    record(
        by=None,
        verb="t",
        subject="s:1",
        data={"a": 1e22, "b": -0.0, "c": 1e-9, "d": 12345.678901, "e": 0.1 + 0.2},
    )
    assert queries.verify().broken is None


# --- cursors --------------------------------------------------------------------------------------


def test_a_reader_reads_each_step_once_from_where_it_stopped():
    some(5)
    assert [step.number for step in queries.read_on("a", limit=2)] == [1, 2]
    assert [step.number for step in queries.read_on("a", limit=2)] == [3, 4]
    assert [step.number for step in queries.read_on("b")] == [1, 2, 3, 4, 5]
    assert [step.number for step in queries.read_on("a")] == [5]
    assert queries.read_on("a") == []


def test_a_failed_reader_reads_the_same_again():
    some(2)
    with transaction.atomic():
        assert len(queries.read_on("a")) == 2
        transaction.set_rollback(True)
    assert [step.number for step in queries.read_on("a")] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_reading_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        queries.read_on("a")


@pytest.mark.django_db(transaction=True)
def test_steps_written_at_the_same_time_make_one_chain_and_no_cursor_misses_any():
    stop, seen, failures = threading.Event(), [], []

    def write(name):
        try:
            for n in range(20):
                with transaction.atomic():
                    record(by=None, verb="t", subject=f"{name}:{n}")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    def read():
        try:
            while True:
                last = stop.is_set()
                with transaction.atomic():
                    seen.extend(step.number for step in queries.read_on("reader", limit=7))
                if last and len(seen) >= 60:
                    break
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    reader = threading.Thread(target=read)
    for thread in [*writers, reader]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join(30)
    assert not failures
    assert seen == list(range(1, 61))
    assert queries.verify().broken is None


def test_many_steps_at_once_are_chained_like_single_ones(django_assert_num_queries):
    user = UserFactory()
    (before,) = some(1)
    wanted = [("test.act", f"test.thing:{n}", {"n": n, "half": n / 2}) for n in range(250)]
    with django_assert_num_queries(5):  # a savepoint and its end, the lock, the chain's end, one insert
        written = record_many(by=user, steps=wanted)
    after = record(by=None, verb="test.act", subject="test.thing:after")
    assert [(step.verb, step.subject, step.data) for step in Step.objects.filter(actor=user.username)] == [
        (verb, subject, {"n": data["n"], "half": data["n"] / 2 if data["n"] % 2 else data["n"] // 2})
        for verb, subject, data in wanted
    ]
    assert [step.previous for step in (*written, after)] == [step.digest for step in (before, *written)]
    assert queries.verify().broken is None
    assert record_many(by=None, steps=[]) == []
