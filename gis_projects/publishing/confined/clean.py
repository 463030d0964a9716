"""Rewrites one photo or video so that nothing is left of it but its picture. Runs alone, confined.

A photo is decoded, turned as its camera meant it, scaled and encoded anew: no byte of the file is copied. A video's
picture is copied packet by packet without what cameras write between the frames (SEI), without its other tracks (sound
carries voices, data tracks carry positions) and into a new container. The last line of stderr says what was found.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUT = Path("/out")
LONGEST, SMALL = 1600, 480
MOST_PIXELS = 100_000_000
MOST_SECONDS = 600
_REFUSED = 3
_ISO6709 = re.compile(r"^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)")


def say(message: dict[str, Any], status: int = 0) -> None:
    print(json.dumps(message), file=sys.stderr, flush=True)
    raise SystemExit(status)


def refuse(code: str) -> None:
    say({"refused": code})


def degrees(parts: Any, side: Any, positive: str, negative: str, most: int) -> float | None:
    """Degrees, minutes and seconds as EXIF has them; None for what can't be meant."""
    try:
        d, m, s = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = d + m / 60 + s / 3600
    if side not in (positive, negative) or not (d >= 0 and 0 <= m < 60 and 0 <= s < 60 and value <= most):
        return None
    return value if side == positive else -value


def placed(lon: float | None, lat: float | None) -> list[float] | None:
    """0, 0 is what a phone writes that doesn't know where it is."""
    return None if lon is None or lat is None or (lon == 0 and lat == 0) else [lon, lat]


def photo(path: str) -> None:
    import pillow_heif
    from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=("JPEG", "PNG", "HEIF")) as image:
            if image.width * image.height > MOST_PIXELS:
                refuse("too-many-pixels")
            exif = image.getexif()
            gps, camera = exif.get_ifd(ExifTags.IFD.GPSInfo), exif.get_ifd(ExifTags.IFD.Exif)
            image.draft("RGB", (LONGEST, LONGEST))  # a JPEG is decoded no larger than needed
            turned = ImageOps.exif_transpose(image)
            if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
                rgba = turned.convert("RGBA")
                turned = Image.new("RGB", rgba.size, "white")
                turned.paste(rgba, mask=rgba.getchannel("A"))
            picture = turned.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        refuse("too-many-pixels")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, IndexError, EOFError):
        refuse("unreadable")
    sizes = {}
    for name, longest in (("copy.jpg", LONGEST), ("small.jpg", SMALL)):
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        plain = Image.frombytes(
            "RGB", picture.size, picture.tobytes()
        )  # pixels, and no dictionary beside them
        plain.save(OUT / name, "JPEG", quality=85, optimize=True, progressive=True)
        sizes[name] = picture.size
    lat = degrees(gps.get(2), gps.get(1), "N", "S", 90)
    lon = degrees(gps.get(4), gps.get(3), "E", "W", 180)
    taken = camera.get(ExifTags.Base.DateTimeOriginal)
    say(
        {
            "position": placed(lon, lat),
            "taken": taken if isinstance(taken, str) else None,
            "width": sizes["copy.jpg"][0],
            "height": sizes["copy.jpg"][1],
        }
    )


def video(path: str) -> None:
    import av
    from av.bitstream import BitStreamFilterContext

    av.logging.set_level(av.logging.PANIC)
    try:
        with av.open(path, format="mov", metadata_errors="ignore") as source:
            pictures = [stream for stream in source.streams.video if stream.codec_context.name]
            if len(pictures) != 1:
                refuse("no-video")
            stream = pictures[0]
            if stream.codec_context.name != "h264":
                refuse("codec")
            seconds = float(source.duration or 0) / av.time_base
            if not 0 < seconds <= MOST_SECONDS:
                refuse("too-long")
            if stream.width * stream.height > MOST_PIXELS:
                refuse("too-many-pixels")
            said = {key.lower(): value for key, value in {**stream.metadata, **source.metadata}.items()}
            with av.open(
                str(OUT / "copy.mp4"),
                "w",
                format="mp4",
                options={"movflags": "+faststart", "fflags": "+bitexact"},
            ) as target:
                copy = target.add_stream_from_template(stream)
                copy.metadata.clear()
                target.metadata.clear()
                # SEI (6) holds what the camera adds; delimiters (9) and filler (12) say nothing.
                bare = BitStreamFilterContext("filter_units=remove_types=6|9|12", stream, copy)
                frames = 0
                for packet in source.demux(stream):
                    if packet.dts is None:
                        continue
                    for kept in bare.filter(packet):
                        kept.stream = copy
                        target.mux(kept)
                        frames += 1
                for kept in bare.filter(None):
                    kept.stream = copy
                    target.mux(kept)
            if not frames:
                refuse("unreadable")
            size = (stream.width, stream.height)
        blank(OUT / "copy.mp4")
        with av.open(
            str(OUT / "copy.mp4")
        ) as again:  # one picture of it, to be looked at before it is chosen
            for frame in again.decode(video=0):
                small = frame.to_image()
                small.thumbnail((SMALL, SMALL))
                small.save(OUT / "small.jpg", "JPEG", quality=80)
                break
            else:
                refuse("unreadable")
    except av.FFmpegError:
        refuse("unreadable")
    where = said.get("com.apple.quicktime.location.iso6709") or said.get("location") or ""
    match = _ISO6709.match(where)
    position = placed(float(match[2]), float(match[1])) if match else None
    if position and not (abs(position[0]) <= 180 and abs(position[1]) <= 90):
        position = None
    say(
        {
            "position": position,
            "taken": said.get("com.apple.quicktime.creationdate") or said.get("creation_time"),
            "width": size[0],
            "height": size[1],
        }
    )


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


def main() -> None:
    task = json.loads(sys.argv[1])
    limits = task["limits"]
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"], limits["output"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    {"photo": photo, "video": video}[task["kind"]](task["path"])


if __name__ == "__main__":
    main()
