"""What is known of a project's money, from a day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.models import InvestmentRecord, Project
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail


@transaction.atomic
def record_investment(
    *,
    by: User | None,
    project: Project,
    planned_yuan: Decimal,
    cumulative_yuan: Decimal,
    recorded_on: date | None = None,
) -> InvestmentRecord:
    """Write what is known of a project's money from a day on (today unless given).

    Raises
    ------
    ValidationError
        For a day in the future or before the project's last record, for negative amounts or fractions of a
        fen.
    """
    project = locked(project)
    demand(by, Permission.RECORD_INVESTMENT, project)
    record = add_record(project, planned_yuan, cumulative_yuan, recorded_on)
    trail.record(by=by, verb="library.record_investment", subject=subject(project), data=described(record))
    return record


def add_record(
    project: Project, planned_yuan: Decimal, cumulative_yuan: Decimal, recorded_on: date | None
) -> InvestmentRecord:
    today = timezone.localdate()
    record = InvestmentRecord(
        project=project,
        region=project.region,
        planned_yuan=planned_yuan,
        cumulative_yuan=cumulative_yuan,
        recorded_on=recorded_on or today,
    )
    record.full_clean(validate_constraints=False)
    if record.recorded_on > today:
        raise ValidationError({"recorded_on": _("记录日期不能晚于今天。")})
    if planned_yuan < 0 or cumulative_yuan < 0:
        raise ValidationError(_("金额不能为负。"), code="negative")
    last = project.investments.first()
    if last is not None and last.recorded_on > record.recorded_on:
        raise ValidationError(
            {"recorded_on": _("记录日期不能早于上一条记录（%(day)s）。") % {"day": last.recorded_on}}
        )
    record.save(force_insert=True)
    return record


def described(record: InvestmentRecord) -> dict[str, str]:
    return {
        "planned_yuan": str(record.planned_yuan),
        "cumulative_yuan": str(record.cumulative_yuan),
        "recorded_on": record.recorded_on.isoformat(),
        "region": record.region_id,
    }
