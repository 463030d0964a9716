"""The committee's meetings: called, held, written down by one person and confirmed by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from gis_projects.argument.models import (
    AgendaItem,
    AnnualPlan,
    Attendance,
    Blocker,
    Choice,
    Committee,
    ItemKind,
    Meeting,
    MeetingKind,
    MeetingState,
    Presence,
    Resolution,
    ResolutionOutcome,
    Vote,
)
from gis_projects.argument.queries.meetings import own_unit, quorum, seats_on, tally
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, may, require
from gis_projects.trail import actions as trail
from siting.engine.notices import UnusableInput

MAX_ITEMS = 60


class TwoPersons(UnusableInput):
    """Whoever wrote the minutes doesn't confirm them."""


def meeting_subject(meeting: Meeting) -> str:
    """How the trail names a meeting."""
    return f"argument.meeting:{meeting.pk}"


@transaction.atomic
def convene(
    *, by: User, committee: Committee, title: str, scheduled_at: datetime, kind: str = MeetingKind.COMMITTEE,
    place: str = "",
) -> Meeting:  # fmt: skip
    """Call a meeting; it takes the next number of its kind in its year."""
    committee = Committee.objects.select_for_update().get(pk=committee.pk)
    require(by, Permission.HOLD_COMMITTEE, committee)
    if kind not in MeetingKind.values:
        raise refuse("meeting-kind", "没有这种会议类型", field="kind")
    year = timezone.localtime(scheduled_at).year
    last = committee.meetings.filter(kind=kind, year=year).aggregate(last=Max("number"))["last"] or 0
    row = Meeting(
        committee=committee, kind=kind, year=year, number=last + 1, title=words(title, field="title", limit=200),
        scheduled_at=scheduled_at, place=words(place, field="place", needed=False, limit=120),
    )  # fmt: skip
    row.full_clean(exclude=["recorded_by", "recorded_at", "confirmed_by", "confirmed_at"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="argument.convene_meeting",
        subject=meeting_subject(row),
        data={"title": row.title, "kind": f"meeting_{kind}", "scheduled_at": scheduled_at.isoformat()},
    )
    return row


@transaction.atomic
def cancel(*, by: User, meeting: Meeting, reason: str) -> Meeting:
    """Call a meeting off that hasn't been written down."""
    row = planned(by, meeting)
    row.state = MeetingState.CANCELLED
    row.returned = words(reason, field="reason", limit=300)
    row.save(update_fields=["state", "returned"])
    trail.record(
        by=by, verb="argument.cancel_meeting", subject=meeting_subject(row),
        data={"title": row.title, "reason": row.returned, "projects": projects_of(row)},
    )  # fmt: skip
    return row


@transaction.atomic
def add_item(
    *,
    by: User,
    meeting: Meeting,
    kind: str,
    title: str,
    text: str = "",
    project: Project | None = None,
    plan: AnnualPlan | None = None,
    link: str = "",
    blocker: Blocker | None = None,
    organisation: Organisation | None = None,
) -> AgendaItem:
    """Put something on the agenda, at its end.

    ``project`` and ``plan`` are ones that ``by`` may read; an issue names its link, or the blocker that it settles.
    """
    row = planned(by, meeting)
    if kind not in ItemKind.values:
        raise refuse("item-kind", "没有这种议题类型", field="kind")
    if blocker is not None:
        project, link = blocker.project, blocker.link
    if project is not None and not may(by, Permission.READ_PROJECTS, project):
        raise refuse("item-project", "没有这样的项目", field="project")
    if kind == ItemKind.FISCAL and project is None:
        raise refuse("item-needs-project", "项目财力审议须选定项目", field="project")
    if kind == ItemKind.ANNUAL_PLAN and (plan is None or plan.committee_id != row.committee_id):
        raise refuse("item-needs-plan", "审议年度计划须选定计划版本", field="plan")
    if kind == ItemKind.ISSUE and not link:
        raise refuse("item-needs-link", "协调问题须选定环节", field="link")
    last = row.items.aggregate(last=Max("position"))["last"] or 0
    if last >= MAX_ITEMS:
        raise refuse("too-many-items", "议题不能超过 %(limit)s 项", limit=MAX_ITEMS)
    item = AgendaItem(
        meeting=row, position=last + 1, kind=kind, title=words(title, field="title", limit=200),
        text=words(text, field="text", needed=False), project=project,
        plan=plan if kind == ItemKind.ANNUAL_PLAN else None, link=link if kind == ItemKind.ISSUE else "",
        blocker=blocker if kind == ItemKind.ISSUE else None, organisation=organisation,
    )  # fmt: skip
    item.full_clean()
    item.save(force_insert=True)
    _moved_on(row)
    trail.record(
        by=by,
        verb="argument.add_agenda_item",
        subject=meeting_subject(row),
        data={
            "item": item.pk, "position": item.position, "kind": f"item_{kind}", "title": item.title,
            "meeting": row.title, "link": item.link, "projects": [project.pk] if project else [],
        },
    )  # fmt: skip
    return item


@transaction.atomic
def remove_item(*, by: User, item: AgendaItem) -> None:
    """Take something off the agenda that nothing was resolved on."""
    row = planned(by, item.meeting)
    item = row.items.get(pk=item.pk)
    if Resolution.objects.filter(item=item).exists() or item.files.exists() or item.tasks.exists():
        raise not_now("item-handled", "该议题已有决议、材料或交办事项，不能移除")
    data = {
        "item": item.pk,
        "title": item.title,
        "meeting": row.title,
        "projects": [item.project_id] if item.project_id else [],
    }
    item.delete()
    _moved_on(row)
    trail.record(by=by, verb="argument.remove_agenda_item", subject=meeting_subject(row), data=data)


@transaction.atomic
def record_attendance(*, by: User, meeting: Meeting, presence: Mapping[User, str]) -> list[Attendance]:
    """Write down who was there, in place of what was written before. Members get the seat that they have that day."""
    row = planned(by, meeting)
    if unknown := set(presence.values()) - set(Presence.values):
        raise refuse("presence", "没有这种出席情况：%(what)s", field="presence", what=sorted(unknown))
    seats = {
        seat.user_id: seat for seat in seats_on(row.committee, timezone.localtime(row.scheduled_at).date())
    }
    before = {entry.user.get_username(): entry.presence for entry in row.attendance.select_related("user")}
    row.attendance.all().delete()
    entries = Attendance.objects.bulk_create(
        Attendance(meeting=row, user=user, seat=seats.get(user.pk), presence=value)
        for user, value in presence.items()
    )
    # Who is no longer present has no vote.
    there = [user.pk for user, value in presence.items() if value == Presence.PRESENT]
    Vote.objects.filter(item__meeting=row).exclude(user__in=there).delete()
    _moved_on(row)
    after = {user.get_username(): str(value) for user, value in presence.items()}
    trail.record(
        by=by, verb="argument.record_attendance", subject=meeting_subject(row),
        data={"count": len(there), "before": before, "after": after},
    )  # fmt: skip
    return entries


@transaction.atomic
def cast_votes(*, by: User, item: AgendaItem, choices: Mapping[User, str]) -> list[Vote]:
    """Write down how the members voted on an item, in place of what was written before.

    Raises
    ------
    UnusableInput
        Somebody isn't present with a vote, or belongs to the project's own unit and isn't recused.
    """
    row = planned(by, item.meeting)
    item = row.items.select_related("project").get(pk=item.pk)
    present = {entry.user_id for entry in row.attendance.filter(presence=Presence.PRESENT, seat__votes=True)}
    for user, choice in choices.items():
        if choice not in Choice.values:
            raise refuse("vote-choice", "没有这种表决", field="votes")
        if user.pk not in present:
            raise refuse("vote-absent", "%(name)s 未出席或没有表决权", field="votes", name=str(user))
        if choice != Choice.RECUSED and own_unit(item, user):
            raise refuse("vote-recused", "%(name)s 属于项目单位，应当回避", field="votes", name=str(user))
    before = {vote.user.get_username(): vote.choice for vote in item.votes.select_related("user")}
    item.votes.all().delete()
    votes = Vote.objects.bulk_create(
        Vote(item=item, user=user, choice=choice) for user, choice in choices.items()
    )
    _moved_on(row)
    trail.record(
        by=by,
        verb="argument.cast_votes",
        subject=meeting_subject(row),
        data={
            "item": item.pk, "title": item.title, "before": before,
            "after": {user.get_username(): str(choice) for user, choice in choices.items()},
            "projects": [item.project_id] if item.project_id else [],
        },
    )  # fmt: skip
    return votes


@transaction.atomic
def resolve(*, by: User, item: AgendaItem, outcome: str, text: str, conditions: str = "") -> Resolution:
    """Write down what was resolved on an item, in place of what was written before.

    Raises
    ------
    NotNow
        Too few members were present; a present one with a vote hasn't voted; or what is adopted wasn't, by the votes.
    """
    row = planned(by, item.meeting)
    item = row.items.select_related("project").get(pk=item.pk)
    if outcome not in ResolutionOutcome.values:
        raise refuse("outcome", "没有这种决议结果", field="outcome")
    said = words(text, field="text")
    asked = words(conditions, field="conditions", needed=outcome == ResolutionOutcome.CONDITIONAL)
    may_resolve(row, item, outcome)
    last = Resolution.objects.filter(item=item).first()
    before = (
        {} if last is None else {"outcome": last.outcome, "text": last.text, "conditions": last.conditions}
    )
    resolution = last or Resolution(item=item)
    resolution.outcome, resolution.text = outcome, said
    resolution.conditions = asked if outcome == ResolutionOutcome.CONDITIONAL else ""
    resolution.full_clean(exclude=["document"])  # a number comes with the confirmation
    resolution.save()
    _moved_on(row)
    after = {"outcome": outcome, "text": said, "conditions": resolution.conditions}
    trail.record(
        by=by,
        verb="argument.resolve_item",
        subject=meeting_subject(row),
        data={
            "item": item.pk, "title": item.title, "outcome": str(outcome), "before": before, "after": after,
            "projects": [item.project_id] if item.project_id else [],
        },
    )  # fmt: skip
    return resolution


def held(by: User, meeting: Meeting) -> Meeting:
    """The meeting's row, held, for somebody who may hold its committee's meetings."""
    row = (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("committee", "recorded_by")
        .get(pk=meeting.pk)
    )
    require(by, Permission.HOLD_COMMITTEE, row)
    return row


def planned(by: User, meeting: Meeting) -> Meeting:
    row = held(by, meeting)
    if row.state != MeetingState.PLANNED:
        raise not_now("meeting-not-open", "会议处于“%(state)s”，不能再改", state=row.get_state_display())
    return row


def _moved_on(meeting: Meeting) -> None:
    meeting.revision += 1
    meeting.save(update_fields=["revision"])


def projects_of(meeting: Meeting) -> list[int]:
    return sorted(set(meeting.items.exclude(project=None).values_list("project", flat=True)))


def may_resolve(meeting: Meeting, item: AgendaItem, outcome: str) -> None:
    """Whether what was voted lets it be resolved so."""
    counted = quorum(meeting)
    if not counted.reached:
        raise not_now(
            "no-quorum", "出席 %(present)s 人，未达到法定人数 %(needed)s 人",
            present=counted.present, needed=counted.needed,
        )  # fmt: skip
    votes = tally(item)
    if votes.missing:
        raise not_now(
            "votes-missing", "还有 %(count)s 名出席成员没有表决", field="votes", count=votes.missing
        )
    adopts = outcome in (ResolutionOutcome.ADOPTED, ResolutionOutcome.CONDITIONAL)
    if adopts and not votes.adopted(meeting.committee.majority_percent):
        raise not_now(
            "not-adopted", "同意 %(yes)s 票，未超过 %(share)s%%，不能作通过决议", field="outcome",
            yes=votes.yes, share=meeting.committee.majority_percent,
        )  # fmt: skip
