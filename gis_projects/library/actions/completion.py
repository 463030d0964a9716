"""The day of completion, and the two accounts after it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gis_projects.library.models import AccountKind, Completion, CompletionAccount, Project, Stage
from gis_projects.library.refusals import refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail


@transaction.atomic
def register_completion(*, by: User | None, project: Project, completed_on: date, source: str) -> Completion:
    """Write down when a project that came as completed from an older ledger was.

    Raises
    ------
    Refused
        It is not completed (who is built is accepted), or its day is known.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    if project.stage != Stage.COMPLETED:
        raise refused("not-completed", gettext_noop("项目尚未竣工；在建项目通过验收后竣工。"))
    if Completion.objects.filter(project=project).exists():
        raise refused("completion-there", gettext_noop("竣工日期已登记。"))
    if completed_on > timezone.localdate():
        raise ValidationError({"completed_on": _("竣工日期不能晚于今天。")})
    row = Completion(project=project, completed_on=completed_on, source=source.strip(), by=by)
    row.full_clean(exclude=["by", "acceptance"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.register_completion",
        subject=subject(project),
        data={"completed_on": completed_on.isoformat(), "source": row.source},
    )
    return row


@transaction.atomic
def record_account(
    *, by: User | None, project: Project, kind: str, concluded_on: date, amount_yuan: Decimal, number: str
) -> CompletionAccount:
    """Write down that the settlement, or the final account after it, was concluded and filed (F254).

    Raises
    ------
    Refused
        The day of completion is not known, the account is there, or the settlement isn't yet.
    ValidationError
        A day in the future, before the completion or before the settlement.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_BUDGET, project)
    done = Completion.objects.filter(project=project).first()
    if done is None:
        raise refused("no-completion", gettext_noop("项目竣工并登记竣工日期后才有结算和决算。"))
    there = {row.kind: row for row in project.completion_accounts.all()}
    if kind in there:
        raise refused("account-there", gettext_noop("这一项已登记。"))
    settled = there.get(AccountKind.SETTLEMENT)
    if kind == AccountKind.FINAL and settled is None:
        raise refused("no-settlement", gettext_noop("竣工结算完成后才能登记财务决算。"))
    first = max(done.completed_on, settled.concluded_on) if settled is not None else done.completed_on
    if not first <= concluded_on <= timezone.localdate():
        raise ValidationError({"concluded_on": _("备案日期应在竣工（结算）之后、今天之前。")})
    row = CompletionAccount(
        project=project, kind=kind, concluded_on=concluded_on, amount_yuan=amount_yuan,
        number=number.strip(), by=by,
    )  # fmt: skip
    row.full_clean(exclude=["by"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.record_account",
        subject=subject(project),
        data={
            "account": row.kind,
            "number": row.number,
            "amount_yuan": str(row.amount_yuan),
            "concluded_on": concluded_on.isoformat(),
        },
    )
    return row
