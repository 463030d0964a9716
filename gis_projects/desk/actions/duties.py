"""Duties: made for every department when their period begins, seen done, said to be done, and set another day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.desk.models import Deadline, Duty
from gis_projects.desk.periods import SIGN_IN, Rule, bounds, moments, periods, rules
from gis_projects.desk.queries.duties import deadlines, standing
from gis_projects.people.models import Organisation, OrganisationKind, Region, SignIn, User
from gis_projects.people.permissions import Permission, Scope, region_prefix, require
from gis_projects.trail import actions as trail
from gis_projects.trail.models import Step


@transaction.atomic
def make_due(*, today: date | None = None) -> int:
    """Make what is missing of the duties of every period that has begun, once; returns how many that were.

    A period that went by while nobody ran this is made up for, from the last one that there is.
    """
    today = today or timezone.localdate()
    made = 0
    for rule in rules().values():
        departments = list(
            Organisation.objects.filter(
                kind=OrganisationKind.DEPARTMENT, department__in=rule.functions, closed_at=None
            ).order_by("pk")
        )
        since = Duty.objects.filter(code=rule.code).aggregate(last=Max("starts_on"))["last"]
        last = None if since is None else next(periods(rule.period, None, since))
        wanted = dict.fromkeys([*([last] if last else []), *periods(rule.period, last, today)])
        for period in wanted:
            made += _make(rule, period, departments)
    if made:
        trail.record(
            by=None, verb="desk.make_duties", subject=f"desk.day:{today.isoformat()}", data={"made": made}
        )
    return made


def _make(rule: Rule, period: str, departments: Iterable[Organisation]) -> int:
    there = set(Duty.objects.filter(code=rule.code, period=period).values_list("organisation_id", flat=True))
    rows, set_days = [], deadlines(rule.code, period)
    for department in departments:
        if department.pk in there:
            continue
        deadline = standing(set_days, department.region_id)
        rows.append(
            Duty(
                code=rule.code,
                organisation=department,
                period=period,
                starts_on=bounds(period)[0],
                due_on=deadline.due_on if deadline else rule.due_on(period),
                source=deadline.source if deadline else rule.basis,
            )
        )
    return len(Duty.objects.bulk_create(rows, ignore_conflicts=True))


@transaction.atomic
def settle(*, today: date | None = None) -> int:
    """Note what the platform itself has seen done, in the period that it belongs to; returns how many duties."""
    today = today or timezone.localdate()
    settled = 0
    for rule in rules().values():
        if not rule.seen_by:
            continue
        open_ones = Duty.objects.select_for_update().filter(
            code=rule.code, done_at=None, starts_on__lte=today
        )
        by_period: dict[str, list[Duty]] = {}
        for duty in open_ones.order_by("pk"):
            by_period.setdefault(duty.period, []).append(duty)
        for period, duties in by_period.items():
            seen = _seen(rule, period)
            for duty in duties:
                if duty.organisation_id in seen:
                    duty.done_at, duty.evidence = seen[duty.organisation_id]
                    duty.save(update_fields=["done_at", "evidence"])
                    settled += 1
    if settled:
        trail.record(
            by=None,
            verb="desk.settle_duties",
            subject=f"desk.day:{today.isoformat()}",
            data={"settled": settled},
        )
    return settled


def _seen(rule: Rule, period: str) -> dict[int, tuple[datetime, dict[str, Any]]]:
    """By department: when it first did in the period what the rule asks for, and what that was."""
    begin, end = moments(period)
    found: dict[int, tuple[datetime, dict[str, Any]]] = {}
    if SIGN_IN in rule.seen_by:
        rows = SignIn.objects.filter(at__gte=begin, at__lt=end, organisation__isnull=False)
        for organisation, first in rows.values_list("organisation").annotate(first=Min("at")):
            found[organisation] = (first, {"seen": SIGN_IN})
    verbs = [verb for verb in rule.seen_by if verb != SIGN_IN]
    if verbs:
        steps = Step.objects.filter(verb__in=verbs, at__gte=begin, at__lt=end).exclude(actor_id="")
        first_of = {
            int(actor): (at, number)
            for actor, at, number in steps.order_by("-number").values_list("actor_id", "at", "number")
        }
        users = User.objects.filter(pk__in=first_of, organisation__isnull=False)
        for user, organisation in users.values_list("pk", "organisation_id"):
            at, number = first_of[user]
            if organisation not in found or at < found[organisation][0]:
                found[organisation] = (at, {"seen": "trail", "step": number})
    return found


@transaction.atomic
def complete(*, by: User, duty: Duty, note: str) -> Duty:
    """Say that one's own department has done what it owed, and how.

    Raises
    ------
    PermissionDenied
        It is another department's.
    ValidationError
        It is done already, or nothing is said about how.
    """
    duty = Duty.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=duty.pk)
    require(by, Permission.READ_STATISTICS)
    if by.organisation_id != duty.organisation_id:
        raise PermissionDenied(Permission.READ_STATISTICS)
    if duty.done_at is not None:
        raise ValidationError(_("该事项已完成。"), code="done")
    if not note.strip():
        raise ValidationError({"note": _("请填写完成情况。")})
    duty.done_at, duty.done_by, duty.note = timezone.now(), by, note.strip()
    duty.save(update_fields=["done_at", "done_by", "note"])
    trail.record(
        by=by,
        verb="desk.complete_duty",
        subject=f"desk.duty:{duty.pk}",
        data={
            "code": duty.code,
            "period": duty.period,
            "organisation": duty.organisation.name,
            "due_on": duty.due_on.isoformat(),
            "note": duty.note,
        },
    )
    return duty


@transaction.atomic
def set_deadline(
    *, by: User | None, code: str, period: str, region: Region, due_on: date, source: str
) -> tuple[Deadline, int]:
    """Set another last day for a rule in one period, for the departments of a region and below.

    Returns the word and how many open duties have another day by it. A lower level's word doesn't go against that of
    its superior.

    Raises
    ------
    ValidationError
        There is no such rule or period, the day is before the period, or the source is missing.
    """
    if by is not None:
        require(by, Permission.MANAGE_CALENDAR, Scope(region=region.code))
    rule = rules().get(code)
    if rule is None:
        raise ValidationError({"code": _("没有这样的定期工作。")})
    try:
        first, _last = bounds(period)
        known = next(periods(rule.period, None, first)) == period
    except ValueError:
        known = False
    if not known:
        raise ValidationError({"period": _("周期“%(period)s”不正确。") % {"period": period}})
    if due_on < first:
        raise ValidationError({"due_on": _("截止日期不能早于周期的起始日期（%(day)s）。") % {"day": first}})
    if not source.strip():
        raise ValidationError({"source": _("请填写依据（文件名称、文号）。")})
    row = Deadline.objects.create(
        code=code, period=period, region=region, due_on=due_on, source=source.strip(), by=by
    )
    changed, set_days = 0, deadlines(code, period)
    duties = Duty.objects.select_for_update(of=("self",)).filter(code=code, period=period, done_at=None)
    for duty in duties.filter(
        organisation__region__code__startswith=region_prefix(region.code)
    ).select_related("organisation"):
        deadline = standing(set_days, duty.organisation.region_id)
        assert deadline is not None, "at least the one just set"
        if (duty.due_on, duty.source) != (deadline.due_on, deadline.source):
            duty.due_on, duty.source = deadline.due_on, deadline.source
            duty.save(update_fields=["due_on", "source"])
            changed += 1
    trail.record(
        by=by,
        verb="desk.set_deadline",
        subject=f"desk.deadline:{row.pk}",
        data={
            "code": code,
            "period": period,
            "region": region.code,
            "due_on": due_on.isoformat(),
            "source": row.source,
            "changed": changed,
        },
    )
    return row, changed
