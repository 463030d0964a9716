"""What a person does with a file that is to become a layer's next version: bring it, answer, cancel, try again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.atlas import jobs, questions, upload_files, workflow
from gis_projects.atlas.actions import staging
from gis_projects.atlas.models import Publication, Upload
from gis_projects.atlas.queries import uploads as queries
from gis_projects.atlas.workflow import State
from gis_projects.people.permissions import Permission, require
from gis_projects.trail.actions import record
from gis_projects.trail.jobs import OPEN, start
from layers.notices import Notice, Refused
from layers.publishing import discard

if TYPE_CHECKING:
    from gis_projects.people.models import User

#: Unfinished uploads that one person may have.
MAX_OPEN = 50
#: A staged file's own job may run long: a million features on an old server.
LIMIT_SECONDS = 6 * 3600
_LOCK = 0x75706C6F  # whoever announces a new file waits for the others: together they stay below the limit


class OffsetMismatch(Exception):
    """The bytes don't go on where the upload stands; `offset` is where that is."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(offset)


class DamagedChunk(Exception):
    """The bytes aren't those that were sent."""


class NoRoom(Exception):
    """There is no place for so many bytes; the message is for a person."""


def begin(
    *,
    by: User,
    filename: str,
    size: int,
    layer: str = "",
    sha256: str = "",
    answers: Mapping[str, Any] | None = None,
) -> Upload:
    """Announce a file; its bytes follow by `append`.

    Parameters
    ----------
    layer, answers
        What is known of it already; nothing is asked about that then.
    sha256
        The whole file's, hex, where whoever sends it knows it: compared when all is here.

    Raises
    ------
    NoRoom
        The file is too large, or too much is under way.
    layers.notices.Refused
        The layer or an answer can't be.
    """
    require(by, Permission.UPLOAD_LAYERS)
    limit = settings.UPLOAD_MAX_BYTES
    if size > limit:
        raise NoRoom(
            _("文件有 %(size)d MB，超过上限 %(limit)d MB。")
            % {"size": size // 1024**2, "limit": limit // 1024**2}
        )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _refuse_crowd(by, size)
        row = Upload(owner=by, filename=upload_files.safe_name(filename), size=size, sha256=sha256.lower())
        _name_layer(row, by, layer)
        if answers:
            row.answers = _early(answers, row)
        row.full_clean()
        row.save(force_insert=True)
    return row


def _refuse_crowd(by: User, size: int) -> None:
    give_up_old()
    mine = Upload.objects.filter(owner=by).exclude(state__in=workflow.ENDED).count()
    if mine >= MAX_OPEN:
        raise NoRoom(_("您有 %(count)d 份未完成的文件，请先完成或取消一些。") % {"count": mine})
    if queries.announced() + size > settings.UPLOAD_TOTAL_BYTES:
        raise NoRoom(_("上传区已满，请等其他文件处理完，或请管理员清理后再传。"))
    if queries.still_to_come() + size > upload_files.free():
        raise NoRoom(_("服务器磁盘空间不足，请联系管理员清理后再传。"))


def _name_layer(row: Upload, by: User, code: str) -> None:
    """Set the layer that the file is for; one that its owner may not know of doesn't exist for them."""
    if not code:
        return
    if not queries.layers_for(by).filter(code=code).exists():
        raise Refused(Notice("layer-unknown", "没有代码为 %(code)s 的图层。", {"code": code}, field="layer"))
    row.layer = code


def _early(answers: Mapping[str, Any], row: Upload) -> dict[str, Any]:
    """Answers before the file is here; what depends on its content is checked when it is asked for."""
    later = {
        name: answers[name]
        for name in ("file_layer", "epsg", "swap_axes", "band", "mapping")
        if answers.get(name)
    }
    now = {name: value for name, value in answers.items() if name not in later}
    checked = questions.checked(now, inspection={}, layer=queries.layer_of(row), before={})
    return {**checked, **later}


def _locked(by: User, key: UUID) -> Upload:
    """The user's own upload, held until the transaction ends."""
    queries.upload(by, key)
    return Upload.objects.select_for_update().get(pk=key)


def append(*, by: User, key: UUID, offset: int, content: bytes, crc32: int | None = None) -> Upload:
    """Take the next bytes of a file. When they are the last ones, the file is looked at in the background.

    Raises
    ------
    OffsetMismatch, DamagedChunk, upload_files.DiskFull
        Nothing was taken; the upload stands where it stood.
    """
    if crc32 is not None and zlib.crc32(content) != crc32:
        raise DamagedChunk
    with transaction.atomic():
        row = _locked(by, key)
        if row.state != State.RECEIVING or offset != row.received:
            raise OffsetMismatch(row.received)
        if offset + len(content) > row.size:
            raise ValidationError(_("收到的内容多于所报的文件大小。"), code="size")
        upload_files.write(row.uuid, row.filename, offset, content)
        row.received += len(content)
        row.crc32 = zlib.crc32(content, row.crc32)
        if row.received == row.size:
            workflow.move(row, State.RECEIVED)
            row.job = start(
                jobs.inspect_upload, by=by, kind="atlas.inspect_upload", subject=f"atlas.upload:{row.uuid}",
                limit_seconds=LIMIT_SECONDS, upload=str(row.uuid),
            )  # fmt: skip
        row.save()
    return row


def answer(*, by: User, key: UUID, given: Mapping[str, Any]) -> Upload:
    """Say what the file leaves open; when nothing is any more, it goes on to be staged.

    Raises
    ------
    layers.notices.Refused
        An answer can't be used; nothing was kept.
    """
    with transaction.atomic():
        row = _locked(by, key)
        if row.state not in workflow.ANSWERABLE or not row.inspection:
            raise workflow.wrong_state(row.state)
        code = str(given.get("layer") or "")
        if code and code != row.layer:
            _name_layer(row, by, code)
            row.answers.pop("mapping", None)
        row.answers = questions.checked(
            given, inspection=row.inspection, layer=queries.layer_of(row), before=row.answers
        )
        row.notices = []
        workflow.move(row, State.ASKING)
        row.save()
        return jobs.go_on(row)


def retry(*, by: User, key: UUID) -> Upload:
    """Try again what failed or was refused, with the same file and the same answers."""
    with transaction.atomic():
        row = _locked(by, key)
        if row.state not in workflow.RETRYABLE:
            raise workflow.wrong_state(row.state)
        if row.inspection:
            row.notices = []
            return jobs.go_on(row)
        workflow.move(row, State.RECEIVED)
        row.notices = []
        row.job = start(
            jobs.inspect_upload, by=by, kind="atlas.inspect_upload", subject=f"atlas.upload:{row.uuid}",
            limit_seconds=LIMIT_SECONDS, upload=str(row.uuid),
        )  # fmt: skip
        row.save()
        return row


def cancel(*, by: User, key: UUID) -> Upload:
    """Give a file up, wherever it is on its way; work that is under way sees it and leaves nothing behind."""
    with transaction.atomic():
        queries.upload(by, key)
        # In the order of whoever publishes or sends back: the publication first, lest the two wait for each other.
        list(Publication.objects.select_for_update().filter(version__upload=key))
        row = _locked(by, key)
        version = row.version
        staging.give_up(row)
        if version is not None:
            Publication.objects.filter(version=version).delete()
            record(
                by=by,
                verb="atlas.cancel_layer",
                subject=f"layers.version:{row.layer}@{version.number}",
                data={"upload": str(row.uuid), "root_hash": version.root_hash},
            )
            discard(version)
        transaction.on_commit(lambda: _remove(row))
    return row


def _remove(row: Upload) -> None:
    upload_files.remove(row.uuid)


def give_up_old() -> int:
    """Cancel uploads that nobody went on with for UPLOAD_DAYS; returns how many. Their files go with `tidy`."""
    before = timezone.now() - timedelta(days=settings.UPLOAD_DAYS)
    waiting = [State.RECEIVING, State.ASKING, State.REFUSED, State.FAILED]
    notice = staging.kept(
        Notice("upload-expired", "超过 %(days)d 天没有继续，已自动取消。", {"days": settings.UPLOAD_DAYS})
    )
    return Upload.objects.filter(state__in=waiting, changed_at__lt=before).update(
        state=State.CANCELLED, notices=[notice], changed_at=timezone.now()
    )


def tidy() -> dict[str, int]:
    """Give up what nobody went on with, end what lost its job, and remove files that nothing needs; says how many."""
    expired = give_up_old()
    stranded = 0
    for row in Upload.objects.filter(state__in=workflow.AT_WORK):
        if row.job is None or row.job.state not in OPEN:
            stranded += staging.failed(
                row.uuid, Notice("job-lost", "处理任务已经中断，请重试；再次失败时请联系管理员。")
            )
    there = upload_files.folders()  # before the rows: an upload has its row before it has a folder
    needed = set(Upload.objects.exclude(state__in=workflow.ENDED).values_list("pk", flat=True))
    gone = [key for key in there if key not in needed]
    freed = sum(upload_files.remove(key) for key in gone)
    return {"expired": expired, "stranded": stranded, "folders": len(gone), "bytes": freed}
