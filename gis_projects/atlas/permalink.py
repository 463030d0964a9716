"""What the map's address says behind the #: place and zoom, and what one or two sides show. Pure; asks nobody.

``12/40.62000/109.90000/layers=DLTB:3*70@values!0101.0102,GHFQ/kinds=key/date=2026-01-01/when=2026-02-01/look=stage/
show=points/base=own/pick=rect:…/within=inside/compare=swipe:50/right.layers=…/right.when=…``

The same form is written and read by frontend/src/staff/permalink.ts. ``layers`` has the uppermost first: code, version
(:3), opacity in percent (*70), a raster's look (@values) and classes that are switched off (!0101.0102, each
percent-encoded, ~ for the one without a code). ``date`` is the day of the layers, ``when`` that of the projects.
What is said of the right side stands behind ``right.``; without ``compare`` there is one side only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import unquote

RIGHT = "right."
#: So many layers of a side are read, as many as are printed on a sheet.
MOST_LAYERS = 60
_LAYER = re.compile(r"([A-Za-z]\w*)(?::([1-9]\d{0,8}))?(?:\*(\d{1,3}))?(?:@(\w+))?(?:!(.*))?", re.ASCII)
_DAY = r"\d{4}-\d{2}-\d{2}"
#: Of each side, and what is no nonsense of it. `layers` is read by itself.
_OF_A_SIDE = {
    "layers": r"[^/]*",
    "kinds": r"[\w,-]*",
    "date": _DAY,
    "when": _DAY,
    "look": r"[a-z]+",
    "show": r"[a-z-]+",
    "base": r"[^/=]+",
}
#: Of the whole map. What is found, chosen or measured for a moment is not kept.
_OF_THE_MAP = {
    "pick": r"(rect|poly|circle|region):-?[\d.]+(,-?[\d.]+)*",
    "within": r"inside|intersects",
    "compare": r"(panes|swipe):(100|[1-9]?\d)",
}
_NO_CLASS = "~"


class NoView(ValueError):
    """The text names no place and zoom."""


@dataclass(frozen=True)
class LayerState:
    """How one layer is shown; None where it is as the catalogue has it."""

    code: str
    version: int | None = None
    #: Percent.
    opacity: int | None = None
    style: str | None = None
    #: Classes of the legend that are switched off.
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Side:
    """What one side shows. ``layers`` has the uppermost first; None for those that the catalogue shows by itself."""

    layers: tuple[LayerState, ...] | None = None
    #: Kinds of projects that are on; None for all four.
    kinds: tuple[str, ...] | None = None
    #: The day of the layers and the day of the projects; None for now.
    as_of: date | None = None
    day: date | None = None
    look: str = "kind"
    show: str = "points"
    base: str = "own"


@dataclass(frozen=True)
class View:
    """A whole address: zoom (Web Mercator), latitude and longitude of the middle in degrees, one side or two."""

    zoom: int
    lat: float
    lon: float
    left: Side = field(default_factory=Side)
    #: None where nothing is compared.
    right: Side | None = None
    #: ``panes`` (two maps beside each other), ``swipe`` (one over the other) or empty; ``share``: where the divider
    #: stands, in percent.
    mode: str = ""
    share: int = 50
    pick: str = ""
    within: str = ""


def parse(text: str) -> View:
    """Read an address; what is nonsense in it is left aside, as the map does.

    Raises
    ------
    NoView
        It names no place and zoom.
    """
    place, said = _taken_apart(text)
    zoom, lat, lon = place
    compare = said.get("compare", "")
    mode, _colon, share = compare.partition(":")
    return View(
        zoom,
        lat,
        lon,
        _side(said, ""),
        _side(said, RIGHT) if mode else None,
        mode,
        int(share or 50),
        said.get("pick", ""),
        said.get("within", ""),
    )


def canonical(text: str) -> str:
    """The same view with nothing in it but what is kept: no nonsense, nothing found, chosen or measured for a moment.

    Raises `NoView`.
    """
    return _put_together(*_taken_apart(text))


def codes(text: str) -> set[str]:
    """The layers that an address names, on either side."""
    view = parse(text)
    sides = [view.left] if view.right is None else [view.left, view.right]
    return {layer.code for side in sides for layer in side.layers or ()}


def without_unknown(text: str, known: Callable[[Collection[str]], Collection[str]]) -> str:
    """The same view without the layers that a reader may not know of; ``known`` says which of some codes they may."""
    place, said = _taken_apart(text)
    named = codes(text)
    kept = set(known(named)) if named else set()
    for name in ("layers", f"{RIGHT}layers"):
        if name in said:
            said[name] = ",".join(one for one in said[name].split(",") if _code(one) in kept)
    return _put_together(place, said)


def _taken_apart(text: str) -> tuple[tuple[int, float, float], dict[str, str]]:
    parts = text.removeprefix("#").split("/")
    try:
        zoom, lat, lon = int(parts[0]), float(parts[1]), float(parts[2])
    except (ValueError, IndexError):
        raise NoView(text[:80]) from None
    # A comparison with NaN says no, and so refuses it.
    if not (0 < zoom <= 22 and abs(lat) <= 85 and abs(lon) <= 180):
        raise NoView(text[:80])
    said: dict[str, str] = {}
    for part in parts[3:]:
        name, equals, value = part.partition("=")
        form = _OF_THE_MAP.get(name) or _OF_A_SIDE.get(name.removeprefix(RIGHT))
        if equals and form and re.fullmatch(form, value, re.ASCII):
            said[name] = value
    if "compare" not in said:
        said = {name: value for name, value in said.items() if not name.startswith(RIGHT)}
    for name in ("layers", f"{RIGHT}layers"):
        if name in said:
            said[name] = ",".join(_once(one for one in said[name].split(",") if _LAYER.fullmatch(one)))
    return (zoom, lat, lon), said


def _once(layers: Iterable[str]) -> list[str]:
    """Each layer as it is named first, as the map does, and the uppermost `MOST_LAYERS` of them."""
    first: dict[str, str] = {}
    for one in layers:
        first.setdefault(_code(one), one)
    return list(first.values())[:MOST_LAYERS]


def _put_together(place: tuple[int, float, float], said: dict[str, str]) -> str:
    zoom, lat, lon = place
    return "/".join([f"{zoom}/{lat:.5f}/{lon:.5f}", *(f"{name}={value}" for name, value in said.items())])


def _side(said: dict[str, str], before: str) -> Side:
    def of(name: str) -> str | None:
        return said.get(before + name)

    layers, kinds = of("layers"), of("kinds")
    return Side(
        None if layers is None else tuple(_layer(one) for one in layers.split(",") if one),
        None if kinds is None else tuple(kind for kind in kinds.split(",") if kind),
        _day(of("date")),
        _day(of("when")),
        of("look") or "kind",
        of("show") or "points",
        unquote(of("base") or "own"),
    )


def _layer(text: str) -> LayerState:
    match = _LAYER.fullmatch(text)
    assert match is not None  # `_taken_apart` left no other
    code, version, opacity, style, hidden = match.groups()
    return LayerState(
        code,
        int(version) if version else None,
        min(100, int(opacity)) if opacity else None,
        style,
        frozenset("" if one == _NO_CLASS else unquote(one) for one in (hidden or "").split(".") if one),
    )


def _code(text: str) -> str:
    return re.split(r"[:*@!]", text, maxsplit=1)[0]


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
