"""Layer versions and rulebooks as the files that workers read; a file stands whole under its name or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import shapely

import layers.queries
import layers.rasters
from layers.queries import PinnedVersion
from siting.engine import partitions
from siting.engine.area import IntArray
from siting.engine.judging import asked_fields
from siting.engine.overlap import LayerPieces
from siting.engine.snapshots import Book, LayerEntry, Snapshot, file_sha256
from siting.grounds import pieces_of
from siting.rulebook import PinnedRulebook


def export(version: PinnedVersion, folder: Path, *, fields: Collection[str] = ()) -> Path:
    """Write a layer version as a Parquet file, unless the folder has it; its name holds the root hash.

    ``fields`` are the attributes to bring along; another set of them is another file.

    Raises
    ------
    ValueError
        It is a raster.
    """
    if version.kind != "vector":
        raise ValueError(f"{version.layer} is not a vector layer")
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(fields)
    marks = [version.layer, str(version.number), version.root_hash[:16]]
    if names:
        marks.append(hashlib.sha256("\n".join(names).encode()).hexdigest()[:8])
    path = folder / f"{'-'.join(marks)}.parquet"
    if not path.exists():
        partitions.write(
            path,
            _pieces(version, names),
            non_overlapping=version.non_overlapping,
            known_valid=True,
            fields=names,
        )
    return path


def _pieces(version: PinnedVersion, fields: Collection[str]) -> Iterator[tuple[LayerPieces, IntArray]]:
    for found in layers.queries.everything(version, attributes=fields):
        yield pieces_of(found), found.pieces.astype(np.intp, copy=False)


def snapshot(rulebook: PinnedRulebook, versions: Mapping[str, PinnedVersion], folder: Path) -> Path:
    """Write a rulebook and the layer versions that it is asked about as a folder of files; the path of its JSON.

    What the folder has already is kept: a later snapshot writes only what changed.

    Raises
    ------
    OSError
        The folder can't be written, or a raster's file is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fields = asked_fields(rulebook.rules)
    coverages = layers.queries.coverages(versions)
    entries = {}
    for code in sorted(versions):
        version = versions[code]
        if version.kind == "vector":
            path = export(version, folder, fields=fields.get(code, ()))
            sha256 = _hash_beside(path)
        else:
            path, sha256 = _raster(version, folder)
        coverage, coverage_sha256 = _coverage(coverages[code], folder)
        entries[code] = LayerEntry(
            layer=code,
            number=version.number,
            root_hash=version.root_hash,
            name=version.layer_name,
            kind=version.kind,
            class_system=version.class_system,
            class_names=dict(version.class_names),
            file=path.name,
            sha256=sha256,
            coverage=coverage.name,
            coverage_sha256=coverage_sha256,
        )
    book = Book(
        code=rulebook.code,
        version=rulebook.version,
        sha256=rulebook.sha256,
        on=rulebook.on,
        rules=rulebook.rules,
        questions=tuple(fact["name"] for fact in rulebook.facts),
    )
    return Snapshot(entries, book).write(folder)


def _raster(version: PinnedVersion, folder: Path) -> tuple[Path, str]:
    """A raster's own file beside the others, linked where that can be; and its hash, which is its published name."""
    assert version.raster_path is not None, "a raster version has its file"
    source = layers.rasters.media_path(version.raster_path)
    sha256 = source.stem
    path = folder / f"{version.layer}-{version.number}-{sha256[:16]}.tif"
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            os.link(source, draft)
        except FileNotFoundError:
            raise
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, draft)
        draft.replace(path)
    return path, sha256


def _coverage(coverage: object, folder: Path) -> tuple[Path, str]:
    """Most layers of a city cover just the city: the same ground is one file."""
    content = shapely.to_wkb(coverage, include_srid=False)
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"coverage-{sha256[:16]}.wkb"
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        draft.write_bytes(content)
        draft.replace(path)
    return path, sha256


def _hash_beside(path: Path) -> str:
    """A file's SHA-256 as it was when it was written: kept beside it, so that a file that rots since is refused."""
    beside = path.with_name(f"{path.name}.json")
    if beside.exists():
        kept: str = json.loads(beside.read_text(encoding="utf-8"))["sha256"]
        return kept
    found = file_sha256(path)
    draft = beside.with_name(f"{beside.name}.{os.getpid()}.part")
    draft.write_text(json.dumps({"sha256": found}), encoding="utf-8")
    draft.replace(beside)
    return found
