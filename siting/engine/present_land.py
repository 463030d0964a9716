"""The present land of a site: by class and by 农用地 / 建设用地 / 未利用地, in a table that sums to the site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from siting.engine.affected import affected
from siting.engine.area import distribute
from siting.engine.boundary import Boundary
from siting.engine.overlap import Overlay
from siting.engine.slivers import Width

AGRICULTURAL, CONSTRUCTION, UNUSED = "农用地", "建设用地", "未利用地"
UNCOVERED = "未覆盖"

# The land survey's three-way grouping of its classes (三大类).
_GROUPS = (
    (CONSTRUCTION, re.compile(r"05|06|07|08|09|100[1-5]|100[7-9]|1109|1201")),
    (AGRICULTURAL, re.compile(r"01|02|03|040[1-3]|1006|1103|1104|1107|1202|1203")),
    (UNUSED, re.compile(r"0404|1101|1102|1105|1106|1108|1110|120[4-7]")),
)
_SMALLEST_M2 = 0.005  # what would be 0.00 in the table is no row


@dataclass(frozen=True)
class PresentLand:
    """One row: class code and name in the land survey's system, group, and area in m² with two decimals."""

    code: str
    name: str
    group: str
    area_m2: float


def group_of(code: str) -> str:
    """Give the group of a land survey class code; empty for a code that isn't one."""
    return next((group for group, pattern in _GROUPS if pattern.match(code)), "")


def present_land(boundary: Boundary, overlay: Overlay, names: Mapping[str, str]) -> tuple[PresentLand, ...]:
    """Sum up the land survey's classes within a site.

    Parameters
    ----------
    boundary
        The site.
    overlay
        The land survey layer cut to it.
    names
        Names of the class codes.

    Returns
    -------
    tuple of PresentLand
        By code; last, without code and group, what no parcel covers. The areas add up to
        ``boundary.area_m2`` at two decimals exactly; the residue is on the largest. Where the site only touches a
        parcel (less than 1 mm wide) the parcel's class is no row.
    """
    found = affected(boundary.geometry, overlay, overlay.areas > 0, 0.0)
    everything = found.measured(Width.CONTACT)
    real = found.measured(Width.WIDE)
    rows = [
        (code, names.get(code, ""), group_of(code), area)
        for code, area in real.by_class
        if area >= _SMALLEST_M2
    ]
    # Contact is covered land too, so it doesn't show up as a gap.
    gap = boundary.exact_area_m2 - everything.area_m2 if rows else boundary.exact_area_m2
    if gap >= _SMALLEST_M2:
        rows.append(("", UNCOVERED, "", gap))
    areas = distribute([row[3] for row in rows], boundary.area_m2)
    return tuple(
        PresentLand(code, name, group, area) for (code, name, group, _), area in zip(rows, areas, strict=True)
    )
