"""Exchange formats of boundaries: one module, or package, per format, each with ``read`` and ``write``."""

from __future__ import annotations

from siting.engine.boundary import DeclaredBoundary
from siting.formats import coordinate_text, geojson, shapefile
from siting.formats.sniffing import Format, sniff

__all__ = ["coordinate_text", "geojson", "read", "shapefile"]


def read(
    content: bytes, filename: str, *, central_meridian: int | None = None, epsg: int | None = None
) -> DeclaredBoundary:
    """Read a boundary from a file of any supported format, told by its content, never by its extension.

    Parameters
    ----------
    content
        The whole file.
    filename
        As it was brought; for messages only.
    central_meridian, epsg
        A person's answers where a file doesn't say its coordinate system: degrees, for a coordinate text; an
        EPSG code, for GeoJSON and shapefiles. What a file says goes before them.

    Raises
    ------
    UnusableInput
        With the line or field where there is one. Code ``crs-not-given`` asks for an answer; its ``field``
        names which.
    """
    match sniff(content, filename):
        case Format.COORDINATE_TEXT:
            return coordinate_text.read(content, central_meridian=central_meridian)
        case Format.GEOJSON:
            return geojson.read(content, epsg=epsg)
        case Format.SHAPEFILE:
            return shapefile.read(content, epsg=epsg)
