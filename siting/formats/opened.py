"""Features of files that only the confined reader opens: from its arrays to plots."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from layers.notices import Refused
from layers.reading import DeclaredFeatures, Limits, inspect, read_features
from siting.engine.boundary import DeclaredBoundary, Plot
from siting.engine.notices import Notice, UnusableInput
from siting.formats.answers import Answers
from siting.formats.crs_text import epsg_of
from siting.formats.features import place, plot_from
from siting.formats.limits import MAX_PLOTS, MAX_POINTS, MAX_RINGS
from siting.formats.lines import widen
from siting.formats.remarks import Remarks

LIMITS = Limits(cpu=20, wall=30.0, output=1 << 28, features=MAX_PLOTS, vertices=MAX_POINTS * 4 // 3)
_POLYGONS, _LINES = (3, 6), (1, 5)  # shapely's type ids; a Polygon or LineString and their Multi-
# how GDAL names a GeoPackage's two systems that are none
_UNKNOWN_CRS = re.compile(
    r"^\s*(LOCAL_CS|ENGCRS|ENGINEERINGCRS)|Undefined (Cartesian|geographic) SRS", re.IGNORECASE
)
_KINDS = {0: "点", 2: "线环", 4: "点", 7: "几何集合"}
_AREAL = {"Polygon", "MultiPolygon", "Polygon Z", "MultiPolygon Z", "2.5D Polygon", "2.5D MultiPolygon"}


def read(
    content: bytes,
    name: str,
    answers: Answers,
    *,
    format: str,
    ask: str | None,
    layer: str | None = None,
) -> DeclaredBoundary:
    """Read polygons, or lines that a width was answered for, through the confined reader.

    Parameters
    ----------
    content
        The file.
    name
        What the file is called while it is read.
    answers
        A person's answers. Of several layers the only one of polygons is read, unless one was named.
    format
        As the boundary will say it.
    ask
        The sentence that asks for a coordinate system that the file doesn't say; see `siting.formats.features.place`.
    layer
        Which layer, where the format knows better than the person.

    Raises
    ------
    UnusableInput
        Also for everything that the confined reader refuses; code ``crs-not-given`` asks for ``epsg``, code
        ``which-layer`` for ``layer``.
    """
    features = _in_folder(content, name, lambda path: read_layer(path, layer or answers.layer))
    return _boundary(features, answers, format=format, ask=ask)


def read_drawing(content: bytes, name: str, answers: Answers, *, format: str) -> DeclaredBoundary:
    """Read the polygons that a KML shows, of all its folders; where it has none, its lines. See `read`."""
    features = everything(content, name)
    remarks = Remarks()
    kinds = shapely.get_type_id(features.geometries)
    within = [set(shapely.get_type_id(shapely.get_parts(shape)).tolist()) for shape in features.geometries]
    polygons = np.array([bool(parts) and parts <= {3} for parts in within], dtype=bool)
    lines = np.array([bool(parts) and parts <= {1, 2} for parts in within], dtype=bool)
    kept = (polygons if polygons.any() else lines) | (kinds < 0)
    if not (polygons.any() or lines.any()):
        kept[:] = True
    elif not kept.all():
        remarks.add(
            "other-shapes-ignored",
            "文件里另有 %(count)s 个点、线或注记，不是边界，未读取",
            count=int((~kept).sum()),
        )
    columns = {name: column[kept] for name, column in features.columns.items()}
    features = replace(features, geometries=features.geometries[kept], columns=columns)
    return _boundary(features, answers, format=format, ask=None, remarks=remarks)


def everything(content: bytes, name: str) -> DeclaredFeatures:
    """Read all that a drawing shows: areas, lines, points and texts."""
    return _in_folder(content, name, lambda path: read_layer(path, drawing=True))


def _in_folder(content: bytes, name: str, reading: Callable[[Path], DeclaredFeatures]) -> DeclaredFeatures:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return reading(path)


def _boundary(
    features: DeclaredFeatures,
    answers: Answers,
    *,
    format: str,
    ask: str | None,
    remarks: Remarks | None = None,
) -> DeclaredBoundary:
    remarks = remarks or Remarks()
    carry(features, remarks)
    code = epsg_of(features.crs) if features.crs and not _UNKNOWN_CRS.search(features.crs) else None
    plots, lines = plots_of(features.geometries, features.columns, remarks, answers)
    crs, placed = place(plots, code, remarks, answers=answers, ask=ask)
    crs, made = widen(placed, lines, crs, answers)
    return DeclaredBoundary(plots=made, crs=crs, header={}, format=format, notices=remarks.notices())


def read_layer(path: Path, layer: str | None = None, *, drawing: bool = False) -> DeclaredFeatures:
    """Read a file's layer; of several, where none is named, the only one of polygons."""
    try:
        return read_features(path, keep_crs=True, limits=LIMITS, layer_name=layer, whole_drawing=drawing)
    except Refused as refusal:
        if layer is not None or refusal.notices[0].code != "which-layer":
            raise unusable(refusal) from refusal
    try:
        there = inspect(path, limits=LIMITS).layers
        areal = [found.name for found in there if found.geometry_type in _AREAL and found.feature_count]
        if len(areal) == 1:
            return read_features(path, keep_crs=True, limits=LIMITS, layer_name=areal[0])
    except Refused as refusal:
        raise unusable(refusal) from refusal
    raise UnusableInput(
        Notice(
            "which-layer",
            "文件中有多个图层，请指明读取哪一个：%(layers)s。",
            {"layers": (areal or [found.name for found in there])[:20]},
            field="layer",
        )
    )


def unusable(refusal: Refused) -> UnusableInput:
    """Make a layers' refusal one of a boundary."""
    return UnusableInput(
        *(
            Notice(notice.code, notice.template, notice.params, notice.line, notice.field, notice.place)
            for notice in refusal.notices
        )
    )


def carry(features: DeclaredFeatures, remarks: Remarks) -> None:
    """Take over what the reader had to say."""
    for notice in features.notices:
        remarks.add(notice.code, notice.template, line=notice.line, field=notice.field, **notice.params)


def plots_of(
    geometries: npt.NDArray[np.object_],
    columns: Mapping[str, npt.NDArray[Any]],
    remarks: Remarks,
    answers: Answers,
) -> tuple[list[Plot], set[int]]:
    """Make a plot of every feature; of a line, its paths stand where others have rings.

    Returns
    -------
    list of Plot, set of int
        The plots, coordinates in the order of the file, and which of them are lines.
    """
    refuse_by_size(geometries)
    plots: list[Plot] = []
    lines: set[int] = set()
    for row, geometry in enumerate(geometries):
        field = f"features[{row}]"
        if geometry is None or geometry.is_empty:
            remarks.add("geometry-missing", "这个要素没有图形，已忽略", field=field)
            continue
        kind = shapely.get_type_id(geometry)
        parts = shapely.get_parts(geometry)
        if kind == 7:  # a KML's MultiGeometry
            kinds = set(shapely.get_type_id(parts).tolist())
            kind = kinds.pop() if len(kinds) == 1 else kind
        if kind in _LINES and (answers.width_m is not None or _is_area(parts)):
            rings = parts
            if answers.width_m is not None:
                lines.add(len(plots))
            else:
                remarks.add("closed-line-as-area", "图形是闭合的线，按它围起来的面读取", field=field)
        elif kind in _POLYGONS:
            rings = shapely.get_rings(parts)
        else:
            raise UnusableInput(
                Notice(
                    "width-not-given" if kind in _LINES else "not-a-polygon",
                    "图形是线，线不占地：请给出用地宽度（米），按中心线两侧各一半计算"
                    if kind in _LINES
                    else "图形是 %(kind)s，选址边界只能是面",
                    {} if kind in _LINES else {"kind": _KINDS.get(kind, geometry.geom_type)},
                    field="width_m" if kind in _LINES else field,
                )
            )
        if len(rings) > MAX_RINGS:
            raise UnusableInput(
                Notice("too-many-rings", "一个地块超过 %(limit)s 圈", {"limit": MAX_RINGS}, field=field)
            )
        attributes = {name: text_of(column[row]) for name, column in columns.items()}
        closed = len(plots) not in lines
        plots.append(
            plot_from(
                [
                    shapely.get_coordinates(ring)[:-1] if closed else shapely.get_coordinates(ring)
                    for ring in rings
                ],
                attributes,
            )
        )
    if not plots:
        raise UnusableInput(Notice("no-polygon", "文件里没有面"))
    return plots, lines


def _is_area(parts: npt.NDArray[np.object_]) -> bool:
    """Whether lines enclose ground each: drawn as outlines, as many a map program does."""
    return bool((shapely.is_closed(parts) & (shapely.get_num_coordinates(parts) > 3)).all())


def refuse_by_size(geometries: npt.NDArray[np.object_]) -> None:
    """Refuse more features or points than a boundary may have."""
    if len(geometries) > MAX_PLOTS:
        raise UnusableInput(Notice("too-many-plots", "地块超过 %(limit)s 个", {"limit": MAX_PLOTS}))
    if int(shapely.get_num_coordinates(geometries).sum()) > MAX_POINTS * 4 // 3:
        raise UnusableInput(Notice("too-many-points", "界址点超过 %(limit)s 个", {"limit": MAX_POINTS}))


def text_of(value: Any) -> str:
    """Return an attribute as text; a missing one as none, a whole number without its point."""
    if value is None or value != value:  # NaN is what a missing number reads as
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value).replace("\x00", "").strip()
