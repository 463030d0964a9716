"""Plots that were declared as lines with a width: a road, a pipeline, a power line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from siting.engine.boundary import Plot, Ring
from siting.engine.corridor import CentreLine, corridor, own_plane
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.engine.notices import Notice, UnusableInput
from siting.formats.answers import Answers
from siting.formats.numbering import numbered_rings


def ask_width(*, line: int | None = None, field: str | None = None) -> UnusableInput:
    """Make the refusal that asks for a width."""
    return UnusableInput(
        Notice(
            "width-not-given",
            "图形是线，线不占地：请给出用地宽度（米），按中心线两侧各一半计算",
            line=line,
            field=field or "width_m",
        )
    )


def widen(
    plots: Sequence[Plot], lines: Collection[int], crs: DeclaredCrs, answers: Answers
) -> tuple[DeclaredCrs, tuple[Plot, ...]]:
    """Make boundaries of the plots that are lines.

    Parameters
    ----------
    plots
        With coordinates in ``crs``, easting or longitude first. A plot that is a line has its paths where others have
        rings.
    lines
        Which of them are lines, by position.
    answers
        With the width.

    Returns
    -------
    DeclaredCrs and tuple of Plot
        The plots with rings; those of lines keep their centre lines as declared. Widths are measured in the site's own
        3° plane, and the boundary is declared there: straight edges are straight in it. A file that holds polygons as
        well stays in its own system, which must be that plane.

    Raises
    ------
    UnusableInput
        Code ``width-not-given`` asks for the width; otherwise what `siting.engine.corridor` refuses, or lines and
        polygons in another plane than the site's own.
    """
    if not lines:
        return crs, tuple(plots)
    if answers.width_m is None:
        raise ask_width()
    paths = np.vstack([to_degrees(ring.xy, crs) for plot in plots for ring in plot.rings])
    plane = own_plane(paths[np.isfinite(paths).all(axis=1)]) if np.isfinite(paths).any() else crs
    target = plane
    if not crs.is_geographic and crs.zone_width == 3 and crs.zone == plane.zone:
        target = crs
    if len(set(lines)) < len(plots) and target != crs:
        raise UnusableInput(
            Notice(
                "lines-among-polygons",
                "文件里既有线又有面，又不在项目所在的 3 度带（%(zone)s 带）：请把线和面分成两个文件",
                {"zone": plane.zone},
            )
        )
    made = [
        _widened(plot, at, crs, target, answers) if at in lines else plot for at, plot in enumerate(plots)
    ]
    return target, tuple(made)


def _widened(plot: Plot, at: int, crs: DeclaredCrs, plane: DeclaredCrs, answers: Answers) -> Plot:
    assert answers.width_m is not None
    name = plot.number or plot.name or str(at + 1)
    rings = corridor([path.xy for path in plot.rings], crs, plane, answers.width_m, answers.caps, name=name)
    centre = tuple(
        CentreLine(path.numbers, path.xy, crs.epsg, answers.width_m, answers.caps) for path in plot.rings
    )
    return replace(plot, rings=numbered_rings(rings), centre_lines=centre)


def as_plots(plots: Sequence[Plot]) -> tuple[tuple[Plot, ...], DeclaredCrs] | None:
    """Give the centre lines of a boundary as plots whose rings are paths, for a writer; None where it has none."""
    drawn = [plot for plot in plots if plot.centre_lines]
    if not drawn:
        return None
    crs = DeclaredCrs(drawn[0].centre_lines[0].epsg)
    return tuple(
        replace(
            plot,
            rings=tuple(
                Ring(line.numbers, line.xy, str(label))
                for label, line in enumerate(plot.centre_lines, start=1)
            ),
        )
        for plot in drawn
    ), crs
