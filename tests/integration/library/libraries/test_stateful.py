"""Whatever people do with applications, in whatever order: no library without its move and its step, nothing undecided
twice, nobody admits their own.
"""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from hypothesis import HealthCheck
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gis_projects.library.actions import libraries, reshaping
from gis_projects.library.models import Application, LibraryMove, Project
from gis_projects.library.refusals import Refused
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from gis_projects.trail.queries import verify
from tests.factories.libraries import (
    admission,
    answered,
    owner_of,
    planned,
    project_for_catalogue,
    proven,
    ready_for_reserve,
)
from tests.thorough import many

pytestmark = pytest.mark.django_db
TO = st.sampled_from(["catalogue", "reserve", "implementation", "none", "exited"])
WHO = st.sampled_from(["owner", "admitter", "second", "both"])
_NEXT = {"none": "catalogue", "exited": "catalogue", "catalogue": "reserve", "reserve": "implementation"}
_VERBS = {"admitted": "library.admit", "exited": "library.exit"}


class Applications(RuleBasedStateMachine):
    """One project and four people: its owner, two who admit, and one who could do both."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.project = ready_for_reserve(
            project_for_catalogue(name="滨河路改造", national_code="2611-150207-04-01-123456")
        )
        planned(self.project, definite=True)
        answered(self.project)
        for kind in ("site", "fiscal", "resolution"):
            proven(self.project, kind)
        both = admission(username="both")
        both.roles = [str(Role.ADMISSION), str(Role.HANDLER)]
        both.save()
        self.people = {
            "owner": owner_of(self.project),
            "admitter": admission(),
            "second": admission(username="second"),
            "both": both,
        }
        self.expected = "none"
        self.open: str | None = None  # who applied

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def now(self) -> Project:
        return Project.objects.select_related("site__current", "region").get(pk=self.project.pk)

    def latest(self) -> Application | None:
        return Application.objects.filter(project=self.project).order_by("-pk").first()

    @rule(who=WHO, to=TO)
    def apply(self, who: str, to: str) -> None:
        try:
            with transaction.atomic():
                libraries.apply(by=self.people[who], project=self.now(), to=to)
        except (Refused, PermissionDenied):
            assert who != "owner" or self.open or _NEXT.get(self.expected) != to
        else:
            assert who == "owner"
            assert self.open is None
            assert _NEXT[self.expected] == to
            self.open = who

    @rule(who=WHO, decision=st.sampled_from(["admit", "return"]))
    def decide(self, who: str, decision: str) -> None:
        application = self.latest()
        if application is None:
            return
        act = libraries.admit if decision == "admit" else libraries.return_application
        try:
            with transaction.atomic():
                act(by=self.people[who], application=application, reason="意见")
        except (Refused, PermissionDenied):
            assert who == "owner" or self.open is None
        else:
            assert who != "owner"
            assert self.open is not None
            self.open = None
            if decision == "admit":
                self.expected = application.to_library

    @rule(who=WHO)
    def withdraw(self, who: str) -> None:
        application = self.latest()
        if application is None:
            return
        try:
            with transaction.atomic():
                libraries.withdraw_application(by=self.people[who], application=application)
        except (Refused, PermissionDenied):
            assert who != "owner" or self.open is None
        else:
            assert self.open is not None
            self.open = None

    @rule(who=WHO)
    def come_out(self, who: str) -> None:
        try:
            with transaction.atomic():
                reshaping.exit_project(by=self.people[who], project=self.now(), reason="停止实施")
        except (Refused, PermissionDenied):
            assert who == "owner" or self.open or self.expected in ("none", "exited")
        else:
            self.expected = "exited"

    @invariant()
    def stands_where_its_moves_lead(self) -> None:
        project, moves = self.now(), list(LibraryMove.objects.filter(project=self.project).order_by("pk"))
        assert project.library == self.expected
        at = "none"
        for move in moves:
            assert move.from_library == at
            at = move.to_library
            assert move.way != "admitted" or all(answer["met"] for answer in move.gate)
        assert at == project.library
        for way, verb in _VERBS.items():
            steps = Step.objects.filter(subject=f"library.project:{project.pk}", verb=verb)
            assert steps.count() == sum(move.way == way for move in moves), "each move has its step"
        rows = Application.objects.filter(project=project)
        assert rows.filter(state="open").count() == (self.open is not None)
        assert rows.filter(state="admitted").count() == sum(move.way == "admitted" for move in moves)
        assert all(
            row.decided_by_id != row.applicant_id for row in rows.filter(state__in=["admitted", "returned"])
        )
        connection.check_constraints()


def test_applications_in_any_order(settings_places):
    run_state_machine_as_test(
        Applications,
        settings=examples(
            max_examples=many(5, 12),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert verify().broken is None


@pytest.fixture
def settings_places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"
