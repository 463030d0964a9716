"""A case from its opening to its end: who is asked, at one moment, and what ends it."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from gis_projects.argument import workflow
from gis_projects.argument.actions import (
    cases,
    opinions,
)
from gis_projects.argument.models import Case, Opinion
from gis_projects.argument.queries.todo import waiting
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.models import Organisation
from gis_projects.people.permissions import Role
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.factories.arguments import task_of
from tests.factories.people import user_of
from tests.refusals import codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def case(bureau):
    return factory.opened(bureau, factory.project())


def test_all_departments_are_asked_at_one_moment_and_joined_when_all_are_in(bureau, case):
    assert {task.function_id for task in case.tasks.all()} == {"ndrc", "water", "ecology"}
    assert len({task.dispatched_at for task in case.tasks.all()}) == 1
    assert {task.due_on for task in case.tasks.all()} == {case.clock.due_on}
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="总量结构合理。")
    assert codes(refusal) == {"case-owed"}
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="总量结构合理。")
    case.refresh_from_db()
    assert (case.state, case.outcome, case.clock.state) == ("concluded", "passed", "stopped")
    evidence = Evidence.objects.get(project=case.project)
    assert (evidence.kind, evidence.outcome, evidence.reference) == (
        "total_structure", "passed", f"argument.case:{case.pk}",
    )  # fmt: skip


def test_the_limit_counts_the_make_up_days(bureau):
    case = factory.opened(bureau, factory.project(), starts_on=date(2024, 4, 28))
    assert case.clock.due_on == date(2024, 5, 21)


def test_a_second_case_of_a_kind_waits_for_the_first(bureau, case):
    with pytest.raises(NotNow) as refusal:
        factory.opened(bureau, case.project)
    assert codes(refusal) == {"case-live"}
    with pytest.raises(DatabaseError, match="argument_one_live_case_of_a_kind"), transaction.atomic():
        Case.objects.create(
            project=case.project, kind=case.kind, routing=case.routing, opened_by=bureau.coordinator
        )


def test_money_is_argued_after_need_and_site(bureau):
    with pytest.raises(UnusableInput) as refusal:
        factory.opened(bureau, factory.project(), "fiscal")
    assert codes(refusal) == {"case-before"}
    assert len(refusal.value.notices) == 2


def test_a_missing_department_keeps_a_case_closed_and_a_superior_stands_in(bureau):
    bureau.unit("water").delete()
    case = factory.opened(bureau, factory.project())
    assert task_of(case, "water").organisation == bureau.unit("water", factory.CITY)
    project = factory.project(name="另一个项目")
    case.tasks.all()
    for region in (factory.CITY, factory.PROVINCE):
        Organisation.objects.filter(department="ndrc", region=region).update(department=None)
    Organisation.objects.filter(department="ndrc").update(department=None)
    with pytest.raises(UnusableInput) as refusal:
        factory.opened(bureau, project)
    assert codes(refusal) == {"case-no-organisation"}
    assert not Case.objects.filter(project=project).exists()


def test_only_who_organises_opens(bureau):
    project = factory.project()
    handler = bureau.person(bureau.unit("ndrc"), Role.HANDLER)
    elsewhere = user_of(Role.COORDINATOR, "150202", username="elsewhere")
    for user in (handler, elsewhere):
        with pytest.raises(PermissionDenied):
            cases.open_case(by=user, project=project, kind="total_structure")


def test_a_withdrawn_case_ends_everything_and_may_be_opened_again(bureau, case):
    task = task_of(case, "water")
    opinion = opinions.draft(by=bureau.handler(task), task=task, verdict="agree", fields=factory.filled(task))
    opinions.hand_in(by=bureau.handler(task), opinion=opinion)
    cases.withdraw_case(by=bureau.coordinator, case=case, reason="项目取消")
    assert set(case.tasks.values_list("state", flat=True)) == {"cancelled"}
    assert Opinion.objects.get(pk=opinion.pk).state == "dropped"
    with pytest.raises(NotNow):
        opinions.sign(by=bureau.approver(task), opinion=opinion, level=1)
    factory.opened(bureau, case.project)


def test_states_move_as_the_tables_say_and_in_no_other_way(bureau, case):
    """Every pair of states, against the database itself."""
    task = task_of(case, "water")
    opinion = opinions.draft(by=bureau.handler(task), task=task, verdict="agree")
    for row, moves in (
        (case, workflow.CASE_MOVES),
        (task, workflow.TASK_MOVES),
        (opinion, workflow.OPINION_MOVES),
    ):
        table = row._meta.db_table
        for before, allowed in moves.items():
            for after in moves:
                if after == before:
                    continue
                said = moved_by_force(table, row.pk, before, after)
                if after in allowed:
                    assert "does not go from" not in said, (table, before, after)
                else:
                    assert said, (table, before, after)


def moved_by_force(table: str, key: int, before: str, after: str) -> str:
    """What the database's triggers say against this move, if anything; its check constraints are no matter here."""
    with transaction.atomic():
        place = transaction.savepoint()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still due can't be altered
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in constraints_of(table):
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
            cursor.execute(f"UPDATE {table} SET state = %s WHERE id = %s", [before, key])
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
            try:
                with transaction.atomic():
                    cursor.execute(f"UPDATE {table} SET state = %s WHERE id = %s", [after, key])
                said = ""
            except DatabaseError as error:
                said = str(error)
        transaction.savepoint_rollback(place)
    return said


def constraints_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]
        )
        return [name for (name,) in cursor.fetchall()]


def test_todo_leads_each_to_what_is_theirs(bureau, case):
    task = task_of(case, "water")
    assert [each.kind for each in waiting(bureau.handler(task))] == ["opinion"]
    assert list(waiting(bureau.approver(task))) == []
    opinion = opinions.draft(by=bureau.handler(task), task=task, verdict="agree", fields=factory.filled(task))
    opinions.hand_in(by=bureau.handler(task), opinion=opinion)
    assert [each.kind for each in waiting(bureau.handler(task))] == []
    found = list(waiting(bureau.approver(task)))
    assert [(each.kind, each.address, each.due_on) for each in found] == [
        ("signature", f"/arguments/tasks/{task.pk}/", case.clock.due_on)
    ]
    opinions.sign(by=bureau.approver(task), opinion=opinion, level=1)
    assert list(waiting(bureau.coordinator)) == []
    bureau.give_all(case)
    assert [each.kind for each in waiting(bureau.coordinator)] == ["conclusion"]
