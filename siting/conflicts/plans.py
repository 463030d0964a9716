"""A plan as plain files that several processes read at once: columns of numbers, and geometries one after the other.

No database is asked here, and nothing is held in memory but what is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import FloatArray, IntArray
from siting.engine.conflict import PlanPieces
from siting.engine.slivers import ObjectArray

Batch = tuple[ObjectArray, ObjectArray, FloatArray, ObjectArray]
"""Feature keys, class codes, exact areas (m²) and geometries (EPSG:4490) of some pieces."""
_COLUMNS = ("boxes", "areas", "classes", "features", "offsets")


@dataclass(frozen=True)
class Plan:
    """One side of a comparison in a folder.

    Pieces lie in spatial order, so a run of rows lies together on the ground.
    """

    folder: Path

    @cached_property
    def _about(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = json.loads((self.folder / "plan.json").read_text(encoding="utf-8"))
        return found

    @property
    def classes(self) -> list[str]:
        """Class codes, sorted; pieces name them by position."""
        return self._about["classes"]

    @property
    def keys(self) -> list[str]:
        """Feature keys, sorted; pieces name them by position."""
        return self._about["keys"]

    def column(self, name: str) -> npt.NDArray[np.generic]:
        """One of `boxes` (n, 4), `areas`, `classes`, `features`, as it lies on disk."""
        return np.asarray(np.load(self.folder / f"{name}.npy", mmap_mode="r"))

    @cached_property
    def boxes(self) -> FloatArray:
        return np.asarray(self.column("boxes"), dtype=np.float64)

    @cached_property
    def areas(self) -> FloatArray:
        return np.asarray(self.column("areas"), dtype=np.float64)

    @cached_property
    def class_numbers(self) -> IntArray:
        return np.asarray(self.column("classes"), dtype=np.int64)

    @cached_property
    def feature_numbers(self) -> IntArray:
        return np.asarray(self.column("features"), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.areas)

    def pieces(self, rows: IntArray) -> PlanPieces:
        """Some pieces, in the order of the rows."""
        offsets = np.load(self.folder / "offsets.npy", mmap_mode="r")
        blob = np.memmap(self.folder / "shapes.wkb", dtype=np.uint8, mode="r") if offsets[-1] else np.empty(0)
        starts, ends = np.asarray(offsets[rows]).tolist(), np.asarray(offsets[rows + 1]).tolist()
        found = np.empty(len(rows), dtype=object)
        found[:] = [blob[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]
        geometries = np.asarray(shapely.from_wkb(found, on_invalid="ignore"), dtype=object)
        return PlanPieces(
            rows, self.feature_numbers[rows], self.class_numbers[rows], self.areas[rows], geometries
        )

    def near(self, boxes: FloatArray) -> IntArray:
        """Rows whose boxes meet one of these, ascending."""
        boxes = boxes[np.isfinite(boxes).all(axis=1)]
        if not len(boxes):
            return np.empty(0, dtype=np.int64)
        west, south = boxes[:, :2].min(axis=0)
        east, north = boxes[:, 2:].max(axis=0)
        mine = self.boxes
        with np.errstate(invalid="ignore"):
            rows = np.flatnonzero(
                (mine[:, 0] <= east) & (mine[:, 2] >= west) & (mine[:, 1] <= north) & (mine[:, 3] >= south)
            )
        if not len(rows):
            return rows
        meeting = shapely.STRtree(shapely.box(*boxes.T)).query(shapely.box(*mine[rows].T))[0]
        return rows[np.unique(meeting)]


def write(folder: Path, batches: Iterable[Batch]) -> Plan:
    """Write a plan that comes in batches, in spatial order; it stands complete under its name or not at all."""
    unfinished = folder.with_name(folder.name + ".part")
    unfinished.mkdir(parents=True, exist_ok=True)
    columns: dict[str, list[npt.NDArray[np.generic]]] = {name: [] for name in _COLUMNS}
    classes: dict[str, int] = {}
    keys: dict[str, int] = {}
    written = 0
    with (unfinished / "shapes.wkb").open("wb") as file:
        for own_keys, own_classes, areas, geometries in batches:
            encoded = [shape or b"" for shape in shapely.to_wkb(geometries, include_srid=False).tolist()]
            file.write(b"".join(encoded))
            lengths = np.array([len(shape) for shape in encoded], dtype=np.int64)
            columns["offsets"].append(written + np.cumsum(lengths))
            written += int(lengths.sum())
            columns["boxes"].append(shapely.bounds(geometries))
            columns["areas"].append(np.asarray(areas, dtype=np.float64))
            columns["classes"].append(_numbered(own_classes, classes))
            columns["features"].append(_numbered(own_keys, keys))
    empty = {
        "boxes": np.empty((0, 4)), "areas": np.empty(0), "classes": np.empty(0, dtype=np.int64),
        "features": np.empty(0, dtype=np.int64), "offsets": np.zeros(1, dtype=np.int64),
    }  # fmt: skip
    found = {name: np.concatenate([empty[name], *parts]) for name, parts in columns.items()}
    about = {}
    for name, column, numbers in (("classes", "classes", classes), ("keys", "features", keys)):
        about[name] = sorted(numbers)
        place = np.empty(len(numbers), dtype=np.int64)
        place[[numbers[word] for word in about[name]]] = np.arange(len(numbers))
        found[column] = place[found[column].astype(np.int64)]
    for name, values in found.items():
        np.save(unfinished / f"{name}.npy", values)
    (unfinished / "plan.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    unfinished.rename(folder)
    return Plan(folder)


def _numbered(words: ObjectArray, numbers: dict[str, int]) -> IntArray:
    return np.array([numbers.setdefault(str(word), len(numbers)) for word in words], dtype=np.int64)
