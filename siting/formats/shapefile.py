"""Zipped shapefiles. Reading goes through the confined reader; only our own data is written here directly."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyogrio.raw
import shapely

from layers.notices import Refused
from layers.reading import Limits, read_features
from siting.engine.boundary import DeclaredBoundary, Plot
from siting.engine.notices import Notice, UnusableInput
from siting.formats.crs_text import epsg_of
from siting.formats.features import AREA_UNITS, place, plot_from
from siting.formats.limits import MAX_PLOTS, MAX_POINTS, MAX_RINGS
from siting.formats.nesting import nest
from siting.formats.remarks import Remarks

_LIMITS = Limits(cpu=20, wall=30.0, output=1 << 28, features=MAX_PLOTS, vertices=MAX_POINTS * 4 // 3)
_POLYGONS = (3, 6)  # shapely's type ids of Polygon and MultiPolygon
_NAME_BYTES = 10
_VALUE_BYTES = 254
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


def read(content: bytes, *, epsg: int | None = None) -> DeclaredBoundary:
    """Read a zipped shapefile of polygons.

    Parameters
    ----------
    content
        The zip. Attributes may be UTF-8 or GBK, with or without .cpg.
    epsg
        A person's answer where there is no .prj; a .prj goes before it.

    Returns
    -------
    DeclaredBoundary
        One plot per feature with its attributes as text; coordinates in the file's own system.

    Raises
    ------
    UnusableInput
        Also for everything that the confined reader refuses; code ``crs-not-given`` asks for ``epsg``.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "boundary.zip"
        path.write_bytes(content)
        try:
            features = read_features(path, keep_crs=True, limits=_LIMITS)
        except Refused as refusal:
            raise UnusableInput(*(_carried(notice) for notice in refusal.notices)) from refusal
    remarks = Remarks()
    for notice in features.notices:
        remarks.add(notice.code, notice.template, line=notice.line, field=notice.field, **notice.params)
    if features.crs:
        code: int | None = epsg_of(features.crs)
    elif epsg is None:
        raise UnusableInput(
            Notice(
                "crs-not-given",
                "shapefile 没有 .prj 文件：请给出坐标系（EPSG 代码，例如 4525）",
                field="epsg",
            )
        )
    else:
        code = epsg
    crs, plots = place(_plots(features.geometries, features.columns, remarks), code, remarks)
    return DeclaredBoundary(plots=plots, crs=crs, header={}, format="shapefile", notices=remarks.notices())


def _carried(notice: Any) -> Notice:
    """The lower floor's notice as ours: it has one of its own of the same shape."""
    return Notice(notice.code, notice.template, notice.params, notice.line, notice.field, notice.place)


def _plots(
    geometries: npt.NDArray[np.object_], columns: Mapping[str, npt.NDArray[Any]], remarks: Remarks
) -> list[Plot]:
    if len(geometries) > MAX_PLOTS:
        raise UnusableInput(Notice("too-many-plots", "地块超过 %(limit)s 个", {"limit": MAX_PLOTS}))
    if int(shapely.get_num_coordinates(geometries).sum()) > MAX_POINTS * 4 // 3:
        raise UnusableInput(Notice("too-many-points", "界址点超过 %(limit)s 个", {"limit": MAX_POINTS}))
    plots: list[Plot] = []
    for row, geometry in enumerate(geometries):
        field = f"features[{row}]"
        if geometry is None or geometry.is_empty:
            remarks.add("geometry-missing", "这个要素没有图形，已忽略", field=field)
            continue
        if shapely.get_type_id(geometry) not in _POLYGONS:
            raise UnusableInput(
                Notice(
                    "not-a-polygon",
                    "图形是 %(kind)s，选址边界只能是面",
                    {"kind": geometry.geom_type},
                    field=field,
                )
            )
        rings = shapely.get_rings(shapely.get_parts(geometry))
        if len(rings) > MAX_RINGS:
            raise UnusableInput(
                Notice("too-many-rings", "一个地块超过 %(limit)s 圈", {"limit": MAX_RINGS}, field=field)
            )
        attributes = {name: _text(column[row]) for name, column in columns.items()}
        plots.append(plot_from([shapely.get_coordinates(ring)[:-1] for ring in rings], attributes))
    if not plots:
        raise UnusableInput(Notice("no-polygon", "文件里没有面"))
    return plots


def _text(value: Any) -> str:
    if value is None or value != value:  # NaN is what a missing number reads as
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value).replace("\x00", "").strip()


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
    names = list(dict.fromkeys(key for plot in declared.plots for key in plot.attributes))
    texts = [[plot.attributes.get(key, "") for plot in declared.plots] for key in names]
    used = _encoding(encoding, [*names, *(text for column in texts for text in column)])
    fields = _field_names(names, used)
    columns = [
        np.array([_cut(text, _VALUE_BYTES, used) for text in column], dtype=object) for column in texts
    ]
    if not fields:
        fields, columns = ["DKBH"], [np.array([plot.number for plot in declared.plots], dtype=object)]
    geometries = np.array([_geometry(plot) for plot in declared.plots], dtype=object)
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
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                # a fixed time, so that the same boundary gives the same bytes
                entry = zipfile.ZipInfo(path.name, (2000, 1, 1, 0, 0, 0))
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _geometry(plot: Plot) -> shapely.MultiPolygon:
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
