"""What is so after every step of a walk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection
from hypothesis.stateful import invariant

from gis_projects.argument.models import (
    AgendaItem,
    Case,
    Condition,
    ExpertReview,
    Meeting,
    Opinion,
    Resolution,
    ScoreSheet,
)
from gis_projects.argument.workflow import EFFECTIVE, LIVE_CASE
from gis_projects.library.models import Application, Evidence, LibraryMove
from gis_projects.trail.models import Step
from tests.integration.walking.world import Started

CASE_STEPS = {
    "open": {"argument.open_case", "argument.decide_escalation"},
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
CONDITION_STEPS = {
    "open": {"argument.sign_opinion", "argument.set_conditions", "argument.refuse_condition"},
    "claimed": {"argument.claim_condition"},
    "met": {"argument.confirm_condition"},
    "lapsed": {"argument.sign_opinion", "argument.decide_escalation", "argument.withdraw_case"},
}
MEETING_STEPS = {
    "planned": {"argument.convene_meeting", "argument.return_minutes"},
    "recorded": {"argument.record_minutes"},
    "confirmed": {"argument.confirm_minutes"},
    "cancelled": {"argument.cancel_meeting"},
}


class Always(Started):
    @invariant()
    def no_library_without_its_move(self) -> None:
        project = self.now()
        assert project.library == self.library
        rows = Application.objects.filter(project=project)
        moves = list(LibraryMove.objects.filter(project=project).order_by("pk"))
        at = "none"
        for move in moves:
            assert move.from_library == at
            at = move.to_library
            assert move.way != "admitted" or all(answer["met"] for answer in move.gate)
        assert at == self.library
        steps = Counter(
            Step.objects.filter(subject=f"library.project:{project.pk}").values_list("verb", flat=True)
        )
        ways = Counter(str(move.way) for move in moves)
        assert (steps["library.admit"], steps["library.exit"]) == (ways["admitted"], ways["exited"])
        states = Counter(rows.values_list("state", flat=True))
        assert (states["open"], states["admitted"]) == (self.applied, ways["admitted"])
        for row in rows.filter(state__in=["admitted", "returned"]):
            assert row.decided_by_id not in (None, row.applicant_id)

    @invariant()
    def no_state_without_its_step(self) -> None:
        told = Told()
        for case in Case.objects.all():
            assert told.of("case", case.pk) & CASE_STEPS[case.state], case.state
            assert case.tasks.exists()
            assert (case.clock.state == "stopped") == (case.state not in LIVE_CASE)
        for row in Opinion.objects.prefetch_related("approvals"):
            assert told.of("opinion", row.pk) & OPINION_STEPS[row.state], row.state
            signers = [each.by_id for each in row.approvals.all()]
            assert len(signers) == len({*signers, row.drafted_by_id}) - 1, "nobody signs twice, nor their own"
            assert (row.state in EFFECTIVE) == (row.effective_at is not None)
        for row in Condition.objects.select_related("task__case"):
            said = (
                told.of("condition", row.pk)
                | told.of("task", row.task_id)
                | told.of("case", row.task.case_id)
            )
            assert said & CONDITION_STEPS[row.state], row.state
            assert row.confirmed_by_id is None or row.confirmed_by_id != row.claimed_by_id
        for row in Meeting.objects.all():
            assert told.about(f"argument.meeting:{row.pk}") & MEETING_STEPS[row.state], row.state
            assert row.confirmed_by_id is None or row.confirmed_by_id != row.recorded_by_id
        for row in ExpertReview.objects.all():
            assert told.of("review", row.pk)
            done = list(row.steps.order_by("pk").values_list("number", flat=True))
            assert done == list(range(1, row.reached + 1)), "each step once, in order"

    @invariant()
    def nothing_approved_twice(self) -> None:
        given = Counter(ScoreSheet.objects.values_list("seat", flat=True))
        assert set(given.values()) <= {1}
        documents = list(Resolution.objects.filter(document__isnull=False).values_list("document", flat=True))
        assert len(documents) == len(set(documents)) == Meeting.objects.filter(state="confirmed").count()
        assert not AgendaItem.objects.filter(meeting__state="confirmed", resolution=None).exists()
        assert Step.objects.filter(verb="argument.confirm_minutes").count() == len(documents)

    @invariant()
    def evidence_comes_from_what_was_reached(self) -> None:
        """No orphan: each result leads to the case, review or resolution that reached it, and says the same."""
        latest: dict[str, str] = {"site": "passed"}
        for row in Evidence.objects.filter(project=self.world.project).exclude(kind="site").order_by("pk"):
            noun, _, key = row.reference.partition(":")
            if noun == "argument.case":
                case = Case.objects.get(pk=key)
                assert (case.kind, case.outcome) == (row.kind, row.outcome)
            elif noun == "argument.review":
                assert ExpertReview.objects.get(pk=key).conclusion == row.outcome
            else:
                assert noun == "argument.resolution"
                assert Resolution.objects.get(pk=key).item.meeting.state == "confirmed"
            latest[row.kind] = row.outcome
        latest.pop("review", None)
        assert latest == self.reached
        connection.check_constraints()


class Told:
    """Which verbs the trail has of each thing; read once per look."""

    def __init__(self) -> None:
        self.verbs: dict[tuple[str, int], set[str]] = {}
        self.subjects: dict[str, set[str]] = {}
        for verb, subject, data in self._steps():
            self.subjects.setdefault(subject, set()).add(verb)
            for noun in ("case", "opinion", "condition", "task", "review"):
                if isinstance(key := data.get(noun), int):
                    self.verbs.setdefault((noun, key), set()).add(verb)

    def _steps(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        yield from Step.objects.filter(verb__startswith="argument.").values_list("verb", "subject", "data")

    def of(self, noun: str, key: int) -> set[str]:
        return self.verbs.get((noun, key), set())

    def about(self, subject: str) -> set[str]:
        return self.subjects.get(subject, set())
