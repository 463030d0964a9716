"""The day of completion, and the two accounts after it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gis_projects.library.models import (
    AccountKind,
    Completion,
    CompletionAccount,
    ConstructionStart,
    Project,
    Stage,
)
from gis_projects.library.queries.accounts import standing_accounts
from gis_projects.library.refusals import refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail


@transaction.atomic
def register_completion(
    *, by: User | None, project: Project, completed_on: date, source: str, reason: str = ""
) -> Completion:
    """Write down when a project that came as completed from an older ledger was; with a ``reason``, correct that.

    Raises
    ------
    Refused
        It is not completed or was started here (who is built is accepted), or its day is known and no reason is given
        to correct it, or there is nothing to correct.
    ValidationError
        A day in the future, or after one of its accounts.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    if project.stage != Stage.COMPLETED:
        raise refused("not-completed", gettext_noop("项目尚未竣工；在建项目通过验收后竣工。"))
    last = project.completions.first()
    started = ConstructionStart.objects.filter(project=project).exists()
    if started or (last is not None and last.acceptance_id is not None):
        raise refused("completed-by-acceptance", gettext_noop("在平台登记开工的项目以验收日期为竣工日期。"))
    reason = _correcting(last, reason, "completion-there")
    if completed_on > timezone.localdate():
        raise ValidationError({"completed_on": _("竣工日期不能晚于今天。")})
    if any(account.concluded_on < completed_on for account in standing_accounts(project)):
        raise ValidationError({"completed_on": _("竣工日期不能晚于已登记的结算或决算。")})
    row = Completion(project=project, completed_on=completed_on, source=source.strip(), reason=reason, by=by)
    row.full_clean(exclude=["by", "acceptance"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.correct_completion" if reason else "library.register_completion",
        subject=subject(project),
        data={"completed_on": completed_on.isoformat(), "source": row.source, **_said(reason)},
    )
    return row


@transaction.atomic
def record_account(
    *, by: User | None, project: Project, kind: str, concluded_on: date, amount_yuan: Decimal, number: str,
    reason: str = "",
) -> CompletionAccount:  # fmt: skip
    """Write down that the settlement, or the final account after it, was concluded and filed (F254); with a ``reason``,
    correct what stands of it.

    Raises
    ------
    Refused
        The day of completion is not known, the account is there and no reason is given to correct it, there is nothing
        to correct, or the settlement isn't there yet.
    ValidationError
        A day in the future, before the completion or before the settlement; of a settlement, after the final account.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_BUDGET, project)
    done = project.completions.first()
    if done is None:
        raise refused("no-completion", gettext_noop("项目竣工并登记竣工日期后才有结算和决算。"))
    there = {row.kind: row for row in standing_accounts(project)}
    reason = _correcting(there.get(kind), reason, "account-there")
    settled = there.get(AccountKind.SETTLEMENT)
    if kind == AccountKind.FINAL and settled is None:
        raise refused("no-settlement", gettext_noop("竣工结算完成后才能登记财务决算。"))
    first, last = done.completed_on, timezone.localdate()
    if kind == AccountKind.FINAL and settled is not None:
        first = max(first, settled.concluded_on)
    elif AccountKind.FINAL in there:
        last = there[AccountKind.FINAL].concluded_on
    if not first <= concluded_on <= last:
        raise ValidationError({"concluded_on": _("备案日期应在竣工（结算）之后、今天之前，结算不晚于决算。")})
    row = CompletionAccount(
        project=project, kind=kind, concluded_on=concluded_on, amount_yuan=amount_yuan,
        number=number.strip(), reason=reason, by=by,
    )  # fmt: skip
    row.full_clean(exclude=["by"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.correct_account" if reason else "library.record_account",
        subject=subject(project),
        data={
            "account": row.kind,
            "number": row.number,
            "amount_yuan": str(row.amount_yuan),
            "concluded_on": concluded_on.isoformat(),
            **_said(reason),
        },
    )
    return row


def _correcting(there: Completion | CompletionAccount | None, reason: str, code: str) -> str:
    """The reason of a correction; empty for what is written down first."""
    reason = reason.strip()
    if there is not None and not reason:
        raise refused(code, gettext_noop("这一项已登记；更正须写明理由。"))
    if there is None and reason:
        raise refused("nothing-to-correct", gettext_noop("这一项尚未登记，不必填写更正理由。"))
    return reason


def _said(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}
