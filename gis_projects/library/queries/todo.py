"""What waits for a person in the libraries: applications to decide, and those that came back to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.library.models import (
    WHOLE,
    Acceptance,
    AcceptanceState,
    Application,
    ApplicationState,
    BuildingChange,
    ChangeState,
    EnforcementStandard,
    FundApplication,
    FundState,
    Library,
    Stage,
)
from gis_projects.library.queries.libraries import applications
from gis_projects.library.workflow import ADMITTING
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.people.queries.organisations import department_of
from gis_projects.people.todo import Waiting

#: What the kinds of to-do are called on the desk.
KINDS: dict[str, str] = {
    "library.change": gettext_noop("变更审批"),
    "library.acceptance": gettext_noop("验收办理"),
    "library.change_returned": gettext_noop("变更退回"),
    "library.rectify": gettext_noop("验收整改"),
    "library.standard": gettext_noop("执法规范发布"),
}

_DECIDE = gettext_noop("“%(project)s”申请进入%(library)s，待审核")
_RETURNED = gettext_noop("“%(project)s”进入%(library)s的申请被退回：%(reason)s")
_ASSESS = gettext_noop("“%(project)s”申报%(flow)s，待推荐")

_STANDARD = gettext_noop("执法规范“%(name)s”（%(number)s）待发布")
_CHANGE = gettext_noop("“%(project)s”申请变更（%(kind)s），待审批")
_ACCEPTANCE = gettext_noop("“%(project)s”申请%(kind)s（%(about)s），待办理")
_CHANGE_RETURNED = gettext_noop("“%(project)s”的变更申请（%(kind)s）被退回：%(reason)s")
_RECTIFY = gettext_noop("“%(project)s”验收须整改（%(about)s）：%(reason)s")


def waiting(user: User) -> Iterator[Waiting]:
    """Applications that this user may decide, first due first; their own that were returned and not made again."""
    yield from _to_decide(user)
    yield from _returned(user)
    yield from _to_recommend(user)
    yield from _to_approve_or_accept(user)
    yield from _to_put_right(user)
    yield from _to_publish(user)


def _to_decide(user: User) -> Iterator[Waiting]:
    if not has(user, Permission.ADMIT_PROJECTS) or user.organisation_id is None:
        return
    rows = visible(user, Permission.ADMIT_PROJECTS, applications(user).filter(state=ApplicationState.OPEN))
    responsible: dict[str, bool] = {}
    for row in rows.exclude(applicant=user).order_by("due_on", "pk"):
        region = row.project.region_id
        if region not in responsible:
            units = [department_of(function, region) for function in ADMITTING]
            responsible[region] = user.organisation_id in [unit.pk for unit in units if unit is not None]
        if responsible[region]:
            yield Waiting(
                kind="library.admission",
                template=_DECIDE,
                params={"project": row.project.name, "library": Library(row.to_library).label},
                address=reverse("library:application", args=[row.pk]),
                due_on=row.due_on,
                provisional=bool(row.provisional),
                project=row.project_id,
                mine=False,
            )


def _returned(user: User) -> Iterator[Waiting]:
    later = Application.objects.filter(project=OuterRef("project"), pk__gt=OuterRef("pk"))
    rows = applications(user).filter(~Exists(later), applicant=user, state=ApplicationState.RETURNED)
    for row in rows.order_by("-pk"):
        yield Waiting(
            kind="library.returned",
            template=_RETURNED,
            params={
                "project": row.project.name,
                "library": Library(row.to_library).label,
                "reason": row.reason,
            },
            address=f"{reverse('library:standing', args=[row.project_id])}#gate",
            project=row.project_id,
        )


def _to_recommend(user: User) -> Iterator[Waiting]:
    rows = FundApplication.objects.filter(state__in=[FundState.DECLARED, FundState.ASSESSED]).exclude(
        declared_by=user
    )
    for row in visible(user, Permission.MANAGE_LIBRARIES, rows).select_related("project").order_by("pk"):
        yield Waiting(
            kind="library.funds",
            template=_ASSESS,
            params={"project": row.project.name, "flow": row.get_flow_display()},
            address=reverse("library:fund", args=[row.pk]),
            project=row.project_id,
            mine=False,
        )


def _to_approve_or_accept(user: User) -> Iterator[Waiting]:
    """Changes and acceptances that others applied for."""
    changes = BuildingChange.objects.filter(state=ChangeState.APPLIED).exclude(applied_by=user)
    for row in _decided_by(user, changes):
        yield _at_work(row, "library.change", _CHANGE, mine=False, kind=row.get_kind_display())
    acceptances = Acceptance.objects.filter(state=AcceptanceState.APPLIED).exclude(applied_by=user)
    for row in _decided_by(user, acceptances):
        yield _at_work(
            row, "library.acceptance", _ACCEPTANCE, mine=False, kind=row.get_kind_display(), about=row.subject
        )


def _to_put_right(user: User) -> Iterator[Waiting]:
    """What this user applied for, came back and was not applied for again, of projects that they may still see to."""
    later = BuildingChange.objects.filter(project=OuterRef("project"), pk__gt=OuterRef("pk"))
    changes = BuildingChange.objects.filter(~Exists(later), applied_by=user, state=ChangeState.RETURNED)
    for row in _kept_by(user, changes):
        yield _at_work(
            row, "library.change_returned", _CHANGE_RETURNED, kind=row.get_kind_display(), reason=row.opinion
        )
    again = Acceptance.objects.filter(project=OuterRef("project"), pk__gt=OuterRef("pk"))
    part = again.filter(kind=OuterRef("kind"), subject=OuterRef("subject"))
    acceptances = Acceptance.objects.filter(applied_by=user, state=AcceptanceState.RECTIFY).filter(
        # The whole is the whole, whichever way and in whatever words it is applied for.
        Q(kind__in=WHOLE) & ~Exists(again.filter(kind__in=WHOLE)) | ~Q(kind__in=WHOLE) & ~Exists(part)
    )
    for one in _kept_by(user, acceptances):
        yield _at_work(one, "library.rectify", _RECTIFY, about=one.subject, reason=one.opinion)


def _to_publish(user: User) -> Iterator[Waiting]:
    """Standards of enforcement that others drafted."""
    if not has(user, Permission.MANAGE_LIBRARIES):
        return
    for row in EnforcementStandard.objects.filter(published_at=None).exclude(entered_by=user).order_by("pk"):
        yield Waiting(
            kind="library.standard",
            template=_STANDARD,
            params={"name": row.name, "number": row.number},
            address=reverse("library:standard", args=[row.pk]),
            mine=False,
        )


def _kept_by(user: User, rows: Any) -> Any:
    """Of what can still be applied for again, what this user may apply for."""
    built = rows.filter(project__library=Library.IMPLEMENTATION, project__stage=Stage.CONSTRUCTION)
    return visible(user, Permission.EDIT_PROJECTS, built).select_related("project").order_by("-pk")


def _decided_by(user: User, rows: Any) -> Any:
    return visible(user, Permission.MANAGE_LIBRARIES, rows).select_related("project").order_by("pk")


def _at_work(row: Any, what: str, template: str, *, mine: bool = True, **params: Any) -> Waiting:
    return Waiting(
        kind=what,
        template=template,
        params={"project": row.project.name, **params},
        address=f"{reverse('library:standing', args=[row.project_id])}#at-work",
        project=row.project_id,
        mine=mine,
    )
