"""Photos and videos as the public may have them: what the file says of where and when is read, then all of it is gone.

The file is opened only inside the confinement that uploads of layers have (`layers.reading.sandbox`): a photo is
decoded and encoded anew, a video that browsers play copied without its other tracks and without what cameras write
between the frames. Any other video is encoded anew, which takes minutes: a job's work (`actions.transcoding`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
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
    MediaKind.VIDEO: (".mp4", ".mov", ".m4v", ".3gp", ".avi", ".mkv", ".webm"),
}
_SCRIPT = Path(__file__).with_name("confined") / "clean"
_LIMITS = Limits(cpu=40, wall=90.0, memory=3 << 30, output=MOST_BYTES + (16 << 20))
#: For a video that is encoded anew, whatever it says of its length (`confined.clean.transcoding` stops a short one
#: earlier); its job has as long.
TRANSCODING_SECONDS = 2 * 3600
_TRANSCODING = replace(_LIMITS, cpu=2 * TRANSCODING_SECONDS, wall=float(TRANSCODING_SECONDS))
_TOLD = 4  # bytes of each per cent that the script tells
_HEIF = (b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"heim", b"heis")
_WORDS = {
    "unreadable": gettext_noop("文件不完整或已损坏，无法读取"),
    "too-many-pixels": gettext_noop("画面超过 1 亿像素，不接受"),
    "too-long": gettext_noop("视频超过 10 分钟或没有时长，不接受"),
    "no-video": gettext_noop("视频须有且只有一路画面"),
    "codec": gettext_noop("浏览器不能播放该视频的编码，须先转码"),
    "decoder": gettext_noop("不能解码该视频，请另存为 MP4（H.264 或 HEVC）"),
    "rate": gettext_noop("视频帧率超过每秒 240 帧或没有帧率，不接受"),
    "too-many-film-pixels": gettext_noop("须转码的视频画面不能超过 4096 × 2304 像素"),
    "too-slow": gettext_noop("转码用时过长，已中止；请先用手机或电脑另存为 H.264 视频"),
    "changing": gettext_noop("视频中途改变画面大小，不接受"),
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


class OtherCodec(UnusableInput):
    """A video that browsers can't play: it has to be encoded anew first."""


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
        raise _refusal(
            "media-kind", "不接受这种文件，可以是 JPEG、PNG、HEIC 照片或 MP4、MOV、3GP、AVI、MKV、WebM 视频"
        )
    if ending not in ENDINGS[kind]:
        raise _refusal("media-mismatch", "文件内容与扩展名 %(ending)s 不符", ending=ending)
    return kind


@contextmanager
def cleaned(name: str, path: Path, *, transcoding: Callable[[int], None] | None = None) -> Iterator[Cleaned]:
    """The file at ``path``, cleaned; the result's files are gone when the context ends.

    Parameters
    ----------
    transcoding
        Encode a video anew that browsers can't play; told how far it is in per cent, each second at least. It may take
        hours. What it raises ends the work.

    Raises
    ------
    OtherCodec
        A video that browsers can't play, and ``transcoding`` isn't given.
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
        said = _run(kind, path, out, transcoding)
        if "refused" in said:
            kind_of_refusal = OtherCodec if said["refused"] == "codec" else UnusableInput
            words = _WORDS.get(said["refused"], _WORDS["unreadable"])
            raise kind_of_refusal(Notice(f"media-{said['refused']}", words, {}, field="file"))
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


def _run(kind: MediaKind, path: Path, out: Path, transcoding: Callable[[int], None] | None) -> dict[str, Any]:
    anew = kind == MediaKind.VIDEO and transcoding is not None
    task = {"kind": "transcode" if anew else kind.value}
    try:
        with Confined(
            _SCRIPT, task, path, "file", (), limits=_TRANSCODING if anew else _LIMITS, writable=out
        ) as run:
            while len(told := run.output.read(_TOLD)) == _TOLD:
                if transcoding is not None and told.strip().isdigit():
                    transcoding(int(told))
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
    if head.startswith(b"\x1a\x45\xdf\xa3") or (head.startswith(b"RIFF") and head[8:12] == b"AVI "):
        return MediaKind.VIDEO
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
