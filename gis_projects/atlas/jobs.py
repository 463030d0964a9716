"""Uploads in the background: look at the file, stage it, make the tiles of small zooms.

Each job may be run again from its beginning (its worker was killed): what a dead run left is taken away first, and
what it had finished is not done twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from gis_projects.atlas import questions, upload_files, workflow
from gis_projects.atlas.actions import staging
from gis_projects.atlas.models import Publication, Upload
from gis_projects.atlas.queries import uploads as queries
from gis_projects.atlas.workflow import State
from gis_projects.trail.jobs import Progress, job, start
from layers import loading, overviews, reading
from layers.full_disk import is_full
from layers.models import Kind, Layer, LayerVersion, Status
from layers.notices import Notice, Refused
from layers.progress import Cancelled, Phase
from layers.publishing import discard, lock

logger = logging.getLogger(__name__)

EVERY = 0.5  # seconds between two reports
INSPECTING = "inspecting"
#: Which part of the whole each phase is, in per cent from and to; a large layer spent its time like this.
SPANS = {
    Phase.READING: (0, 10),
    Phase.CHECKING: (10, 45),
    Phase.CUTTING: (45, 55),
    Phase.WRITING: (55, 75),
    Phase.QUALITY: (75, 100),
    Phase.GENERALISING: (0, 100),
    Phase.PUBLISHING: (100, 100),
}
LIMIT_SECONDS = 6 * 3600


class Watch:
    """Tells how far the work on an upload is, at most twice a second; stops the work when the upload was cancelled."""

    def __init__(self, progress: Progress, key: UUID, expected: State) -> None:
        self._progress, self._key, self._expected = progress, key, expected
        self._next, self._percent, self._phase = 0.0, 0, ""

    def __call__(self, phase: Phase, done: int, total: int) -> None:
        low, high = SPANS[phase]
        share = min(1.0, done / total) if total else 0.0
        self.tell(str(phase), done, total, int(low + share * (high - low)))

    def tell(self, phase: str, done: int, total: int, percent: int) -> None:
        """Report a phase of any name; phases may take turns, the percentage only grows."""
        now = time.monotonic()
        if now < self._next and phase == self._phase:
            return
        self._next, self._phase, self._percent = now + EVERY, phase, max(self._percent, percent)
        if connection.in_atomic_block:
            # Nobody would see it before that transaction ends, and the row would be held until then.
            if not Upload.objects.filter(pk=self._key, state=self._expected).exists():
                raise Cancelled
            return
        staging.progressed(
            self._key, expected=self._expected, phase=phase, done=done, total=total, percent=self._percent
        )
        self._progress.report(self._percent, queries.PHASES[phase])


def _carefully(key: UUID, expected: State, work: Callable[[Upload], None]) -> dict[str, Any]:
    """Do the work of a state; whatever becomes of it, the upload says so, and a cancelled one leaves no file."""
    row = Upload.objects.select_related("owner").filter(pk=key).first()
    if row is None or row.state != expected:
        return {"state": row.state if row is not None else "gone"}
    try:
        work(row)
    except Cancelled:
        upload_files.remove(key)
    except Refused as refusal:
        staging.refused(key, refusal.notices)
    except Exception as error:
        if not connection.is_usable():
            connection.close()  # the next question gets a new one
        if Upload.objects.filter(pk=key, state=State.CANCELLED).exists():
            upload_files.remove(key)  # its file went while it was read
        else:
            staging.failed(key, _why(error))
            raise
    return {"state": Upload.objects.values_list("state", flat=True).get(pk=key)}


def _why(error: Exception) -> Notice:
    """What a failure means for whoever waits, and what to do."""
    if is_full(error):
        return Notice("disk-full", "服务器磁盘空间不足，没有写入任何内容。请联系管理员清理后点“重试”。")
    if isinstance(error, FileNotFoundError):
        return Notice("file-gone", "服务器上的文件已不在，请取消后重新上传。")
    return Notice(
        "stage-failed", "处理时出错，没有写入任何内容；详情见服务器日志。请点“重试”，再次失败时请联系管理员。"
    )


# --- looking at the file --------------------------------------------------------------------------


@job
def inspect_upload(progress: Progress, *, upload: str) -> dict[str, Any]:
    """What is in the file: the format, its layers, fields and coordinate systems."""
    key = UUID(upload)
    watch = Watch(progress, key, State.RECEIVED)

    def work(row: Upload) -> None:
        path = upload_files.path(row.uuid, row.filename)
        digest = upload_files.sha256(
            path, lambda done: watch.tell(INSPECTING, done, row.size, int(90 * done / row.size))
        )
        if row.sha256 and row.sha256 != digest:
            raise Refused(
                Notice("sha256-differs", "收到的文件与提交方给出的 SHA-256 不一致，请取消后重新上传。")
            )
        inspection = reading.inspect(path, region=queries.region()).to_json()
        with transaction.atomic():
            go_on(staging.inspected(key, sha256=digest, inspection=inspection))

    return _carefully(key, State.RECEIVED, work)


def go_on(row: Upload) -> Upload:
    """Ask what is still open, or queue the staging; in the caller's transaction, which holds the row."""
    layer = queries.layer_of(row)
    if layer is not None and (row.inspection.get("kind") or Kind.VECTOR) != layer.kind:
        raise Refused(
            Notice(
                "kind-differs", "图层 %(layer)s 是%(wanted)s图层，而文件内容是%(found)s。",
                {
                    "layer": layer.code,
                    "wanted": str(layer.get_kind_display()),
                    "found": str(Kind(row.inspection["kind"]).label),
                },
                field="layer",
            )
        )  # fmt: skip
    row.phase, row.done, row.total, row.percent = "", 0, 0, 0
    if questions.open_questions(row.inspection, layer, row.answers):
        workflow.move(row, State.ASKING)
    else:
        workflow.move(row, State.STAGING)
        row.job = start(
            stage_upload, by=row.owner, kind="atlas.stage_upload", subject=f"atlas.upload:{row.uuid}",
            limit_seconds=LIMIT_SECONDS, upload=str(row.uuid),
        )  # fmt: skip
    row.save()
    return row


# --- staging --------------------------------------------------------------------------------------


@job
def stage_upload(progress: Progress, *, upload: str) -> dict[str, Any]:
    """The file as the layer's next version, waiting for a second person."""
    key = UUID(upload)
    watch = Watch(progress, key, State.STAGING)

    def work(row: Upload) -> None:
        loading.tidy()  # what a killed run of this left behind
        # asked again: since the file came, a right may have gone or the layer become confidential
        layer = queries.layers_for(row.owner).filter(code=row.layer).first()
        if layer is None:
            raise Refused(
                Notice("layer-unknown", "没有代码为 %(code)s 的图层。", {"code": row.layer}, field="layer")
            )
        version = _finished_before(row, layer) or _stage(row, layer, watch)
        try:
            staging.held_against_reference(version)
            staging.staged(key, version, then=lambda row: follow_with_overviews(version, by=row.owner))
        except Exception:
            if connection.is_usable():
                discard(version)
            raise

    return _carefully(key, State.STAGING, work)


def _finished_before(row: Upload, layer: Layer) -> LayerVersion | None:
    """The version that a run of this job staged before it was killed, just short of saying so.

    An older one may be of the same file, but of other answers.
    """
    if row.job is None:
        return None
    waiting = LayerVersion.objects.filter(
        layer=layer, status=Status.STAGED, source_sha256=row.sha256, staged_at__gte=row.job.created_at
    )
    return waiting.exclude(pk__in=Publication.objects.values("version")).first()


def _stage(row: Upload, layer: Layer, watch: Watch) -> LayerVersion:
    path = upload_files.path(row.uuid, row.filename)
    answers = row.answers
    told: dict[str, Any] = {
        "source_date": _day(answers.get("source_date")),
        "legal_source": answers.get("legal_source") or "",
        "valid_from": _day(answers.get("valid_from")),
        "valid_to": _day(answers.get("valid_to")),
        "epsg": answers.get("epsg"),
        "progress": watch,
    }
    if layer.kind == Kind.RASTER:
        return loading.stage_raster(layer, path, band=answers.get("band"), **told)
    return loading.stage(
        layer, path, coverage=coverage(answers.get("coverage")), layer_name=answers.get("file_layer"),
        swap_axes=bool(answers.get("swap_axes")), mapping=_mapping(row, layer), region=queries.region(), **told,
    )  # fmt: skip


def _mapping(row: Upload, layer: Layer) -> dict[str, str] | None:
    """The mapping that was answered, or the one that was so clear that nobody had to."""
    answered: dict[str, str] | None = row.answers.get("mapping")
    file_layer = questions.chosen(row.inspection, row.answers)
    if answered is not None or file_layer is None:
        return answered
    return questions.mapping_of(layer, file_layer) or None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def coverage(answer: Any) -> Any:
    """The answer about the coverage as a shapely geometry; None leaves it to the loader, which keeps a given one."""
    if answer == "region":
        return queries.region()
    if answer in (None, "before", "features"):
        return None
    return questions.geometry_of(answer)


# --- the tiles of small zooms ---------------------------------------------------------------------


def follow_with_overviews(version: LayerVersion, *, by: Any) -> None:
    """Queue what is left to draw of a staged version."""
    if version.overviews_done:
        return
    start(
        make_overviews, by=by, kind="atlas.make_overviews",
        subject=f"layers.version:{version.layer.code}@{version.number}", limit_seconds=LIMIT_SECONDS,
        version=version.pk,
    )  # fmt: skip


@job
def make_overviews(progress: Progress, *, version: int) -> dict[str, Any]:
    """The tiles below the detail zoom, block after block; a killed run goes on with the next block."""
    row = (
        LayerVersion.objects.select_related("layer").filter(pk=version).exclude(status=Status.STAGING).first()
    )
    if row is None or row.overviews_done:
        return {"blocks": 0}
    planned = progress.once("plan", lambda: [block.to_json() for block in overviews.plan(row)])
    label = queries.PHASES["generalising"]
    for number, data in enumerate(planned):
        block = overviews.Block.from_json(data)
        if not progress.once(f"block {block.name}", lambda block=block: _make(row, block)):  # type: ignore[misc]
            return {"blocks": number}
        progress.report(100 * (number + 1) / (len(planned) + 1), label)
    progress.once("finish", lambda: overviews.finish(row))
    return {"blocks": len(planned)}


def _make(version: LayerVersion, block: Any) -> bool:
    """Make one block unless the version was discarded; who discards it waits, and takes these tiles too."""
    lock(version.layer)
    if not LayerVersion.objects.filter(pk=version.pk).exists():
        return False
    overviews.make(version, block)
    return True
