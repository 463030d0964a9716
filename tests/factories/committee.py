"""A committee of 九原区 with its office and members, and meetings as far along as a test wants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from gis_projects.argument.actions import committee as actions
from gis_projects.argument.actions import meetings
from gis_projects.argument.models import AgendaItem, Committee, Meeting, Presence
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from tests.factories.people import RegionFactory, UserFactory, user_of


@dataclass
class Sitting:
    """Two of the office, three members with a vote (the first chairs), and their committee."""

    committee: Committee
    clerk: User
    second: User
    members: list[User]

    def everybody(self) -> dict[User, str]:
        return dict.fromkeys(self.members, Presence.PRESENT)

    def votes(self, *choices: str) -> dict[User, str]:
        return dict(zip(self.members, choices, strict=True))


def sitting(region: str = "150207") -> Sitting:
    place = RegionFactory(code=region)
    clerk = user_of(Role.COMMITTEE, region, username=f"clerk{region}", full_name="记录员")
    second = user_of(Role.COMMITTEE, region, username=f"second{region}", full_name="复核员")
    body = actions.set_committee(by=None, region=place, name="九原区投资管理委员会", abbreviation="九投委决")
    members = [
        UserFactory(
            username=f"member{region}{n}", full_name=f"成员{n}", roles=[str(Role.LEADER)], region=place
        )
        for n in range(3)
    ]
    for rank, (member, title) in enumerate(
        zip(members, ["主任", "常务副主任", "副主任"], strict=True), start=1
    ):
        actions.seat_member(
            by=None, committee=body, user=member, title=title, rank=rank,
            starts_on=timezone.localdate() - timedelta(days=400),
        )  # fmt: skip
    return Sitting(body, clerk, second, members)


def meeting(of: Sitting, *, at: datetime | None = None, **more: object) -> Meeting:
    return meetings.convene(
        by=of.clerk, committee=of.committee, title="第一次全体会议",
        scheduled_at=at or timezone.now() - timedelta(days=1), **more,
    )  # fmt: skip


def resolved(of: Sitting, item: AgendaItem, outcome: str = "adopted", **more: str) -> None:
    """Everybody is there and in favour."""
    meetings.record_attendance(by=of.clerk, meeting=item.meeting, presence=of.everybody())
    choice = "for" if outcome in ("adopted", "conditional") else "against"
    meetings.cast_votes(by=of.clerk, item=item, choices=dict.fromkeys(of.members, choice))
    meetings.resolve(by=of.clerk, item=item, outcome=outcome, text="同意。", **more)
