"""Photos and videos as cameras write them, with everything that the public must not get."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pillow_heif
from PIL import ExifTags, Image

#: What a phone wrote; none of it may be in a public file, in any of the ways in which it is written.
SERIAL = "SN20260912Z"
MODEL = "SpyPhone 9"
COMMENT = "王五 13800000000"
TAKEN = "2026:03:12 09:41:07"
_QUIET = {"libx265": {"x265-params": "log-level=none"}}
LON, LAT = 109.851234, 40.612345


def traces() -> Iterator[bytes]:
    """Everything that a camera wrote, in the ways in which it may stand in a file."""
    for text in (SERIAL, MODEL, COMMENT, TAKEN, TAKEN[:10], "2026-03-12"):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            yield text.encode(encoding)
    yield from (b"Exif\0\0", b"GPS", b"http://ns.adobe.com", b"ICC_PROFILE", b"x264", b"x265", b"Lavc")
    yield from (b"+40.61", b"40.6123", b"com.apple", b"\xa9xyz", b"udta", b"mp4a", b"soun")


def picture(width: int = 640, height: int = 480) -> Image.Image:
    """A gradient whose left edge is red: a turned one can be told."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 1] = np.linspace(40, 200, height, dtype=np.uint8)[:, None]
    pixels[:, : width // 4] = (200, 20, 20)
    return Image.fromarray(pixels)


def _dms(value: float) -> tuple[float, float, float]:
    whole = int(value)
    minutes = (value - whole) * 60
    return float(whole), float(int(minutes)), round((minutes - int(minutes)) * 60, 4)


def exif(*, lon: float = LON, lat: float = LAT, orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[ExifTags.Base.Model] = MODEL
    found[ExifTags.Base.Artist] = COMMENT
    found[ExifTags.Base.Orientation] = orientation
    camera = found.get_ifd(ExifTags.IFD.Exif)
    camera[ExifTags.Base.DateTimeOriginal] = TAKEN
    camera[ExifTags.Base.BodySerialNumber] = SERIAL
    gps = found.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", _dms(lat)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", _dms(lon)
    return found


def jpeg(width: int = 640, height: int = 480, **said: Any) -> bytes:
    out = io.BytesIO()
    picture(width, height).save(
        out,
        "JPEG",
        exif=exif(**said),
        comment=COMMENT.encode(),
        xmp=f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{SERIAL}</x:xmpmeta>".encode(),
        icc_profile=SERIAL.encode() * 20,
    )
    return out.getvalue() + b"\0trailer " + SERIAL.encode()  # what phones append behind the picture


def heic() -> bytes:
    out = io.BytesIO()
    file = pillow_heif.from_pillow(picture())
    file.save(out, quality=60, exif=exif().tobytes(), xmp=SERIAL.encode())
    return out.getvalue()


def png() -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", COMMENT)
    info.add_itxt("XML:com.adobe.xmp", SERIAL)
    out = io.BytesIO()
    picture().convert("RGBA").save(out, "PNG", pnginfo=info, exif=exif())
    return out.getvalue()


def video(
    path: Path, *, codec: str = "libx264", frames: int = 12, sound: bool = True, upright: bool = False
) -> Path:
    """A second of film with a place, a device and a sound track; the encoder writes its own name between the frames.

    ``upright``: filmed by a phone on its side, so the container says to turn the picture a quarter clockwise.
    """
    with av.open(str(path), "w", format="mov", options={"movflags": "use_metadata_tags"}) as target:
        target.metadata.update(
            {
                "com.apple.quicktime.location.ISO6709": f"+{LAT:.4f}+{LON:.4f}+1032.5/",
                "com.apple.quicktime.model": MODEL,
                "com.apple.quicktime.creationdate": "2026-03-12T09:41:07+0800",
                "comment": f"{COMMENT} {SERIAL}",
            }
        )
        stream = target.add_stream(codec, rate=12, options=_QUIET.get(codec, {}))
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.metadata["handler_name"] = SERIAL
        voice = target.add_stream("aac", rate=44100) if sound else None
        for at in range(frames):
            frame = av.VideoFrame.from_image(picture(320, 240))
            frame.pts = at
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
        if voice is not None:
            samples = (np.sin(np.arange(44100) / 20) * 8000).astype(np.int16)[None, :]
            tone = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            tone.sample_rate = 44100
            target.mux(voice.encode(tone))
            target.mux(voice.encode(None))
    if upright:
        content = bytearray(path.read_bytes())
        # ISO/IEC 14496-12, 8.3.2: the matrix stands 40 bytes into a track header of version 0
        matrix = content.index(b"tkhd") + 4 + 40
        content[matrix : matrix + 36] = struct.pack(
            ">9i", 0, 65536, 0, -65536, 0, 0, 240 << 16, 0, 0x40000000
        )
        path.write_bytes(content)
    return path
