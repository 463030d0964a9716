"""Vector tiles of the parcels: how soon one is there, how many a second, and against tipg and django-vectortiles."""

from __future__ import annotations

import gzip
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np
import shapely
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client

from layers import overviews, queries, tiles
from layers.models import LayerVersion
from layers.overviews import settling
from layers.queries import PinnedVersion
from siting.checks import PRESENT_LAND_LAYER
from tests.bench import tile_servers
from tests.bench.asking import Answers, asked
from tests.bench.check import outline_of_the_city
from tests.bench.land import ROOT, Land
from tests.bench.report import Report, Row, percentiles

ZOOMS = {8: 6, 9: 12, 10: 40, 11: 80, 12: 120, 13: 120, 14: 120, 16: 80}  # tiles at most
LIMITS = {8: 200, 9: 200, 10: 200, 11: 200, 12: 250, 13: 250, 14: 50, 16: 50}  # ms, 95 of 100
MAX_KB = 100  # compressed, up to zoom 11
CLIENTS = 4
PEER_TILES, CACHED_REQUESTS, NGINX_REQUESTS = 1_500, 6_000, 12_000

Tile = tuple[int, int, int]


def random_tiles(zoom: int, count: int, within: shapely.Geometry) -> list[Tile]:
    """Different tiles that meet the city, in random order; all there are where there are fewer."""
    west, south, east, north = within.bounds
    side = 1 << zoom

    def row(latitude: float) -> int:
        radians = np.radians(latitude)
        return int((1 - np.arcsinh(np.tan(radians)) / np.pi) / 2 * side)

    columns = np.arange(int((west + 180) / 360 * side), int((east + 180) / 360 * side) + 1)
    rows = np.arange(row(north), row(south) + 1)
    found = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    found = found[np.random.default_rng(zoom).permutation(len(found))]
    shapely.prepare(within)
    chosen: list[Tile] = []
    for x, y in found.tolist():
        if len(chosen) < count and shapely.intersects(within, shapely.box(*tiles.tile_bounds(zoom, x, y))):
            chosen.append((zoom, x, y))
    return chosen


def drawn_anew(version: LayerVersion) -> tuple[float, float]:
    """Make the overviews of a version once more, from nothing; seconds and the process's memory (MB) so far.

    A city that was loaded long ago has other ones; nothing in the platform may touch those of a published version.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM layers_overviewtile WHERE layer_id = %s", [version.layer_id])
        loads = settling.loads(version)
        version.detail_zoom = loads.detail_zoom()
        version.feature_zoom = loads.feature_zoom(version.detail_zoom)
        version.save(update_fields=["detail_zoom", "feature_zoom"])
    began = time.perf_counter()
    overviews.build(version)
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def session() -> str:
    """The header of the demo's planner, signed in without a password."""
    browser = Client()
    browser.force_login(
        get_user_model().objects.get(username="planner"), backend=settings.AUTHENTICATION_BACKENDS[-1]
    )
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}\r\n"


def run(land: Land) -> bool:
    row = LayerVersion.objects.select_related("layer").defer("coverage").get(
        layer__code=PRESENT_LAND_LAYER, status="published"
    )  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-c", _CHILD, str(row.pk)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
    version = queries.current([PRESENT_LAND_LAYER])[PRESENT_LAND_LAYER]
    city = outline_of_the_city()
    report = Report("tiles", f"Vector tiles of {land.parcels:,} parcels", "peer")
    report.add(
        Row("overviews of all zooms, by blocks", float(made[0]), "s"),
        Row("memory of the process that made them", float(made[1]), "MB", target=1500),
    )
    uncached(report, version, city)
    served(report, land, version, city)
    report.notes += [
        f"overviews below z{version.detail_zoom}, made once; from there on tiles are cut from the features",
        "uncached: layers.tiles.tile in one process and gzip; other lines over HTTP, every tile different, "
        f"{tile_servers.WORKERS} workers each (ours and django-vectortiles: gunicorn × {tile_servers.THREADS} threads; "
        "tipg: uvicorn, a pool each, buffer set to ours)",
        "clients, servers and database share the machine; ours asks session, permission and version each time and "
        "compresses; tipg compresses too, django-vectortiles doesn't",
    ]
    return report.finish()


_CHILD = """
import sys, django
django.setup()
from layers.models import LayerVersion
from tests.bench.tiles import drawn_anew
print(*drawn_anew(LayerVersion.objects.select_related("layer").get(pk=sys.argv[1])))
"""


def uncached(report: Report, version: PinnedVersion, city: shapely.Geometry) -> None:
    """How long one tile takes where nobody has asked for it before."""
    for zoom, count in ZOOMS.items():
        chosen = random_tiles(zoom, count, city)
        seconds, sizes = [], []
        tiles.tile(version, *chosen[0])
        for tile in chosen:
            began = time.perf_counter()
            packed = gzip.compress(tiles.tile(version, *tile), 5)
            seconds.append(time.perf_counter() - began)
            sizes.append(len(packed) / 1024)
        p50, p95 = percentiles(seconds)
        report.add(
            Row(f"z{zoom} uncached, p95 of {len(chosen)}", p95 * 1000, "ms", target=LIMITS[zoom],
                note=f"p50 {p50 * 1000:.1f} ms"),
            Row(f"z{zoom} compressed, largest", max(sizes), "kB", target=MAX_KB if zoom <= 11 else None,
                note=f"p50 {np.median(sizes):.1f} kB"),
        )  # fmt: skip


def served(report: Report, land: Land, version: PinnedVersion, city: shapely.Geometry) -> None:
    """Requests per second over HTTP."""
    chosen = random_tiles(14, PEER_TILES, city)
    warm = random_tiles(15, 200, city)  # so that every thread has its connection
    cookie = session()

    def ours(some: Sequence[Tile]) -> list[str]:
        return [f"/tiles/{version.layer}/{version.number}/{z}/{x}/{y}.mvt" for z, x, y in some]

    def rounds(port: int, address: str) -> Answers:
        asked(port, [address.format(*tile) for tile in warm], CLIENTS)
        return asked(port, [address.format(*tile) for tile in chosen], CLIENTS)

    with tile_servers.tipg(land, version.layer_id) as port:
        tipg = rounds(port, "/collections/public.bench_parcels/tiles/WebMercatorQuad/{}/{}/{}")
    with tile_servers.vectortiles(land, version.layer_id) as port:
        vectortiles = rounds(port, "/{}/{}/{}")
    with tile_servers.platform(land) as port:
        asked(port, ours(warm), CLIENTS, cookie)
        fresh = asked(port, ours(chosen), CLIENTS, cookie)
        cached = asked(port, list(islice(cycle(ours(chosen)), CACHED_REQUESTS)), CLIENTS, cookie)
        with tile_servers.nginx(port) as front:
            asked(front, ours(chosen), CLIENTS, cookie)
            given = asked(front, list(islice(cycle(ours(chosen)), NGINX_REQUESTS)), CLIENTS, cookie)
    times = percentiles(fresh.seconds)
    report.add(
        Row(f"z14 against tipg, {CLIENTS} clients", fresh.rate, "/s", tipg.rate, 2.0, at_most=False,
            note=f"ours p50 {times[0] * 1000:.0f} ms, p95 {times[1] * 1000:.0f} ms"),
        Row("z14 against django-vectortiles", fresh.rate, "/s", vectortiles.rate, 1.2, at_most=False),
        Row("z14 bytes on the wire, mean, against tipg", float(np.mean(fresh.sizes)) / 1024, "kB",
            float(np.mean(tipg.sizes)) / 1024),
        Row("z14 bytes on the wire, mean, against django-vectortiles", float(np.mean(fresh.sizes)) / 1024, "kB",
            float(np.mean(vectortiles.sizes)) / 1024),
        Row("cached, through Django", cached.rate, "/s", target=400, at_most=False),
        Row("cached, given out by nginx", given.rate, "/s", target=1500, at_most=False),
    )  # fmt: skip
