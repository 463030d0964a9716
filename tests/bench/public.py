"""The public's day: 200 readers of the portal, each acting every four seconds, while staff's live check goes on."""

from __future__ import annotations

import http.client
import json
import math
import os
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import shapely
from django.conf import settings

from tests.bench.check import FACTS, outline_of_the_city
from tests.bench.http import PATH, session
from tests.bench.land import Land, environment
from tests.bench.report import Report, Row, percentiles
from tests.bench.sites import random_sites
from tests.bench.tile_servers import LOCAL, THREADS, WORKERS, free_port, platform, serving

READERS = int(os.environ.get("BENCH_READERS", 200))
MINUTES = float(os.environ.get("BENCH_MINUTES", 5))
EVERY = 4.0  # seconds between two acts of one reader
PROJECTS = 2_000  # disclosed ones
LIMIT_MS, CHECK_LIMIT_MS = 500, 200
COMPARED = 1_000  # answers of each kind, a slug that was withdrawn against one that never was
#: What readers open, by how often: a map brings several tiles.
ACTS = {
    "tile": 40, "map": 8, "list": 14, "project": 16, "search": 8, "statistics": 4, "feed": 4, "open data": 1,
    "media": 3, "handling": 2,
}  # fmt: skip
WORDS = ("供水", "道路", "学校", "医院", "污水", "河道")


@dataclass
class Seen:
    """What came of all acts."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)
    late: float = 0.0


@dataclass
class Reader:
    """Somebody with a browser: keeps the tags of what it has, and asks with them."""

    number: int
    slugs: list[str]
    media: list[str]
    tags: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)

    def next(self) -> tuple[str, str]:
        acts = {what: weight for what, weight in ACTS.items() if what != "media" or self.media}
        [what] = self.chance.choices(list(acts), list(acts.values()))
        chance = self.chance
        match what:
            case "tile":
                return what, _tile_path(chance)
            case "map":
                return what, "/" + self._filters()
            case "list":
                return what, "/public/projects/" + self._filters()
            case "project":
                return what, f"/public/projects/{chance.choice(self.slugs)}/"
            case "search":
                return what, "/public/search.json?" + urlencode({"q": chance.choice(WORDS)})
            case "feed":
                return what, f"/public/feeds/projects.{chance.choice(('atom', 'rss', 'json'))}"
            case "media":
                return what, f"/public/media/{chance.choice(self.media)}"
        return what, {"statistics": "/public/statistics/", "open data": "/public/open-data/latest/projects.csv",
                      "handling": "/public/handling/"}[what]  # fmt: skip

    def _filters(self) -> str:
        known = {
            "q": self.chance.choice(WORDS), "kind": self.chance.choice(("key", "government", "planned", "reserve")),
            "stage": self.chance.choice(("planning", "construction")), "industry": self.chance.choice("DGPN"),
            "page": str(self.chance.randrange(1, 5)),
        }  # fmt: skip
        chosen = {name: known[name] for name in self.chance.sample(sorted(known), self.chance.randrange(3))}
        return "?" + urlencode(chosen) if chosen else ""


def run(land: Land) -> bool:
    """Both kinds of workers on one machine, as in operation."""
    report = Report(
        "public",
        f"{READERS} readers of {PROJECTS:,} disclosed projects, each acting every {EVERY:.0f} s for {MINUTES:g} "
        f"minutes, and staff's live check: gunicorn {WORKERS} workers × {THREADS} threads for each side",
        "one SQL a tile",
    )
    slugs = _disclosed()
    cookies = session()
    with platform(land) as staff, public(land) as port:
        alone = _checks(staff, cookies, until=time.perf_counter() + 20)
        seen, checks = _day(port, staff, cookies, slugs, _media())
        ours = _tiles(port, "/public/tiles/{}/{}/{}.mvt")
        gone, never = _compared(port)
    with peer(land) as port:
        floor = _tiles(port, "/{}/{}/{}")
    every = [value for values in seen.seconds.values() for value in values]
    p50, p95 = (value * 1000 for value in percentiles(every))
    report.add(
        Row(f"all {len(every):,} acts, p50", p50, "ms"),
        Row(f"all {len(every):,} acts, p95", p95, "ms", target=LIMIT_MS),
        Row("answers that were not what was expected", seen.wrong.total(), "", target=0),
    )
    for what, values in sorted(seen.seconds.items()):
        half, most = (value * 1000 for value in percentiles(values))
        largest = max(seen.sizes[what]) / 1024
        report.add(
            Row(f"{what} ({len(values)}), p95", most, "ms", target=LIMIT_MS,
                note=f"p50 {half:.0f} ms, at most {largest:.0f} kB")
        )  # fmt: skip
    for what, values in (("before the readers came", alone), ("meanwhile", checks)):
        half, most = (value * 1000 for value in percentiles(values))
        target = CHECK_LIMIT_MS if values is checks else None
        report.add(Row(f"staff's live check {what} ({len(values)}), p95", most, "ms", target=target,
                       note=f"p50 {half:.0f} ms"))  # fmt: skip
    for at, share in enumerate(("p50", "p95")):
        report.add(
            Row(f"the same {len(ours)} tiles, one reader, {share}", percentiles(ours)[at] * 1000, "ms",
                peer=percentiles(floor)[at] * 1000)
        )  # fmt: skip
    report.add(
        Row("a slug that was withdrawn against one that never was: p of no difference", _p_value(gone, never), "",
            target=0.01, at_most=False,
            note=f"medians {percentiles(gone)[0] * 1e6:.0f} and {percentiles(never)[0] * 1e6:.0f} µs, "
                 f"{len(gone):,} each, Mann–Whitney"),
    )  # fmt: skip
    report.notes += [f"{number} × {text}" for text, number in seen.wrong.most_common(5)]
    report.notes += [
        f"{len(every) / MINUTES / 60:.1f} acts a second, the latest begun {seen.late:.1f} s after its time; clients, "
        "both servers and the database share the machine",
        "the peer draws the same places as one layer by ST_AsMVT, without clusters, filters, kinds, language or "
        "conditional requests, and keeps nothing: what a tile costs at least when it is made anew",
    ]
    return report.finish()


# --- what is disclosed ----------------------------------------------------------------------------


def _disclosed() -> list[str]:
    """So many disclosed projects all over the city; one that was withdrawn. Slugs of the former."""
    from django.contrib.gis.geos import GEOSGeometry

    from gis_projects.disclosure.models import DisclosedProject, PublicChange

    have = DisclosedProject.objects.filter(slug__startswith="bench").count()
    chance = random.Random(7)
    sites = random_sites(PROJECTS, outline_of_the_city(), seed=5)
    rows = []
    for number in range(have, PROJECTS):
        shape = shapely.set_precision(sites[number].geometry.simplify(0.001), 0.0005)
        if shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            shape = sites[number].geometry.centroid
        rows.append(
            DisclosedProject(
                slug=f"bench{number:07}", name=f"{chance.choice(WORDS)}工程{number}", content="新建，改建。" * 20,
                code=f"2601-150207-04-01-{number:06}", region_code=chance.choice(("150202", "150203", "150207")),
                region_name="九原区", kinds=[chance.choice(("key", "government", "planned", "reserve"))],
                industry=chance.choice("DGPN"), level="city", stage=chance.choice(("planning", "construction")),
                year=2026, planned_yuan=chance.randrange(10**6, 10**9), geometry=GEOSGeometry(shape.wkt, srid=4490),
                form="point" if shape.geom_type == "Point" else "outline", precision_m=50,
            )
        )  # fmt: skip
    DisclosedProject.objects.bulk_create(rows)
    if not PublicChange.objects.filter(subject="project:benchgone000").exists():
        PublicChange.objects.create(subject="project:benchgone000", kind="withdrawn")
    return list(DisclosedProject.objects.filter(slug__startswith="bench").values_list("slug", flat=True))


def _media() -> list[str]:
    """Photos of the demo's disclosed projects; without any, nobody opens one."""
    from gis_projects.disclosure.models import DisclosedMedia

    return list(DisclosedMedia.objects.order_by("name").values_list("name", flat=True)[:200])


# --- who serves -----------------------------------------------------------------------------------


@contextmanager
def public(land: Land) -> Iterator[int]:
    """gunicorn of processes for the public only, as in operation."""
    port = free_port()
    surroundings = {
        **environment(land), "PUBLIC_ONLY": "1", "LOCAL_DIR": str(LOCAL), "SECRET_KEY": settings.SECRET_KEY,
        "STATIC_ROOT": str(settings.STATIC_ROOT),
    }  # fmt: skip
    command: list[str | Path] = [
        sys.executable, "-m", "gunicorn", "gis_projects.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS),
        "--threads", str(THREADS), "--worker-class", "gthread",
    ]  # fmt: skip
    with serving("gunicorn-public", command, port, surroundings):
        yield port


@contextmanager
def peer(land: Land) -> Iterator[int]:
    port = free_port()
    surroundings = {
        "PEER_DATABASE": land.database, "PEER_HOST": land.host, "PEER_USER": land.user,
    }  # fmt: skip
    command: list[str | Path] = [
        sys.executable, "-m", "gunicorn", "tests.bench.peers.public_tiles:application", "--bind", f"127.0.0.1:{port}",
        "--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread",
    ]  # fmt: skip
    with serving("peer-public-tiles", command, port, surroundings):
        yield port


# --- the day --------------------------------------------------------------------------------------


def _day(port: int, staff: int, cookies: str, slugs: list[str], media: list[str]) -> tuple[Seen, list[float]]:
    seen, lock = Seen(), threading.Lock()
    began = time.perf_counter()
    threads = [
        threading.Thread(
            target=_reads,
            args=(port, Reader(number, slugs, media), began + EVERY * number / READERS, seen, lock),
            daemon=True,
        )
        for number in range(READERS)
    ]
    checks: list[float] = []
    planner = threading.Thread(
        target=lambda: checks.extend(_checks(staff, cookies, until=began + MINUTES * 60)), daemon=True
    )
    for thread in (*threads, planner):
        thread.start()
    for thread in (*threads, planner):
        thread.join()
    return seen, checks


def _reads(port: int, reader: Reader, first: float, seen: Seen, lock: threading.Lock) -> None:
    """Act every four seconds by the clock; who waited longer for an answer acts at once and is late."""
    for number in range(int(MINUTES * 60 / EVERY)):
        due = first + number * EVERY
        time.sleep(max(0.0, due - time.perf_counter()))
        late = time.perf_counter() - due
        what, path = reader.next()
        began = time.perf_counter()
        status, size, tag = _ask(port, path, reader.tags.get(path, ""))
        took = time.perf_counter() - began
        if tag:
            reader.tags[path] = tag
        with lock:
            seen.seconds[what].append(took)
            seen.sizes[what].append(size)
            seen.late = max(seen.late, late)
            if status not in (200, 204, 304):
                seen.wrong[f"{status} {path.partition('?')[0]}"] += 1


def _ask(port: int, path: str, tag: str = "") -> tuple[int, int, str]:
    """As a browser does it: compressed, with the tag of what it has, on a connection of its own."""
    one = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Accept-Encoding": "gzip", "Accept-Language": "zh-CN"}
    if tag:
        headers["If-None-Match"] = tag
    one.request("GET", quote(path, safe="/?&=%+-"), headers=headers)
    answer = one.getresponse()
    size = len(answer.read())
    one.close()
    return answer.status, size, answer.headers.get("ETag", "")


def _checks(port: int, cookies: str, *, until: float) -> list[float]:
    """A planner draws: a live check every second."""
    token = "b" * 32
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"{cookies}; csrftoken={token}",
        "X-CSRFToken": token,
    }
    sites = random_sites(200, outline_of_the_city(), seed=11)
    questions = [
        json.dumps({"geometry": shapely.geometry.mapping(site.geometry), "facts": FACTS}).encode()
        for site in sites
    ]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    seconds: list[float] = []
    for number in range(10**6):
        if time.perf_counter() >= until:
            break
        began = time.perf_counter()
        connection.request("POST", PATH, questions[number % len(questions)], headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"a live check was refused: {answer.status} {content[:200]!r}")
        if number >= 4:  # the first ones of each worker are cold
            seconds.append(time.perf_counter() - began)
        time.sleep(max(0.0, 1 - (time.perf_counter() - began)))
    connection.close()
    return seconds


# --- tiles alone, and what can't be told apart --------------------------------------------------------


def _tile_path(chance: random.Random) -> str:
    zoom, column, row = _tile(chance)
    return f"/public/tiles/{zoom}/{column}/{row}.mvt"


def _tile(chance: random.Random) -> tuple[int, int, int]:
    """A tile over the city, at the zooms that are looked at."""
    zoom = chance.choice((8, 9, 10, 10, 11, 11, 12, 12, 13, 14))
    lon, lat = chance.uniform(109.6, 110.2), chance.uniform(40.5, 40.75)
    side = 2**zoom
    column = int((lon + 180) / 360 * side)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return zoom, column, row


def _tiles(port: int, address: str) -> list[float]:
    chance = random.Random(3)
    seconds = []
    for number in range(220):
        began = time.perf_counter()
        status, _size, _tag = _ask(port, address.format(*_tile(chance)))
        if status not in (200, 204):
            raise SystemExit(f"{status} for a tile")
        if number >= 20:
            seconds.append(time.perf_counter() - began)
    return seconds


def _compared(port: int) -> tuple[list[float], list[float]]:
    """Times of answers about a slug that was withdrawn and one that never was, in turns, in an order by lot."""
    chance = random.Random(13)
    times: dict[str, list[float]] = {"benchgone000": [], "benchnone000": []}
    for number in range(COMPARED + 20):
        for slug in chance.sample(sorted(times), 2):
            began = time.perf_counter()
            status, _size, _tag = _ask(port, f"/public/projects/{slug}/")
            took = time.perf_counter() - began
            assert status == 404, slug
            if number >= 20:
                times[slug].append(took)
    return times["benchgone000"], times["benchnone000"]


def _p_value(first: list[float], second: list[float]) -> Any:
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(first, second).pvalue)
