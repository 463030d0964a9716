"""The library as of a day, held against what the tables said on the evening of that day."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict

from gis_projects.library import selecting
from gis_projects.library.actions import databases, libraries
from gis_projects.library.actions.investment import record_investment
from gis_projects.library.actions.projects import register_project, revise_project, set_kinds
from gis_projects.library.models import LibraryMove, Membership, Project
from gis_projects.library.queries import history
from gis_projects.library.queries.projects import projects
from gis_projects.people.permissions import Role
from gis_projects.reporting.queries import statistics
from tests.factories.people import baotou, user_of

pytestmark = pytest.mark.django_db

EVENING = """
SELECT p.id, p.stage, p.library, p.level, p.region_id,
       ARRAY(SELECT DISTINCT m.kind FROM library_membership m WHERE m.project_id = p.id
             AND m.kind IN ('key', 'government', 'planned', 'reserve') ORDER BY 1),
       (SELECT i.planned_yuan FROM library_investmentrecord i WHERE i.project_id = p.id ORDER BY i.id DESC LIMIT 1),
       (SELECT i.cumulative_yuan FROM library_investmentrecord i WHERE i.project_id = p.id ORDER BY i.id DESC LIMIT 1)
FROM library_project p
"""


def evening() -> dict[int, tuple]:
    with connection.cursor() as cursor:
        cursor.execute(EVENING)
        return {row[0]: (*row[1:5], tuple(row[5]), *row[6:]) for row in cursor.fetchall()}


def told(user, day: date) -> dict[int, tuple]:
    return {
        row.pk: (
            row.stage,
            row.library,
            row.level,
            row.region,
            row.kinds,
            row.planned_yuan,
            row.cumulative_yuan,
        )
        for row in history.rows_as_of(projects(user), day)
    }


@pytest.fixture
def clock(monkeypatch):
    """Lets the platform's own clock stand at noon of a day."""
    now = {"at": datetime(2026, 1, 5, 4, tzinfo=UTC)}
    monkeypatch.setattr("django.utils.timezone.now", lambda: now["at"])
    for field in (LibraryMove._meta.get_field("at"), Project._meta.get_field("created_at")):
        monkeypatch.setitem(field.__dict__, "_get_default", lambda: now["at"])

    def to(day: date) -> None:
        now["at"] = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)

    return to


def made(code: str, region, day: date, **more) -> Project:
    return register_project(
        by=None, code=code, name=f"工程 {code}", region=region, industry="E", level="city", stage="planning",
        year=2026, recorded_on=day, **more,
    )  # fmt: skip


def some_step(rng: random.Random, project: Project, day: date) -> None:
    """One thing that may happen to a project, chosen by chance."""
    project.refresh_from_db()
    happening = rng.choice(["kinds", "stage", "level", "enter", "leave", "money", "library", "nothing"])
    if happening == "kinds":
        set_kinds(by=None, project=project, kinds=rng.sample(["key", "government", "planned", "reserve"], 2))
    elif happening == "stage":
        revise_project(by=None, project=project, stage=rng.choice(["planning", "preparation", "suspended"]))
    elif happening == "level":
        revise_project(by=None, project=project, level=rng.choice(["city", "county", "national"]))
    elif happening == "enter":
        databases.place(by=None, project=project, database=rng.choice(["key", "planned", "reserve"]))
    elif happening == "leave":
        inside = project.memberships.exclude(kind="government").values_list("kind", flat=True)
        if inside:
            databases.leave(by=None, project=project, database=inside[0], reason="不再符合条件")
    elif happening == "money":
        planned = Decimal(rng.randrange(1, 10**9)) / 100
        record_investment(
            by=None, project=project, planned_yuan=planned, cumulative_yuan=planned / 2 // 1, recorded_on=day
        )
    elif happening == "library" and project.library == "none":
        libraries.take_over(
            by=None, projects=[project], library=rng.choice(["catalogue", "reserve"]), source="台账"
        )


@pytest.mark.parametrize("seed", range(4))
def test_each_day_is_told_as_it_was_on_its_evening(clock, seed):
    rng = random.Random(seed)
    regions = baotou()
    reviewer = user_of(Role.REVIEWER)
    first = date(2026, 1, 5)
    evenings: dict[date, dict[int, tuple]] = {}
    for after in range(14):
        day = first + timedelta(days=after)
        clock(day)
        if after % 2 == 0:
            made(f"H{after}", regions["150207"], day, kinds=rng.sample(["key", "reserve"], 1),
                 planned_yuan=Decimal("100.10") if after % 4 else None)  # fmt: skip
        for project in Project.objects.order_by("pk"):
            some_step(rng, project, day)
        evenings[day] = evening()
    clock(first + timedelta(days=30))
    for day, as_it_was in evenings.items():
        assert told(reviewer, day) == as_it_was, day
    assert len({str(one) for one in evenings.values()}) > 10, "something happened on most days"
    # what is told of libraries is the replay of the moves alone
    for day in evenings:
        replayed: dict[int, str] = {}
        for move in LibraryMove.objects.order_by("pk"):
            if move.at.date() <= day:
                replayed[move.project_id] = move.to_library
        libraries_told = {pk: row[1] for pk, row in told(reviewer, day).items() if row[1] != "none"}
        assert libraries_told == replayed


def test_a_ledger_of_days_before_the_platform_tells_money_and_nothing_else(clock):
    region = baotou()["150207"]
    reviewer = user_of(Role.REVIEWER)
    clock(date(2026, 1, 5))
    project = made("L1", region, date(2019, 3, 15), kinds=["key"], planned_yuan=Decimal("5.01"))
    clock(date(2026, 2, 1))
    assert told(reviewer, date(2019, 3, 14)) == {}
    assert told(reviewer, date(2019, 3, 15)) == {
        project.pk: (None, None, "city", "150207", None, Decimal("5.01"), Decimal(0))
    }
    found = history.span(projects(reviewer))
    assert found.days == [date(2019, 3, 15), date(2026, 1, 5)]
    assert found.told_from == date(2026, 1, 5)
    past = selecting.selected(reviewer, QueryDict("as_of=2019-03-15"))
    assert (past.tally.untold, past.tally.none, past.tally.kinds["key"]) == (1, 0, 0)
    assert selecting.selected(reviewer, QueryDict("as_of=2019-03-15&kind=key")).rows == []
    untold = selecting.selected(reviewer, QueryDict("as_of=2019-03-15&kind=key&kind=untold")).rows
    assert [row.code for row in untold] == ["L1"]
    assert selecting.selected(reviewer, QueryDict("kind=untold")).rows == []


def test_what_was_written_past_the_trail_tells_no_past(clock):
    region = baotou()["150207"]
    reviewer = user_of(Role.REVIEWER)
    clock(date(2026, 1, 5))
    honest = made("T1", region, date(2026, 1, 5), kinds=["key"])
    forged = made("T2", region, date(2026, 1, 5), kinds=["key"])
    Membership.objects.create(project=forged, kind="reserve")
    clock(date(2026, 1, 9))
    found = told(reviewer, date(2026, 1, 6))
    assert (found[honest.pk][0], found[honest.pk][4]) == ("planning", ("key",))
    assert (found[forged.pk][0], found[forged.pk][4]) == (None, None)


def test_any_day_sums_to_the_reports_figures_of_that_day(clock):
    regions = baotou()
    reviewer = user_of(Role.REVIEWER)
    clock(date(2026, 1, 5))
    for number, code in enumerate(("150200", "150202", "150207", "150207")):
        project = made(f"S{number}", regions[code], date(2018, 9, 28), planned_yuan=Decimal("100.01"))
        record_investment(
            by=None, project=project, planned_yuan=Decimal("300.03"), cumulative_yuan=Decimal("20.02") * number,
            recorded_on=date(2019, 3, 15),
        )  # fmt: skip
    clock(date(2026, 2, 1))
    for day in (date(2018, 9, 27), date(2018, 9, 28), date(2019, 3, 15), date(2026, 1, 31)):
        total = statistics(reviewer, day).rows[0].figures
        tally = selecting.selected(reviewer, QueryDict(f"as_of={day}")).tally
        assert (tally.total, tally.planned_yuan, tally.cumulative_yuan) == (
            total.number, total.planned_yuan, total.cumulative_yuan,
        )  # fmt: skip


def test_filters_go_by_the_day_and_say_which_cannot(clock):
    region = baotou()["150207"]
    reviewer = user_of(Role.REVIEWER)
    clock(date(2026, 1, 5))
    project = made("F1", region, date(2026, 1, 5), kinds=["key"], planned_yuan=Decimal(100))
    clock(date(2026, 1, 8))
    revise_project(by=None, project=project, stage="preparation")
    set_kinds(by=None, project=project, kinds=["reserve"])
    clock(date(2026, 1, 20))

    def found(query: str) -> list[str]:
        return [row.code for row in selecting.selected(reviewer, QueryDict(query)).rows]

    assert found("as_of=2026-01-07&stage=planning&kind=key") == ["F1"]
    assert found("as_of=2026-01-07&stage=preparation") == []
    assert found("as_of=2026-01-08&stage=preparation&kind=reserve&planned_from=100") == ["F1"]
    assert found("stage=preparation&kind=key") == []
    past = selecting.selected(reviewer, QueryDict("as_of=2026-01-07&stage=planning&secrecy=internal"))
    assert past.of_today == ["secrecy"]
    assert selecting.selected(reviewer, QueryDict("as_of=2026-01-20")).as_of is None


def test_a_past_day_takes_five_questions(clock, django_assert_num_queries):
    region = baotou()["150207"]
    reviewer = user_of(Role.REVIEWER)
    clock(date(2026, 1, 5))
    for number in range(12):
        made(f"Q{number}", region, date(2026, 1, 5), kinds=["key"], planned_yuan=Decimal(1))
    clock(date(2026, 1, 20))
    with django_assert_num_queries(5):
        assert len(history.rows_as_of(projects(reviewer), date(2026, 1, 6))) == 12


def test_the_secret_ones_have_no_days(clock, client):
    region = baotou()["150207"]
    clock(date(2026, 1, 5))
    made("O1", region, date(2026, 1, 5), planned_yuan=Decimal(1))
    made("C1", region, date(2019, 1, 5), planned_yuan=Decimal(1), secrecy="confidential")
    planner = user_of(Role.PLANNER, "150207")
    assert history.span(projects(planner)).days == [date(2026, 1, 5)]
    assert told(planner, date(2019, 1, 6)) == {}
