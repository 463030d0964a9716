"""Who sits on the committee, and what its year plans. ``by`` None is the machine's own operator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from gis_projects.argument.models import AnnualPlan, AnnualPlanLine, Committee, CommitteeSeat
from gis_projects.argument.refusals import not_now, refuse, words
from gis_projects.library.models import Project
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, require, visible
from gis_projects.trail import actions as trail

MAX_LINES = 5000


def committee_subject(committee: Committee) -> str:
    """How the trail names a committee."""
    return f"argument.committee:{committee.pk}"


@transaction.atomic
def set_committee(
    *,
    by: User | None,
    region: Region,
    name: str,
    abbreviation: str,
    quorum_percent: int = 67,
    majority_percent: int = 50,
) -> Committee:
    """Set a region's committee up, or change its own rules: the quorum and the majority, in whole per cent."""
    if by is not None:
        require(by, Permission.HOLD_COMMITTEE, Scope(region=region.code))
    row = Committee.objects.select_for_update().filter(region=region).first()
    before = (
        None
        if row is None
        else {"quorum_percent": row.quorum_percent, "majority_percent": row.majority_percent}
    )
    row = row or Committee(region=region)
    row.name, row.abbreviation = (
        words(name, field="name", limit=120),
        words(abbreviation, field="abbreviation", limit=20),
    )
    row.quorum_percent, row.majority_percent = quorum_percent, majority_percent
    row.full_clean()
    row.save()
    after = {"quorum_percent": quorum_percent, "majority_percent": majority_percent}
    trail.record(
        by=by,
        verb="argument.set_committee",
        subject=committee_subject(row),
        data={"name": row.name, "before": before or {}, "after": after},
    )
    return row


@transaction.atomic
def seat_member(
    *, by: User | None, committee: Committee, user: User, title: str, rank: int = 9, votes: bool = True,
    starts_on: date | None = None,
) -> CommitteeSeat:  # fmt: skip
    """Give somebody a seat under a title of the committee's own (主任, 副主任, 委员…); ``rank`` 1 chairs."""
    committee = _held(committee)
    if by is not None:
        require(by, Permission.HOLD_COMMITTEE, committee)
    if committee.seats.filter(user=user, ends_on=None).exists():
        raise not_now("seat-taken", "%(name)s 已是成员", field="user", name=str(user))
    row = CommitteeSeat(
        committee=committee, user=user, title=words(title, field="title", limit=40), rank=rank, votes=votes,
        starts_on=starts_on or timezone.localdate(),
    )  # fmt: skip
    row.full_clean()
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="argument.seat_member",
        subject=committee_subject(committee),
        data={"seat": row.pk, "name": str(user), "title": row.title, "rank": rank, "votes": votes},
    )
    return row


@transaction.atomic
def end_seat(*, by: User, seat: CommitteeSeat, ends_on: date | None = None) -> CommitteeSeat:
    """Let a member's time end, today unless given."""
    committee = _held(seat.committee)
    require(by, Permission.HOLD_COMMITTEE, committee)
    row = CommitteeSeat.objects.select_for_update(of=("self",)).get(pk=seat.pk)
    if row.ends_on is not None:
        raise not_now("seat-ended", "该成员已卸任")
    row.ends_on = ends_on or timezone.localdate()
    row.full_clean()
    row.save(update_fields=["ends_on"])
    trail.record(
        by=by,
        verb="argument.end_seat",
        subject=committee_subject(committee),
        data={"seat": row.pk, "name": str(row.user), "title": row.title, "ends_on": row.ends_on.isoformat()},
    )
    return row


@transaction.atomic
def draw_up_plan(
    *, by: User, committee: Committee, year: int, amounts: Mapping[int, Decimal], note: str = ""
) -> AnnualPlan:
    """Keep the next version of a year's investment plan: the key of each project, and its 元 of that year.

    Raises
    ------
    UnusableInput
        No project, too many, one that ``by`` can't reach, an amount that is negative or finer than a fen, or nothing
        that differs from the version before.
    """
    committee = _held(committee)
    require(by, Permission.HOLD_COMMITTEE, committee)
    if not amounts or len(amounts) > MAX_LINES:
        raise refuse("plan-size", "计划须有 1 至 %(limit)s 个项目", field="amounts", limit=MAX_LINES)
    for amount in amounts.values():
        if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.01")):
            raise refuse("plan-amount", "金额须为不小于零、精确到分的数", field="amounts")
    known = set(
        visible(by, Permission.READ_PROJECTS, Project.objects.filter(pk__in=amounts)).values_list(
            "pk", flat=True
        )
    )
    if missing := sorted(set(amounts) - known):
        raise refuse("plan-project", "没有这样的项目：%(keys)s", field="amounts", keys=missing)
    last = committee.plans.filter(year=year).order_by("-version").first()
    if last is not None and dict(last.lines.values_list("project", "amount_yuan")) == dict(amounts):
        raise not_now("plan-unchanged", "与第 %(version)s 版相同，没有调整", version=last.version)
    row = AnnualPlan(
        committee=committee, year=year, version=last.version + 1 if last else 1, by=by,
        note=words(note, field="note", needed=False, limit=300),
    )  # fmt: skip
    row.full_clean()
    row.save(force_insert=True)
    AnnualPlanLine.objects.bulk_create(
        AnnualPlanLine(plan=row, project_id=project, amount_yuan=amount)
        for project, amount in amounts.items()
    )
    trail.record(
        by=by,
        verb="argument.draw_up_plan",
        subject=committee_subject(committee),
        data={
            "plan": row.pk, "year": year, "version": row.version, "count": len(amounts),
            "total_yuan": str(sum(amounts.values(), Decimal(0))),
        },
    )  # fmt: skip
    return row


def _held(committee: Committee) -> Committee:
    return Committee.objects.select_for_update().get(pk=committee.pk)
