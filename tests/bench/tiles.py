"""Vector tiles of the parcels against django-vectortiles on the same table."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import shapely

from layers import queries, tiles
from siting.checks import PRESENT_LAND_LAYER
from tests.bench.check import outline_of_the_city
from tests.bench.land import WORK, Land
from tests.bench.report import Report, Row

PEERS = WORK.parent / "bench-venv/bin/python"
ZOOMS = {8: 3, 10: 12, 12: 40, 14: 80}  # tiles at most: at small zooms one of the peer's takes seconds
ROUNDS = 3

Tile = tuple[int, int, int]


def random_tiles(zoom: int, count: int, within: shapely.Geometry) -> list[Tile]:
    """Different tiles that meet the city, in random order; all there are where there are fewer."""
    west, south, east, north = within.bounds
    side = 1 << zoom

    def row(latitude: float) -> int:
        radians = np.radians(latitude)
        return int((1 - np.arcsinh(np.tan(radians)) / np.pi) / 2 * side)

    found = [
        (zoom, x, y)
        for x in range(int((west + 180) / 360 * side), int((east + 180) / 360 * side) + 1)
        for y in range(row(north), row(south) + 1)
        if shapely.intersects(within, shapely.box(*tiles.tile_bounds(zoom, x, y)))
    ]
    return [found[i] for i in np.random.default_rng(zoom).permutation(len(found))[:count]]


@contextmanager
def peer(land: Land, layer_id: int) -> Iterator[Callable[[Tile], tuple[float, int]]]:
    """The peer in its own environment; asked for a tile it tells its seconds, without the way there, and bytes."""
    if not PEERS.exists():
        raise SystemExit("the peers' environment is missing: run scripts/bench (make bench PART=tiles)")
    script = Path(__file__).parent / "peers/vector_tiles.py"
    process = subprocess.Popen(
        [PEERS, script, land.database, land.host, land.user, str(layer_id)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    questions, answers = process.stdin, process.stdout

    def ask(tile: Tile) -> tuple[float, int]:
        questions.write("{} {} {}\n".format(*tile))
        questions.flush()
        answer = answers.readline().split()
        if len(answer) != 2:
            raise SystemExit("the peer's tiles failed; its message is above")
        return float(answer[0]), int(answer[1])

    try:
        yield ask
    finally:
        questions.close()
        process.wait(30)


def run(land: Land) -> bool:
    version = queries.current([PRESENT_LAND_LAYER])[PRESENT_LAND_LAYER]
    city = outline_of_the_city()
    report = Report(
        "tiles",
        f"Vector tiles of {land.parcels:,} parcels, one after the other, no cache",
        "django-vectortiles",
    )
    with peer(land, version.layer_id) as ask:
        for zoom, count in ZOOMS.items():
            chosen = random_tiles(zoom, count, city)
            ours, theirs, our_bytes, their_bytes = [], [], [], []
            for turn in range(ROUNDS + 1):  # the first only warms up
                for tile in chosen:
                    began = time.perf_counter()
                    mine = tiles.tile(version, *tile)
                    took = time.perf_counter() - began
                    other, size = ask(tile)
                    if turn:
                        ours.append(took)
                        theirs.append(other)
                        our_bytes.append(len(mine))
                        their_bytes.append(size)
            note = "stored at publication" if zoom < version.detail_zoom else "cut when asked"
            report.add(
                Row(f"z{zoom}, {len(chosen)} tiles", len(ours) / sum(ours), "tiles/s", len(theirs) / sum(theirs), 1.0,
                    at_most=False, note=note),
                Row(f"z{zoom}, bytes per tile", float(np.mean(our_bytes)) / 1024, "kB",
                    float(np.mean(their_bytes)) / 1024),
            )  # fmt: skip
    report.notes += [
        "each in its own process with Django's connection kept open, taking turns tile by tile; the peer's view with "
        "the same three properties; no HTTP, no compression, no tile cache on either side",
        f"below z{version.detail_zoom} ours were made at publication, once; the peer sends every parcel of the tile",
        f"{ROUNDS} rounds after one to warm up; tiles per second of all rounds together",
    ]
    return report.finish()
