"""Where a photo says it was taken: the GPS block of its EXIF data. Only the head of the file is read, no picture drawn.

Positions of phones are WGS 84; within a photo's exactness that is EPSG:4490.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from PIL import ExifTags, Image, UnidentifiedImageError


@dataclass(frozen=True)
class Position:
    """Longitude and latitude in degrees; ``accuracy_m`` as the phone states it (tag 31), None where it doesn't."""

    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True)
class Taken:
    """What a photo says of itself; ``at`` is the camera's clock in the platform's time zone."""

    position: Position | None = None
    at: datetime | None = None


def read(content: bytes) -> Taken:
    """What a JPEG says of where and when it was taken; nothing where it says nothing that can be meant."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of a damaged block nothing is taken; that is all there is to say
            with Image.open(io.BytesIO(content), formats=("JPEG",)) as photo:
                exif = photo.getexif()
                gps, camera = exif.get_ifd(ExifTags.IFD.GPSInfo), exif.get_ifd(ExifTags.IFD.Exif)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return Taken()  # a damaged head says nothing; the photo itself is kept as it was brought
    return Taken(_position(gps), _time(camera.get(ExifTags.Base.DateTimeOriginal)))


def _position(gps: Mapping[int, Any]) -> Position | None:
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "N", "S", 90)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "E", "W", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None  # 0, 0 is what a phone writes that doesn't know where it is
    stated = _number(gps.get(ExifTags.GPS.GPSHPositioningError))
    return Position(lon, lat, stated if stated is not None and stated >= 0 else None)


def _degrees(parts: Any, side: Any, positive: str, negative: str, limit: int) -> float | None:
    if not isinstance(parts, tuple | list) or len(parts) != 3 or side not in (positive, negative):
        return None
    numbers = [_number(part) for part in parts]
    if any(number is None or number < 0 for number in numbers):
        return None
    degrees, minutes, seconds = (number or 0.0 for number in numbers)
    value = degrees + minutes / 60 + seconds / 3600
    return None if value > limit else (value if side == positive else -value)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _time(text: Any) -> datetime | None:
    try:
        return timezone.make_aware(datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S"))
    except ValueError:
        return None
