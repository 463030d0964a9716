"""GeoPackage. Reading goes through the confined reader; only our own data is written here directly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

from siting.engine.boundary import DeclaredBoundary, Plot
from siting.engine.crs import DeclaredCrs
from siting.formats import opened
from siting.formats.answers import Answers
from siting.formats.features import exported
from siting.formats.lines import as_plots
from siting.formats.shapefile import geometry_of

PLOTS, POINTS, LINES = "地块", "界址点", "中心线"
_ASK = "GeoPackage 没有写明坐标系：请给出坐标系（EPSG 代码，例如 %(example)s）"
_RESERVED = {"fid", "geom"}


def read(content: bytes, *, answers: Answers | None = None) -> DeclaredBoundary:
    """Read a GeoPackage's layer of polygons, or one of lines with a width.

    Raises
    ------
    UnusableInput
        Also for everything that the confined reader refuses; code ``which-layer`` where several layers hold polygons.
    """
    return opened.read(content, "boundary.gpkg", answers or Answers(), format="geopackage", ask=_ASK)


def write(declared: DeclaredBoundary) -> bytes:
    """Write a GeoPackage in the declared system: plots, boundary points with their numbers, and centre lines.

    Vertices are written as they are, in full doubles; attributes as text.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "boundary.gpkg"
        shapes = [geometry_of(plot) for plot in declared.plots]
        _layer(path, PLOTS, "MultiPolygon", shapes, [exported(plot) for plot in declared.plots], declared.crs)
        _layer(path, POINTS, "Point", *_points(declared.plots), declared.crs)
        drawn = as_plots(declared.plots)
        if drawn is not None:
            plots, crs = drawn
            paths = [shapely.MultiLineString([ring.xy for ring in plot.rings]) for plot in plots]
            rows = [exported(plot) | {"宽度": f"{plot.centre_lines[0].width_m:g}"} for plot in plots]
            _layer(path, LINES, "MultiLineString", paths, rows, crs)
        return path.read_bytes()


def _points(plots: Sequence[Plot]) -> tuple[list[Any], list[dict[str, str]]]:
    rows: list[dict[str, str]] = []
    coordinates = []
    for order, plot in enumerate(plots, start=1):
        for ring in plot.rings:
            coordinates.append(ring.xy)
            rows += [
                {"地块": plot.number or plot.name or str(order), "地块圈号": ring.label, "界址点号": number}
                for number in ring.numbers
            ]
    return list(shapely.points(np.vstack(coordinates))), rows


def _layer(
    path: Path,
    name: str,
    kind: str,
    shapes: Sequence[Any],
    rows: Sequence[dict[str, str]],
    crs: DeclaredCrs,
) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(shapes, dtype=object)),
        [np.array([_text(row.get(column, "")) for row in rows], dtype=object) for column in columns],
        np.array(_names(columns), dtype=object),
        layer=name,
        driver="GPKG",
        geometry_type=kind,
        crs=f"EPSG:{crs.epsg}",
    )


def _text(text: str) -> str:
    return text.replace("\x00", "")


def _names(columns: Sequence[str]) -> list[str]:
    """Names that SQLite, which knows no capital letters, can tell apart."""
    taken = set(_RESERVED)
    made = []
    for column in columns:
        plain = _text(column).strip() or "属性"
        candidate, number = plain, 2
        while candidate.casefold() in taken:
            candidate, number = f"{plain}_{number}", number + 1
        taken.add(candidate.casefold())
        made.append(candidate)
    return made
