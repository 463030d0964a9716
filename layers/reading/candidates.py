"""What coordinate system a file without one may be in, by its numbers and the bureau's region; never decided here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely

from layers.notices import Notice
from layers.projection import to_degrees

CHINA = (73.0, 3.0, 136.0, 54.5)  # west, south, east, north
_NORTHINGS = (300_000.0, 6_100_000.0)
_EASTINGS = (200_000.0, 800_000.0)  # without the zone's number
_THREE_DEGREE, _SIX_DEGREE = range(25, 46), range(13, 24)
_SIX_DEGREE_CODES = range(4491, 4513)
_MOST = 6
_POINT_SIZE = 1e-4


@dataclass(frozen=True)
class CrsCandidate:
    """A coordinate system that the numbers allow.

    `score` is 0 to 1, best first; `outline` the box of the file in it, EPSG:4490; `swapped` says that the file would
    have latitude or northing first.
    """

    epsg: int
    label: str
    score: float
    reason: Notice
    outline: Any
    swapped: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "epsg": self.epsg, "label": self.label, "score": self.score, "reason": to_json(self.reason),
            "outline": shapely.geometry.mapping(self.outline), "swapped": self.swapped,
        }  # fmt: skip


def to_json(notice: Notice) -> dict[str, Any]:
    """A notice for programs and for a page that translates its template."""
    return {
        "code": notice.code, "template": notice.template, "params": dict(notice.params), "field": notice.field,
        "place": notice.place,
    }  # fmt: skip


def candidates(
    bounds: tuple[float, float, float, float] | None, region: Any = None
) -> tuple[CrsCandidate, ...]:
    """What the numbers of a file without a coordinate system can be.

    Parameters
    ----------
    bounds
        West, south, east, north as the file has them.
    region
        The bureau's region as a shapely geometry, EPSG:4490. With it, what lies there comes first; without it,
        systems that can't be told apart (a central meridian each) have equal scores.

    Returns
    -------
    Best first; at most six. Two that differ only in how edges are counted are both there.
    """
    if bounds is None or not np.isfinite(bounds).all():
        return ()
    found = [
        candidate
        for swapped in (False, True)
        for candidate in _fits(
            (bounds[1], bounds[0], bounds[3], bounds[2]) if swapped else bounds, region, swapped
        )
    ]
    found.sort(key=lambda candidate: (-candidate.score, candidate.swapped, candidate.epsg))
    return tuple(found[:_MOST])


def _fits(box: tuple[float, ...], region: Any, swapped: bool) -> Iterator[CrsCandidate]:
    west, south, east, north = box
    if CHINA[0] <= west <= east <= CHINA[2] and CHINA[1] <= south <= north <= CHINA[3]:
        yield _made(4490, Notice("crs-degrees", "坐标的数值是中国范围内的经纬度。"), box, region, swapped)
        return
    if not (_NORTHINGS[0] <= south <= north <= _NORTHINGS[1]):
        return
    for zones, first, bare, name in (
        (_THREE_DEGREE, 4488, 4509, "3"),
        (_SIX_DEGREE, 4478, 4489, "6"),
    ):
        zone = int(west // 1e6)
        if zone in zones and int(east // 1e6) == zone and _within(west - zone * 1e6, east - zone * 1e6):
            reason = Notice(
                "crs-zone", "横坐标以带号 %(zone)d 开头，是 %(width)s 度带。", {"zone": zone, "width": name}
            )
            yield _made(first + zone, reason, box, region, swapped)
        if _within(west, east):
            for number in _near(zones, name, region):
                meridian = number * 3 if name == "3" else number * 6 - 3
                reason = Notice(
                    "crs-meridian",
                    "横坐标没有带号，中央经线要靠本地范围判断：%(meridian)d° 是其中之一（%(width)s 度带）。",
                    {"meridian": meridian, "width": name},
                )
                yield _made(bare + number, reason, box, region, swapped)


def _within(west: float, east: float) -> bool:
    return _EASTINGS[0] <= west <= east <= _EASTINGS[1]


def _near(zones: range, name: str, region: Any) -> list[int]:
    """Zones whose strip meets the region, with one more on each side; all of them where there is no region."""
    if region is None:
        return list(zones)
    west, _, east, _ = region.bounds
    width = float(name)
    shift = 0.5 if name == "3" else 1.0
    low, high = int(np.floor(west / width + shift)), int(np.floor(east / width + shift))
    return [zone for zone in zones if low - 1 <= zone <= high + 1]


def _made(epsg: int, reason: Notice, box: tuple[float, ...], region: Any, swapped: bool) -> CrsCandidate:
    crs = pyproj.CRS.from_epsg(epsg)
    spread = max(box[2] - box[0], box[3] - box[1])
    outline = shapely.box(*box) if spread > 0 else shapely.buffer(shapely.points(box[:2]), _POINT_SIZE)
    outline = to_degrees(np.array([outline], dtype=object), crs)[0]
    score = 0.5
    if region is not None:
        # what part of the file lies in the region, counting near as a little
        inside = shapely.area(shapely.intersection(outline, shapely.box(*region.bounds)))
        share = inside / max(shapely.area(outline), 1e-18)
        distance = float(shapely.distance(outline, region))
        score = max(min(share, 1.0), 0.3 / (1.0 + 4.0 * distance))
    if epsg in _SIX_DEGREE_CODES:
        # every second meridian of the narrow zones is one of the wide ones too, with the same numbers; maps at the
        # scale of parcels are in the narrow ones
        score *= 0.99
    if swapped:
        score *= 0.9
        reason = Notice("crs-swapped", "两个坐标轴像是对调的（纬度或纵坐标在前）。")
    return CrsCandidate(epsg, f"EPSG:{epsg} {crs.name}", round(float(score), 3), reason, outline, swapped)
