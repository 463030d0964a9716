"""Two persons do the same thing at the same moment, hundreds of times in the real database (a thousand in
the thorough run): exactly one succeeds."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection

from gis_projects.clock.models import Clock, ClockState
from gis_projects.library.actions import budget, building, libraries
from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.models import (
    Acceptance,
    Application,
    Appropriation,
    BudgetLine,
    BuildingChange,
    Code,
    LibraryMove,
    Project,
)
from gis_projects.library.refusals import Refused, refused
from gis_projects.trail.models import Step
from gis_projects.trail.queries import verify
from tests.factories.libraries import admission, entry, in_library, proven
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory
from tests.thorough import many

pytestmark = pytest.mark.django_db(transaction=True)
ADMISSIONS, WITHDRAWALS, DEBITS, CHANGES = many(60, 250), many(60, 250), many(120, 500), many(20, 100)


def race(trials: list[tuple[Callable[[], Any], Callable[[], Any]]]) -> list[tuple[bool, bool]]:
    """Run the two of each trial at once, in threads with connections of their own; which of them succeeded.

    A refusal is an answer; anything else that goes wrong fails the test.
    """
    gate = threading.Barrier(2, timeout=60)
    won: list[list[bool]] = [[], []]
    broken: list[BaseException] = []

    def run(side: int) -> None:
        try:
            for trial in trials:
                gate.wait()
                try:
                    trial[side]()
                except Refused:
                    won[side].append(False)
                else:
                    won[side].append(True)
        except BaseException as error:  # the test's own thread raises it
            broken.append(error)
            gate.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(side,)) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return list(zip(*won, strict=True))


def _unlike(number: int) -> str:
    """A name that is like no other one's."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:20]


def waiting(count: int) -> tuple[list[Application], Any]:
    """Open applications for the catalogue, of projects whose names have nothing in common."""
    load_defaults()
    person = entry()
    division = Code.objects.of("division").first()
    region = RegionFactory(code="150207")
    projects = Project.objects.bulk_create(
        Project(
            code=f"T-{number:05d}",
            name=_unlike(number),
            region=region,
            industry="E",
            level="city",
            stage="planning",
            year=2026,
            content=_unlike(number + 100_000),
            division=division,
            source_basis="计划",
            address="九原区",
            intended_yuan=Decimal(1),
        )
        for number in range(count)
    )
    rows = Application.objects.bulk_create(
        Application(project=project, from_library="none", to_library="catalogue", applicant=person)
        for project in projects
    )
    return rows, person


def test_of_two_who_admit_one_does():
    rows, _person = waiting(ADMISSIONS)
    one, two = admission(), admission(username="second")
    outcomes = race(
        [
            (
                lambda row=row: libraries.admit(by=one, application=row),
                lambda row=row: libraries.admit(by=two, application=row),
            )
            for row in rows
        ]
    )
    assert all(sum(pair) == 1 for pair in outcomes)
    assert LibraryMove.objects.count() == Step.objects.filter(verb="library.admit").count() == ADMISSIONS
    assert Project.objects.filter(library="catalogue").count() == ADMISSIONS
    assert verify().broken is None


def test_an_application_is_admitted_or_withdrawn_never_both():
    rows, person = waiting(WITHDRAWALS)
    admitter = admission()
    outcomes = race(
        [
            (
                lambda row=row: libraries.admit(by=admitter, application=row),
                lambda row=row: libraries.withdraw_application(by=person, application=row),
            )
            for row in rows
        ]
    )
    assert all(sum(pair) == 1 for pair in outcomes)
    admitted = [row.project_id for row, (first, _second) in zip(rows, outcomes, strict=True) if first]
    assert set(Project.objects.filter(library="catalogue").values_list("pk", flat=True)) == set(admitted)
    assert Application.objects.filter(state="withdrawn").count() == WITHDRAWALS - len(admitted)
    assert not Clock.objects.exclude(state=ClockState.STOPPED).exists()


def test_two_payments_never_overdraw_a_line():
    """Each trial's two payments are more than what is left, and one of them isn't."""
    project = in_library(ProjectFactory(region=RegionFactory(code="150207")), "implementation")
    report = proven(project, "review")
    lines = BudgetLine.objects.bulk_create(
        BudgetLine(
            project=project,
            year=2026,
            instrument="budget",
            amount_yuan=Decimal("100.00"),
            reference="预",
            review=report,
        )
        for _ in range(DEBITS)
    )
    outcomes = race(
        [
            (
                lambda line=line: budget.appropriate(
                    by=None, line=line, amount_yuan=Decimal("60.00"), reference="甲"
                ),
                lambda line=line: budget.appropriate(
                    by=None, line=line, amount_yuan=Decimal("40.01"), reference="乙"
                ),
            )
            for line in lines
        ]
    )
    assert all(sum(pair) == 1 for pair in outcomes)
    paid = Appropriation.objects.values_list("line", "amount_yuan")
    assert len(paid) == DEBITS
    assert all(amount <= Decimal("100.00") for _line, amount in paid)


def test_two_rows_written_past_the_action_never_overdraw_a_line_either():
    """The trigger alone, which locks the line: nobody needs the action for that."""
    project = in_library(ProjectFactory(region=RegionFactory(code="150207")), "implementation")
    line = BudgetLine.objects.create(
        project=project,
        year=2026,
        instrument="budget",
        amount_yuan=Decimal("100.00"),
        reference="预",
        review=proven(project, "review"),
    )

    def pay(reference: str) -> None:
        try:
            Appropriation.objects.create(line=line, amount_yuan=Decimal("10.00"), reference=reference)
        except IntegrityError as error:
            raise refused("by-the-database", "%(said)s", said=str(error)) from error

    trials = [(lambda n=n: pay(f"甲{n}"), lambda n=n: pay(f"乙{n}")) for n in range(50)]
    outcomes = race(trials)
    assert sum(sum(pair) for pair in outcomes) == 10
    assert sum(Appropriation.objects.values_list("amount_yuan", flat=True)) == Decimal("100.00")


def test_of_two_who_decide_one_change_one_does_and_none_opens_behind_an_acceptance():
    """The second pair writes past the actions: the triggers lock the project before they look."""
    load_defaults()
    projects = [
        in_library(
            ProjectFactory(region=RegionFactory(code="150207"), name=_unlike(number)), "implementation"
        )
        for number in range(CHANGES)
    ]
    one, two, asking = admission(), admission(username="second"), entry()
    changes = BuildingChange.objects.bulk_create(
        BuildingChange(project=project, kind="content", text="x", reason="x", applied_by=asking)
        for project in projects
    )
    decided = race(
        [
            (
                lambda row=row: building.approve_change(by=one, change=row),
                lambda row=row: building.return_change(by=two, change=row, opinion="不同意"),
            )
            for row in changes
        ]
    )
    assert all(sum(pair) == 1 for pair in decided)
    said = {"applied_by": asking, "kind": "own", "subject": "工程整体"}

    def write(row: BuildingChange | Acceptance) -> None:
        try:
            row.save(force_insert=True)
        except IntegrityError as error:
            raise refused("by-the-database", "%(said)s", said=str(error)) from error

    opened = race(
        [
            (
                lambda project=project: write(Acceptance(project=project, **said)),
                lambda project=project: write(
                    BuildingChange(project=project, kind="content", text="x", reason="x", applied_by=asking)
                ),
            )
            for project in projects
        ]
    )
    assert all(sum(pair) == 1 for pair in opened)
