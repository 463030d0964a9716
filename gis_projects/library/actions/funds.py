"""Putting projects forward for money from above: declared, assessed by experts, recommended (F380, F381)."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.library.actions.budget import demand_review
from gis_projects.library.models import FundApplication, FundState, Project
from gis_projects.library.queries.admitting import enters
from gis_projects.library.queries.gates import demand_inside
from gis_projects.library.refusals import NotThisPerson, refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice

_UNDER_WAY = (FundState.DECLARED, FundState.ASSESSED)


@transaction.atomic
def declare_funds(
    *, by: User, project: Project, flow: str, year: int, amount_yuan: Decimal, purpose: str
) -> FundApplication:
    """Declare a project for one of the three reserve businesses.

    Raises
    ------
    PermissionDenied
        Neither of the project's unit nor of a department that enters such projects.
    Refused
        The project is outside the libraries (F250), or is declared for this flow and year already.
    """
    project = locked(project)
    require(by, Permission.APPLY_ADMISSION, project)
    if not enters(by, project):
        raise PermissionDenied(Permission.APPLY_ADMISSION)
    demand_inside(project, "funds")
    same = project.fund_applications.filter(
        flow=flow, year=year, state__in=[*_UNDER_WAY, FundState.RECOMMENDED]
    )
    if same.exists():
        raise refused("declared", gettext_noop("该项目本年度已申报这一类别。"))
    row = FundApplication(
        project=project,
        flow=flow,
        year=year,
        amount_yuan=amount_yuan,
        purpose=purpose.strip(),
        declared_by=by,
    )
    row.full_clean(exclude=["assessment", "decided_by", "decided_at"])
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.declare_funds",
        subject=subject(project),
        data={"application": row.pk, "flow": flow, "year": year, "amount_yuan": str(row.amount_yuan)},
    )
    return row


@transaction.atomic
def assess_funds(*, by: User | None, application: FundApplication) -> FundApplication:
    """Take the experts' report as the application's assessment (F102).

    Raises
    ------
    Refused
        No review report stands for the project, it is outside the libraries by now, or this isn't the next step.
    """
    application, project = _locked(by, application, FundState.DECLARED)
    demand_inside(project, "funds")
    application.assessment = demand_review(project)
    application.state = FundState.ASSESSED
    application.save(update_fields=["assessment", "state"])
    trail.record(
        by=by,
        verb="library.assess_funds",
        subject=subject(project),
        data={"application": application.pk, "review": application.assessment.pk},
    )
    return application


@transaction.atomic
def recommend_funds(*, by: User, application: FundApplication, reason: str = "") -> FundApplication:
    """Recommend an assessed project; by another person than who declared it.

    Raises
    ------
    NotThisPerson, Refused
        As for `assess_funds`; or the report fell meanwhile.
    """
    application, project = _locked(by, application, FundState.ASSESSED)
    demand_inside(project, "funds")
    _another(by, application)
    if demand_review(project).pk != application.assessment_id:
        raise refused("another-report", gettext_noop("评审报告已更新，请退回后重新论证。"))
    return _decided(by, application, project, FundState.RECOMMENDED, reason)


@transaction.atomic
def return_funds(*, by: User, application: FundApplication, reason: str) -> FundApplication:
    """Send an application back with the reason; by another person than who declared it."""
    application, project = _locked(by, application, *_UNDER_WAY)
    _another(by, application)
    if not reason.strip():
        raise refused("reason-missing", gettext_noop("请写明退回理由。"))
    return _decided(by, application, project, FundState.RETURNED, reason)


@transaction.atomic
def withdraw_funds(*, by: User, application: FundApplication, reason: str = "") -> FundApplication:
    """Take an application back before it is decided; whoever may declare the project may."""
    project = locked(application.project)
    require(by, Permission.APPLY_ADMISSION, project)
    if not enters(by, project):
        raise PermissionDenied(Permission.APPLY_ADMISSION)
    application = _next(application, *_UNDER_WAY)
    return _decided(by, application, project, FundState.WITHDRAWN, reason)


def _locked(
    by: User | None, application: FundApplication, *states: FundState
) -> tuple[FundApplication, Project]:
    project = locked(application.project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    return _next(application, *states), project


def _next(application: FundApplication, *states: FundState) -> FundApplication:
    application = FundApplication.objects.select_for_update().get(pk=application.pk)
    if application.state not in states:
        raise refused(
            "not-the-next-step",
            gettext_noop("申报现为“%(state)s”，不能进行这一步。"),
            state=FundState(application.state).label,
        )
    return application


def _another(by: User, application: FundApplication) -> None:
    if same_person(by, application.declared_by, timezone.localdate(application.declared_at)):
        raise NotThisPerson(
            Notice("same-person", gettext_noop("申报人及其代理人不能推荐或退回自己的申报，须由另一人办理。"))
        )


_VERBS = {
    FundState.RECOMMENDED: "library.recommend_funds",
    FundState.RETURNED: "library.return_funds",
    FundState.WITHDRAWN: "library.withdraw_funds",
}


def _decided(
    by: User, application: FundApplication, project: Project, state: FundState, reason: str
) -> FundApplication:
    application.state, application.reason = state, reason.strip()
    application.decided_by, application.decided_at = by, timezone.now()
    application.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    trail.record(
        by=by,
        verb=_VERBS[state],
        subject=subject(project),
        data={"application": application.pk, "flow": application.flow, "reason": application.reason},
    )
    return application
