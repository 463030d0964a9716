"""Videos that browsers can't play: taken in by a job that encodes them anew, watched on the page, called off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from gis_projects import problems
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing import cleaning, media_store
from gis_projects.publishing.actions import progress as actions
from gis_projects.publishing.actions.progress import Came
from gis_projects.publishing.queries.transcoding import KIND
from gis_projects.trail.jobs import OPEN, Later, Progress, cancel, job, start
from gis_projects.trail.models import Job
from siting.engine.notices import UnusableInput

#: Of one project, waiting or running.
MOST_OPEN = 5
_AGAIN_SECONDS = 15
_LOCK = (7043, 1)  # of the film that is being encoded


@transaction.atomic
def request(
    *, by: User, project: Project, name: str, path: Path, caption: str = "", location: Point | None = None
) -> Job:
    """Queue a video to be encoded anew; it lies as it came, inside only, until its job has ended.

    Raises
    ------
    ValidationError
        The project has this file already, or too many of its videos wait.
    """
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    require(by, Permission.EDIT_PROJECTS, project)
    came = Came.of(name, path)
    actions.refuse_known(project, came)
    if Job.objects.filter(kind=KIND, subject=subject(project), state__in=OPEN).count() >= MOST_OPEN:
        raise ValidationError(
            _("该项目已有 %(limit)s 个视频在转码，请等它们完成或取消。"), params={"limit": MOST_OPEN}, code="many"
        )  # fmt: skip
    work = start(
        transcode_video, by=by, kind=KIND, subject=subject(project), limit_seconds=cleaning.TRANSCODING_SECONDS + 600,
        project=project.pk, user=by.pk, name=came.name, caption=caption,
        location=[location.x, location.y] if location else None, language=translation.get_language() or "zh-hans",
    )  # fmt: skip
    work.message = came.name[:300]
    work.save(update_fields=["message"])
    media_store.keep_draft(work.pk, path)
    return work


@transaction.atomic
def call_off(*, by: User, project: Project, job: Job) -> bool:
    """End a video's job before it is done; whether it was still under way."""
    require(by, Permission.EDIT_PROJECTS, project)
    if job.kind != KIND or job.subject != subject(project):
        raise PermissionDenied
    ended = cancel(job)
    if ended:
        transaction.on_commit(lambda: media_store.drop([media_store.draft_of(job.pk)]))
    return ended


@job
def transcode_video(
    progress: Progress,
    *,
    project: int,
    user: int,
    name: str,
    caption: str,
    location: list[float] | None,
    language: str,
) -> dict[str, Any]:
    """Encode the draft anew and take it in, in the name of who brought it; or say why it can't be.

    A repeated run (its worker was killed) begins the film anew, and takes nothing in twice. One film is encoded at a
    time, whoever's it is: the others wait without holding a worker.
    """
    draft = media_store.draft_of(progress.job.pk)
    where = Point(location[0], location[1], srid=4490) if location else None

    def told(percent: int) -> None:
        progress.stop_if_cancelled()
        progress.report(0.98 * percent, name)

    def keep(clean: cleaning.Cleaned) -> dict[str, Any]:
        progress.hold()
        # As they are now: the film took its time, and a right may have gone meanwhile.
        row = actions.keep_media(
            by=User.objects.get(pk=user), project=Project.objects.get(pk=project), came=Came.of(name, draft),
            clean=clean, caption=caption, location=where,
        )  # fmt: skip
        return {"name": name, "media": row.pk}

    if (done := progress.job.steps.filter(name="keep").first()) is not None:
        told_before: dict[str, Any] = done.result or {}
        return told_before
    with translation.override(language):
        try:
            with _alone(name), cleaning.cleaned(name, draft, transcoding=told) as clean:
                result: dict[str, Any] = progress.once("keep", lambda: keep(clean))
        except UnusableInput as refusal:
            result = {
                "name": name,
                "refused": [problems.notice_error(one)["message"] for one in refusal.notices],
            }
        except ValidationError as refusal:
            result = {"name": name, "refused": refusal.messages}
        except PermissionDenied:
            result = {"name": name, "refused": [_("采集人已无权编辑该项目，未采集。")]}
        except FileNotFoundError:  # called off between two looks
            progress.stop_if_cancelled()
            raise
    media_store.drop([draft])
    return result


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """The one place there is for encoding films; the database takes it back from a worker that dies.

    Raises `Later` while another film has it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
        (ours,) = cursor.fetchone()
    if not ours:
        raise Later(_AGAIN_SECONDS, name)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", _LOCK)
