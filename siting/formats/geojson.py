"""GeoJSON, read and written without GDAL.

A reader that sniffs drivers would open whatever hides behind the extension; this one knows JSON only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.boundary import DeclaredBoundary, Plot
from siting.engine.crs import GEOGRAPHIC, DeclaredCrs, to_degrees
from siting.engine.notices import Notice, UnusableInput
from siting.formats.answers import Answers
from siting.formats.features import exported, place, plot_from
from siting.formats.limits import MAX_BYTES, MAX_PLOTS, MAX_POINTS, MAX_RINGS
from siting.formats.lines import ask_width, widen
from siting.formats.nesting import nest
from siting.formats.remarks import Remarks

_LARGEST_ARRAYS = MAX_POINTS * 4 // 3 + 200_000
_LARGEST_COMMAS = 10 * MAX_POINTS + 1_000_000
_LINES = ("LineString", "MultiLineString")
_DECIMALS = 9  # of a degree: 0.1 mm


def read(content: bytes, *, epsg: int | None = None, answers: Answers | None = None) -> DeclaredBoundary:
    """Read a FeatureCollection, a Feature or a geometry of polygons.

    Parameters
    ----------
    content
        UTF-8 JSON.
    epsg
        A person's answer where coordinates are metres and the file names no system; one that the file names
        goes before it.
    answers
        All of a person's answers, the width of features that are lines among them.

    Returns
    -------
    DeclaredBoundary
        One plot per feature, with its properties as text. Coordinates stay in the file's own system; without
        ``crs`` they are degrees (RFC 7946) and taken as CGCS2000.

    Raises
    ------
    UnusableInput
        With the line where the JSON is broken, or the field where the content is.
    """
    remarks = Remarks()
    document = _parse(content)
    return _declared(document, _named_crs(document), answers or Answers(epsg=epsg), remarks, "geojson")


def _declared(
    document: dict[str, Any], epsg: int | None, answers: Answers, remarks: Remarks, format: str
) -> DeclaredBoundary:
    plots: list[Plot] = []
    lines: set[int] = set()
    for geometry, properties, field in _features(document, remarks):
        if geometry.get("type") in _LINES:
            if answers.width_m is None:
                raise ask_width()
            lines.add(len(plots))
            plots.append(plot_from(_paths(geometry, field, remarks), _attributes(properties)))
        else:
            plots.append(plot_from(_rings(geometry, field, remarks), _attributes(properties)))
    if not plots:
        raise UnusableInput(Notice("no-polygon", "文件里没有面"))
    crs, placed = place(plots, epsg, remarks, answers=answers)
    crs, made = widen(placed, lines, crs, answers)
    return DeclaredBoundary(plots=made, crs=crs, header={}, format=format, notices=remarks.notices())


def from_drawing(geometry: Mapping[str, Any]) -> DeclaredBoundary:
    """Take a Polygon or MultiPolygon that was drawn on the map: already parsed, in degrees of EPSG:4490.

    Raises
    ------
    UnusableInput
        Where it is no such geometry, or lies outside China.
    """
    if not isinstance(geometry, Mapping):
        _refuse("not-geojson", "不是 GeoJSON:geometry 应为对象", field="geometry")
    remarks = Remarks()
    rings = _rings(dict(geometry), "geometry", remarks)
    crs, plots = place([plot_from(rings, {})], GEOGRAPHIC, remarks)
    return DeclaredBoundary(plots=plots, crs=crs, header={}, format="drawing", notices=remarks.notices())


def write(declared: DeclaredBoundary) -> bytes:
    """Write a FeatureCollection in longitude/latitude (RFC 7946): one feature per plot, attributes kept.

    Vertices are the declared ones, rounded to 1e-9°. Outer rings run counter-clockwise, holes clockwise. A plot that
    was declared as lines says them and their width in the members ``centre_lines`` and ``width_m`` of its feature.
    """
    features = [
        {
            "type": "Feature",
            "properties": exported(plot),
            "geometry": _geometry(plot, declared.crs),
            **_centre_lines(plot),
        }
        for plot in declared.plots
    ]
    document = {"type": "FeatureCollection", "features": features}
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _centre_lines(plot: Plot) -> dict[str, Any]:
    if not plot.centre_lines:
        return {}
    paths = [
        np.round(to_degrees(line.xy, DeclaredCrs(line.epsg)), _DECIMALS).tolist()
        for line in plot.centre_lines
    ]
    return {
        "centre_lines": {"type": "MultiLineString", "coordinates": paths},
        "width_m": plot.centre_lines[0].width_m,
    }


def _geometry(plot: Plot, crs: DeclaredCrs) -> dict[str, Any]:
    rings = [np.round(to_degrees(ring.xy, crs), _DECIMALS) for ring in plot.rings]
    polygons = [
        [_wound(rings[index], clockwise=position > 0) for position, index in enumerate(group)]
        for group in nest(rings)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _wound(ring: npt.NDArray[np.float64], *, clockwise: bool) -> list[list[float]]:
    closed = np.vstack([ring, ring[:1]])
    if shapely.is_ccw(shapely.linearrings(closed)) == clockwise:
        closed = closed[::-1]
    positions: list[list[float]] = closed.tolist()
    return positions


def _refuse(code: str, template: str, field: str | None = None, **params: Any) -> NoReturn:
    raise UnusableInput(Notice(code, template, params, field=field))


def _parse(content: bytes) -> dict[str, Any]:
    if not content.strip():
        _refuse("file-empty", "文件是空的")
    if len(content) > MAX_BYTES:
        _refuse("file-too-large", "文件超过 %(limit)s MB", limit=MAX_BYTES // 1024 // 1024)
    # counted before parsing: a few bytes of JSON may become a hundred of Python
    if content.count(b"[") > _LARGEST_ARRAYS or content.count(b",") > _LARGEST_COMMAS:
        _refuse("too-many-points", "界址点超过 %(limit)s 个", limit=MAX_POINTS)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnusableInput(Notice("not-utf8", "GeoJSON 应为 UTF-8 编码", line=line)) from error
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise UnusableInput(
            Notice(
                "not-json",
                "不是 GeoJSON：第 %(column)s 列起不符合 JSON 语法",
                {"column": error.colno},
                line=error.lineno,
            )
        ) from error
    except RecursionError as error:
        raise UnusableInput(Notice("json-too-deep", "JSON 嵌套过深")) from error
    except ValueError as error:
        if isinstance(error, UnusableInput):
            raise
        # the one other thing that json refuses: an integer of thousands of digits
        raise UnusableInput(Notice("number-not-finite", "JSON 中有位数过多的整数")) from error
    if "\\u" in text:
        try:
            json.dumps(document, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            # Half of a character can be neither stored nor sent back.
            raise UnusableInput(Notice("text-broken", "文本中有不完整的字符（单独的代理码）")) from error
    if not isinstance(document, dict):
        _refuse("not-geojson", "不是 GeoJSON：最外层应为对象")
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        _refuse(
            "json-key-repeated",
            "JSON 对象中“%(name)s”重复出现",
            name=repeated[:60].encode(errors="replace").decode(),
        )
    return made


def _constant(text: str) -> NoReturn:
    _refuse("number-not-finite", "坐标“%(text)s”不是有限的数", text=text)


def _named_crs(document: dict[str, Any]) -> int | None:
    """EPSG code of the ``crs`` member, None without one."""
    crs = document.get("crs")
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name", properties.get("code")) if isinstance(properties, dict) else None
    text = str(name)[:100]
    if re.fullmatch(r"urn:ogc:def:crs:OGC:[\d.]*:CRS84|OGC:CRS84", text, re.IGNORECASE):
        return 4326
    found = re.fullmatch(
        r"(?:urn:ogc:def:crs:)?EPSG:[\d.]*:?(\d{4,6})|https?://www\.opengis\.net/def/crs/EPSG/\d+/(\d{4,6})|(\d{4,6})",
        text,
        re.IGNORECASE,
    )
    if found is None:
        _refuse(
            "crs-unsupported",
            "坐标系“%(name)s”无法识别，只支持 CGCS2000（EPSG:4490、4491-4554）和 WGS84 经纬度",
            field="crs",
            name=text,
        )
    return int(next(group for group in found.groups() if group))


def _features(
    document: dict[str, Any], remarks: Remarks
) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Geometry, properties and field name of every feature that has a geometry."""
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            _refuse("not-geojson", "不是 GeoJSON:FeatureCollection 缺少 features", field="features")
        if len(features) > MAX_PLOTS:
            _refuse("too-many-plots", "地块超过 %(limit)s 个", field="features", limit=MAX_PLOTS)
        named = [(feature, f"features[{index}]") for index, feature in enumerate(features)]
    elif kind == "Feature":
        named = [(document, "")]
    elif isinstance(kind, str) and "coordinates" in document:
        yield document, {}, "geometry"
        return
    else:
        _refuse(
            "not-geojson",
            "不是 GeoJSON:type 应为 FeatureCollection、Feature、Polygon 或 MultiPolygon",
            field="type",
        )
    for feature, field in named:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            _refuse("not-geojson", "不是 GeoJSON：这里应为 Feature", field=field)
        geometry = feature.get("geometry")
        where = f"{field}.geometry".lstrip(".")
        if geometry is None:
            remarks.add("geometry-missing", "这个要素没有图形，已忽略", field=where)
            continue
        if not isinstance(geometry, dict):
            _refuse("not-geojson", "不是 GeoJSON:geometry 应为对象", field=where)
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            _refuse(
                "not-geojson", "不是 GeoJSON:properties 应为对象", field=f"{field}.properties".lstrip(".")
            )
        yield geometry, properties, where


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    return {
        name.replace("\x00", ""): "" if value is None else _text(value) for name, value in properties.items()
    }


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\x00", "")


def _rings(geometry: dict[str, Any], field: str, remarks: Remarks) -> list[npt.NDArray[np.float64]]:
    kind = geometry.get("type")
    coordinates = geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        _refuse(
            "not-a-polygon", "图形是 %(kind)s，选址边界只能是面", field=f"{field}.type", kind=str(kind)[:40]
        )
    where = f"{field}.coordinates"
    polygons = coordinates if kind == "MultiPolygon" else [coordinates]
    rings: list[npt.NDArray[np.float64]] = []
    if sum(len(polygon) for polygon in _list(polygons, where) if isinstance(polygon, list)) > MAX_RINGS:
        _refuse("too-many-rings", "一个地块超过 %(limit)s 圈", field=where, limit=MAX_RINGS)
    for polygon_at, polygon in enumerate(_list(polygons, where)):
        inner = f"{where}[{polygon_at}]" if kind == "MultiPolygon" else where
        for ring_at, ring in enumerate(_list(polygon, inner)):
            rings.append(_ring(_list(ring, f"{inner}[{ring_at}]"), f"{inner}[{ring_at}]", remarks))
    return rings


def _paths(geometry: dict[str, Any], field: str, remarks: Remarks) -> list[npt.NDArray[np.float64]]:
    """The paths of a LineString or MultiLineString, as they run."""
    where = f"{field}.coordinates"
    many = geometry["type"] == "MultiLineString"
    paths = _list(geometry.get("coordinates"), where) if many else [geometry.get("coordinates")]
    if len(paths) > MAX_RINGS:
        _refuse("too-many-rings", "一个地块超过 %(limit)s 圈", field=where, limit=MAX_RINGS)
    return [
        _positions(_list(path, inner), inner, remarks)
        for path, inner in ((path, f"{where}[{at}]" if many else where) for at, path in enumerate(paths))
    ]


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        _refuse("not-geojson", "不是 GeoJSON：坐标数组的层次不对，或是空的", field=field)
    return value


def _positions(positions: list[Any], field: str, remarks: Remarks) -> npt.NDArray[np.float64]:
    for at, position in enumerate(positions):
        if not (
            isinstance(position, list)
            and 2 <= len(position) <= 4
            and all(type(number) in (int, float) for number in position)
        ):
            _refuse("not-geojson", "不是 GeoJSON：一个坐标应为两个数", field=f"{field}[{at}]")
    if any(len(position) > 2 for position in positions):
        remarks.add("height-ignored", "坐标中的高程未使用", field=field)
    try:
        xy = np.array([position[:2] for position in positions], dtype=np.float64)
    except OverflowError as error:
        raise UnusableInput(Notice("number-not-finite", "坐标不是有限的数", field=field)) from error
    if not np.isfinite(xy).all():
        _refuse("number-not-finite", "坐标不是有限的数", field=field)
    return xy


def _ring(positions: list[Any], field: str, remarks: Remarks) -> npt.NDArray[np.float64]:
    xy = _positions(positions, field, remarks)
    if len(xy) > 1 and (xy[0] == xy[-1]).all():
        xy = xy[:-1]
    else:
        remarks.add("ring-not-closed", "这一圈没有回到起点，已自动闭合", field=field)
    if len(xy) < 3:
        _refuse(
            "ring-too-few-points",
            "一圈至少要有三个界址点，这里只有 %(count)s 个",
            field=field,
            count=len(xy),
        )
    return xy
