"""What the work in the background writes about an upload: how far it is, what it found, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from gis_projects.atlas import workflow
from gis_projects.atlas.models import Publication, Upload
from gis_projects.atlas.queries import reference as queries
from gis_projects.atlas.workflow import State
from gis_projects.trail.actions import record
from layers.models import Kind, LayerVersion
from layers.notices import Notice
from layers.progress import Cancelled
from layers.publishing import discard
from layers.reading import suspected_shift

if TYPE_CHECKING:
    from gis_projects.people.models import User


def kept(notice: Notice) -> dict[str, Any]:
    """A notice as JSON."""
    return {
        "code": notice.code,
        "template": notice.template,
        "params": dict(notice.params),
        "line": notice.line,
        "field": notice.field,
        "place": list(notice.place) if notice.place else None,
    }


def progressed(key: UUID, *, expected: State, phase: str, done: int, total: int, percent: int) -> None:
    """Show how far the work is.

    Raises
    ------
    layers.progress.Cancelled
        The upload is no longer in the state that this work is for.
    """
    shown = Upload.objects.filter(pk=key, state=expected).update(
        phase=phase, done=done, total=total, percent=percent, changed_at=timezone.now()
    )
    if not shown:
        raise Cancelled


def inspected(key: UUID, *, sha256: str, inspection: dict[str, Any]) -> Upload:
    """Keep what is in the file. The row is held until the caller's transaction ends."""
    row = Upload.objects.select_for_update().get(pk=key)
    if row.state != State.RECEIVED:
        raise Cancelled
    row.sha256, row.inspection = sha256, inspection
    row.save()
    return row


def held_against_reference(version: LayerVersion) -> None:
    """Note with a staged version where its coordinates look displaced as web maps' are."""
    reference = queries.reference_of(version)
    if reference is None or version.layer.kind != Kind.VECTOR:
        return
    notice = suspected_shift(*queries.neighbourhood(version, reference))
    if notice is not None:
        report = version.report
        version.report = {**report, "notices": [*report.get("notices", []), kept(notice)]}
        version.save(update_fields=["report"])


def submitted(
    version: LayerVersion, *, by: User, request: str = "", verb: str = "atlas.stage_layer", **more: Any
) -> Publication:
    """A version waits for a second person: who brought it and why, beside the version and in the trail."""
    publication = Publication.objects.create(
        version=version, layer=version.layer.code, number=version.number, uploader=by, request=request
    )
    record(
        by=by,
        verb=verb,
        subject=f"layers.version:{version.layer.code}@{version.number}",
        data={
            "root_hash": version.root_hash,
            "source": version.source_name,
            "source_sha256": version.source_sha256,
            "outcome": version.quality.get("outcome", ""),
            "reason": request,
            **more,
        },
    )
    return publication


def staged(key: UUID, version: LayerVersion, *, then: Callable[[Upload], None]) -> Upload:
    """The file is a staged version now. One that was cancelled in the meantime takes the version with it.

    `then` queues what follows, in the same transaction.

    Raises
    ------
    layers.progress.Cancelled
        It was cancelled; the version is gone again.
    """
    with transaction.atomic():
        row = Upload.objects.select_for_update().select_related("owner").get(pk=key)
        alive = row.state == State.STAGING
        if alive:
            workflow.move(row, State.STAGED)
            row.version, row.number = version, version.number
            row.phase, row.percent, row.notices = "", 100, []
            row.save()
            submitted(version, by=row.owner, upload=str(row.uuid))
            then(row)
        else:
            discard(version)
    if not alive:
        raise Cancelled
    return row


def _ended(key: UUID, state: State, notices: Sequence[Notice]) -> bool:
    """End the work at hand, unless someone was faster; says whether it did."""
    return bool(
        Upload.objects.filter(pk=key, state__in=workflow.AT_WORK).update(
            state=state, notices=[kept(notice) for notice in notices], phase="", changed_at=timezone.now()
        )
    )


def refused(key: UUID, notices: Sequence[Notice]) -> bool:
    """The file or an answer can't be used: its owner may answer anew, or bring another file."""
    return _ended(key, State.REFUSED, notices)


def failed(key: UUID, notice: Notice) -> bool:
    """Something broke that isn't the file's fault: its owner may try again."""
    return _ended(key, State.FAILED, [notice])


def give_up(row: Upload) -> None:
    """Cancelled, with nothing left but the row."""
    workflow.move(row, State.CANCELLED)
    row.version, row.phase = None, ""
    row.save()
