"""What is tried with arguments: opinions, signatures, superiors' decisions, conditions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from gis_projects.argument.actions import cases, conditions, escalations, opinions
from gis_projects.argument.models import Case, Condition, Escalation, Opinion, Task
from gis_projects.argument.workflow import LIVE_CASE
from gis_projects.people.permissions import Role
from tests.factories import arguments as arguing
from tests.integration.walking.world import NUMBER, Started

KIND = st.sampled_from(["total_structure", "fiscal"])
VERDICT = st.sampled_from(["agree", "agree", "agree", "agree", "conditional", "object", "return"])


class InCases(Started):
    # --- cases -----------------------------------------------------------------------------------

    def case(self, kind: str) -> Case | None:
        return Case.objects.filter(project=self.world.project, kind=kind).order_by("-pk").first()

    def one(self, rows: Any, number: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None

    def task(self, kind: str, number: int) -> Task | None:
        rows = Task.objects.filter(
            case__project=self.world.project, case__kind=kind, case__state__in=LIVE_CASE
        )
        rows = rows.select_related("organisation__region", "case__routing", "case__project")
        return self.one(rows, number)

    @rule(kind=KIND)
    def open_case(self, kind: str) -> None:
        def open_case() -> None:
            cases.open_case(by=self.bureau.coordinator, project=self.now(), kind=kind)

        self.tried(open_case)

    @rule(kind=KIND, number=NUMBER, verdict=VERDICT)
    def give(self, kind: str, number: int, verdict: str) -> None:
        """A department brings an opinion into force, by its own chain."""
        task = self.task(kind, number)

        def give() -> None:
            assert task is not None
            self.bureau.give(task, verdict)

        if task is not None:
            self.tried(give)

    @rule(kind=KIND)
    def give_all(self, kind: str) -> None:
        row = self.case(kind)

        def give_all() -> None:
            assert row is not None
            self.bureau.give_all(row)

        if row is not None and row.state == "open":
            self.tried(give_all)

    @rule(kind=KIND, number=NUMBER, verdict=VERDICT)
    def draft(self, kind: str, number: int, verdict: str) -> None:
        task = self.task(kind, number)

        def hand_in() -> None:
            assert task is not None
            by = self.bureau.handler(task)
            row = opinions.draft(
                by=by, task=task, verdict=verdict, text="意见", fields=arguing.filled(task),
                conditions=[{"text": "条件", "due_on": ""}],
            )  # fmt: skip
            opinions.hand_in(by=by, opinion=row)

        if task is not None:
            self.tried(hand_in)

    @rule(
        number=NUMBER,
        level=st.sampled_from([1, 1, 2]),
        role=st.sampled_from(["approver", "approver", "handler"]),
    )
    def sign(self, number: int, level: int, role: str) -> None:
        row = self.one(Opinion.objects.filter(state="approving").select_related("task__organisation"), number)

        def sign() -> None:
            by = self.bureau.person(row.task.organisation, role, 1 + number % 2)
            opinions.sign(by=by, opinion=row, level=level)

        if row is not None:
            self.tried(sign)

    @rule(kind=KIND)
    def conclude(self, kind: str) -> None:
        row = self.case(kind)

        def conclude() -> None:
            assert row is not None
            cases.conclude(by=self.bureau.coordinator, case=row, text="结论")

        if row is not None and self.tried(conclude):
            row.refresh_from_db()
            self.reached[kind] = row.outcome

    @rule(kind=KIND)
    def agree(self, kind: str) -> None:
        """Everybody agrees, and the case is concluded where nothing else stands against it."""
        self.give_all(kind)
        self.conclude(kind)

    @rule(kind=KIND, rarely=NUMBER)
    def withdraw(self, kind: str, rarely: int) -> None:
        row = self.case(kind)

        def withdraw() -> None:
            assert row is not None
            cases.withdraw_case(by=self.bureau.coordinator, case=row, reason="撤回")

        if row is not None and rarely == 0:
            self.tried(withdraw)

    @rule(kind=KIND, number=NUMBER)
    def object_to(self, kind: str, number: int) -> None:
        """A department objects, in a case that is opened for it where there is none."""
        if number % 3 == 0:
            self.open_case(kind)
            self.give(kind, number, "object")

    @rule(kind=KIND, number=NUMBER)
    def escalate(self, kind: str, number: int) -> None:
        row = self.one(
            Task.objects.filter(case__kind=kind, case__state__in=LIVE_CASE, result="object").select_related(
                "organisation"
            ),
            number,
        )

        def escalate() -> None:
            escalations.escalate(by=self.bureau.coordinator, task=row, reason="分歧")

        if row is not None:
            self.tried(escalate)

    @rule(
        decision=st.sampled_from(["agree", "conditional", "conditional", "object", "passed_up"]),
        role=st.sampled_from(["approver", "approver", "handler"]), names=st.booleans(),
    )  # fmt: skip
    def decide(self, decision: str, role: str, names: bool) -> None:
        row = self.one(Escalation.objects.select_related("organisation__region", "task"), -1)

        def decide() -> None:
            given = [{"text": "使用再生水", "due_on": ""}] if names else []
            by = self.bureau.person(row.organisation, role)
            escalations.decide(by=by, escalation=row, decision=decision, text="裁定", conditions=given)

        if row is not None:
            before = row.decision
            if self.tried(decide):
                assert (before, role) == ("", "approver")
                assert names == (decision == "conditional"), (
                    "conditions go with that decision and with no other"
                )
                assert row.conditions.count() == (decision == "conditional")

    @rule(number=NUMBER, step=st.sampled_from(["claim", "confirm", "refuse"]), mine=st.booleans())
    def meet(self, number: int, step: str, mine: bool) -> None:
        rows = Condition.objects.filter(state="open" if step == "claim" else "claimed")
        row = self.one(rows.select_related("organisation"), number)

        def meet() -> None:
            by = self.bureau.person(row.organisation, Role.HANDLER) if mine else self.world.people["owner"]
            if step == "claim":
                conditions.claim(by=by, condition=row, text="已落实")
            elif step == "confirm":
                conditions.confirm(by=by, condition=row)
            else:
                conditions.refuse_claim(by=by, condition=row, reason="未落实")

        if row is not None and self.tried(meet):
            self.done[f"meet_{step}"] += 1

    @rule(number=NUMBER, met=st.booleans())
    def answer(self, number: int, met: bool) -> None:
        """The unit says that a condition is met, and whoever set it says whether it is."""
        self.meet(number, "claim", mine=False)
        self.meet(number, "confirm" if met else "refuse", mine=True)
