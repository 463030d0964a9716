"""A photo drawn anew."""

from __future__ import annotations

import warnings
from typing import Any

from .saying import MOST_PIXELS, OUT, SMALL, placed, refuse, say

LONGEST = 1600


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
