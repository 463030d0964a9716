"""From the coordinates that a file declares to EPSG:4490, once, at the door."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from layers.notices import Notice, UnreadableFile

# Split points of projected edges lie on a fixed grid of the plane, the same one that boundaries use, so a
# neighbour with other vertices on the same line gets the same points.
SPLIT_SPACING_M = 100.0
MAX_CHORD_M = 0.001
_SPLIT_DECIMALS = 6
_METRES_PER_DEGREE = 111_320.0
_CHINA = (73.0, 3.0, 136.0, 54.0)
_LONGEST_M = 5e7  # no boundary is longer; splitting one would fill the memory
_FARTHEST_M = 1e8  # beyond any easting, its zone's number included
_MOST_SPLITS = 5e6  # points added at once
_DATUMS = (
    "china2000",
    "cgcs2000",
    "chinageodeticcoordinatesystem2000",
    "wgs84",
    "wgs1984",
    "worldgeodeticsystem1984",
)


def declared(definition: str) -> pyproj.CRS:
    """The CRS that a file's definition (WKT or an authority's code) names."""
    try:
        crs = pyproj.CRS.from_user_input(definition)
    except pyproj.exceptions.CRSError as error:
        raise UnreadableFile(Notice("crs-unknown", "文件声明的坐标系无法识别。")) from error
    return crs.source_crs if crs.is_bound and crs.source_crs is not None else crs


def _horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    return crs.sub_crs_list[0] if crs.is_compound else crs


def label(crs: pyproj.CRS) -> str:
    """Authority's code where there is one, else the name."""
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name[:100]


def _geographic(crs: pyproj.CRS) -> pyproj.CRS:
    """The CRS's own longitude/latitude; refused where its datum is neither CGCS2000 nor WGS 84."""
    geodetic = crs.geodetic_crs
    name = "" if geodetic is None or geodetic.datum is None else geodetic.datum.name
    plain = "".join(character for character in name.lower() if character.isalnum()).removeprefix("d")
    if geodetic is None or not any(plain.startswith(datum) for datum in _DATUMS):
        raise UnreadableFile(
            Notice(
                "crs-other-datum",
                "文件的坐标系是 %(name)s（基准 %(datum)s），只接受 2000 国家大地坐标系或 WGS 84；请先按法定参数转换。",
                {"name": crs.name, "datum": name or "未知"},
            )
        )
    return geodetic


def check(crs: pyproj.CRS) -> None:
    """Refuse a CRS whose datum is neither CGCS2000 nor WGS 84.

    Raises
    ------
    UnreadableFile
        It is another one.
    """
    _geographic(_horizontal(crs))


def check_box(box: tuple[float, float, float, float], crs: pyproj.CRS) -> None:
    """`check_axes` of a box: west, south, east, north."""
    check_axes(np.array([shapely.points(box[:2]), shapely.points(box[2:])], dtype=object), crs)


def check_axes(geometries: npt.NDArray[np.object_], crs: pyproj.CRS) -> None:
    """Refuse degrees that can't be longitude and latitude in this order.

    Raises
    ------
    UnreadableFile
        No coordinate is one of the earth as it stands.
    """
    if not _horizontal(crs).is_geographic:
        return
    xy = shapely.get_coordinates(geometries)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return
    x, y = np.abs(xy).T
    if (y > 90).all() and (y <= 180).all() and (x <= 90).all():
        raise UnreadableFile(Notice("axes-swapped", "坐标像是纬度在前、经度在后，请确认是否对调两个坐标轴。"))
    if ((x > 360) | (y > 90)).all():
        raise UnreadableFile(
            Notice(
                "coordinates-not-degrees",
                "文件的坐标系是经纬度，坐标（例如 %(x)s，%(y)s）却不是度；请改正文件声明的坐标系。",
                {"x": f"{xy[0, 0]:.3f}", "y": f"{xy[0, 1]:.3f}"},
            )
        )


def _split(
    xy: npt.NDArray[np.float64], ring: npt.NDArray[np.intp], spacing: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Paths with their edges split where they cross the grid along their longer extent; all at once.

    `ring` says which path a vertex belongs to. A path's last vertex starts no edge.
    """
    inner = np.append(ring[1:] == ring[:-1], False)
    step = np.where(inner[:, None], np.roll(xy, -1, axis=0) - xy, 0.0)
    axis = (np.abs(step[:, 1]) > np.abs(step[:, 0])).astype(np.intp)
    rows = np.arange(len(xy))
    a = xy[rows, axis]
    b = a + step[rows, axis]
    b[:-1] = np.where(inner[:-1], xy[rows[1:], axis[:-1]], b[:-1])
    first = np.floor(np.minimum(a, b) / spacing) + 1
    last = np.ceil(np.maximum(a, b) / spacing) - 1
    count = np.where(inner, np.maximum(last - first + 1, 0), 0).astype(np.intp)
    of = np.repeat(rows, count + 1)
    position = np.arange(len(of)) - np.repeat(np.cumsum(count + 1) - (count + 1), count + 1)
    points = xy[of]
    cut = np.flatnonzero(position)
    edge, k = of[cut], position[cut]
    line = np.where(b[edge] > a[edge], first[edge] + k - 1, last[edge] - k + 1)
    along = line * spacing
    ratio = (along - a[edge]) / (b[edge] - a[edge])
    across = xy[edge, 1 - axis[edge]] + ratio * step[edge, 1 - axis[edge]]
    points[cut, axis[edge]] = along
    points[cut, 1 - axis[edge]] = np.round(across, _SPLIT_DECIMALS)
    return points, ring[of]


@cache
def _spacing(definition: str) -> float:
    """The grid's spacing, halved until edges stay within 1 mm of their chords everywhere in China.

    It depends on the CRS alone: the same parcel gets the same points whatever else is in its file.
    """
    crs = pyproj.CRS(definition)
    transformer = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    west, south, east, north = _CHINA
    lon, lat = (
        axis.ravel() for axis in np.meshgrid(np.linspace(west, east, 13), np.linspace(south, north, 9))
    )
    places = np.column_stack(transformer.transform(lon, lat, direction="INVERSE"))
    places = places[np.isfinite(places).all(axis=1)]
    spacing = SPLIT_SPACING_M
    for _ in range(12):
        worst = 0.0
        for direction in ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0)):
            half = np.array(direction) * spacing / 2
            ends = [np.column_stack(transformer.transform(*(places + sign * half).T)) for sign in (-1, 0, 1)]
            with np.errstate(invalid="ignore"):  # outside the projection's domain
                bow = (ends[0] + ends[2]) / 2 - ends[1]
                bow[:, 0] *= np.cos(np.radians(ends[1][:, 1]))
            bows = np.hypot(*bow.T)
            worst = max(worst, float(bows[np.isfinite(bows)].max(initial=0.0)) * _METRES_PER_DEGREE)
        if worst <= MAX_CHORD_M:
            break
        spacing /= 2
    return spacing


def to_degrees(geometries: npt.NDArray[np.object_], crs: pyproj.CRS) -> npt.NDArray[np.object_]:
    """Geometries in a declared CRS (x = easting or longitude) → EPSG:4490 longitude/latitude, 2D.

    Projected edges are split so that they stay true to 1 mm. WGS 84 is taken as CGCS2000: they differ by less
    than the precision of any boundary. Other datums are refused. A coordinate that is no number, or outside the
    projection's domain, stays or becomes one that is no number.

    Raises
    ------
    UnreadableFile
        The datum is another one, or no coordinate lies in the projection's domain.
    """
    crs = _horizontal(crs)
    geographic = _geographic(crs)
    if shapely.has_z(geometries).any() or shapely.has_m(geometries).any():
        geometries = shapely.force_2d(geometries)
    if crs.is_geographic:
        factor = crs.axis_info[0].unit_conversion_factor / np.radians(1.0)
        if abs(factor - 1.0) > 1e-9:
            return np.asarray(shapely.transform(geometries, lambda xy: xy * factor))
        return geometries
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    if not len(xy):
        return geometries
    wild = ~np.isfinite(xy).all(axis=1)
    if wild.all():
        raise UnreadableFile(Notice("coordinate-not-a-number", "文件中的坐标都不是数值。"))
    tame = np.ones(len(geometries), dtype=bool)
    tame[owner[wild | (np.abs(xy) > _FARTHEST_M).any(axis=1)]] = False
    tame[tame] = ~(shapely.length(geometries[tame]) > _LONGEST_M)
    if not tame.any():
        raise UnreadableFile(Notice("coordinate-outside-projection", "坐标落在所声明投影的适用范围之外。"))
    if not tame.all():  # the others stay as they are, for the loader to reject one by one
        result = geometries.copy()
        result[tame] = to_degrees(geometries[tame], crs)
        return result
    spacing = _spacing(crs.to_wkt())
    if len(geometries) > 1 and shapely.length(geometries).sum() / spacing > _MOST_SPLITS:
        middle = len(geometries) // 2
        return np.concatenate([to_degrees(geometries[:middle], crs), to_degrees(geometries[middle:], crs)])
    transformer = pyproj.Transformer.from_crs(crs, geographic, always_xy=True)
    result = np.full(len(geometries), None, dtype=object)
    kinds = np.where(shapely.is_empty(geometries), -1, shapely.get_type_id(geometries))
    for kind in (3, 6):  # surfaces, nearly always: straight from their coordinates
        if (rows := kinds == kind).any():
            result[rows] = _surfaces(geometries[rows], transformer, spacing)
    if (rows := (kinds != 3) & (kinds != 6)).any():
        result[rows] = _others(geometries[rows], transformer, spacing)
    if not np.isfinite(shapely.get_coordinates(result)).any():
        raise UnreadableFile(Notice("coordinate-outside-projection", "坐标落在所声明投影的适用范围之外。"))
    return result


def _surfaces(
    geometries: npt.NDArray[np.object_], transformer: pyproj.Transformer, spacing: float
) -> npt.NDArray[np.object_]:
    """Polygons, or multi-polygons, split and in degrees."""
    kind, xy, (starts, *outer) = shapely.to_ragged_array(geometries, include_z=False)
    points, ring = _split(xy, np.repeat(np.arange(len(starts) - 1), np.diff(starts)), spacing)
    starts = np.concatenate([[0], np.cumsum(np.bincount(ring, minlength=len(starts) - 1))])
    degrees = np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
    return np.asarray(shapely.from_ragged_array(kind, degrees, (starts, *outer)))


def _others(
    geometries: npt.NDArray[np.object_], transformer: pyproj.Transformer, spacing: float
) -> npt.NDArray[np.object_]:
    """Points, lines, collections and nothing, split and in degrees."""
    flat, parts_of, rings_of = _flatten(geometries)
    coordinates, ring = shapely.get_coordinates(flat, return_index=True)
    if not len(coordinates):
        return geometries
    points, ring = _split(coordinates, ring, spacing)
    degrees = np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
    return _rebuild(degrees, ring, flat, parts_of, rings_of, geometries)


def _flatten(geometries: npt.NDArray[np.object_]) -> tuple[Any, Any, Any]:
    """All rings, lines and points; with, per ring, its part and, per part, its geometry."""
    parts, geometry_of = shapely.get_parts(geometries, return_index=True)
    deeper, index = shapely.get_parts(parts, return_index=True)  # collections of multi-part geometries
    parts, geometry_of = deeper, geometry_of[index]
    surface = shapely.get_type_id(parts) == 3
    rings, polygon = shapely.get_rings(parts[surface], return_index=True)
    others = np.flatnonzero(~surface)
    flat = np.concatenate([rings, parts[others]])
    part_of = np.concatenate([np.flatnonzero(surface)[polygon], others])
    order = np.argsort(part_of, kind="stable")
    return flat[order], geometry_of, part_of[order]


def _rebuild(
    degrees: npt.NDArray[np.float64],
    ring: npt.NDArray[np.intp],
    flat: npt.NDArray[np.object_],
    geometry_of: npt.NDArray[np.intp],
    part_of: npt.NDArray[np.intp],
    originals: npt.NDArray[np.object_],
) -> npt.NDArray[np.object_]:
    kinds = shapely.get_type_id(flat)
    made = np.empty(len(flat), dtype=object)
    for kind, build in ((0, shapely.points), (1, shapely.linestrings), (2, shapely.linearrings)):
        chosen = kinds == kind
        if not chosen.any():
            continue
        rows = chosen[ring]
        if kind == 0:
            made[chosen] = build(degrees[rows])
        else:
            renumbered = np.cumsum(chosen)[ring[rows]] - 1
            made[chosen] = build(degrees[rows], indices=renumbered)
    is_ring = kinds == 2
    parts = np.empty(len(geometry_of), dtype=object)
    if is_ring.any():
        surfaces, index = np.unique(part_of[is_ring], return_inverse=True)
        parts[surfaces] = shapely.polygons(made[is_ring], indices=index)
    parts[part_of[~is_ring]] = made[~is_ring]
    result = np.full(len(originals), None, dtype=object)
    result[shapely.is_empty(originals)] = originals[shapely.is_empty(originals)]
    types = shapely.get_type_id(originals)
    present = ~(shapely.is_missing(parts))
    parts, geometry_of = parts[present], geometry_of[present]
    if not len(parts):
        return result
    simple = types < 4
    alone = simple[geometry_of]
    result[geometry_of[alone]] = parts[alone]
    for type_id, gather in (
        (4, shapely.multipoints), (5, shapely.multilinestrings), (6, shapely.multipolygons),
        (7, shapely.geometrycollections),
    ):  # fmt: skip
        rows = types[geometry_of] == type_id
        if rows.any():
            owners, index = np.unique(geometry_of[rows], return_inverse=True)
            result[owners] = gather(parts[rows], indices=index)
    return result
