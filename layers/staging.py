"""From a table to a version that only waits to be written: checked, repaired, measured, hashed. No database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon

from layers import hashing, overviews
from layers.areas import exact_areas
from layers.notices import Notice, UnusableLayer
from layers.progress import Phase, Progress, silent
from layers.quality import arrangement, geometry
from layers.table import Table


@dataclass(frozen=True)
class Content:
    """The features of a version as columns of equal length, sorted by key; areas in m², geometries EPSG:4490."""

    keys: list[str]
    class_codes: list[str]
    names: list[str]
    attributes: list[str]
    geometries: npt.NDArray[np.object_]
    areas: npt.NDArray[np.float64]
    vertices: npt.NDArray[np.int_]
    hashes: list[bytes]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Staged:
    """A version not yet published: its content, what it can answer for, and what was done to it."""

    content: Content
    coverage: MultiPolygon
    coverage_given: bool
    non_overlapping: bool
    detail_zoom: int
    tiles: list[overviews.TileShapes]
    repaired: list[geometry.Repair]
    rejected: list[geometry.Rejection]
    notices: tuple[Notice, ...]
    source_name: str
    source_sha256: str
    source_crs: str
    source_date: date | None


def _attribute_texts(table: Table, keep: npt.NDArray[np.bool_]) -> list[str]:
    if isinstance(table.attributes, dict):
        columns = {name: values[keep] for name, values in table.attributes.items()}
        return hashing.columns_json(columns, int(keep.sum()))
    rows: Any = table.attributes
    return [hashing.attributes_json(rows[i]) for i in np.flatnonzero(keep)]


def _hashed(
    keys: list[str],
    classes: list[str],
    names: list[str],
    attributes: list[str],
    geometries: npt.NDArray[np.object_],
) -> tuple[list[str], list[bytes], int]:
    """Keys made complete and unique, the content hashes under them, and how many keys stood there twice.

    A feature without a key is named by its content; equal ones get an ordinal. Features that share a declared
    key get an ordinal in the order of their content, so the order of the file doesn't matter.
    """
    shapes = list(hashing.canonical_geometries(geometries))
    hashes = [
        hashing.content_hash(*row) for row in zip(keys, classes, names, attributes, shapes, strict=True)
    ]
    final = [key or "~" + hash_.hex()[:24] for key, hash_ in zip(keys, hashes, strict=True)]
    repeated = 0
    taken = set(final)
    if len(taken) < len(final):
        counts = Counter(final)
        by_key: dict[str, list[int]] = {}
        for i, key in enumerate(final):
            if counts[key] > 1:
                by_key.setdefault(key, []).append(i)
        for key, rows in by_key.items():
            repeated += len(rows) - 1
            ordinal = 1
            for i in sorted(rows, key=lambda row: hashes[row])[1:]:
                ordinal += 1
                while f"{key}#{ordinal}" in taken:
                    ordinal += 1
                final[i] = f"{key}#{ordinal}"
                taken.add(final[i])
    for i, key in enumerate(final):
        if key != keys[i]:
            hashes[i] = hashing.content_hash(key, classes[i], names[i], attributes[i], shapes[i])
    return final, hashes, repeated


def stage(table: Table, *, coverage: Any = None, min_zoom: int = 0, progress: Progress = silent) -> Staged:
    """Check, repair, measure and hash a table.

    Parameters
    ----------
    table
        The features.
    coverage
        Where the layer can be asked (polygonal, EPSG:4490). A layer of scattered features must be given it, as
        otherwise its features' union is taken, and everywhere else the answer is "not checked".
    min_zoom
        Overview tiles are made from there on.
    progress
        See `layers.progress`.

    Raises
    ------
    UnusableLayer
        Nothing is left to publish, or the coverage is no area.
    """
    total = len(table)
    if not total and coverage is None:
        # With a coverage, "nothing of the kind here" is an answer; without one, there is nothing to say it about.
        raise UnusableLayer(Notice("no-features", "数据中没有要素；确无要素的图层须给出覆盖范围。"))
    progress(Phase.CHECKING, 0, total)
    assert isinstance(table.keys, np.ndarray)
    assert isinstance(table.class_codes, np.ndarray)
    assert isinstance(table.names, np.ndarray)
    geometries, keep, repaired, rejected = geometry.check(table.keys, table.geometries)
    if total and not keep.any():
        raise UnusableLayer(
            Notice(
                "nothing-usable",
                "全部 %(count)d 个要素都不可用，第一个的原因：%(reason)s。",
                {"count": total, "reason": rejected[0].reason},
            )
        )
    geometries = geometries[keep]
    progress(Phase.CHECKING, total // 2, total)
    vertices = shapely.get_num_coordinates(geometries)
    areas = exact_areas(geometries)
    classes, names = table.class_codes[keep].tolist(), table.names[keep].tolist()
    attributes = _attribute_texts(table, keep)
    keys, hashes, repeated = _hashed(table.keys[keep].tolist(), classes, names, attributes, geometries)
    notices = list(table.notices)
    if repeated:
        notices.append(
            Notice("key-repeated", "%(count)d 个要素的标识重复，已加序号区分。", {"count": repeated})
        )

    progress(Phase.QUALITY, 0, total)
    surfaces = shapely.get_dimensions(geometries) == 2
    lie = arrangement.arrangement(geometries, outlined=coverage is None)
    apart = lie.non_overlapping
    if coverage is None:
        area = lie.outline
        if area.is_empty:
            area = geometry.as_multipolygon(
                shapely.envelope(shapely.multipoints(shapely.get_coordinates(geometries)))
            )
        notices.append(
            Notice(
                "coverage-from-features", "没有给出覆盖范围，只在要素所及之处可以核查，其余一律为“未核查”。"
            )
        )
    else:
        area = geometry.as_multipolygon(
            coverage if shapely.is_valid(coverage) else shapely.make_valid(coverage)
        )
    if area.is_empty and surfaces.any():
        raise UnusableLayer(Notice("coverage-empty", "覆盖范围不是有面积的区域。"))

    progress(Phase.GENERALISING, 0, total)
    detail_zoom = overviews.detail_zoom(geometries)
    zooms = range(max(min_zoom, overviews.LOWEST_ZOOM), detail_zoom)
    tiles = list(overviews.build(keys, classes, names, geometries, zooms, tiling=apart))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    index = np.array(order, dtype=np.intp)

    def arranged(values: list[Any]) -> list[Any]:
        return [values[i] for i in order]

    content = Content(
        keys=arranged(keys), class_codes=arranged(classes), names=arranged(names),
        attributes=arranged(attributes), geometries=geometries[index], areas=areas[index],
        vertices=vertices[index], hashes=arranged(hashes),
    )  # fmt: skip
    return Staged(
        content=content, coverage=area, coverage_given=coverage is not None, non_overlapping=apart,
        detail_zoom=detail_zoom, tiles=tiles, repaired=repaired, rejected=rejected, notices=tuple(notices),
        source_name=table.source_name, source_sha256=table.source_sha256, source_crs=table.source_crs,
        source_date=table.source_date,
    )  # fmt: skip
