"""KML and KMZ. Reading goes through the confined reader; writing is plain text, longitude and latitude."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.boundary import DeclaredBoundary, Plot, Ring
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.formats import opened
from siting.formats.answers import Answers
from siting.formats.features import exported
from siting.formats.lines import as_plots
from siting.formats.nesting import nest
from siting.formats.xml_text import attribute, content

_DECIMALS = 9  # of a degree: 0.1 mm
_STYLE = (
    '<Style id="boundary"><LineStyle><color>ff1c1c9c</color><width>3</width></LineStyle>'
    "<PolyStyle><color>331c1c9c</color></PolyStyle></Style>"
    '<Style id="centre"><LineStyle><color>ffc06000</color><width>2</width></LineStyle></Style>'
)


def read(content: bytes, *, answers: Answers | None = None) -> DeclaredBoundary:
    """Read a KML document, or the one in a KMZ: polygons of all its folders, or lines with a width.

    Coordinates are WGS84 degrees by the format's definition, and taken as CGCS2000. Plots get their name from
    the placemark where no extended data has one.

    Raises
    ------
    UnusableInput
        Also for everything that the confined reader refuses: document types and entities, broken XML.
    """
    return opened.read_drawing(content, "boundary.kml", answers or Answers(), format="kml")


def write(declared: DeclaredBoundary, *, name: str = "") -> bytes:
    """Write a KML document: one placemark per plot with its attributes, and the centre lines in a folder of their own.

    Vertices are the declared ones in longitude/latitude, rounded to 1e-9°.
    """
    plots = "".join(_placemark(plot, _areas(plot, declared.crs), "#boundary") for plot in declared.plots)
    drawn = as_plots(declared.plots)
    if drawn is not None:
        lines = "".join(_placemark(plot, _paths(plot.rings, drawn[1]), "#centre") for plot in drawn[0])
        plots += f"<Folder><name>中心线</name>{lines}</Folder>"
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{content(name)}</name>{_STYLE}{plots}</Document></kml>\n"
    )
    return document.encode()


def write_zipped(declared: DeclaredBoundary, *, name: str = "") -> bytes:
    """Write a KMZ: the KML of `write`, zipped."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        # a fixed time, so that the same boundary gives the same bytes
        entry = zipfile.ZipInfo("doc.kml", (2000, 1, 1, 0, 0, 0))
        archive.writestr(entry, write(declared, name=name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _placemark(plot: Plot, shape: str, style: str) -> str:
    values = "".join(
        f"<Data name={attribute(name)}><value>{content(value)}</value></Data>"
        for name, value in exported(plot).items()
    )
    return (
        f"<Placemark><name>{content(plot.name or plot.number)}</name><styleUrl>{style}</styleUrl>"
        f"<ExtendedData>{values}</ExtendedData>{shape}</Placemark>"
    )


def _areas(plot: Plot, crs: DeclaredCrs) -> str:
    rings = [np.round(to_degrees(ring.xy, crs), _DECIMALS) for ring in plot.rings]
    polygons = [
        "<Polygon><tessellate>1</tessellate>"
        + "".join(
            f"<{side}BoundaryIs><LinearRing>{_coordinates(_wound(rings[at], clockwise=side == 'inner'))}"
            f"</LinearRing></{side}BoundaryIs>"
            for side, at in [("outer", group[0]), *(("inner", hole) for hole in group[1:])]
        )
        + "</Polygon>"
        for group in nest(rings)
    ]
    return polygons[0] if len(polygons) == 1 else f"<MultiGeometry>{''.join(polygons)}</MultiGeometry>"


def _paths(paths: Sequence[Ring], crs: DeclaredCrs) -> str:
    made = [
        f"<LineString><tessellate>1</tessellate>"
        f"{_coordinates(np.round(to_degrees(path.xy, crs), _DECIMALS))}</LineString>"
        for path in paths
    ]
    return made[0] if len(made) == 1 else f"<MultiGeometry>{''.join(made)}</MultiGeometry>"


def _wound(ring: npt.NDArray[np.float64], *, clockwise: bool) -> npt.NDArray[np.float64]:
    closed = np.vstack([ring, ring[:1]])
    return closed[::-1] if shapely.is_ccw(shapely.linearrings(closed)) == clockwise else closed


def _coordinates(lonlat: npt.NDArray[np.float64]) -> str:
    points = " ".join(f"{lon:.{_DECIMALS}f},{lat:.{_DECIMALS}f}" for lon, lat in lonlat.tolist())
    return f"<coordinates>{points}</coordinates>"
