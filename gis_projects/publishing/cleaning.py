"""Photos and videos as the public may have them: what the file says of where and when is read, then all of it is gone.

The file is opened only inside the confinement that uploads of layers have (`layers.reading.sandbox`): a photo is
decoded and encoded anew, a video copied without its other tracks and without what cameras write between the frames.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from gis_projects.disclosure.models import MediaKind
from layers.notices import UnreadableFile
from layers.reading.sandbox import Confined, Limits
from siting.engine.notices import Notice, UnusableInput

MOST_BYTES = 100 * 1024 * 1024
MOST_PHOTO_BYTES = 30 * 1024 * 1024
ENDINGS = {
    MediaKind.PHOTO: (".jpg", ".jpeg", ".png", ".heic", ".heif"),
    MediaKind.VIDEO: (".mp4", ".mov", ".m4v"),
}
_SCRIPT = Path(__file__).with_name("confined") / "clean.py"
_LIMITS = Limits(cpu=40, wall=90.0, memory=3 << 30, output=MOST_BYTES + (16 << 20))
_HEIF = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim", b"heis")
_WORDS = {
    "unreadable": gettext_noop("文件不完整或已损坏，无法读取"),
    "too-many-pixels": gettext_noop("画面超过 1 亿像素，不接受"),
    "too-long": gettext_noop("视频超过 10 分钟或没有时长，不接受"),
    "no-video": gettext_noop("视频须有且只有一路画面"),
    "codec": gettext_noop("视频须为 H.264 编码（手机相机可设为“兼容性最佳”）"),
}


@dataclass(frozen=True)
class Cleaned:
    """Two files without metadata, ``small`` being at most 480 px, and what the original said: ``position`` as longitude
    and latitude in degrees, ``taken_at`` by the camera's clock.
    """

    kind: str
    copy: Path
    small: Path
    width: int
    height: int
    position: tuple[float, float] | None
    taken_at: datetime | None


def kind_of(name: str, head: bytes) -> MediaKind:
    """Whether this is a photo or a video, by its first bytes; its name must say the same.

    Raises
    ------
    UnusableInput
        It is neither, or not what its name says.
    """
    kind = _sniffed(head)
    ending = Path(name).suffix.lower()
    if kind is None or ending not in (*ENDINGS[MediaKind.PHOTO], *ENDINGS[MediaKind.VIDEO]):
        raise _refusal("media-kind", "不接受这种文件，可以是 JPEG、PNG、HEIC 照片或 MP4、MOV 视频")
    if ending not in ENDINGS[kind]:
        raise _refusal("media-mismatch", "文件内容与扩展名 %(ending)s 不符", ending=ending)
    return kind


@contextmanager
def cleaned(name: str, path: Path) -> Iterator[Cleaned]:
    """The file at ``path``, cleaned; the result's files are gone when the context ends.

    Raises
    ------
    UnusableInput
        Empty, too large, of a kind that isn't taken, damaged, or hostile; in words for who brought it.
    """
    size = path.stat().st_size
    if not size:
        raise _refusal("media-empty", "文件是空的")
    with path.open("rb") as file:
        kind = kind_of(name, file.read(32))
    most = MOST_PHOTO_BYTES if kind == MediaKind.PHOTO else MOST_BYTES
    if size > most:
        raise _refusal("media-too-large", "文件超过 %(limit)s MB", limit=most >> 20)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        said = _run(kind, path, out)
        if "refused" in said:
            raise _refusal(f"media-{said['refused']}", _WORDS.get(said["refused"], _WORDS["unreadable"]))
        position = said.get("position")
        yield Cleaned(
            kind=kind,
            copy=out / ("copy.jpg" if kind == MediaKind.PHOTO else "copy.mp4"),
            small=out / "small.jpg",
            width=int(said["width"]),
            height=int(said["height"]),
            position=(float(position[0]), float(position[1])) if position else None,
            taken_at=_moment(said.get("taken")),
        )


def _run(kind: MediaKind, path: Path, out: Path) -> dict[str, Any]:
    try:
        with Confined(
            _SCRIPT, {"kind": kind.value}, path, "file", (), limits=replace(_LIMITS), writable=out
        ) as run:
            run.output.read()
            return run.finish()
    except UnreadableFile as refused:
        raise UnusableInput(
            Notice("media-reader", "文件无法安全地读取：%(reason)s", {"reason": str(refused)})
        ) from refused


def _sniffed(head: bytes) -> MediaKind | None:
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return MediaKind.PHOTO
    if head[4:8] == b"ftyp":
        return MediaKind.PHOTO if head[8:12] in _HEIF else MediaKind.VIDEO
    return None


def _moment(text: str | None) -> datetime | None:
    """A camera's clock has no zone and means the platform's; a phone's video says its own."""
    if not text:
        return None
    try:
        found = datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        try:
            parsed = parse_datetime(text.strip())
        except ValueError:
            return None
        if parsed is None:
            return None
        found = parsed
    moment = timezone.make_aware(found) if timezone.is_naive(found) else found
    return moment if moment <= timezone.now() and moment.year >= 1990 else None


def _refusal(code: str, template: str, **params: object) -> UnusableInput:
    return UnusableInput(Notice(code, template, params, field="file"))
