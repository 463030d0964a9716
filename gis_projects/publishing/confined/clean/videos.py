"""A video's picture without all that is not its picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .saying import MOST_PIXELS, OUT, SMALL, placed, refuse, say
from .transcoding import filmed_off

COPY = OUT / "copy.mp4"
MOST_SECONDS = 600
_ISO6709 = re.compile(r"^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)")
#: What every browser decodes: 8 bits, colours at half resolution.
_PLAYED = ("h264", ("yuv420p", "yuvj420p"))
#: A quarter turn by the container, and what turns a picture so.
_QUARTERS = {-90: "ROTATE_270", 90: "ROTATE_90", 180: "ROTATE_180", -180: "ROTATE_180"}


def video(path: str, *, transcode: bool) -> None:
    import av

    av.logging.set_level(av.logging.PANIC)
    try:
        with av.open(path, format=container(path), metadata_errors="ignore") as source:
            pictures = [stream for stream in source.streams.video if stream.codec_context.name]
            if len(pictures) != 1:
                refuse("no-video")
            stream = pictures[0]
            seconds = float(source.duration or 0) / av.time_base
            if not 0 < seconds <= MOST_SECONDS:
                refuse("too-long")
            if stream.width * stream.height > MOST_PIXELS:
                refuse("too-many-pixels")
            said = {key.lower(): value for key, value in {**stream.metadata, **source.metadata}.items()}
            codec = stream.codec_context
            plays = codec.name == _PLAYED[0] and codec.pix_fmt in _PLAYED[1] and source.format.name != "avi"
            if plays:
                copy(source, stream)
            elif transcode:
                draft = OUT / "draft.mp4"
                filmed_off(source, stream, draft, seconds)
                with av.open(str(draft), format="mov") as made:  # its encoder's own notes go as a camera's do
                    copy(made, made.streams.video[0])
                draft.unlink()
            else:
                refuse("codec")
        blank(COPY)
        size = preview()
    except (av.FFmpegError, ValueError, OverflowError):
        refuse("unreadable")
    say(
        {
            "position": position(said),
            "taken": said.get("com.apple.quicktime.creationdate") or said.get("creation_time"),
            "width": size[0],
            "height": size[1],
        }
    )


def container(path: str) -> str:
    """The one demuxer that may open it, by its first bytes."""
    with open(path, "rb") as file:
        head = file.read(12)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    return "avi" if head.startswith(b"RIFF") else "mov"


def copy(source: Any, stream: Any) -> None:
    """The picture's packets alone, in a container that a browser plays before it has all of it."""
    import av
    from av.bitstream import BitStreamFilterContext

    with av.open(
        str(COPY), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}
    ) as target:
        kept = target.add_stream_from_template(stream)
        kept.metadata.clear()
        target.metadata.clear()
        # SEI (6) holds what the camera adds; delimiters (9) and filler (12) say nothing.
        bare = BitStreamFilterContext("filter_units=remove_types=6|9|12", stream, kept)
        frames = 0
        for packet in source.demux(stream):
            if packet.dts is None:
                continue
            for left in bare.filter(packet):
                left.stream = kept
                target.mux(left)
                frames += 1
        for left in bare.filter(None):
            left.stream = kept
            target.mux(left)
    if not frames:
        refuse("unreadable")


def preview() -> tuple[int, int]:
    """One picture of the copy, to be looked at before it is chosen; returns its width and height as it is seen."""
    import av
    from PIL import Image

    with av.open(str(COPY)) as again:
        frame = next(again.decode(video=0), None)
        if frame is None:
            refuse("unreadable")
        picture = frame.to_image()
        turn = _QUARTERS.get(round(frame.rotation))
    if turn:
        picture = picture.transpose(Image.Transpose[turn])
    size = (picture.width, picture.height)
    picture.thumbnail((SMALL, SMALL))
    picture.save(OUT / "small.jpg", "JPEG", quality=80)
    return size


def position(said: dict[str, str]) -> list[float] | None:
    """As ISO 6709 has it in the container's notes: latitude first."""
    match = _ISO6709.match(said.get("com.apple.quicktime.location.iso6709") or said.get("location") or "")
    found = placed(float(match[2]), float(match[1])) if match else None
    return found if found and abs(found[0]) <= 180 and abs(found[1]) <= 90 else None


def blank(path: Path) -> None:
    """The container's own notes (``moov.udta``), which its writer always makes, become as much empty space."""
    content = bytearray(path.read_bytes())
    for at, size, name in boxes(content, 0, len(content)):
        if name != b"moov":
            continue
        for inner, length, kind in boxes(content, at + 8, at + size):
            if kind in (b"udta", b"meta"):
                content[inner + 4 : inner + length] = b"free" + bytes(length - 8)
    path.write_bytes(content)


def boxes(content: bytearray, at: int, end: int) -> Iterator[tuple[int, int, bytes]]:
    """Where each box begins, how long it is, and its name. Our own writer's boxes have lengths of four bytes."""
    while at + 8 <= end:
        size = int.from_bytes(content[at : at + 4], "big")
        if size < 8:
            refuse("unreadable")
        yield at, size, bytes(content[at + 4 : at + 8])
        at += size
