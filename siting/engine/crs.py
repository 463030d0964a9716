"""Coordinate systems at the door: CGCS2000 longitude/latitude and Gauss-Krüger zones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DeclaredCrs:
    """The coordinate system of a declared boundary.

    ``epsg`` is 4490 (longitude/latitude), 4491-4501 (6° zones, prefix in the easting), 4502-4512 (6°, none),
    4513-4533 (3° zones, prefix in the easting) or 4534-4554 (3°, none).
    """

    epsg: int
