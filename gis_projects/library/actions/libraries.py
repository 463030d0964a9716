"""Into the libraries and on: applying, admitting, returning, withdrawing, and taking over a ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from gis_projects.clock.actions import clocks
from gis_projects.clock.models import Clock, ClockState
from gis_projects.library.models import (
    LIBRARIES,
    Acknowledgement,
    Application,
    ApplicationState,
    Library,
    LibraryMove,
    ParameterKey,
    Project,
    Way,
)
from gis_projects.library.queries import gates
from gis_projects.library.queries.admitting import enters, not_admitting
from gis_projects.library.queries.parameters import required
from gis_projects.library.refusals import NotThisPerson, Refused, refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.library.workflow import GATES
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice

_BATCH = 1000


def application_subject(application: Application) -> str:
    """How the trail, and the clock of its limit, name an application."""
    return f"library.application:{application.pk}"


@transaction.atomic
def apply(*, by: User, project: Project, to: str, note: str = "") -> Application:
    """Ask for a project's admission to the catalogue, or its transfer to the next library.

    The limit for deciding begins to run.

    Raises
    ------
    PermissionDenied
        Neither of the project's unit nor of a department that enters projects of its kind.
    Refused
        Something is missing (one notice for each thing), the step skips a library, or an application is open.
    """
    project = locked(project)
    require(by, Permission.APPLY_ADMISSION, project)
    if not enters(by, project):
        raise PermissionDenied(Permission.APPLY_ADMISSION)
    if (other := project.applications.filter(state=ApplicationState.OPEN).first()) is not None:
        raise refused(
            "application-open",
            gettext_noop("已有一份待审核的申请（%(day)s提交），请先等待审核或撤回。"),
            day=timezone.localdate(other.applied_at).isoformat(),
        )
    if (project.library, to) not in GATES:
        raise refused("no-such-step", gates.SKIPS)
    answers = gates.answers(project, to)
    lacking = [one for one in answers if not one.met and not one.deciding]
    if lacking:
        raise Refused(*(Notice(one.code, "%(text)s", {"text": one.text}, field=one.code) for one in lacking))
    application = Application.objects.create(
        project=project,
        from_library=project.library,
        to_library=to,
        note=note.strip(),
        gate=[answer.stored() for answer in answers],
        applicant=by,
    )
    trail.record(
        by=by,
        verb="library.apply",
        subject=subject(project),
        data={
            "application": application.pk,
            "from": application.from_library,
            "to": to,
            "note": application.note,
        },
    )
    clocks.start(
        by=by,
        limit_days=int(required(ParameterKey.ADMISSION_DAYS, project.region_id).value),
        starts_on=timezone.localdate(),
        subject=application_subject(application),
    )
    return application


@transaction.atomic
def admit(*, by: User, application: Application, reason: str = "") -> LibraryMove:
    """Let a project into the library that was applied for; the gate is asked again, and its answers are kept.

    Raises
    ------
    PermissionDenied
        Not of the admitting department of the project's region.
    NotThisPerson
        Whoever applied, or someone who acts for them or for whom they act.
    Refused
        Decided already, or something is missing by now.
    """
    application, project = _open(by, application)
    answers = gates.answers(project, application.to_library)
    lacking = [answer for answer in answers if not answer.met]
    if project.library != application.from_library:
        raise refused("moved-meanwhile", gettext_noop("项目已不在申请时所在的库。"))
    if lacking:
        raise Refused(*(Notice(one.code, "%(text)s", {"text": one.text}, field=one.code) for one in lacking))
    _decide(by, application, ApplicationState.ADMITTED, reason)
    [row] = move(
        by=by,
        projects=[project],
        to=application.to_library,
        way=Way.ADMITTED,
        reason=reason,
        application=application,
        gate=[answer.stored() for answer in answers],
    )
    trail.record(
        by=by,
        verb="library.admit",
        subject=subject(project),
        data={"application": application.pk, "move": row.pk, "from": row.from_library, "to": row.to_library,
              "reason": reason, "gate": [answer.code for answer in answers]},
    )  # fmt: skip
    return row


@transaction.atomic
def return_application(*, by: User, application: Application, reason: str) -> Application:
    """Send an application back with the reasons; the project stays where it is.

    Raises
    ------
    PermissionDenied, NotThisPerson
        As for `admit`.
    Refused
        Decided already, or without a reason.
    """
    application, project = _open(by, application)
    if not reason.strip():
        raise refused("reason-missing", gettext_noop("请写明退回理由。"))
    _decide(by, application, ApplicationState.RETURNED, reason.strip())
    trail.record(
        by=by,
        verb="library.return_application",
        subject=subject(project),
        data={"application": application.pk, "to": application.to_library, "reason": application.reason},
    )
    return application


@transaction.atomic
def withdraw_application(*, by: User, application: Application, reason: str = "") -> Application:
    """Take an application back before it is decided; whoever may apply for the project may.

    Raises
    ------
    PermissionDenied
        Not one of those.
    Refused
        Decided already.
    """
    project = locked(application.project)
    require(by, Permission.APPLY_ADMISSION, project)
    if not enters(by, project):
        raise PermissionDenied(Permission.APPLY_ADMISSION)
    application = _still_open(application)
    _decide(by, application, ApplicationState.WITHDRAWN, reason.strip())
    trail.record(
        by=by,
        verb="library.withdraw_application",
        subject=subject(project),
        data={"application": application.pk, "to": application.to_library, "reason": application.reason},
    )
    return application


@transaction.atomic
def take_over(
    *, by: User | None, projects: Iterable[Project], library: str, source: str
) -> list[LibraryMove]:
    """Put projects that an older ledger holds into a library, without its gate: marked as taken over.

    Only projects that were in none. All of them or none; a handful of statements, however many there are.
    ``source`` names the ledger.
    """
    rows = list(
        Project.objects.select_for_update().filter(pk__in=[row.pk for row in projects]).order_by("pk")
    )
    for row in rows:
        demand(by, Permission.MANAGE_LIBRARIES, row)
    if library not in LIBRARIES:
        raise refused("no-such-library", gettext_noop("只能接入目录库、储备库或实施库。"))
    if not source.strip():
        raise refused("source-missing", gettext_noop("请写明所接入的台账。"))
    if there := [row for row in rows if row.library != Library.NONE]:
        raise refused(
            "in-a-library", gettext_noop("%(count)s 个项目已在库中或已出库，不能再次接入。"), count=len(there)
        )
    moves = move(by=by, projects=rows, to=library, way=Way.TAKEN_OVER, reason=source.strip())
    trail.record_many(
        by=by,
        steps=(
            ("library.take_over", subject(row), {"to": library, "source": source.strip()}) for row in rows
        ),
    )
    return moves


@transaction.atomic
def acknowledge(*, by: User, project: Project, other: Project, reason: str) -> Acknowledgement:
    """Say why two projects that are alike are not one. By those who may apply for the project or admit it, and may
    read the other.
    """
    project = locked(project)
    if not_admitting(by, project) is not None:
        require(by, Permission.APPLY_ADMISSION, project)
    require(by, Permission.READ_PROJECTS, other)
    if not reason.strip():
        raise refused("reason-missing", gettext_noop("请说明为什么不是重复项目。"))
    row, made = Acknowledgement.objects.get_or_create(
        project=project, other=other, defaults={"reason": reason.strip(), "by": by}
    )
    if made:
        trail.record(
            by=by,
            verb="library.acknowledge_likeness",
            subject=subject(project),
            data={"other": other.pk, "reason": row.reason},
        )
    return row


def move(
    *,
    by: User | None,
    projects: Sequence[Project],
    to: str,
    way: Way,
    reason: str = "",
    application: Application | None = None,
    gate: list[dict[str, Any]] | None = None,
) -> list[LibraryMove]:
    """Write the moves and carry them out, in the caller's transaction, which has locked the projects and asked."""
    rows = LibraryMove.objects.bulk_create(
        (
            LibraryMove(
                project=project, from_library=project.library, to_library=to, way=way, reason=reason,
                application=application, gate=gate or [], by=by,
            )
            for project in projects
        ),
        batch_size=_BATCH,
    )  # fmt: skip
    Project.objects.filter(pk__in=[project.pk for project in projects]).update(
        library=to, updated_at=timezone.now()
    )
    for project in projects:
        project.library = to
    return rows


def _open(by: User, application: Application) -> tuple[Application, Project]:
    """An application that this person may decide, and its project, both locked."""
    project = locked(application.project)
    require(by, Permission.ADMIT_PROJECTS, project)
    if (why := not_admitting(by, project, application)) is not None:
        if why.code == "same-person":
            raise NotThisPerson(why)
        raise PermissionDenied(Permission.ADMIT_PROJECTS)
    return _still_open(application), project


def _still_open(application: Application) -> Application:
    application = Application.objects.select_for_update().select_related("project").get(pk=application.pk)
    if application.state != ApplicationState.OPEN:
        raise refused(
            "decided",
            gettext_noop("这份申请已办结：%(state)s。"),
            state=ApplicationState(application.state).label,
        )
    return application


def _decide(by: User, application: Application, state: ApplicationState, reason: str) -> None:
    application.state = state
    application.decided_by, application.decided_at = by, timezone.now()
    application.reason = reason.strip()
    application.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    running = Clock.objects.filter(subject=application_subject(application)).exclude(state=ClockState.STOPPED)
    for clock in running:
        clocks.stop(by=by, clock=clock)
