"""Where on the ground two versions of a layer differ, for whoever asks whether a change can touch a place.

What is asked here is stricter than what a person is shown (`comparison`): a feature is the same only if everything that
an analysis reads of it is the same to the last bit, so that whoever stands apart from all of these places gets the
same answer from both versions. What no analysis reads (a name, an attribute that nobody asked for) doesn't count.
"""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from django.db import connection, transaction
from rasterio.windows import Window

from layers.changes.comparison import sides, window
from layers.models import LayerVersion
from layers.queries import PinnedVersion
from layers.rasters import opened, placed

Objects = npt.NDArray[np.object_]
_BLOCK = 64  # cells along the side of a block that counts as one place


@dataclass(frozen=True)
class Places:
    """Some of the features that two versions don't share.

    `geometries` are shapely objects, EPSG:4490, of either side; `marks` name the features for a digest: the side (a or
    b) and the content hash.
    """

    geometries: Objects
    marks: tuple[bytes, ...]


# A key is unique within a version; geometries are compared byte by byte.
_FEATURES = """
WITH went AS MATERIALIZED (SELECT f.key, f.hash, f.class_code, f.attributes, f.geom FROM layers_feature f
                           WHERE {before}),
     came AS MATERIALIZED (SELECT f.key, f.hash, f.class_code, f.attributes, f.geom FROM layers_feature f
                           WHERE {after})
SELECT 'a', a.hash, a.geom::text FROM went a LEFT JOIN came b ON b.key = a.key AND {same} WHERE b.key IS NULL
UNION ALL
SELECT 'b', b.hash, b.geom::text FROM came b LEFT JOIN went a ON a.key = b.key AND {same} WHERE a.key IS NULL
"""


def features(
    a: PinnedVersion, b: PinnedVersion, fields: Collection[str] = (), *, at_once: int = 20_000
) -> Iterator[Places]:
    """Features of one version that the other hasn't in the same shape, class and asked attributes, some at a time.

    Parameters
    ----------
    fields
        Names of the attributes that are read.

    Raises
    ------
    ValueError
        They are of two layers.
    UnusableLayer
        The layer is a raster.
    """
    before, after = sides(a, b)
    read = [
        f"a.attributes -> %(field{n})s IS NOT DISTINCT FROM b.attributes -> %(field{n})s"
        for n in range(len(fields))
    ]
    same = " AND ".join(["b.class_code = a.class_code", "b.geom::bytea = a.geom::bytea", *read])
    asked: dict[str, Any] = {**window(a, b), **{f"field{n}": name for n, name in enumerate(fields)}}
    with transaction.atomic():
        with connection.cursor() as settings:
            settings.execute("SET LOCAL jit = off")
        with connection.chunked_cursor() as cursor:
            cursor.execute(_FEATURES.format(before=before, after=after, same=same), asked)
            while rows := cursor.fetchmany(at_once):
                ewkbs = np.array([unhexlify(row[2]) for row in rows], dtype=object)
                marks = tuple(row[0].encode() + bytes(row[1]) for row in rows)
                yield Places(shapely.from_wkb(ewkbs), marks)


def coverage(a: PinnedVersion, b: PinnedVersion) -> Any | None:
    """Where one version can be asked and the other can't (shapely, EPSG:4490); None where there is no such place."""
    found = dict(
        LayerVersion.objects.filter(pk__in=[a.version_id, b.version_id]).values_list("pk", "coverage")
    )
    before, after = (bytes(found[version.version_id].wkb) for version in (a, b))
    if before == after:
        return None
    difference = shapely.symmetric_difference(shapely.from_wkb(before), shapely.from_wkb(after))
    return None if difference.is_empty else difference


@dataclass(frozen=True)
class Cells:
    """Where the values of two raster versions on one grid differ: which blocks of `_BLOCK` by `_BLOCK` cells."""

    version: PinnedVersion
    differing: npt.NDArray[np.bool_]

    def touched(self, geometries: Objects) -> npt.NDArray[np.bool_]:
        """For each geometry (shapely, EPSG:4490) whether the window of cells around it has a differing block.

        The whole window counts, a cell more on each side, as figures of a polygon are computed from its window.
        """
        assert self.version.raster_path is not None
        dataset = opened(self.version.raster_path)
        there = shapely.transform(geometries, lambda xy: np.column_stack(placed(dataset, xy[:, 0], xy[:, 1])))
        west, south, east, north = shapely.bounds(there).T
        step_x, step_y = dataset.res
        left, top = dataset.bounds.left, dataset.bounds.top
        columns = _blocks(west - left, east - left, step_x)
        rows = _blocks(top - north, top - south, step_y)
        return np.array(
            [
                bool(self.differing[r0:r1, c0:c1].any())
                for r0, r1, c0, c1 in np.column_stack((*rows, *columns))
            ]
        )


def _blocks(
    low: npt.NDArray[np.float64], high: npt.NDArray[np.float64], step: float
) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """From which block on and before which one, for spans of coordinates from the grid's edge."""
    first = np.maximum(0, np.floor(low / step) - 1) // _BLOCK
    end = np.maximum(0, np.ceil(high / step) + 1) // _BLOCK + 1
    return first.astype(int), end.astype(int)


def cells(a: PinnedVersion, b: PinnedVersion) -> Cells | None:
    """Where the values of two raster versions differ.

    None where the two have no grid in common, so that nothing finer can be said than that they differ.

    Raises
    ------
    ValueError
        One of them is no raster.
    """
    if a.raster_path is None or b.raster_path is None:
        raise ValueError(f"{a.layer} is not a raster layer")
    one, other = opened(a.raster_path), opened(b.raster_path)
    if (one.crs, one.transform, one.shape) != (other.crs, other.transform, other.shape):
        return None
    blocks = np.zeros((-(-one.height // _BLOCK), -(-one.width // _BLOCK)), dtype=bool)
    if a.raster_path != b.raster_path:  # a stored raster is named after its bytes
        for row in range(len(blocks)):
            columns = _differing(one, other, row * _BLOCK)
            blocks[row, np.unique(columns // _BLOCK)] = True
    return Cells(a, blocks)


def _differing(one: Any, other: Any, row: int) -> npt.NDArray[np.int_]:
    """Columns that differ in the strip of blocks from `row` on; nothing is as good as no number."""
    strip = Window(0, row, one.width, min(_BLOCK, one.height - row))
    values, valid = [], []
    for dataset in (one, other):
        read = dataset.read(1, window=strip, masked=True)
        values.append(read.data)
        valid.append(~np.ma.getmaskarray(read) & np.isfinite(read.data))
    differs = (valid[0] != valid[1]) | (valid[0] & (values[0] != values[1]))
    return np.flatnonzero(differs.any(axis=0))
