"""Exchange formats of boundaries: one module, or package, per format, each with ``read`` and ``write``."""

from __future__ import annotations

from siting.engine.boundary import DeclaredBoundary
from siting.engine.corridor import Caps
from siting.formats import (
    coordinate_text,
    dxf,
    geojson,
    geopackage,
    kml,
    pasted,
    shapefile,
    workbook,
)
from siting.formats.answers import Answers
from siting.formats.sniffing import Format, sniff
from siting.formats.writing import EXPORTS, Export, write

__all__ = [
    "EXPORTS",
    "Answers",
    "Caps",
    "Export",
    "coordinate_text",
    "geojson",
    "pasted",
    "read",
    "shapefile",
    "write",
]


def read(
    content: bytes,
    filename: str,
    *,
    central_meridian: int | None = None,
    epsg: int | None = None,
    width_m: float | None = None,
    caps: Caps = Caps.FLAT,
    layer: str | None = None,
) -> DeclaredBoundary:
    """Read a boundary from a file of any supported format, told by its content, never by its extension.

    Parameters
    ----------
    content
        The whole file.
    filename
        As it was brought; for messages only.
    central_meridian, epsg
        A person's answers where a file doesn't say its coordinate system: degrees, or an EPSG code. What a
        file says goes before them.
    width_m, caps
        The width of lines, metres, and how their ends look; lines take no ground without one.
    layer
        Which layer, of a file with several.

    Raises
    ------
    UnusableInput
        With the line or field where there is one. Code ``crs-not-given``, ``width-not-given`` or ``which-layer``
        asks for an answer; its ``field`` names which.
    """
    answers = Answers(central_meridian, epsg, width_m, caps, layer)
    match sniff(content, filename):
        case Format.COORDINATE_TEXT if pasted.is_plain(content):
            return pasted.read(coordinate_text.decode(content), answers=answers)
        case Format.COORDINATE_TEXT:
            return coordinate_text.read(content, answers=answers)
        case Format.GEOJSON:
            return geojson.read(content, answers=answers)
        case Format.SHAPEFILE:
            return shapefile.read(content, answers=answers)
        case Format.KML | Format.KMZ:
            return kml.read(content, answers=answers)
        case Format.DXF:
            return dxf.read(content, answers=answers)
        case Format.GEOPACKAGE:
            return geopackage.read(content, answers=answers)
        case Format.WORKBOOK:
            return workbook.read(content, answers=answers)
