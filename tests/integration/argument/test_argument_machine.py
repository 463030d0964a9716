"""Cases, tasks and opinions driven by whoever may do anything, in any order: hundreds of steps, and 2,100 in the
thorough run.

After every step: no state without its step in the trail, nothing that belongs to nothing, no level signed twice.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gis_projects.argument.actions import cases, consultations, escalations, opinions, tasks
from gis_projects.argument.models import Approval, Case, Consultation, Escalation, Opinion, Task
from gis_projects.argument.workflow import EFFECTIVE, LIVE_CASE
from gis_projects.library.models import Evidence
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.thorough import many

pytestmark = pytest.mark.django_db
STEPS, RUNS = 105, many(4, 20)  # 2,100 steps in the thorough run

#: A state, and the step of the trail that leads to it.
CASE_STEPS = {
    "open": {"argument.open_case", "argument.keep_minutes", "argument.decide_escalation"},
    "consulting": {"argument.call_consultation"},
    "escalated": {"argument.escalate_task"},
    "concluded": {"argument.conclude_case"},
    "withdrawn": {"argument.withdraw_case"},
}
OPINION_STEPS = {
    "draft": {"argument.draft_opinion"},
    "approving": {"argument.hand_in_opinion"},
    "approved": {"argument.sign_opinion"},
    "sent_back": {"argument.send_back_opinion"},
    "dropped": {"argument.drop_opinion"},
}


class World:
    """One project with its cases, and everybody who may do something to them."""

    def __init__(self) -> None:
        self.bureau = factory.bureau()
        self.project = factory.project()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def step(self, choice: random.Random) -> None:
        acts = [self.open, self.draft, self.hand_in, self.sign, self.sign, self.send_back, self.conclude,
                self.withdraw, self.pause, self.resume, self.consult, self.minutes, self.escalate, self.decide,
                self.supplement, self.draft, self.hand_in, self.sign]  # fmt: skip
        act = choice.choice(acts)
        try:
            act(choice)
        except (UnusableInput, PermissionDenied, Http404, ValidationError):
            self.refused[act.__name__] += 1
        else:
            self.done[act.__name__] += 1

    def case(self) -> Case:
        found = Case.objects.filter(project=self.project).order_by("-pk").first()
        if found is None:
            raise Http404
        return found

    def task(self, choice: random.Random) -> Task:
        rows = self.case().tasks.select_related("organisation__region", "case__routing").order_by("pk")
        return choice.choice(list(rows))

    def opinion(self, choice: random.Random) -> Opinion:
        rows = list(
            Opinion.objects.filter(task__case=self.case())
            .select_related("task__organisation")
            .order_by("-pk")[:4]
        )
        if not rows:
            raise Http404
        return choice.choice(rows)

    def somebody(self, unit, choice: random.Random):
        """Mostly of the right role and department, now and then not."""
        role = choice.choice([Role.HANDLER, Role.HANDLER, Role.APPROVER])
        wrong = choice.random() < 0.05
        return self.bureau.person(self.bureau.unit("culture") if wrong else unit, role, choice.choice([1, 2]))

    def signer(self, unit, choice: random.Random):
        role = Role.HANDLER if choice.random() < 0.05 else Role.APPROVER
        return self.bureau.person(unit, role, choice.choice([1, 2]))

    def open(self, choice: random.Random) -> None:
        cases.open_case(by=self.bureau.coordinator, project=self.project, kind="total_structure")

    def draft(self, choice: random.Random) -> None:
        task = self.task(choice)
        verdict = choice.choice(["agree", "agree", "conditional", "object", "return"])
        opinions.draft(
            by=self.somebody(task.organisation, choice), task=task, verdict=verdict, text="意见",
            fields=factory.filled(task), conditions=[{"text": "条件", "due_on": ""}],
        )  # fmt: skip

    def hand_in(self, choice: random.Random) -> None:
        row = self.opinion(choice)
        by = row.drafted_by if choice.random() < 0.9 else self.somebody(row.task.organisation, choice)
        opinions.hand_in(by=by, opinion=row)

    def sign(self, choice: random.Random) -> None:
        row = self.opinion(choice)
        opinions.sign(
            by=self.signer(row.task.organisation, choice), opinion=row, level=choice.choice([1, 1, 1, 2])
        )

    def send_back(self, choice: random.Random) -> None:
        row = self.opinion(choice)
        opinions.send_back(by=self.signer(row.task.organisation, choice), opinion=row, level=1, text="重写")

    def conclude(self, choice: random.Random) -> None:
        cases.conclude(by=self.bureau.coordinator, case=self.case(), text="结论")

    def withdraw(self, choice: random.Random) -> None:
        if choice.random() < 0.15:
            cases.withdraw_case(by=self.bureau.coordinator, case=self.case(), reason="撤回")

    def pause(self, choice: random.Random) -> None:
        cases.pause_case(by=self.bureau.coordinator, case=self.case(), reason="补正")

    def resume(self, choice: random.Random) -> None:
        cases.resume_case(by=self.bureau.coordinator, case=self.case())

    def consult(self, choice: random.Random) -> None:
        case = self.case()
        units = [task.organisation for task in case.tasks.select_related("organisation")]
        consultations.call(
            by=self.bureau.coordinator,
            case=case,
            topic="分歧",
            meets_on=timezone.localdate(),
            organisations=units,
        )

    def minutes(self, choice: random.Random) -> None:
        row = Consultation.objects.filter(case=self.case()).order_by("-pk").first()
        if row is None:
            raise Http404
        consultations.keep_minutes(
            by=self.bureau.coordinator,
            consultation=row,
            minutes="纪要",
            attended="张三",
            settled=choice.random() < 0.5,
        )

    def escalate(self, choice: random.Random) -> None:
        escalations.escalate(by=self.bureau.coordinator, task=self.task(choice), reason="分歧")

    def decide(self, choice: random.Random) -> None:
        row = (
            Escalation.objects.filter(task__case=self.case())
            .select_related("organisation__region")
            .order_by("-pk")
            .first()
        )
        if row is None:
            raise Http404
        decision = choice.choice(["agree", "conditional", "object", "passed_up"])
        escalations.decide(
            by=self.signer(row.organisation, choice), escalation=row, decision=decision, text="裁定",
            conditions=[{"text": "条件", "due_on": ""}],
        )  # fmt: skip

    def supplement(self, choice: random.Random) -> None:
        tasks.supplement(by=self.bureau.coordinator, task=self.task(choice), text="已补充")

    def holds(self) -> None:
        """What is always so."""
        for case in Case.objects.filter(project=self.project):
            said = set(Step.objects.filter(data__case=case.pk).values_list("verb", flat=True))
            assert said & CASE_STEPS[case.state], (case.state, said)
            assert case.tasks.exists()
            assert (case.clock.state == "stopped") == (case.state not in LIVE_CASE)
            assert (case.state == "escalated") == Escalation.objects.filter(
                task__case=case, decision=""
            ).exists()
            assert (case.state == "consulting") == Consultation.objects.filter(
                case=case, settled=None
            ).exists()
            results = {task.result for task in case.tasks.all()}
            if case.state == "concluded":
                expected = (
                    "failed"
                    if "object" in results
                    else "conditional"
                    if "conditional" in results
                    else "passed"
                )
                assert case.outcome == expected
                assert (
                    Evidence.objects.filter(reference=f"argument.case:{case.pk}", outcome=expected).count()
                    == 1
                )
        for row in Opinion.objects.select_related("task").prefetch_related("approvals"):
            said = set(Step.objects.filter(data__opinion=row.pk).values_list("verb", flat=True))
            assert said & OPINION_STEPS[row.state], (row.state, said)
            signers = [each.by_id for each in row.approvals.all()]
            assert row.drafted_by_id not in signers
            assert len(signers) == len(set(signers)) <= 1
            assert (row.state in EFFECTIVE) == (row.effective_at is not None)
        for task in Task.objects.prefetch_related("opinions"):
            in_force = [row for row in task.opinions.all() if row.state in EFFECTIVE]
            if task.state == "given":
                assert in_force
                assert in_force[-1].verdict == task.result
            if task.state == "returned":
                assert in_force[-1].verdict == "return"
            if task.state == "approving":
                assert any(row.state == "approving" for row in task.opinions.all())
        assert not Approval.objects.exclude(
            opinion__state__in=["approving", "approved", "sent_back", "dropped"]
        ).exists()


@settings(
    max_examples=RUNS, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)  # fmt: skip
@given(seed=st.integers(0, 2**32))
def test_whatever_is_done_in_whatever_order(django_db_blocker, seed):
    from django.db import transaction

    with transaction.atomic():
        place = transaction.savepoint()
        world, choice = World(), random.Random(seed)
        world.open(choice)
        for number in range(STEPS):
            world.step(choice)
            if number % 7 == 0:
                world.holds()
        world.holds()
        assert sum(world.done.values()) + sum(world.refused.values()) == STEPS
        assert world.done["draft"], "something was done"
        transaction.savepoint_rollback(place)
