"""From a table to features that only wait to be written: checked, repaired, measured, hashed. No database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from layers import hashing
from layers.areas import exact_areas
from layers.notices import Notice, UnusableLayer
from layers.quality import geometry
from layers.quality.geometry import Rejection, Repair
from layers.table import Table

MAX_KEY = 90  # an ordinal has room behind it
MAX_CLASS, MAX_NAME = 40, 200
_UNNAMED = "~"


@dataclass(frozen=True)
class Content:
    """Features as columns of equal length; areas in m², geometries EPSG:4490, attributes as canonical JSON."""

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

    def take(self, which: npt.NDArray[np.intp]) -> Content:
        """The features at these positions."""
        index = which.tolist()

        def some(values: list[Any]) -> list[Any]:
            return [values[i] for i in index]

        return Content(
            some(self.keys), some(self.class_codes), some(self.names), some(self.attributes),
            self.geometries[which], self.areas[which], self.vertices[which], some(self.hashes),
        )  # fmt: skip


@dataclass(frozen=True)
class Prepared:
    """What became of a table: its features, and what had to be done to them."""

    content: Content
    repaired: list[Repair]
    rejected: list[Rejection]
    names_cut: int


def _attribute_texts(table: Table, keep: npt.NDArray[np.bool_]) -> list[str]:
    if isinstance(table.attributes, dict):
        columns = {name: values[keep] for name, values in table.attributes.items()}
        return hashing.columns_json(columns, int(keep.sum()))
    rows: Any = table.attributes
    return [hashing.attributes_json(rows[i]) for i in np.flatnonzero(keep)]


def _plain(keys: list[str]) -> list[str]:
    """Keys without control characters: one is the mark of a key that waits (`layers.loading.rows`)."""
    if all(key.isprintable() for key in keys):
        return keys
    return ["".join(character for character in key if character >= " ") for key in keys]


def _bounded(values: list[str], limit: int, what: str) -> None:
    longest = max(values, key=len, default="")
    if len(longest) > limit:
        raise UnusableLayer(
            Notice(
                "text-too-long", "%(field)s最多 %(limit)d 个字符，“%(value)s…”有 %(length)d 个；请检查字段对应。",
                {"field": what, "limit": limit, "value": longest[:20], "length": len(longest)},
            )
        )  # fmt: skip


def prepare(table: Table, *, offset: int = 0) -> Prepared:
    """Check, repair, measure and hash a table, or a part of one.

    A feature without a key is named by its content. Keys that stand there twice do so afterwards too.

    Parameters
    ----------
    table
        The features.
    offset
        How many came before them in their file: what has no key is told by its place.

    Raises
    ------
    UnusableLayer
        A key or class code is too long to be one.
    """
    assert isinstance(table.keys, np.ndarray)
    assert isinstance(table.class_codes, np.ndarray)
    assert isinstance(table.names, np.ndarray)
    labels = table.keys
    if offset and not all(labels):
        labels = np.array([key or f"#{offset + i + 1}" for i, key in enumerate(labels)], dtype=object)
    geometries, keep, repaired, rejected = geometry.check(labels, table.geometries)
    whole = bool(keep.all())
    if not whole:
        geometries = geometries[keep]
    keys, classes, names = (
        (column if whole else column[keep]).tolist()
        for column in (table.keys, table.class_codes, table.names)
    )
    keys = _plain(keys)
    _bounded(keys, MAX_KEY, "要素标识")
    _bounded(classes, MAX_CLASS, "类别代码")
    names_cut = sum(len(name) > MAX_NAME for name in names)
    if names_cut:
        names = [name[:MAX_NAME] for name in names]
    attributes = _attribute_texts(table, keep)
    shapes = list(hashing.canonical_geometries(geometries))
    hashes = [
        hashing.content_hash(*row) for row in zip(keys, classes, names, attributes, shapes, strict=True)
    ]
    for i, key in enumerate(keys):
        if not key:
            keys[i] = _UNNAMED + hashes[i].hex()[:24]
            hashes[i] = hashing.content_hash(keys[i], classes[i], names[i], attributes[i], shapes[i])
    content = Content(
        keys=keys, class_codes=classes, names=names, attributes=attributes, geometries=geometries,
        areas=exact_areas(geometries), vertices=shapely.get_num_coordinates(geometries), hashes=hashes,
    )  # fmt: skip
    return Prepared(content, repaired, rejected, names_cut)
