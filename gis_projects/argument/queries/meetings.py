"""Reading the committee's meetings: who sits, who is there, how they voted, and what a reader may know of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from gis_projects.argument.models import (
    AgendaItem,
    AnnualPlan,
    AnnualPlanLine,
    Attendance,
    Choice,
    Committee,
    CommitteeSeat,
    Meeting,
    MeetingFile,
    MeetingTask,
    Presence,
    Resolution,
)
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, OrganisationKind, User
from gis_projects.people.permissions import Permission, ScopePaths, find, has, region_prefix, visible
from gis_projects.people.queries.organisations import ancestors

_ANYWHERE = ScopePaths()  # already narrowed down to what may be known


@dataclass(frozen=True)
class Quorum:
    """How many members with a vote there are, how many of them are present, and how many have to be."""

    members: int
    present: int
    needed: int

    @property
    def reached(self) -> bool:
        return self.members > 0 and self.present >= self.needed


@dataclass(frozen=True)
class Tally:
    """The votes on an item; ``missing`` members are present and have said nothing."""

    yes: int
    no: int
    abstained: int
    recused: int
    missing: int

    @property
    def given(self) -> int:
        """The votes that count: who is recused is not among them."""
        return self.yes + self.no + self.abstained

    def adopted(self, majority_percent: int) -> bool:
        """Whether more than this share of the votes given is in favour (超过: the share itself is not enough)."""
        return self.given > 0 and self.yes * 100 > majority_percent * self.given


@dataclass(frozen=True)
class PlanChange:
    """What a version of an annual plan does to one project, 元; None: not in that version."""

    project: Project
    before: Decimal | None
    after: Decimal | None

    @property
    def difference(self) -> Decimal:
        return (self.after or Decimal(0)) - (self.before or Decimal(0))


def seats_on(committee: Committee, day: date | None = None) -> QuerySet[CommitteeSeat]:
    """Who sits on a committee on a day (today unless given), by rank."""
    day = day or timezone.localdate()
    running = Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))
    return committee.seats.filter(running).select_related("user__organisation")


def quorum(meeting: Meeting) -> Quorum:
    """Count the members of the day of a meeting; what has to be present is rounded up."""
    day = timezone.localtime(meeting.scheduled_at).date()
    members = seats_on(meeting.committee, day).filter(votes=True).count()
    present = meeting.attendance.filter(presence=Presence.PRESENT, seat__votes=True).count()
    return Quorum(members, present, -(-members * meeting.committee.quorum_percent // 100))


def tally(item: AgendaItem) -> Tally:
    """Count the votes on an item. Two queries, one where its votes were fetched with it."""
    return _counted(item, _voting(item.meeting_id))


def tallies(row: Meeting, listed: Iterable[AgendaItem]) -> dict[int, Tally]:
    """Count the votes on items of a meeting (as `items` gives them), by their keys. One query for all."""
    there = _voting(row.pk)
    return {item.pk: _counted(item, there) for item in listed}


def _voting(meeting: int) -> set[int]:
    """The members with a vote who are present."""
    rows = Attendance.objects.filter(meeting=meeting, presence=Presence.PRESENT, seat__votes=True)
    return set(rows.values_list("user", flat=True))


def _counted(item: AgendaItem, there: set[int]) -> Tally:
    votes = {vote.user_id: vote.choice for vote in item.votes.all()}
    counted = Counter(votes.values())
    return Tally(
        counted[Choice.FOR],
        counted[Choice.AGAINST],
        counted[Choice.ABSTAINED],
        counted[Choice.RECUSED],
        len(there - votes.keys()),
    )


def own_unit(item: AgendaItem, user: User) -> bool:
    """Whether the item's project belongs to the member's own unit: they are recused."""
    return (
        item.project is not None
        and item.project.organisation_id is not None
        and item.project.organisation_id == user.organisation_id
    )


def people_for_seats(committee: Committee) -> QuerySet[User]:
    """Who may be seated or attend: the accounts in use of the committee's region, of those above and of those below."""
    code = committee.region_id
    inside = Q(region__gte=region_prefix(code), region__lte=region_prefix(code).ljust(12, "9"))
    rows = User.objects.filter(is_active=True).filter(inside | Q(region__in=ancestors(code)))
    return rows.select_related("organisation", "region").order_by("full_name", "username")


def departments_for(committee: Committee) -> QuerySet[Organisation]:
    """Who may be given something to do: the departments of the committee's region and of those above it."""
    return Organisation.objects.filter(
        kind=OrganisationKind.DEPARTMENT, region__in=[committee.region_id, *ancestors(committee.region_id)]
    ).order_by("-region", "department__position", "name")


def meetings(user: User) -> QuerySet[Meeting]:
    """The meetings that a user may know of, with the number of their items (``item_count``)."""
    rows = visible(user, Permission.READ_ARGUMENTS, Meeting.objects.all())
    counted = rows.select_related("committee__region").annotate(
        item_count=Count("items", filter=_known_items(user))
    )
    return counted.order_by("-scheduled_at", "-pk")  # grouping forgets the model's own order


def committees(user: User, permission: Permission = Permission.READ_ARGUMENTS) -> QuerySet[Committee]:
    return visible(user, permission, Committee.objects.select_related("region"))


def meeting(user: User, pk: int, permission: Permission = Permission.READ_ARGUMENTS) -> Meeting:
    """One meeting: 404 if the user may not know of it, 403 if they may only read it."""
    rows = Meeting.objects.select_related("committee__region", "recorded_by", "confirmed_by")
    return find(user, permission, rows, reading=Permission.READ_ARGUMENTS, pk=pk)


def items(user: User, row: Meeting) -> QuerySet[AgendaItem]:
    """A meeting's items but those about a project that the user may not know of: nothing tells that there are any."""
    rows = row.items.filter(_known_items(user, ""))
    return rows.select_related(
        "project__region", "project__organisation", "plan", "organisation", "resolution", "blocker"
    ).prefetch_related("votes__user", "files")


def resolutions(user: User) -> QuerySet[Resolution]:
    """The numbered resolutions that a user may know of: of an item about a project by who may read the project, else by
    who may read the meeting.
    """
    rows = Resolution.objects.select_related("item__project__region", "item__meeting__committee__region")
    about = visible(
        user, Permission.READ_ARGUMENTS, rows.filter(item__project__isnull=False), Resolution.SCOPE
    )
    others = rows.filter(
        item__project=None, item__meeting__in=visible(user, Permission.READ_ARGUMENTS, Meeting.objects.all())
    )
    known = rows.filter(Q(pk__in=about.values("pk")) | Q(pk__in=others.values("pk")), document__isnull=False)
    return known.order_by("-item__meeting__scheduled_at", "item__position", "pk")


def resolution(user: User, pk: int) -> Resolution:
    return find(user, Permission.READ_ARGUMENTS, resolutions(user), paths=_ANYWHERE, pk=pk)


def tasks(user: User) -> QuerySet[MeetingTask]:
    """The tasks that a user may know of: of meetings in their reach, and of their own department."""
    rows = visible(user, Permission.READ_ARGUMENTS, MeetingTask.objects.all())
    known = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    own = Q() if user.organisation_id is None else Q(organisation=user.organisation_id)
    secret = Q(item__project__isnull=False) & ~Q(item__project__in=known)
    return rows.filter(~secret | own if own else ~secret).select_related(
        "meeting__committee", "organisation", "item"
    )


def task(user: User, pk: int) -> MeetingTask:
    return find(user, Permission.READ_ARGUMENTS, tasks(user), pk=pk)


def may_report(user: User, row: MeetingTask) -> bool:
    """Whether it is for the user's department to do."""
    handled = visible(
        user, Permission.GIVE_OPINIONS, MeetingTask.objects.filter(pk=row.pk), MeetingTask.HANDLING
    )
    return handled.exists()


def file(user: User, pk: int) -> MeetingFile:
    """A file beside a meeting, read by who may read what it lies beside."""
    rows = MeetingFile.objects.exclude(
        Q(item__project__isnull=False)
        & ~Q(item__project__in=visible(user, Permission.READ_PROJECTS, Project.objects.all()))
    )
    known = Q(pk__in=visible(user, Permission.READ_ARGUMENTS, rows).values("pk"))
    return find(
        user, Permission.READ_ARGUMENTS, rows.filter(known | Q(task__in=tasks(user))), paths=_ANYWHERE, pk=pk
    )


def plan_changes(plan: AnnualPlan, user: User) -> list[PlanChange]:
    """A version held against the one before it: what came, went and changed, the greatest change first.

    Projects that the user may not know of are not among them.
    """
    before = AnnualPlan.objects.filter(
        committee=plan.committee_id, year=plan.year, version=plan.version - 1
    ).first()
    old = {line.project_id: line.amount_yuan for line in _lines(before, user)} if before else {}
    new = {line.project_id: line.amount_yuan for line in _lines(plan, user)}
    projects = Project.objects.select_related("region").in_bulk(list(old.keys() | new.keys()))
    found = [
        PlanChange(projects[key], old.get(key), new.get(key))
        for key in old.keys() | new.keys()
        if old.get(key) != new.get(key)
    ]
    return sorted(found, key=lambda change: (-abs(change.difference), change.project.code))


def plan_lines(plan: AnnualPlan, user: User) -> list[AnnualPlanLine]:
    """What a version gives to the projects that the user may know of, the most first."""
    return sorted(_lines(plan, user), key=lambda line: (-line.amount_yuan, line.project.code))


def plan_totals(plans: Iterable[AnnualPlan], user: User) -> dict[int, tuple[int, Decimal]]:
    """How many projects of each version the user may know of, and their 元 together, by its key. One query."""
    keys = [plan.pk for plan in plans]
    lines = AnnualPlanLine.objects.filter(plan__in=keys)
    known = visible(user, Permission.READ_PROJECTS, lines, AnnualPlanLine.SCOPE)
    counted = known.order_by().values_list("plan").annotate(n=Count("pk"), total=Sum("amount_yuan"))
    return dict.fromkeys(keys, (0, Decimal(0))) | {key: (n, total) for key, n, total in counted}


def _lines(plan: AnnualPlan, user: User) -> list[AnnualPlanLine]:
    return list(
        visible(
            user, Permission.READ_PROJECTS, AnnualPlanLine.objects.filter(plan=plan), AnnualPlanLine.SCOPE
        )
    )


def _known_items(user: User, prefix: str = "items__") -> Q:
    known = (
        visible(user, Permission.READ_PROJECTS, Project.objects.all())
        if has(user, Permission.READ_PROJECTS)
        else []
    )
    return Q(**{f"{prefix}project": None}) | Q(**{f"{prefix}project__in": known})
