"""Layer versions and a rulebook as a folder of files: all that a worker needs to judge sites, on whatever machine.

The folder holds a Parquet file of each vector version, a GeoTIFF of each raster, the coverages, and one JSON that names
each file with its SHA-256 and holds the rules. A file that isn't what the JSON says is refused, never read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from siting.engine.area import FloatArray
from siting.engine.boundary import Boundary
from siting.engine.coverage import covers
from siting.engine.document import canonical
from siting.engine.judging import Ground, Source, asked_distances
from siting.engine.neighbourhood import by_site
from siting.engine.overlap import LayerPieces
from siting.engine.partitions import PartitionFile
from siting.engine.proximity import reach
from siting.engine.rasters import RasterFile
from siting.engine.rules import RuleSpec
from siting.engine.slivers import ObjectArray

FORMAT = "gis-projects/snapshot/1"


class DamagedSnapshot(RuntimeError):
    """A file of the snapshot is missing, or isn't the one that the snapshot names."""


@dataclass(frozen=True)
class LayerEntry:
    """One layer version of a snapshot.

    ``file`` and ``coverage`` are names of files in the folder, each with its SHA-256 (hex).
    """

    layer: str
    number: int
    root_hash: str
    name: str
    kind: str
    class_system: str
    class_names: Mapping[str, str]
    file: str
    sha256: str
    coverage: str
    coverage_sha256: str

    @property
    def source(self) -> Source:
        """What sentences say of it."""
        return Source(self.name, self.number, self.class_system, self.class_names)


@dataclass(frozen=True)
class Book:
    """The rulebook of a snapshot, with the rules in force on its day and the questions it asks, in its order."""

    code: str
    version: int
    sha256: str
    on: dt.date
    rules: tuple[RuleSpec, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """What sites are judged by: layer versions by code, and a rulebook."""

    layers: Mapping[str, LayerEntry]
    book: Book

    def write(self, folder: Path) -> Path:
        """Write the JSON into the folder where the files are; its name holds its hash."""
        text = self.text()
        path = folder / f"snapshot-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")  # two batches may begin at once
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
        return path

    def text(self) -> str:
        """Canonical JSON."""
        book = self.book
        return canonical(
            {
                "format": FORMAT,
                "layers": {
                    code: vars(entry) | {"class_names": dict(entry.class_names)}
                    for code, entry in self.layers.items()
                },
                "rulebook": {
                    "code": book.code,
                    "version": book.version,
                    "sha256": book.sha256,
                    "on": book.on.isoformat(),
                    "rules": [rule.to_json() for rule in book.rules],
                    "questions": list(book.questions),
                },
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Snapshot:
        """Undo `text`.

        Raises
        ------
        DamagedSnapshot
            It is of another form.
        """
        data = json.loads(text)
        if data.get("format") != FORMAT:
            raise DamagedSnapshot(f"not a snapshot of this form: {data.get('format')}")
        book = data["rulebook"]
        return cls(
            layers={code: LayerEntry(**entry) for code, entry in data["layers"].items()},
            book=Book(
                code=book["code"],
                version=book["version"],
                sha256=book["sha256"],
                on=dt.date.fromisoformat(book["on"]),
                rules=tuple(RuleSpec.from_json(rule) for rule in book["rules"]),
                questions=tuple(book["questions"]),
            ),
        )


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class OpenSnapshot:
    """A snapshot whose files a process has open. Each file is hashed once, before it is first read.

    Parameters
    ----------
    path
        Of the JSON; the other files lie beside it.

    Raises
    ------
    DamagedSnapshot
        The JSON is missing or isn't what its name says; later, the same of another file.
    """

    def __init__(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DamagedSnapshot(f"{path.name}: {error.strerror}") from error
        if path.stem.removeprefix("snapshot-") != hashlib.sha256(content).hexdigest()[:16]:
            raise DamagedSnapshot(f"{path.name} was altered")
        self.snapshot = Snapshot.from_text(content.decode())
        self._folder = path.parent
        self._partitions: dict[str, PartitionFile] = {}
        self._coverages: dict[str, BaseGeometry] = {}
        self._verified: set[tuple[str, str]] = set()

    def grounds(self, boundaries: Sequence[Boundary]) -> list[dict[str, Ground]]:
        """Read what every layer has of some sites that lie side by side; in their order, by layer code."""
        sites: ObjectArray = np.array([boundary.geometry for boundary in boundaries], dtype=object)
        distances = asked_distances(self.snapshot.book.rules)
        reaches: dict[float, ObjectArray] = {}
        for asked in distances.values():
            if asked[0] not in reaches:
                wide = [reach(boundary, asked[0]) for boundary in boundaries]
                reaches[asked[0]] = np.array(wide, dtype=object)
        found: list[dict[str, Ground]] = [{} for _ in boundaries]
        for code, entry in self.snapshot.layers.items():
            asked = distances.get(code, ())
            around = reaches[asked[0]] if asked else sites
            coverage = self._coverage(entry)
            pieces = self._pieces(entry, around)
            raster = RasterFile(str(self._file(entry.file, entry.sha256))) if entry.kind == "raster" else None
            for number, boundary in enumerate(boundaries):
                found[number][code] = Ground(
                    source=entry.source,
                    covered=covers(coverage, boundary.geometry),
                    covered_reach_m=_covered_reach(coverage, boundary, asked, around[number]),
                    pieces=None if pieces is None else pieces[number],
                    raster=raster,
                )
        return found

    def _pieces(self, entry: LayerEntry, around: ObjectArray) -> list[LayerPieces] | None:
        if entry.kind == "raster":
            return None
        if entry.file not in self._partitions:
            self._partitions[entry.file] = PartitionFile(self._file(entry.file, entry.sha256))
        boxes: FloatArray = shapely.bounds(around)
        return by_site(self._partitions[entry.file].near(boxes), around)

    def _coverage(self, entry: LayerEntry) -> BaseGeometry:
        if entry.coverage not in self._coverages:
            content = self._file(entry.coverage, entry.coverage_sha256).read_bytes()
            coverage: BaseGeometry = shapely.from_wkb(content)
            shapely.prepare(coverage)
            self._coverages[entry.coverage] = coverage
        return self._coverages[entry.coverage]

    def _file(self, name: str, sha256: str) -> Path:
        path = self._folder / name
        if (name, sha256) not in self._verified:
            try:
                same = file_sha256(path) == sha256
            except OSError as error:
                raise DamagedSnapshot(f"{name}: {error.strerror}") from error
            if not same:
                raise DamagedSnapshot(f"{name} was altered")
            self._verified.add((name, sha256))
        return path


def _covered_reach(
    coverage: BaseGeometry, boundary: Boundary, distances: tuple[float, ...], widest: BaseGeometry
) -> float:
    """The greatest of the distances (widest first) up to which a coverage holds the ground around a site, m."""
    for number, distance in enumerate(distances):
        if covers(coverage, widest if number == 0 else reach(boundary, distance)):
            return distance
    return 0.0


def manifest(layers: Mapping[str, LayerEntry]) -> dict[str, Any]:
    """Version and root hash by layer code, as a check's document names them."""
    return {code: {"version": entry.number, "root_hash": entry.root_hash} for code, entry in layers.items()}
