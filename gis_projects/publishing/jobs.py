"""What follows from the trail and from the calendar: copies come when they are due, and go when they may no longer be
shown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library.models import Project
from gis_projects.people.permissions import Secrecy
from gis_projects.publishing import media_store
from gis_projects.publishing.actions import batches
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.models import BatchState, PublicationBatch, PublicationRecord
from gis_projects.publishing.queries import standing
from gis_projects.trail import queries as trail
from gis_projects.trail.jobs import Progress, job, start_once

CURSOR = "disclosure"
_SUBJECT = "library.project:"
logger = logging.getLogger(__name__)


def follow_trail(*, limit: int = 500) -> int:
    """Deal with the next steps of the trail; returns how many copies were withdrawn.

    A step says only which project to look at: what counts is how the project is now, so a step that is read
    late or twice does no harm.
    """
    withdrawn = 0
    while True:
        with transaction.atomic():
            steps = trail.read_on(CURSOR, limit=limit)
            keys = {
                step.subject.removeprefix(_SUBJECT) for step in steps if step.subject.startswith(_SUBJECT)
            }
            for project in Project.objects.filter(pk__in=keys).order_by("pk"):
                withdrawn += _withdraw_where_needed(project)
        if len(steps) < limit:
            return withdrawn


def _withdraw_where_needed(project: Project) -> int:
    if standing.current_copy(project) is None:
        return 0
    if project.secrecy == Secrecy.CONFIDENTIAL:
        actions.withdraw_project(by=None, project=project, reason=_("项目已定为涉密。"))
    elif project.sensitive:
        actions.withdraw_project(by=None, project=project, reason=_("项目已标记为敏感。"))
    elif not project.disclosed:
        actions.withdraw_project(by=None, project=project, reason=_("项目已标记为不公开。"))
    else:
        return 0
    return 1


def tick() -> int:
    """Show what is due and take back what has expired, each project in a transaction of its own; returns how many.

    A project that is locked just now is dealt with by the next tick; one that was dealt with is not dealt with again.
    One that can't be dealt with is written into the log and tried again by the next; it holds up no other.
    """
    now = timezone.now()
    done = 0
    for proposal in standing.scheduled().filter(starts_at__lte=now).order_by("starts_at", "pk"):
        done += _alone(actions.carry_out, proposal=proposal)
    due = PublicationBatch.objects.filter(state=BatchState.SCHEDULED, starts_at__lte=now)
    for batch in due.order_by("starts_at", "pk"):
        done += _alone(batches.begin_due, batch=batch)
    expired = DisclosedProject.objects.filter(until__lt=timezone.localdate()).values_list("slug", flat=True)
    for slug in list(expired):
        done += _alone(_withdraw_expired, slug=slug)
    today = timezone.localdate()
    start_once(sweep_media, kind="publishing.sweep_media", subject=f"publishing.day:{today}")
    return done


def _alone(work: Callable[..., object], **about: object) -> int:
    """Whether it did something, as a number; what goes wrong is this one's alone."""
    try:
        return int(bool(work(**about)))
    except Exception:
        logger.exception("what is due could not be done, it is tried again: %s %s", work.__name__, about)
        return 0


@transaction.atomic
def _withdraw_expired(slug: str) -> int:
    record = PublicationRecord.objects.filter(slug=slug).select_related("project").first()
    assert record is not None
    assert record.project is not None
    shown = DisclosedProject.objects.select_for_update().filter(slug=slug, until__lt=timezone.localdate())
    if not shown.exists():
        return 0
    actions.withdraw_project(by=None, project=record.project, reason=_("公开期限已满。"))
    return 1


@job
def sweep_media(progress: Progress) -> dict[str, int]:
    """Once a day: public copies of photos that nothing names."""
    return {"swept": media_store.sweep()}
