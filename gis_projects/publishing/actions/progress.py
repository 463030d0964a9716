"""Photos, videos and results of a project: taken in, and made ready to be chosen for the public."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects import files
from gis_projects.library.models import Attachment, Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing import cleaning, media_store
from gis_projects.publishing.actions.guards import locked
from gis_projects.publishing.models import PerformanceResult, PositionSource, ProgressMedia
from gis_projects.trail import actions as trail

MOST_OF_A_PROJECT = 200


def add_media(
    *,
    by: User,
    project: Project,
    name: str,
    path: Path,
    caption: str = "",
    location: Point | None = None,
    source: Attachment | None = None,
) -> ProgressMedia:
    """Take in a photo or video: what its file says of where and when is kept inside, the copy has none of it.

    Parameters
    ----------
    name, path
        As it came, and where it lies now.
    location
        Where it was taken (EPSG:4490), if somebody says so; it goes before what the file says.
    source
        The diary's photo that it is.

    Raises
    ------
    ValidationError
        There are too many, it is there already, or the source isn't this project's.
    OtherCodec
        A video that browsers can't play: `actions.transcoding.request` takes it in by a job.
    UnusableInput
        As `cleaning.cleaned`.
    """
    require(by, Permission.EDIT_PROJECTS, project)
    if source is not None and source.project_id != project.pk:
        raise ValidationError(_("附件不属于该项目。"), code="source")
    if location is not None and not (abs(location.x) <= 180 and abs(location.y) <= 90):
        raise ValidationError(_("经纬度超出范围。"), code="location")
    came = Came.of(name, path)
    refuse_known(project, came)
    with cleaning.cleaned(came.name, path) as clean, transaction.atomic():
        return keep_media(
            by=by, project=project, came=came, clean=clean, caption=caption, location=location, source=source
        )


@dataclass(frozen=True)
class Came:
    """A file as it was brought: its plain name, its bytes' SHA-256 (hex) and their number."""

    name: str
    sha256: str
    size: int

    @classmethod
    def of(cls, name: str, path: Path) -> Came:
        return cls(files.safe_name(name), _sha256(path), path.stat().st_size)


def refuse_known(project: Project, came: Came) -> None:
    """Raise ValidationError where the project has this very file."""
    if ProgressMedia.objects.filter(project=project, sha256=came.sha256).exists():
        raise ValidationError(_("这个文件已经采集过。"), code="there")


def keep_media(
    *,
    by: User,
    project: Project,
    came: Came,
    clean: cleaning.Cleaned,
    caption: str,
    location: Point | None,
    source: Attachment | None = None,
) -> ProgressMedia:
    """Write down what was cleaned, within the caller's transaction.

    Raises `ValidationError` as `add_media`, and `PermissionDenied`.
    """
    project = locked(project)
    require(by, Permission.EDIT_PROJECTS, project)
    refuse_known(project, came)
    if ProgressMedia.objects.filter(project=project).count() >= MOST_OF_A_PROJECT:
        raise ValidationError(
            _("照片和视频不能超过 %(limit)s 个。"), params={"limit": MOST_OF_A_PROJECT}, code="many"
        )
    where, said_by = location, PositionSource.TYPED if location else ""
    if where is None and clean.position is not None:
        where, said_by = Point(*clean.position, srid=4490), PositionSource.FILE
    row = ProgressMedia.objects.create(
        project=project,
        source=source,
        kind=clean.kind,
        caption=caption.strip()[:200],
        name=came.name,
        sha256=came.sha256,
        size=came.size,
        token=media_store.keep(clean.kind, clean.copy, clean.small),
        width=clean.width,
        height=clean.height,
        taken_at=clean.taken_at,
        location=where,
        position_source=said_by,
        by=by,
    )
    trail.record(
        by=by,
        verb="disclosure.add_media",
        subject=subject(project),
        data={
            "media": row.pk, "kind": row.kind, "name": came.name, "sha256": came.sha256, "caption": row.caption,
        },
    )  # fmt: skip
    return row


@transaction.atomic
def drop_media(*, by: User, media: ProgressMedia) -> None:
    """Delete a photo or video that the public doesn't see now.

    Raises
    ------
    ValidationError
        It is shown: correct or withdraw the disclosure first.
    """
    project = locked(media.project)
    require(by, Permission.EDIT_PROJECTS, project)
    media = ProgressMedia.objects.select_for_update().get(pk=media.pk)
    if media.shown_as:
        raise ValidationError(_("该照片或视频已公开，请先更正或撤回公开内容。"), code="shown")
    paths = [media_store.path_of(media), media_store.path_of(media, preview=True)]
    data = {"media": media.pk, "kind": media.kind, "name": media.name, "sha256": media.sha256}
    media.delete()
    transaction.on_commit(lambda: media_store.drop(paths))
    trail.record(by=by, verb="disclosure.drop_media", subject=subject(project), data=data)


@transaction.atomic
def write_result(
    *, by: User, project: Project, year: int, target: str, result: str = "", grade: str = ""
) -> PerformanceResult:
    """Write down a year's performance target and what its evaluation found; what was released stays as it is.

    Raises
    ------
    ValidationError
        It was released already, or the year or the target is none.
    """
    project = locked(project)
    require(by, Permission.EDIT_PROJECTS, project)
    row = PerformanceResult.objects.filter(project=project, year=year).first()
    if row is not None and row.released_on is not None:
        raise ValidationError(_("该年度评价结果已准予公开，不能再改。"), code="released")
    before = {"target": row.target, "result": row.result, "grade": row.grade} if row else {}
    row = row or PerformanceResult(project=project, year=year)
    row.target, row.result, row.grade = target.strip(), result.strip(), grade.strip()
    row.written_by = by
    if not 1990 <= year <= timezone.localdate().year + 10:
        raise ValidationError(_("年度有误。"), code="year")
    row.full_clean(exclude=["released_by"])
    row.save()
    after = {"target": row.target, "result": row.result, "grade": row.grade}
    trail.record(
        by=by,
        verb="disclosure.write_result",
        subject=subject(project),
        data={"year": year, "before": before, "after": after},
    )
    return row


@transaction.atomic
def release_result(*, by: User, result: PerformanceResult) -> PerformanceResult:
    """Let an evaluation's result be chosen for the public; another person than who wrote it down.

    It is shown with the next publication or correction, which takes two people like every other.
    """
    row = PerformanceResult.objects.select_for_update().select_related("project").get(pk=result.pk)
    project = locked(row.project)
    require(by, Permission.DISCLOSE_PROJECTS, project)
    if row.released_on is not None:
        raise ValidationError(_("该年度评价结果已准予公开。"), code="released")
    if not row.result:
        raise ValidationError(_("还没有评价结果。"), code="no-result")
    if row.written_by_id == by.pk:
        raise ValidationError(_("评价结果须由填写人以外的人准予公开。"), code="one-person")
    row.released_on, row.released_by = timezone.localdate(), by
    row.save(update_fields=["released_on", "released_by"])
    trail.record(by=by, verb="disclosure.release_result", subject=subject(project), data={"year": row.year})
    return row


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
