"""Chosen conflicts cut away from a drawing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from siting.avoidance.asking import Question, conflicts, joined, wider, within
from siting.checks import CheckResult
from siting.drawings import Drawing
from siting.engine import editing
from siting.engine.area import exact_area, measure
from siting.engine.notices import Notice, UnusableInput
from siting.engine.slivers import CONTACT_WIDTH_M, width
from siting.engine.verdict import Outcome

MAX_CLEARANCE_M = 500.0
# What a first cut leaves by rounding is cut again, a little wider each time.
_WIDER_M = (0.0, 0.002, 0.02, 0.1)


@dataclass(frozen=True)
class CutAway:
    """A drawing without the conflicts.

    Attributes
    ----------
    drawing, before, after
        What remains, and the checks of both.
    parts_m2
        Additive ellipsoidal area of each connected part that remains, largest first.
    lost_m2
        Official area before less that of what remains.
    dropped_m2
        Parts left out as they were narrower than the bound.
    still
        Codes of chosen rules that are hit, suspected or not checked all the same.
    """

    drawing: Drawing
    before: CheckResult
    after: CheckResult
    parts_m2: tuple[float, ...]
    lost_m2: float
    dropped_m2: tuple[float, ...]
    still: tuple[str, ...]


def cut_away(
    drawing: Drawing,
    question: Question,
    chosen: Collection[str],
    *,
    clearance_m: float = 0.0,
    least_width_m: float = 1.0,
) -> CutAway:
    """Cut the ground of chosen conflicts out of a drawing.

    Parameters
    ----------
    chosen
        Codes of rules that the drawing's check finds hit or suspected.
    clearance_m
        How much further than the conflict's ground is cut, m, at least 0.
    least_width_m
        Remaining parts narrower than this (2·area/perimeter, m) are left out.

    Raises
    ------
    UnusableInput
        A rule without a conflict, a number out of range, or nothing remains.
    """
    within("clearance_m", clearance_m, MAX_CLEARANCE_M)
    within("least_width_m", least_width_m, 100.0)
    before = question.check(drawing)
    knife = joined([wider(item.geometry, clearance_m) for item in conflicts(before, chosen)])
    for extra in _WIDER_M:
        rest, dropped = _without(drawing, knife, least_width_m)
        after = question.check(rest)
        open_ = [
            item for item in after.results if item.rule.code in chosen and item.outcome is not Outcome.CLEAR
        ]
        left = [
            item.geometry
            for item in open_
            if item.geometry is not None and item.outcome is not Outcome.NOT_CHECKED
        ]
        if not left or extra == _WIDER_M[-1]:
            break
        knife = joined([knife, *(wider(geometry, _WIDER_M[_WIDER_M.index(extra) + 1]) for geometry in left)])
    parts = shapely.get_parts(after.boundary.geometry)
    return CutAway(
        drawing=rest,
        before=before,
        after=after,
        parts_m2=tuple(sorted(exact_area(parts).tolist(), reverse=True)),
        lost_m2=before.boundary.area_m2 - after.boundary.area_m2,
        dropped_m2=tuple(sorted(dropped, reverse=True)),
        still=tuple(sorted(item.rule.code for item in open_)),
    )


def _without(drawing: Drawing, knife: BaseGeometry, least_width_m: float) -> tuple[Drawing, list[float]]:
    """The drawing less a polygon, its thin parts left out; and their areas, m²."""
    plots, dropped = [], []
    for plot in drawing.plots:
        if editing.common(plot.geometry, knife, drawing.crs) is None:
            plots.append(plot)
            continue
        left = editing.cut_out(plot.geometry, knife, drawing.crs)
        if left is None:
            continue
        parts = shapely.get_parts(left)
        areas, perimeters = measure(parts)
        wide = width(areas, perimeters) >= max(least_width_m, CONTACT_WIDTH_M)
        dropped += areas[~wide].tolist()
        if wide.any():
            plots.append(plot.reshaped(shapely.multipolygons(parts[wide])))
    if not plots:
        raise UnusableInput(Notice("nothing-remains-avoiding", "避让后没有剩余的用地", field="rules"))
    return replace(drawing, plots=tuple(plots), notices=()), dropped
