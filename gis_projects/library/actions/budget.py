"""Lines of the budget on projects of the libraries, their changes, and what is paid from them."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_noop

from gis_projects.library.models import (
    Appropriation,
    BudgetChange,
    BudgetLine,
    Evidence,
    EvidenceKind,
    Outcome,
    Project,
)
from gis_projects.library.queries.budget import with_sums
from gis_projects.library.queries.gates import demand_inside
from gis_projects.library.refusals import refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.trail import actions as trail


def standing_review(project: Project) -> Evidence | None:
    """The review report that stands for a project: the newest, if it didn't fail."""
    newest = Evidence.objects.filter(project=project, kind=EvidenceKind.REVIEW).order_by("-pk").first()
    return newest if newest is not None and newest.outcome != Outcome.FAILED else None


def demand_review(project: Project) -> Evidence:
    """The report that budget and recommendations rest on (F102).

    Raises
    ------
    Refused
        There is none, or the newest failed.
    """
    if (report := standing_review(project)) is None:
        raise refused(
            "no-review-report",
            gettext_noop("财政预算依据项目评审报告安排和推荐项目：“%(project)s”还没有通过的评审报告。"),
            project=project.name,
        )
    return report


@transaction.atomic
def add_line(
    *, by: User | None, project: Project, year: int, instrument: str, amount_yuan: Decimal, reference: str
) -> BudgetLine:
    """Set money of a year's budget aside for a project.

    Raises
    ------
    Refused
        The project is outside the libraries, or has no review report that stands.
    ValidationError
        For what isn't an amount, a year, an instrument or a reference.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_BUDGET, project)
    demand_inside(project, "budget")
    line = BudgetLine(
        project=project,
        year=year,
        instrument=instrument,
        amount_yuan=amount_yuan,
        reference=reference.strip(),
        review=demand_review(project),
        by=by,
    )
    line.full_clean(exclude=["by"])
    line.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.add_budget_line",
        subject=subject(project),
        data={"line": line.pk, "year": year, "instrument": instrument, "amount_yuan": str(line.amount_yuan),
              "reference": line.reference},
    )  # fmt: skip
    return line


@transaction.atomic
def change_line(*, by: User | None, line: BudgetLine, delta_yuan: Decimal, reason: str) -> BudgetChange:
    """Raise or lower a line.

    Raises
    ------
    Refused
        The project is outside the libraries, or less would be left than is paid.
    """
    project, held = _held(by, line)
    demand_inside(project, "budget")
    if held + delta_yuan < 0:
        raise refused(
            "less-than-paid",
            gettext_noop("调减后的预算少于已拨付的金额，最多可调减 %(balance)s 元。"),
            balance=f"{held:,}",
        )
    change = BudgetChange(line=line, delta_yuan=delta_yuan, reason=reason.strip(), by=by)
    change.full_clean(exclude=["by"])
    change.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.change_budget_line",
        subject=subject(project),
        data={"line": line.pk, "delta_yuan": str(change.delta_yuan), "reason": change.reason},
    )
    return change


@transaction.atomic
def appropriate(*, by: User | None, line: BudgetLine, amount_yuan: Decimal, reference: str) -> Appropriation:
    """Pay from a line. Of two who pay at once from what holds one of them, one does.

    Raises
    ------
    Refused
        The project is outside the libraries (F036), or the line holds less.
    """
    project, held = _held(by, line)
    demand_inside(project, "appropriation")
    if amount_yuan > held:
        raise refused(
            "overdrawn",
            gettext_noop("拨付金额 %(amount)s 元超过预算余额 %(balance)s 元。"),
            amount=f"{amount_yuan:,}",
            balance=f"{held:,}",
        )
    paid = Appropriation(line=line, amount_yuan=amount_yuan, reference=reference.strip(), by=by)
    paid.full_clean(exclude=["by"])
    paid.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.appropriate",
        subject=subject(project),
        data={"line": line.pk, "amount_yuan": str(paid.amount_yuan), "reference": paid.reference},
    )
    return paid


def _held(by: User | None, line: BudgetLine) -> tuple[Project, Decimal]:
    """The line's project and what the line holds, both locked."""
    project = locked(line.project)
    demand(by, Permission.MANAGE_BUDGET, project)
    BudgetLine.objects.select_for_update().only("pk").get(pk=line.pk)
    [found] = with_sums(BudgetLine.objects.filter(pk=line.pk))
    return project, found.balance_yuan  # type: ignore[attr-defined]
