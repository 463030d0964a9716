"""Zipped shapefiles. Reading goes through the confined reader; only our own data is written here directly."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import pyogrio.raw
import shapely

from siting.engine.boundary import DeclaredBoundary, Plot
from siting.formats import opened
from siting.formats.answers import Answers
from siting.formats.features import AREA_UNITS, exported
from siting.formats.nesting import nest

_WITHOUT_PRJ = "shapefile 没有 .prj 文件：请给出坐标系（EPSG 代码，例如 %(example)s）"
_NAME_BYTES = 10
_VALUE_BYTES = 254
#: What the files say of when they were written: the same boundary gives the same bytes on any day.
_STAMP = datetime(2000, 1, 1)
_AREA_CODES = {"公顷": "area_ha", "平方米": "area_m2", "亩": "area_mu"}
# codes that the coordinate text's attributes have in land databases: they fit a field name
_FIELD_CODES = {
    "界址点数": "JZDS",
    "地块面积": "DKMJ",
    "地块编号": "DKBH",
    "地块名称": "DKMC",
    "记录图形属性": "JLTXSX",
    "图幅号": "TFH",
    "地块用途": "DKYT",
    "地类编码": "DLBM",
    **{name: _AREA_CODES[unit] for name, unit in AREA_UNITS.items()},
}


def read(content: bytes, *, epsg: int | None = None, answers: Answers | None = None) -> DeclaredBoundary:
    """Read a zipped shapefile of polygons, or of lines with a width.

    Parameters
    ----------
    content
        The zip. Attributes may be UTF-8 or GBK, with or without .cpg.
    epsg, answers
        A person's answers, the first where there is no .prj; a .prj goes before it.

    Returns
    -------
    DeclaredBoundary
        One plot per feature with its attributes as text; coordinates in the file's own system.

    Raises
    ------
    UnusableInput
        Also for everything that the confined reader refuses; code ``crs-not-given`` asks for ``epsg``.
    """
    return opened.read(
        content, "boundary.zip", answers or Answers(epsg=epsg), format="shapefile", ask=_WITHOUT_PRJ
    )


def write(
    declared: DeclaredBoundary, *, encoding: Literal["gbk", "utf-8"] = "gbk", name: str = "boundary"
) -> bytes:
    """Write a zipped shapefile (.shp, .shx, .dbf, .prj, .cpg), one feature per plot, in the declared system.

    Parameters
    ----------
    declared
        Its declared vertices are written as they are, in full doubles; attributes as text.
    encoding
        Of names and values. Text beyond GBK makes the file GB18030, which .cpg then says.
    name
        Of the files in the zip, without extension.

    Returns
    -------
    bytes
        The zip. A field name has at most ten bytes and a value 254: longer ones are cut at a character, and
        names made equal by that are numbered.
    """
    attributes = [exported(plot) for plot in declared.plots]
    names = list(dict.fromkeys(key for plot in attributes for key in plot))
    texts = [[plot.get(key, "") for plot in attributes] for key in names]
    used = _encoding(encoding, [*names, *(text for column in texts for text in column)])
    fields = _field_names(names, used)
    columns = [
        np.array([_cut(text, _VALUE_BYTES, used) for text in column], dtype=object) for column in texts
    ]
    if not fields:
        fields, columns = ["DKBH"], [np.array([plot.number for plot in declared.plots], dtype=object)]
    geometries = np.array([geometry_of(plot) for plot in declared.plots], dtype=object)
    with TemporaryDirectory() as folder:
        pyogrio.raw.write(
            Path(folder) / f"{name}.shp",
            shapely.to_wkb(geometries),
            columns,
            np.array(fields, dtype=object),
            driver="ESRI Shapefile",
            geometry_type="MultiPolygon",
            crs=f"EPSG:{declared.crs.epsg}",
            encoding=used,
            DBF_DATE_LAST_UPDATE=_STAMP.strftime("%Y-%m-%d"),
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                entry = zipfile.ZipInfo(path.name, _STAMP.timetuple()[:6])
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def geometry_of(plot: Plot) -> shapely.MultiPolygon:
    """Give a plot as a MultiPolygon of its declared vertices; holes by containment."""
    rings = [ring.xy for ring in plot.rings]
    return shapely.MultiPolygon(
        [shapely.Polygon(rings[group[0]], [rings[at] for at in group[1:]]) for group in nest(rings)]
    )


def _encoding(wanted: str, texts: list[str]) -> str:
    if wanted == "utf-8":
        return "UTF-8"
    try:
        "".join(texts).encode("gbk")
    except UnicodeEncodeError:
        return "GB18030"
    return "GBK"


def _cut(text: str, size: int, encoding: str) -> str:
    """As many whole characters as fit."""
    return text.encode(encoding)[:size].decode(encoding, "ignore")


def _field_names(names: list[str], encoding: str) -> list[str]:
    made: list[str] = []
    taken: set[str] = set()
    for name in names:
        plain = _FIELD_CODES.get(name, name).strip() or "FIELD"
        candidate = _cut(plain, _NAME_BYTES, encoding)
        number = 1
        while candidate.casefold() in taken:
            suffix = f"_{number}"
            candidate = _cut(plain, _NAME_BYTES - len(suffix), encoding) + suffix
            number += 1
        taken.add(candidate.casefold())
        made.append(candidate)
    return made
