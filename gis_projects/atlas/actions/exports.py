"""Features leave the house: at once or by a job, each time with a step in the trail."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.atlas.queries.exports import KIND, folder
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.sentences import sentence
from gis_projects.trail import actions as trail
from gis_projects.trail.jobs import OPEN, start
from gis_projects.trail.models import Job
from layers import browsing, exporting
from layers.browsing import Selection
from layers.exporting import Written
from layers.models import LayerVersion

DIRECT = 20_000  # features that are written while somebody waits
KEPT = timedelta(days=3)
LIMIT_SECONDS = 6 * 3600
MAX_OPEN = 5  # exports of one person that are queued or running
MAX_KEPT_BYTES = 20 * 1024**3  # of everybody's finished files together


def check(*, by: User, version: LayerVersion, kind: str, epsg: int, encoding: str) -> None:
    """Raise unless the user may take the layer out, in a form that there is."""
    require(by, Permission.EXPORT_LAYERS, Scope(secrecy=version.layer.secrecy))
    errors = {}
    chosen = exporting.FORMATS.get(kind)
    if chosen is None:
        errors["format"] = [_("没有这种格式。")]
    if epsg not in exporting.EPSG_CODES or (chosen is not None and epsg != 4490 and not chosen.zones):
        errors["crs"] = [_("这种格式不能按所选坐标系导出。")]
    if encoding not in ("utf-8", "gbk"):
        errors["encoding"] = [_("文本编码只能是 UTF-8 或 GBK。")]
    if errors:
        raise ValidationError(errors)


def small(version: LayerVersion, selection: Selection) -> bool:
    """Whether an export is ready while somebody waits."""
    return browsing.count(version, selection, at_most=DIRECT).exact


def file_name(version: LayerVersion, kind: str) -> str:
    """Layer, version and the beginning of its root hash: what the file is, wherever it goes."""
    return f"{version.layer.code}_v{version.number}_{version.root_hash[:8]}{exporting.FORMATS[kind].ending}"


def export_now(
    *,
    by: User,
    version: LayerVersion,
    selection: Selection,
    kind: str,
    epsg: int = 4490,
    encoding: str = "utf-8",
) -> tuple[IO[bytes], Written]:
    """Write a small export; the file that is returned goes when it is closed.

    Raises
    ------
    Refused
        The format can't hold it.
    """
    check(by=by, version=version, kind=kind, epsg=epsg, encoding=encoding)
    with tempfile.TemporaryDirectory(prefix="export-") as place:
        path = Path(place) / file_name(version, kind)
        written = exporting.write(version, path, kind, selection=selection, epsg=epsg, encoding=encoding)
        _record(by, version, selection, kind, epsg, encoding, written)
        return path.open("rb"), written


def _record(
    by: User,
    version: LayerVersion,
    selection: Selection,
    kind: str,
    epsg: int,
    encoding: str,
    written: Written,
) -> None:
    trail.record(
        by=by,
        verb="atlas.export_layer",
        subject=subject(version),
        data={
            "root_hash": version.root_hash, "secrecy": version.layer.secrecy, "selection": to_json(selection),
            "format": kind, "crs": f"EPSG:{epsg}", "encoding": encoding, "features": written.features,
            "bytes": written.size, "sha256": written.sha256,
        },
    )  # fmt: skip


def subject(version: LayerVersion) -> str:
    return f"layers.version:{version.layer.code}@{version.number}"


def to_json(selection: Selection) -> dict[str, Any]:
    """A selection of a page (boxes, filters, words, bounds of the area) for the trail and for a job."""
    told = {name: value for name, value in asdict(selection).items() if name != "area"}
    return {**told, "boxes": [list(box) for box in selection.boxes], "filters": dict(selection.filters)}


def from_json(told: dict[str, Any]) -> Selection:
    boxes = tuple((box[0], box[1], box[2], box[3]) for box in told["boxes"])
    return Selection(**{**told, "boxes": boxes})


@transaction.atomic
def request_export(
    *,
    by: User,
    version: LayerVersion,
    selection: Selection,
    kind: str,
    epsg: int = 4490,
    encoding: str = "utf-8",
) -> Job:
    """Queue an export; its file waits for its owner for some days."""
    from gis_projects.atlas.export_jobs import export_layer

    check(by=by, version=version, kind=kind, epsg=epsg, encoding=encoding)
    sweep()
    _refuse_crowd(by)
    return start(
        export_layer, by=by, kind=KIND, subject=subject(version), limit_seconds=LIMIT_SECONDS, user=by.pk,
        code=version.layer.code, number=version.number, selection=to_json(selection), kind_of_file=kind, epsg=epsg,
        encoding=encoding,
    )  # fmt: skip


def _refuse_crowd(by: User) -> None:
    """Nobody fills the queue or the disk with the same million features over and over."""
    User.objects.select_for_update().get(pk=by.pk)  # two requests at once count each other
    if Job.objects.filter(kind=KIND, actor_id=str(by.pk), state__in=OPEN).count() >= MAX_OPEN:
        raise ValidationError(
            _("您已有 %(count)d 项导出在排队或进行，请等它们完成。"), params={"count": MAX_OPEN}, code="many"
        )
    refuse_full()


def refuse_full() -> None:
    """Raise `ValidationError` while the finished files of everybody fill the room that is theirs."""
    kept = folder().glob("*") if folder().exists() else ()
    if sum(path.stat().st_size for path in kept if path.is_file()) > MAX_KEPT_BYTES:
        raise ValidationError(
            _("导出文件已占满留给它们的空间，请过几天再导出，或联系管理员清理。"), code="full"
        )


def export_for(
    *,
    by: User,
    version: LayerVersion,
    selection: Selection,
    kind: str,
    epsg: int,
    encoding: str,
    counting: Callable[[int], None],
) -> dict[str, Any]:
    """What a job does: the file among the finished ones, and the step. Returns what the job's row keeps."""
    check(by=by, version=version, kind=kind, epsg=epsg, encoding=encoding)
    place = folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = place / f"{secrets.token_hex(16)}{exporting.FORMATS[kind].ending}"
    written = exporting.write(
        version, path, kind, selection=selection, epsg=epsg, encoding=encoding, counting=counting
    )
    try:
        _record(by, version, selection, kind, epsg, encoding, written)
    except BaseException:
        path.unlink()
        raise
    return {
        "file": path.name,
        "name": file_name(version, kind),
        "media_type": exporting.FORMATS[kind].media_type,
        "features": written.features,
        "size": written.size,
        "sha256": written.sha256,
        "notices": [sentence(notice) for notice in written.notices],
        "expires_at": (timezone.now() + KEPT).isoformat(),
    }


def note_download(*, by: User, version: LayerVersion, sha256: str) -> None:
    """Record that a finished file was fetched."""
    trail.record(by=by, verb="atlas.download_export", subject=subject(version), data={"sha256": sha256})


def sweep() -> int:
    """Delete finished files past their time, and what writing left behind; returns how many went."""
    oldest = (timezone.now() - KEPT).timestamp()
    gone = 0
    for path in folder().glob("*") if folder().exists() else ():
        if path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
