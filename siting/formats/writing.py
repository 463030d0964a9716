"""A boundary written in the format that somebody asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from siting.engine.boundary import DeclaredBoundary
from siting.formats import coordinate_text, dxf, geojson, geopackage, kml, shapefile, workbook
from siting.formats.areas import plot_areas_m2
from siting.formats.plane import in_plane

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Export:
    """One way to write a boundary: what the file ends in, its media type, and what a menu calls it (a message id)."""

    suffix: str
    media_type: str
    label: str
    write: Callable[[DeclaredBoundary, str], bytes]


def _coordinate_text(declared: DeclaredBoundary, title: str) -> bytes:
    return coordinate_text.write(in_plane(declared), areas_m2=plot_areas_m2(declared))


def _coordinate_text_gb18030(declared: DeclaredBoundary, title: str) -> bytes:
    return coordinate_text.write(in_plane(declared), encoding="gb18030", areas_m2=plot_areas_m2(declared))


#: By the name that an address and a command give a format.
EXPORTS: Mapping[str, Export] = {
    "txt": Export("txt", "text/plain; charset=utf-8", "坐标文本（TXT，UTF-8）", _coordinate_text),
    "txt-gb18030": Export(
        "txt", "text/plain; charset=gb18030", "坐标文本（TXT，GB18030）", _coordinate_text_gb18030
    ),
    "xlsx": Export("xlsx", XLSX, "坐标成果表（Excel）", lambda it, title: workbook.write(it, title=title)),
    "dxf": Export("dxf", "image/vnd.dxf", "CAD 图（DXF）", lambda it, title: dxf.write(it)),
    "shp": Export("zip", "application/zip", "shapefile（zip）", lambda it, title: shapefile.write(it)),
    "gpkg": Export(
        "gpkg", "application/geopackage+sqlite3", "GeoPackage", lambda it, title: geopackage.write(it)
    ),
    "geojson": Export("geojson", "application/geo+json", "GeoJSON", lambda it, title: geojson.write(it)),
    "kml": Export(
        "kml", "application/vnd.google-earth.kml+xml", "KML", lambda it, title: kml.write(it, name=title)
    ),
    "kmz": Export(
        "kmz",
        "application/vnd.google-earth.kmz",
        "KMZ",
        lambda it, title: kml.write_zipped(it, name=title),
    ),
}


def write(declared: DeclaredBoundary, kind: str, *, title: str = "") -> bytes:
    """Write a boundary.

    Parameters
    ----------
    declared
        Its declared vertices are what is written, to the precision of the format.
    kind
        A name of `EXPORTS`.
    title
        What the drawing or document is called within, where a format has a place for it.

    Raises
    ------
    KeyError
        For a format that isn't one of them.
    """
    return EXPORTS[kind].write(declared, title)
