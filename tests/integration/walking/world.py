"""Everybody and everything that every walk starts from, and what its rules share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from siting.engine.notices import UnusableInput
from tests.factories import arguments as arguing
from tests.factories import libraries as factory
from tests.factories.committee import Sitting, sitting
from tests.factories.expert_reviews import Panel, expert_with_account
from tests.factories.people import user_of

REFUSED = (UnusableInput, PermissionDenied, Http404, ValidationError)
NUMBER = st.integers(0, 20)


class World:
    """Made once; every walk begins from it anew."""

    def __init__(self) -> None:
        self.bureau = arguing.bureau(regions=(arguing.CITY, arguing.DISTRICT))
        project = factory.project_for_catalogue(
            name="滨河路改造", industry="N", national_code="2611-150207-04-01-123456"
        )
        project = factory.ready_for_reserve(project, argued=("site",))
        factory.planned(project, definite=True)
        document = '{"on": "2026-11-02", "findings": [], "not_checked": []}'
        factory.answered(project, canonical=document)
        self.project = project
        self.people = {
            "owner": factory.owner_of(project),
            "admitter": factory.admission(),
            "second": factory.admission(username="second"),
        }
        self.sitting: Sitting = sitting()
        self.organiser = user_of(Role.COORDINATOR, "150200", username="organiser")
        self.experts = [expert_with_account(f"water{n}", "water") for n in range(4)]
        self.experts += [expert_with_account(f"cost{n}", "cost") for n in range(3)]


class Started(RuleBasedStateMachine):
    """A walk's beginning: what is expected of the libraries and gates is kept beside them."""

    world: ClassVar[World]
    done: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        made = self.world.bureau
        self.bureau = arguing.Bureau(made.coordinator, made.units)
        self.panel = Panel(
            self.world.project, self.world.people["owner"], self.world.organiser, self.world.experts
        )
        self.reached: dict[str, str] = {"site": "passed"}  # by kind, as the rooms above said it last
        self.library, self.applied = "none", False

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def tried(self, work: Callable[[], Any]) -> bool:
        """Do it as one transaction; whether it was done, or refused with a reason."""
        name, people = work.__name__, dict(self.bureau.people)
        try:
            with transaction.atomic():
                work()
        except REFUSED:
            self.bureau.people = people  # whoever was made for this went with it
            self.refused[name] += 1
            return False
        self.done[name] += 1
        return True

    def now(self) -> Project:
        return Project.objects.select_related("site__current", "region").get(pk=self.world.project.pk)
