"""Random requests to the public side, drawn from a seed: every address, in every way that somebody may try."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import quote, urlencode

from django.urls import URLPattern, URLResolver, get_resolver, reverse

ROOM = "disclosure"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
_METHOD_WEIGHTS = (80, 8, 3, 4, 1, 1, 2, 1)
KINDS = ("key", "government", "planned", "reserve", "none", "")
FEEDS = ("all", "projects", "articles", "answers", "handling", "government", "hall", "bureau", "people")
BROKEN = (
    "/public/", "/public", "/public/projects/../../projects/", "/public/projects/%2e%2e/", "/public/%00",
    "/public/projects/'%20or%201=1/", "/public/tiles/0/0/0.mvt/", "/public/tiles/-1/0/0.mvt", "/public/.git/config",
    "/public/media/../../etc/passwd", "/public/media/%2e%2e%2f%2e%2e%2fmanage.py", "/public/projects.geojson/",
    "/public/projects.xlsx", "/public/projects.gpkg", "/public/open-data/latest/projects.shp", "/public/feeds/all",
    "//public/projects/", "/PUBLIC/projects/", "/public/projects/?%ff=%fe", "/public/projects/\u0000/",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Curious:
    """Somebody who asks, with what they may have heard of: names, slugs, places, tags of answers they got before."""

    seed: int
    words: list[str]
    slugs: list[str]
    places: list[tuple[float, float]]
    media: list[str] = field(default_factory=lambda: ["nothing.jpg"])
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def next(self) -> Asked:
        chance = self.chance
        made = GENERATORS[chance.choice(sorted(GENERATORS))](self)
        path = chance.choice(BROKEN) if chance.random() < 0.05 else made
        [method] = chance.choices(METHODS, _METHOD_WEIGHTS)
        return Asked(method, path, self._headers())

    def _headers(self) -> dict[str, str]:
        chance = self.chance
        given: dict[str, str] = {"accept-language": chance.choice(("zh-hans", "en", "fr", "*", ""))}
        if chance.random() < 0.5:
            given["accept-encoding"] = "gzip"
        if chance.random() < 0.25:
            made_up = [f'W/"{chance.getrandbits(128):032x}"', '"x"', "*"]
            given["if-none-match"] = chance.choice([*made_up, *self.tags[-50:]])
        if chance.random() < 0.1:
            given["if-modified-since"] = chance.choice(
                ("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 2100 00:00:00 GMT", "yesterday")
            )
        if chance.random() < 0.15:
            given["range"] = chance.choice(
                ("bytes=0-99", "bytes=-100", "bytes=1000000-", "bytes=0-0,50-60", "x")
            )
        if chance.random() < 0.05:
            given["accept"] = chance.choice(("application/json", "text/html", "image/png", "*/*"))
        return given

    # --- what goes into an address ---

    def slug(self) -> str:
        return self.chance.choice([*self.slugs, f"{self.chance.getrandbits(48):012x}", "nothing-here"])

    def day(self) -> str:
        ago = self.chance.choice((0, 1, 2, 7, 30, 400, -1))
        return self.chance.choice(((date.today() - timedelta(ago)).isoformat(), "latest", "2026-02-30"))

    def query(self, *extra: tuple[str, list[str]]) -> str:
        """Some filters, odd ones among them."""
        chance = self.chance
        lon, lat = self.place()
        known: dict[str, list[str]] = {
            "q": [*self.words, "项目", "a' or 1=1 --", "%", "\u0000", "长" * 101],
            "region": ["150207", "150202", "000000", "1"],
            "kind": list(KINDS),
            "industry": ["G", "Z", ""],
            "level": ["city", "x"],
            "stage": ["construction", "planning", "x"],
            "year": ["2026", "0", "x"],
            "least": ["0", "7319", "x"],
            "most": ["100000", "-1"],
            "view": [f"{lon - 0.02:.5f},{lat - 0.02:.5f},{lon + 0.02:.5f},{lat + 0.02:.5f}", "1,2,3"],
            "order": ["name", "-planned", "planned", "secret"],
            "page": ["1", "2", "0", "100000", "x"],
            "township": self.words,
            "debug": ["1"],
            **dict(extra),
        }
        chosen = chance.sample(sorted(known), chance.randrange(0, 4))
        return "?" + urlencode({name: chance.choice(known[name]) for name in chosen}) if chosen else ""

    def place(self) -> tuple[float, float]:
        return self.chance.choice(self.places)


def _plain(name: str, **fixed: str) -> Callable[[Curious], str]:
    return lambda who: reverse(f"{ROOM}:{name}", kwargs=fixed or None) + who.query()


def _of_slug(name: str) -> Callable[[Curious], str]:
    return lambda who: reverse(f"{ROOM}:{name}", kwargs={"slug": who.slug()}) + who.query()


def _tile(who: Curious) -> str:
    """A tile over a place that there is something to see or to hide, at any zoom, or anywhere."""
    zoom = who.chance.randrange(0, 19)
    if who.chance.random() < 0.1:
        return (
            reverse(f"{ROOM}:tile", kwargs={"z": zoom, "x": who.chance.randrange(2**20), "y": 7})
            + who.query()
        )
    lon, lat = who.place()
    side = 2**zoom
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return reverse(f"{ROOM}:tile", kwargs={"z": zoom, "x": x, "y": y}) + who.query()


def _media(who: Curious) -> str:
    return reverse(f"{ROOM}:media", kwargs={"name": who.chance.choice(who.media)})


def _language(who: Curious) -> str:
    target = who.chance.choice(("/", "/public/projects/", "//evil.example/", "/projects/1/"))
    code = who.chance.choice(("en", "zh-hans", "xx"))
    return reverse(f"{ROOM}:language", kwargs={"code": code}) + f"?next={quote(target)}"


def _file(who: Curious) -> str:
    form = who.chance.choice(("oc4ids.json", "geojson", "csv", "xlsx"))
    return reverse(f"{ROOM}:open_data_file", kwargs={"day": who.day(), "form": form}) + who.query()


def _feed(who: Curious) -> str:
    kwargs = {"name": who.chance.choice(FEEDS), "form": who.chance.choice(("atom", "rss", "json", "xml"))}
    return reverse(f"{ROOM}:feed", kwargs=kwargs) + who.query(("kind", [*KINDS, "notice", "site"]))


def _statistics_table(who: Curious) -> str:
    sort = who.chance.choice(("region", "regions", "industry", "industries", "x"))
    return reverse(f"{ROOM}:statistics_table", kwargs={"sort": sort}) + who.query()


def _article_file(who: Curious) -> str:
    return reverse(f"{ROOM}:article_file", kwargs={"name": who.slug()})


GENERATORS: dict[str, Callable[[Curious], str]] = {
    **{
        name: _plain(name)
        for name in (
            "map", "list_part", "search", "projects", "table", "outlines", "project_list", "statistics", "manifest",
            "worker", "offline", "changes", "open_data", "feeds", "handling", "delegated", "items", "guides",
            "policies", "notices", "contacts", "questions", "ask", "receipt",
        )
    },
    **{name: _of_slug(name) for name in ("project", "matter", "article", "question")},
    "tile": _tile,
    "media": _media,
    "language": _language,
    "open_data_file": _file,
    "feed": _feed,
    "statistics_table": _statistics_table,
    "article_file": _article_file,
}  # fmt: skip


def names() -> set[str]:
    """Every address of the room, as the resolver has them."""
    return {pattern.name or str(pattern.pattern) for pattern in _patterns(get_resolver(), inside=False)}


def _patterns(resolver: URLResolver, *, inside: bool) -> list[URLPattern]:
    inside = inside or resolver.app_name == ROOM
    found = []
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            found += _patterns(one, inside=inside)
        elif inside:
            found.append(one)
    return found
