"""Thousands of steps in any order through the committee: whatever is tried, what stands can be read off the trail."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from gis_projects.argument.actions import meeting_tasks, meetings, minutes
from gis_projects.argument.models import Choice, Meeting, MeetingTask, Presence, Resolution, ResolutionOutcome
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.models import Department
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from gis_projects.trail.queries import verify
from siting.engine.notices import UnusableInput
from tests.factories.committee import sitting
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, user_of
from tests.thorough import many

pytestmark = pytest.mark.django_db
WALKS, STEPS = many(1, 5), 2000
PDF = ("依据.pdf", b"%PDF-1.7\n")


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


class Walk:
    """One sitting with everybody who may try something, and everything that they may try."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.of = sitting()
        region = RegionFactory(code="150207")
        unit = OrganisationFactory()
        self.projects = [ProjectFactory(region=region, organisation=unit) for _ in range(3)]
        own = self.of.members[2]
        own.organisation = unit
        own.save()
        water, _ = Department.objects.get_or_create(code="water", defaults={"name": "水务"})
        self.department = OrganisationFactory(kind="department", department=water, region=region)
        handler = user_of(Role.HANDLER, "150207", username="handler", organisation=self.department)
        planner = user_of(Role.PLANNER, "150207", username="planner")
        self.people = [*[self.of.clerk] * 4, *[self.of.second] * 4, handler, planner]
        self.counted: Counter[str] = Counter()

    def one(self, rows):
        found = list(rows)
        return self.chance.choice(found) if found else None

    def step(self) -> None:
        by = self.chance.choice(self.people)
        name = self.chance.choice(
            ["convene", "add", "attend", "attend", "vote", "vote", "vote", "resolve", "resolve", "resolve",
             "record", "record", "confirm", "confirm", "return", "cancel", "assign", "report", "close", "remove"]
        )  # fmt: skip
        try:
            done = getattr(self, name)(by)
        except (UnusableInput, NotNow, PermissionDenied):
            self.counted["refused"] += 1
        else:
            self.counted[name] += done is not None

    def convene(self, by):
        if Meeting.objects.filter(state="planned").count() > 1:
            return None
        at = timezone.now() - timedelta(days=self.chance.randint(0, 30))
        return meetings.convene(by=by, committee=self.of.committee, title="会议", scheduled_at=at)

    def add(self, by):
        row = self.one(Meeting.objects.all())
        if row is None or row.items.count() > 2:
            return None
        kind, more = self.chance.choice(
            [
                ("fiscal", {"project": self.chance.choice(self.projects)}),
                ("dispatch", {}),
                ("issue", {"link": "site"}),
            ]
        )
        return row and meetings.add_item(by=by, meeting=row, kind=kind, title="议题", **more)

    def item(self):
        # mostly of a meeting that isn't written down yet: of the others everything is refused
        rows = Meeting.objects.filter(items__isnull=False).distinct()
        row = self.one(rows.filter(state="planned") if self.chance.random() < 0.8 else rows)
        return row and self.one(row.items.all())

    def remove(self, by):
        item = self.item()
        if item is None or self.chance.random() < 0.8:
            return None
        meetings.remove_item(by=by, item=item)
        return True

    def attend(self, by):
        rows = Meeting.objects.all()
        row = self.one(rows.filter(state="planned") if self.chance.random() < 0.8 else rows)
        if row is None:
            return None
        there = self.of.everybody()
        if self.chance.random() < 0.2:
            there[self.chance.choice(self.of.members)] = Presence.ABSENT
        return meetings.record_attendance(by=by, meeting=row, presence=there)

    def vote(self, by):
        item = self.item()
        if item is None:
            return None
        weighted = [*[Choice.FOR] * 6, Choice.AGAINST, Choice.ABSTAINED]
        choices = {member: self.chance.choice(weighted) for member in self.of.members}
        if item.project is not None and self.chance.random() < 0.8:
            choices[self.of.members[2]] = Choice.RECUSED
        return meetings.cast_votes(by=by, item=item, choices=choices)

    def resolve(self, by):
        item = self.item()
        outcome = self.chance.choice(ResolutionOutcome.values)
        conditions = "条件" if outcome == "conditional" else ""
        return item and meetings.resolve(
            by=by, item=item, outcome=outcome, text="决议", conditions=conditions
        )

    def record(self, by):
        row = self.one(Meeting.objects.filter(items__isnull=False).distinct())
        return row and minutes.record_minutes(by=by, meeting=row, minutes="纪要")

    def confirm(self, by):
        row = self.one(Meeting.objects.exclude(state="planned"))
        seen = row and row.revision - (self.chance.random() < 0.1)
        return row and minutes.confirm_minutes(by=by, meeting=row, revision=seen)

    def cancel(self, by):
        row = self.one(Meeting.objects.all()) if self.chance.random() < 0.1 else None
        return row and meetings.cancel(by=by, meeting=row, reason="改期")

    def assign(self, by):
        row = self.one(Meeting.objects.all())
        return row and meeting_tasks.assign(
            by=by, meeting=row, title="事项", organisation=self.department, due_on=timezone.localdate()
        )

    def report(self, by):
        row = self.one(MeetingTask.objects.all())
        return row and meeting_tasks.report(
            by=by, task=row, text="办结", file=PDF if self.chance.random() < 0.7 else None
        )

    def close(self, by):
        row = self.one(MeetingTask.objects.all())
        return row and meeting_tasks.close(by=by, task=row)

    def check(self) -> None:
        """What stands is what the trail says, by two persons, once."""
        verbs = Counter(Step.objects.values_list("verb", flat=True))
        states = Counter(Meeting.objects.values_list("state", flat=True))
        assert verbs["argument.convene_meeting"] == Meeting.objects.count()
        assert verbs["argument.confirm_minutes"] == states["confirmed"]
        assert verbs["argument.cancel_meeting"] == states["cancelled"]
        assert (
            verbs["argument.record_minutes"]
            == states["recorded"] + states["confirmed"] + verbs["argument.return_minutes"]
        )
        for row in Meeting.objects.filter(state="confirmed"):
            assert row.recorded_by_id != row.confirmed_by_id
            assert row.items.filter(resolution=None).count() == 0
        numbered = Resolution.objects.filter(document__isnull=False)
        assert set(numbered.values_list("item__meeting__state", flat=True)) <= {"confirmed"}
        assert not Resolution.objects.filter(item__meeting__state="confirmed", document=None).exists()
        by_year: dict[str, list[int]] = {}
        for document in numbered.values_list("document", flat=True):
            year, _, number = document.partition("〕")
            by_year.setdefault(year, []).append(int(number.removesuffix("号")))
        for numbers in by_year.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1))
        established = {
            f"argument.resolution:{row.pk}"
            for row in numbered.filter(item__kind="fiscal").exclude(outcome="deferred")
        }
        assert sorted(Evidence.objects.values_list("reference", flat=True)) == sorted(established)
        adopted = numbered.filter(outcome__in=["adopted", "conditional"])
        for row in adopted.prefetch_related("item__votes"):
            said = Counter(vote.choice for vote in row.item.votes.all())
            assert said["for"] * 2 > said["for"] + said["against"] + said["abstained"]
        tasks = Counter(MeetingTask.objects.values_list("state", flat=True))
        assert verbs["argument.close_meeting_task"] == tasks["closed"]
        assert verbs["argument.report_meeting_task"] >= tasks["closed"] + tasks["reported"]
        assert not MeetingTask.objects.filter(state="closed", files=None).exists()

    # called by name
    def return_(self, by):
        row = self.one(Meeting.objects.filter(state="recorded"))
        return row and minutes.return_minutes(by=by, meeting=row, reason="退回")


setattr(Walk, "return", Walk.return_)


@pytest.mark.parametrize("seed", range(WALKS))
def test_whatever_is_tried_the_trail_says_what_stands(seed):
    walk = Walk(seed)
    for number in range(STEPS):
        walk.step()
        if number % 200 == 199:
            walk.check()
    assert verify().broken is None
    # it came through: a walk that is always refused would prove nothing
    assert walk.counted["refused"] > 50, walk.counted
    assert walk.counted["confirm"] >= 1, walk.counted
    assert walk.counted["close"] >= 1, walk.counted
