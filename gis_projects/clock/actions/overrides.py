"""What a bureau says of single days against the official calendar."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gis_projects.clock.actions.clocks import recompute
from gis_projects.clock.models import DayOverride
from gis_projects.clock.queries import calendar
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail import actions as trail

#: There is one calendar: whose reach is the platform's whole region speaks of its days, no district for all others.
EVERYBODYS = Scope(region=str(settings.REGION_CODE))


@transaction.atomic
def override_day(
    *, by: User | None, day: date, working: bool | None, reason: str, source: str
) -> tuple[DayOverride, int]:
    """Say that a day is worked, or isn't; None lets the official calendar decide again.

    Returns the word and how many running clocks have another last day by it.

    Raises
    ------
    ValidationError
        Nothing would change, the reason or the source is missing, or somebody else spoke of the day at this moment.
    OutsideCalendar
        The calendar knows no such day.
    """
    if by is not None:
        require(by, Permission.MANAGE_CALENDAR, EVERYBODYS)
    calendar().describe(day)  # refuses what lies outside
    last = DayOverride.objects.filter(day=day, replaced_by=None).first()
    before = last.working if last else None
    if before == working:
        raise ValidationError(_("这一天已经是这样设置的。"), code="same")
    row = DayOverride(
        day=day, working=working, reason=reason.strip(), source=source.strip(), replaces=last, by=by
    )
    row.full_clean(exclude=["working"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ValidationError(_("他人刚刚修改了这一天，请刷新后再试。"), code="conflict") from error
    trail.record(
        by=by,
        verb="clock.override_day",
        subject=f"clock.day:{day.isoformat()}",
        data={"before": before, "after": working, "reason": row.reason, "source": row.source},
    )
    changed = recompute(by=by, reason=_("%(day)s工作日设置变更") % {"day": day.isoformat()})
    return row, len(changed)
