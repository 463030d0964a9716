"""From a table to features that only wait to be written: checked, repaired, hashed. No database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
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
_COLLECTION = 7


@dataclass(frozen=True)
class Content:
    """Features as columns of equal length; geometries EPSG:4490, attributes as canonical JSON."""

    keys: list[str]
    class_codes: list[str]
    names: list[str]
    attributes: list[str]
    geometries: npt.NDArray[np.object_]
    hashes: list[bytes]

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def areas(self) -> npt.NDArray[np.float64]:
        """m² on the ellipsoid, worked out when they are asked for: what another version has too was measured then."""
        return exact_areas(self.geometries)

    @cached_property
    def vertices(self) -> npt.NDArray[np.int_]:
        return np.asarray(shapely.get_num_coordinates(self.geometries))

    def take(self, which: npt.NDArray[np.intp]) -> Content:
        """The features at these positions."""
        index = which.tolist()

        def some(values: list[Any]) -> list[Any]:
            return [values[i] for i in index]

        return Content(
            some(self.keys), some(self.class_codes), some(self.names), some(self.attributes),
            self.geometries[which], some(self.hashes),
        )  # fmt: skip


#: Where features with these hashes stand in the version before; -1 where they don't.
Find = Callable[[list[bytes]], npt.NDArray[np.intp]]


@dataclass
class Prepared:
    """What became of a table: its features, where the version before has them, and what had to be done to them."""

    content: Content
    at: npt.NDArray[np.intp]
    repaired: list[Repair]
    rejected: list[Rejection]
    names_cut: int

    def test(self, which: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Check features that the version before has, but that are to be written all the same; those that can be."""
        labels = np.array([self.content.keys[i] for i in which.tolist()], dtype=object)
        mended, sound, repaired, rejected = _mended(self.content, labels, which)
        _hash(self.content, mended)
        self.repaired += repaired
        self.rejected += rejected
        return which[sound]


def _attribute_texts(table: Table, rows: npt.NDArray[np.intp]) -> list[str]:
    if isinstance(table.attributes, dict):
        columns = table.attributes
        if len(rows) < len(table):
            columns = {name: values[rows] for name, values in columns.items()}
        return hashing.columns_json(columns, len(rows))
    given: Any = table.attributes
    return [hashing.attributes_json(given[i]) for i in rows.tolist()]


def _plain(keys: list[str]) -> list[str]:
    """Keys without control characters: one is the mark of a key that waits (`layers.loading.rows`)."""
    if all(map(str.isprintable, keys)):
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


def _taken(
    table: Table, geometries: npt.NDArray[np.object_], keep: npt.NDArray[np.bool_]
) -> tuple[Content, int]:
    """The features that are kept, as they come, without hashes; and how many names were cut."""
    rows = np.flatnonzero(keep)
    whole = len(rows) == len(table)
    columns: Any = (table.keys, table.class_codes, table.names)
    keys, classes, names = ((column if whole else column[rows]).tolist() for column in columns)
    keys = _plain(keys)
    _bounded(keys, MAX_KEY, "要素标识")
    _bounded(classes, MAX_CLASS, "类别代码")
    names_cut = sum(length > MAX_NAME for length in map(len, names))
    if names_cut:
        names = [name[:MAX_NAME] for name in names]
    shapes = geometries if whole else geometries[rows]
    return Content(keys, classes, names, _attribute_texts(table, rows), shapes, [b""] * len(keys)), names_cut


def _hash(content: Content, which: npt.NDArray[np.intp] | None = None) -> None:
    """Hash features, all or some; what has no key yet is named by its content."""
    if which is None:
        content.hashes[:] = hashing.content_hashes(
            content.keys, content.class_codes, content.names, content.attributes, content.geometries
        )
        again = [i for i, key in enumerate(content.keys) if not key]
    else:
        some = content.take(which)
        hashes = hashing.content_hashes(
            some.keys, some.class_codes, some.names, some.attributes, some.geometries
        )
        for i, hash_ in zip(which.tolist(), hashes, strict=True):
            content.hashes[i] = hash_
        again = [i for i in which.tolist() if not content.keys[i]]
    for i in again:
        content.keys[i] = _UNNAMED + content.hashes[i].hex()[:24]
    if again:
        _hash(content, np.array(again, dtype=np.intp))


def _mended(
    content: Content, labels: npt.NDArray[np.object_], which: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_], list[Repair], list[Rejection]]:
    """Repair what is invalid among these features, in place.

    Returns
    -------
    The positions of those that are another shape now, which of them can stay, the repairs, the rejections.
    """
    before = content.geometries[which]
    after, sound, repaired, rejected = geometry.check(labels, before)
    if not repaired:
        return which[:0], sound, repaired, rejected
    others = np.array([a is not b for a, b in zip(after, before, strict=True)])
    content.geometries[which] = after
    return which[others], sound, repaired, rejected


def prepare(table: Table, *, offset: int = 0, find: Find | None = None) -> Prepared:
    """Check, repair and hash a table, or a part of one.

    A feature without a key is named by its content. Keys that stand there twice do so afterwards too.

    What the version before has just so is neither tested nor measured again: that was done, and what is stored stays.
    A fault finer than a hash can tell (1e-9°) isn't reported a second time, therefore.

    Parameters
    ----------
    table
        The features.
    offset
        How many came before them in their file: what has no key is told by its place.
    find
        Asks the version before; without it, everything is new.

    Raises
    ------
    UnusableLayer
        A key or class code is too long to be one.
    """
    labels: Any = table.keys
    if offset and not all(labels):
        labels = np.array([key or f"#{offset + i + 1}" for i, key in enumerate(labels)], dtype=object)
    geometries, keep, rejected = geometry.usable(labels, table.geometries)
    content, names_cut = _taken(table, geometries, keep)
    labels = labels[keep]
    unnamed = [i for i, key in enumerate(content.keys) if not key]
    at = np.full(len(content), -1, dtype=np.intp)
    if find is not None:
        # a collection is repaired whatever it holds
        plain = np.flatnonzero(shapely.get_type_id(content.geometries) != _COLLECTION)
        _hash(content, plain if len(plain) < len(content) else None)
        at[plain] = find([content.hashes[i] for i in plain.tolist()])
    unseen = np.flatnonzero(at < 0)
    mended, sound, repaired, spoilt = _mended(content, labels[unseen], unseen)
    if find is None:
        _hash(content)
    elif len(mended):
        for i in set(unnamed) & set(mended.tolist()):
            content.keys[i] = ""
        _hash(content, mended)
        at[mended] = find([content.hashes[i] for i in mended.tolist()])
    if not sound.all():
        kept = np.setdiff1d(np.arange(len(content)), unseen[~sound])
        content, at = content.take(kept), at[kept]
    return Prepared(content, at, repaired, rejected + spoilt, names_cut)
