"""One's own exports: how far they are, and the file while it may still be had."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from gis_projects.atlas.queries import catalogue
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail.models import Job, JobState
from layers.models import LayerVersion

KIND = "atlas.export_layer"
SHOWN = 50


def folder() -> Path:
    """Where finished files wait for their owners."""
    return Path(settings.LOCAL_DIR) / "exports"


@dataclass(frozen=True)
class Export:
    """A job of somebody's, the version it is about, and its file if that can be fetched."""

    job: Job
    version: LayerVersion
    path: Path | None
    name: str
    expires_at: datetime | None

    @property
    def expired(self) -> bool:
        return self.job.state == JobState.DONE and self.path is None


def _own(user: User) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND, actor_id=str(user.pk))


def _export(user: User, job: Job) -> Export:
    """404 where the user may not know of the layer (any more)."""
    code, _at, number = job.subject.partition(":")[2].rpartition("@")
    version = catalogue.version_of(user, code, int(number))
    result = job.result or {}
    expires_at = parse_datetime(result.get("expires_at", "")) if result.get("expires_at") else None
    path = folder() / result["file"] if result.get("file") else None
    gone = expires_at is None or expires_at <= timezone.now() or path is None or not path.exists()
    return Export(job, version, None if gone else path, result.get("name", ""), expires_at)


def exports(user: User) -> list[Export]:
    """The user's newest exports, of layers that they may still know of."""
    require(user, Permission.EXPORT_LAYERS)
    found = []
    for job in _own(user)[:SHOWN]:
        try:
            found.append(_export(user, job))
        except Http404:
            continue
    return found


def export(user: User, pk: int) -> Export:
    """One of the user's own exports; else 404. Asked each time, so a right that went takes the file with it."""
    require(user, Permission.EXPORT_LAYERS)
    job = _own(user).filter(pk=pk).first()
    if job is None:
        raise Http404
    return _export(user, job)
