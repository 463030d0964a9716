"""A case from its opening to its end: who is asked, at one moment; who may speak; what it comes to."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.utils import timezone

from gis_projects.argument import jobs, workflow
from gis_projects.argument.actions import (
    cases,
    consultations,
    escalations,
    opinions,
    tasks,
    timeouts,
)
from gis_projects.argument.actions.timeouts import apply_due
from gis_projects.argument.models import Approval, Case, Condition, Opinion, RoutingTable, Task
from gis_projects.argument.queries import elapsed, standing
from gis_projects.argument.queries.todo import waiting
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.models import ApprovalChain, ChainLevel, Organisation, Post, PostHolding, Region
from gis_projects.people.permissions import Role
from gis_projects.trail.models import JobState, Step
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.factories.people import UserFactory, user_of
from tests.factories.reviews import PDF

pytestmark = pytest.mark.django_db
LONG_AGO = date(2026, 9, 1)


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def case(bureau):
    return factory.opened(bureau, factory.project())


def task_of(case, function: str) -> Task:
    return case.tasks.select_related("organisation__region", "case__routing", "case__project").get(
        function=function, state__in=["waiting", "approving", "given", "returned"]
    )


def codes(refusal) -> set[str]:
    return {notice.code for notice in refusal.value.notices}


def chain(organisation: Organisation, mode: str, *posts: Post | None, version: int = 1) -> ApprovalChain:
    made = ApprovalChain.objects.create(
        organisation=organisation, item="argument.opinion", version=version, mode=mode,
        made_by=UserFactory(organisation=organisation, region=organisation.region),
    )  # fmt: skip
    for number, post in enumerate(posts, start=1):
        ChainLevel.objects.create(chain=made, number=number, name=f"第{number}级", post=post)
    return made


def with_rule(rule: str) -> None:
    """The table in force with another rule for overdue opinions."""
    last = RoutingTable.objects.latest("version")
    content = {**last.content, "limits": {**last.content["limits"], "timeout": rule}}
    RoutingTable.objects.create(
        version=last.version + 1, name=last.name, content=content, sha256=f"{last.version:064x}"
    )


# --- opening --------------------------------------------------------------------------------------


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


# --- opinions and their chains --------------------------------------------------------------------


def test_only_the_department_asked_speaks(bureau, case):
    task = task_of(case, "water")
    stranger = bureau.person(bureau.unit("ecology"), Role.HANDLER)
    with pytest.raises(Http404):
        opinions.draft(by=stranger, task=task, verdict="agree")
    with pytest.raises(PermissionDenied):
        opinions.draft(by=bureau.coordinator, task=task, verdict="agree")


def test_who_drafts_does_not_sign_and_the_database_says_so_too(bureau, case):
    task = task_of(case, "ndrc")
    both = UserFactory(organisation=task.organisation, region=task.organisation.region,
                       roles=[Role.HANDLER, Role.APPROVER])  # fmt: skip
    opinion = opinions.draft(by=both, task=task, verdict="agree", fields=factory.filled(task))
    opinions.hand_in(by=both, opinion=opinion)
    with pytest.raises(NotNow) as refusal:
        opinions.sign(by=both, opinion=opinion, level=1)
    assert codes(refusal) == {"two-persons"}
    with pytest.raises(DatabaseError, match="argument_approval_by_a_second_person"), transaction.atomic():
        Approval.objects.create(opinion=opinion, level=1, by=both, drafted_by=both)
    with pytest.raises(DatabaseError, match="drafted by somebody else"), transaction.atomic():
        Approval.objects.create(opinion=opinion, level=1, by=both, drafted_by=bureau.coordinator)
    with pytest.raises(DatabaseError, match="when every level has signed"), transaction.atomic():
        Opinion.objects.filter(pk=opinion.pk).update(state="approved", effective_at=timezone.now())
    opinions.sign(by=bureau.approver(task), opinion=opinion, level=1)
    with pytest.raises(NotNow):
        opinions.sign(by=bureau.approver(task, 2), opinion=opinion, level=1)
    opinion.refresh_from_db()
    assert opinion.state == "approved"


@pytest.mark.parametrize(
    ("mode", "end"), [("approve", "approved"), ("verify", "verified"), ("file", "filed")]
)
def test_each_mode_has_its_own_end(bureau, mode, end):
    chain(bureau.unit("ndrc"), mode, *([] if mode == "file" else [None]))
    case = factory.opened(bureau, factory.project())
    opinion = bureau.give(task_of(case, "ndrc"))
    assert opinion.state == end
    assert opinion.approvals.count() == (0 if mode == "file" else 1)


def test_a_running_case_keeps_its_chain_and_the_next_takes_the_new_one(bureau):
    unit = bureau.unit("ndrc")
    first, second, third = (
        Post.objects.create(organisation=unit, name=name) for name in ("科长", "副局长", "局长")
    )
    chain(unit, "approve", first, second)
    running = factory.opened(bureau, factory.project())
    chain(unit, "approve", first, second, third, version=2)
    later = factory.opened(bureau, factory.project(name="另一个项目"))
    task, next_task = task_of(running, "ndrc"), task_of(later, "ndrc")
    assert (len(task.chain_levels), len(next_task.chain_levels)) == (2, 3)
    for number, post in enumerate((first, second, third), start=1):
        PostHolding.objects.create(post=post, user=bureau.person(unit, Role.APPROVER, number))
    opinion = opinions.draft(by=bureau.handler(task), task=task, verdict="agree", fields=factory.filled(task))
    opinions.hand_in(by=bureau.handler(task), opinion=opinion)
    with pytest.raises(NotNow) as refusal:  # the second level's holder can't sign the first
        opinions.sign(by=bureau.approver(task, 2), opinion=opinion, level=1)
    assert codes(refusal) == {"level-of-another"}
    opinions.sign(by=bureau.approver(task, 1), opinion=opinion, level=1)
    assert Opinion.objects.get(pk=opinion.pk).state == "approving"
    with pytest.raises(NotNow) as refusal:
        opinions.sign(by=bureau.approver(task, 1), opinion=opinion, level=2)
    assert codes(refusal) == {"one-level-a-person"}
    opinions.sign(by=bureau.approver(task, 2), opinion=opinion, level=2)
    assert Opinion.objects.get(pk=opinion.pk).state == "approved"
    longer = bureau.give(next_task)
    assert longer.approvals.count() == 3


def test_what_is_handed_in_stays_and_a_newer_version_stands(bureau, case):
    task = task_of(case, "water")
    first = bureau.give(task, "conditional")
    for change in (
        {"text": "改写"},
        {"verdict": "agree"},
        {"fields": {}},
        {"drafted_by": bureau.coordinator},
    ):
        with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
            Opinion.objects.filter(pk=first.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        first.delete()
    second = bureau.give(task, "agree")
    task.refresh_from_db()
    assert (second.version, task.result) == (2, "agree")
    assert [row.task_id for row in standing.opinions_in_force(case)] == [task.pk]
    assert standing.opinions_in_force(case)[0].pk == second.pk
    assert Condition.objects.get(opinion=first).state == "lapsed"


def test_an_opinion_says_what_its_items_ask(bureau, case):
    task = task_of(case, "ndrc")
    by = bureau.handler(task)
    opinion = opinions.draft(by=by, task=task, verdict="agree")
    with pytest.raises(UnusableInput) as refusal:
        opinions.hand_in(by=by, opinion=opinion)
    fields = {notice.field for notice in refusal.value.notices}
    assert {"energy_supply.energy_level", "energy_supply.supply_demand", "structural_review.structure",
            "point.energy_supply.energy"} <= fields  # fmt: skip
    opinion = opinions.draft(by=by, task=task, verdict="object", fields=factory.filled(task))
    with pytest.raises(UnusableInput) as refusal:
        opinions.hand_in(by=by, opinion=opinion)
    assert codes(refusal) == {"reason-missing"}
    opinion = opinions.draft(by=by, task=task, verdict="conditional", fields=factory.filled(task))
    with pytest.raises(UnusableInput) as refusal:
        opinions.hand_in(by=by, opinion=opinion)
    assert codes(refusal) == {"conditions-missing"}
    # who returns the papers needn't state anything but why
    opinion = opinions.draft(by=by, task=task, verdict="return", text="缺少能评材料")
    opinions.hand_in(by=by, opinion=opinion)
    assert Opinion.objects.get(pk=opinion.pk).state == "approving"


def test_a_colleague_who_goes_on_writes_it_all(bureau, case):
    task = task_of(case, "water")
    mine = opinions.draft(by=bureau.handler(task), task=task, verdict="agree", text="甲稿")
    theirs = opinions.draft(by=bureau.handler(task, 2), task=task, verdict="agree", text="乙稿")
    mine.refresh_from_db()
    assert (mine.state, theirs.version, theirs.drafted_by) == ("dropped", 2, bureau.handler(task, 2))
    with pytest.raises(NotNow):
        opinions.hand_in(by=bureau.handler(task), opinion=theirs)


def test_files_come_with_a_draft_and_no_later(bureau, case, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    task = task_of(case, "water")
    by = bureau.handler(task)
    opinion = opinions.draft(by=by, task=task, verdict="agree", fields=factory.filled(task))
    file = opinions.attach(by=by, opinion=opinion, name="论证报告.pdf", content=PDF)
    opinions.hand_in(by=by, opinion=opinion)
    with pytest.raises(NotNow):
        opinions.attach(by=by, opinion=opinion, name="补充.pdf", content=PDF)
    step = Step.objects.filter(verb="argument.hand_in_opinion").latest("number")
    assert step.data["files"] == [{"name": "论证报告.pdf", "sha256": file.sha256}]


def test_returned_papers_are_supplemented_and_asked_again(bureau, case):
    task = task_of(case, "ecology")
    bureau.give(task, "return", text="缺少环评材料")
    assert (task.state, task.result) == ("returned", "")
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="结论")
    assert "case-owed" in codes(refusal)
    tasks.supplement(by=bureau.coordinator, task=task, text="已补环评登记表")
    bureau.give_all(case)
    cases.conclude(by=bureau.coordinator, case=case, text="结论")
    assert Case.objects.get(pk=case.pk).outcome == "passed"


# --- disagreement ---------------------------------------------------------------------------------


def test_an_objection_is_talked_about_before_it_fails_a_case(bureau, case):
    bureau.give_all(case, water="object")
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="不通过")
    assert codes(refusal) == {"case-objection"}
    units = [bureau.unit("water"), bureau.unit("ndrc")]
    called = consultations.call(
        by=bureau.coordinator, case=case, topic="取水量", meets_on=timezone.localdate(), organisations=units
    )
    with pytest.raises(NotNow) as refusal:
        cases.conclude(by=bureau.coordinator, case=case, text="不通过")
    assert codes(refusal) == {"case-not-open"}
    consultations.keep_minutes(
        by=bureau.coordinator,
        consultation=called,
        minutes="水务局维持意见",
        attended="张三、李四",
        settled=False,
    )
    cases.conclude(by=bureau.coordinator, case=case, text="不通过")
    assert Case.objects.get(pk=case.pk).outcome == "failed"
    assert Evidence.objects.get(project=case.project).outcome == "failed"


def test_a_department_that_is_convinced_says_so_itself(bureau, case):
    bureau.give_all(case, water="object")
    called = consultations.call(
        by=bureau.coordinator, case=case, topic="取水量", meets_on=timezone.localdate(),
        organisations=[bureau.unit("water"), bureau.unit("ndrc")],
    )  # fmt: skip
    consultations.keep_minutes(
        by=bureau.coordinator, consultation=called, minutes="改用再生水", attended="张三", settled=True
    )
    bureau.give(task_of(case, "water"), "agree")
    cases.conclude(by=bureau.coordinator, case=case, text="通过")
    assert Case.objects.get(pk=case.pk).outcome == "passed"


def test_two_levels_up_and_the_clock_stands_still_meanwhile(bureau, case):
    """Departments side by side, and an objection that goes to the city and on to the province."""
    bureau.give_all(case, water="object")
    task = task_of(case, "water")
    row = escalations.escalate(by=bureau.coordinator, task=task, reason="意见不一致")
    case.refresh_from_db()
    assert (row.organisation, case.state) == (bureau.unit("water", factory.CITY), "escalated")
    assert (case.clock.state, case.clock.due_on) == ("paused", None)
    pause = Step.objects.filter(verb="clock.pause").latest("number")
    assert "意见不一致" in pause.data["reason"]
    city = bureau.person(bureau.unit("water", factory.CITY), Role.APPROVER)
    with pytest.raises((Http404, PermissionDenied)):
        escalations.decide(by=bureau.approver(task), escalation=row, decision="agree", text="同意")
    escalations.decide(by=city, escalation=row, decision="passed_up", text="请自治区水利厅裁定")
    higher = task.escalations.get(decision="")
    assert (higher.level, higher.organisation) == (2, bureau.unit("water", factory.PROVINCE))
    province = bureau.person(bureau.unit("water", factory.PROVINCE), Role.APPROVER)
    escalations.decide(
        by=province, escalation=higher, decision="conditional", text="同意，使用再生水",
        conditions=[{"text": "使用再生水", "due_on": ""}],
    )  # fmt: skip
    case.refresh_from_db()
    task.refresh_from_db()
    assert (case.state, case.clock.state, task.state, task.result) == (
        "open",
        "running",
        "decided",
        "conditional",
    )
    with pytest.raises(NotNow):
        escalations.decide(by=province, escalation=higher, decision="agree", text="再裁定")
    cases.conclude(by=bureau.coordinator, case=case, text="有条件通过")
    assert Case.objects.get(pk=case.pk).outcome == "conditional"


def test_at_the_top_nobody_stands_above(bureau):
    province = Region.objects.get(code=factory.PROVINCE)
    project = factory.project(region=province)
    coordinator = UserFactory(username="province", roles=[Role.COORDINATOR], region=province)
    case = cases.open_case(by=coordinator, project=project, kind="total_structure")
    task = task_of(case, "water")
    bureau.give(task, "object")
    with pytest.raises(NotNow) as refusal:
        escalations.escalate(by=coordinator, task=task, reason="意见不一致")
    assert codes(refusal) == {"no-superior"}


# --- limits ---------------------------------------------------------------------------------------


def test_an_overdue_opinion_is_owed_deemed_or_put_before_the_superior(bureau):
    for rule in ("none", "agree", "escalate"):
        if rule != "none":
            with_rule(rule)
        case = factory.opened(bureau, factory.project(name=f"逾期{rule}"), starts_on=LONG_AGO)
        bureau.give(task_of(case, "ndrc"))
        apply_due()
        case.refresh_from_db()
        states = {task.function_id: (task.state, task.result) for task in case.tasks.all()}
        if rule == "none":
            assert states["water"] == ("waiting", "")
        elif rule == "agree":
            assert states["water"] == states["ecology"] == ("deemed", "agree")
            cases.conclude(by=bureau.coordinator, case=case, text="通过")
        else:
            assert case.state == "escalated"
            assert case.clock.state == "paused"
            asked = [task.escalations.get() for task in case.tasks.filter(state="waiting")]
            assert {row.organisation.region_id for row in asked} == {factory.CITY}
        assert states["ndrc"] == ("given", "agree")


def test_once_an_hour_what_is_overdue_is_dealt_with_once(bureau, monkeypatch):
    """The supervisor asks every few seconds; the job is run again after a worker died in the middle of it."""
    assert jobs.tick() is None
    with_rule("agree")
    case = factory.opened(bureau, factory.project(), starts_on=timezone.localdate())
    assert jobs.tick() is None
    last = case.clock.due_on
    at = timezone.localtime().replace(year=last.year, month=last.month, day=last.day, hour=23, minute=59)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    assert jobs.tick() is None
    monkeypatch.setattr("django.utils.timezone.now", lambda: at + timedelta(minutes=2))
    job = jobs.tick()
    assert job.subject == f"argument.hour:{last + timedelta(days=1):%Y-%m-%d}T00"
    assert jobs.tick() is None
    timeouts.apply_due()  # as if a worker had died after it
    jobs.apply_timeouts.func(job_id=job.pk)
    jobs.apply_timeouts.func(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"deemed": 0, "escalated": 0})
    assert set(case.tasks.values_list("state", "result")) == {("deemed", "agree")}
    steps = Step.objects.filter(verb="argument.deem_opinion", data__case=case.pk)
    assert steps.count() == case.tasks.count()
    assert set(steps.values_list("actor", flat=True)) == {""}


def test_a_case_that_fails_holds_up_no_other(bureau, monkeypatch):
    with_rule("agree")
    first, second = (
        factory.opened(bureau, factory.project(name=name), starts_on=LONG_AGO) for name in ("甲", "乙")
    )
    rule = timeouts.apply_rule

    def failing(by, case):
        if case.pk == first.pk:
            raise RuntimeError("out of order")
        return rule(by, case)

    monkeypatch.setattr(timeouts, "apply_rule", failing)
    with pytest.raises(ExceptionGroup) as wrong:
        apply_due()
    assert [error.__notes__ for error in wrong.value.exceptions] == [[f"case {first.pk}"]]
    assert set(first.tasks.values_list("state", flat=True)) == {"waiting"}
    assert set(second.tasks.values_list("state", flat=True)) == {"deemed"}
    with pytest.raises(CommandError, match=f"case {first.pk}: out of order"):
        call_command("apply_timeouts")
    monkeypatch.setattr(timeouts, "apply_rule", rule)
    call_command("apply_timeouts", "--json", stdout=(said := StringIO()))
    assert json.loads(said.getvalue()) == {"deemed": first.tasks.count(), "escalated": 0}


def test_on_the_last_day_nothing_is_deemed(bureau):
    with_rule("agree")
    today = timezone.localdate()
    case = factory.opened(bureau, factory.project(), starts_on=today - timedelta(days=10))
    assert case.clock.due_on >= today
    assert apply_due() == {"deemed": 0, "escalated": 0}


def test_a_case_stands_still_and_goes_on_with_a_reason(bureau, case):
    with pytest.raises(UnusableInput):
        cases.pause_case(by=bureau.coordinator, case=case, reason=" ")
    cases.pause_case(by=bureau.coordinator, case=case, reason="补充材料")
    assert task_of(case, "water").due_on is None
    with pytest.raises(NotNow):
        cases.pause_case(by=bureau.coordinator, case=case, reason="再次")
    cases.resume_case(by=bureau.coordinator, case=case)
    assert task_of(case, "water").due_on is not None
    verbs = list(Step.objects.filter(data__case=case.pk).values_list("verb", flat=True))
    assert {"argument.pause_case", "argument.resume_case"} <= set(verbs)


def test_what_it_took_is_the_slowest_and_not_the_sum(bureau):
    case = factory.opened(bureau, factory.project(), starts_on=date(2026, 11, 2))
    days = {"ndrc": date(2026, 11, 4), "water": date(2026, 11, 6), "ecology": date(2026, 11, 10)}
    bureau.give_all(case)
    for function, day in days.items():  # all are working days after Monday 2 November: 2, 4, 6
        at = timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 10))
        case.tasks.filter(function=function).update(settled_at=at)
    measured = elapsed.of(case, case.tasks.select_related("organisation", "clock"))
    assert {lane.task.function_id: lane.days for lane in measured.lanes} == {
        "ndrc": 2,
        "water": 4,
        "ecology": 6,
    }
    assert (measured.parallel, measured.serial, measured.saved) == (6, 12, 6)


# --- the end, and what keeps it ---------------------------------------------------------------------


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
