"""Many sites × one layer, in one process or several, with threads or without: the answer is the same.

A layer version is written once as a Parquet file (`export`); after that no database is asked, so a worker is a plain
process with numpy and shapely, on this machine or another that has the file.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import shapely

import layers.queries
from layers.queries import Candidates, PinnedVersion
from siting.engine import partitions
from siting.engine.area import IntArray
from siting.engine.many import SiteAreas, joined
from siting.engine.overlap import LayerPieces
from siting.engine.partitions import overlap_near
from siting.engine.slivers import ObjectArray


def export(version: PinnedVersion, folder: Path) -> Path:
    """Write a layer version as a Parquet file, unless the folder has it; its name holds the root hash.

    Raises
    ------
    ValueError
        It is a raster.
    """
    if version.kind != "vector":
        raise ValueError(f"{version.layer} is not a vector layer")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{version.layer}-{version.number}-{version.root_hash[:16]}.parquet"
    if not path.exists():
        partitions.write(path, _pieces(version), non_overlapping=version.non_overlapping, known_valid=True)
    return path


def _pieces(version: PinnedVersion) -> Iterator[LayerPieces]:
    for found in layers.queries.everything(version):
        yield _as_pieces(found)


def _as_pieces(found: Candidates) -> LayerPieces:
    return LayerPieces(
        found.keys,
        found.classes,
        found.areas,
        found.geometries,
        found.version.non_overlapping,
        known_valid=True,
    )


def overlap(sites: ObjectArray, layer: Path, *, processes: int = 1, threads: int = 1) -> SiteAreas:
    """Measure what every site shares with every feature of an exported layer.

    Parameters
    ----------
    sites
        Object array (n,) of valid (multi)polygons, EPSG:4490.
    layer
        From `export`.
    processes
        How many; each takes neighbouring sites and reads only what lies around them.
    threads
        How many in each process: on one machine they do without the copying that processes need.
    """
    if processes <= 1 or len(sites) < 2 * processes:
        return overlap_near(shapely.to_wkb(sites), layer, threads)
    spans = [span for span in np.array_split(_side_by_side(sites), processes) if len(span)]
    # A forked child would share the parent's database connection; these are born without one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(spans), mp_context=context) as pool:
        answers = pool.map(
            partial(overlap_near, layer=layer, threads=threads),
            [shapely.to_wkb(sites[span]) for span in spans],
        )
        return joined(list(zip(spans, answers, strict=True)), len(sites))


def _side_by_side(sites: ObjectArray) -> IntArray:
    """The sites' positions from west to east, so that a run of them lies together on the ground."""
    west, _, east, _ = shapely.bounds(sites).T
    order: IntArray = np.argsort(west + east, kind="stable")
    return order
