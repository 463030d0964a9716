"""Many sites × one layer, in one process or several, with threads or without: the areas are the same."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import shapely

from siting.engine.area import IntArray
from siting.engine.many import SiteAreas, joined
from siting.engine.partitions import overlap_near
from siting.engine.slivers import ObjectArray


def overlap(sites: ObjectArray, layer: Path, *, processes: int = 1, threads: int = 1) -> SiteAreas:
    """Measure what every site shares with every feature of an exported layer.

    Parameters
    ----------
    sites
        Object array (n,) of valid (multi)polygons, EPSG:4490.
    layer
        From `siting.batch.export`.
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
