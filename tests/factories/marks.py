"""Finding in an answer what isn't meant to be there: words, numbers and places, however they were written or packed."""

from __future__ import annotations

import gzip
import html
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import numpy as np
from django.http import HttpResponseBase

from tests.factories.vector_tiles import _fields, _packed

_NUMBER = re.compile(r"(?<![\d.])\d{2,3}\.\d{4,}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_TILE = re.compile(r"/public/tiles/(\d+)/(\d+)/(\d+)\.mvt")
_MOVE, _LINE = 1, 2
#: Degrees within which a coordinate counts as near a hidden vertex: some 200 m, far above any grid of the test.
NEAR = 0.002


@dataclass
class Marks:
    """``words`` are unlike anything else; ``places`` (n × 2, degrees) lie far from everything that is disclosed."""

    words: dict[str, str] = field(default_factory=dict)
    places: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    def found(self, path: str, response: HttpResponseBase) -> list[str]:
        """What of it is in the answer: body and headers."""
        body = content(response)
        headed = "\n".join(f"{name}: {value}" for name, value in response.items())
        texts = readings(f"{headed}\n{body.decode(errors='replace')}")
        leaks = [what for what, word in self.words.items() if any(word in text for text in texts)]
        if len(self.places) and (near := self._near(path, body, texts)):
            leaks.append(f"a place at {near}")
        return leaks

    def _near(self, path: str, body: bytes, texts: Sequence[str]) -> Any:
        numbers = {round(float(one), 4) for one in _NUMBER.findall(texts[0])}
        lon, lat = (set(np.round(column, 4).tolist()) for column in self.places.T)
        if numbers & lon and numbers & lat:
            return sorted(numbers & (lon | lat))[:2]
        places = tile_places(path, body)
        if len(places):
            distance = np.abs(places[:, None, :] - self.places[None, :, :]).max(axis=2)
            if distance.min() < NEAR:
                return places[distance.min(axis=1).argmin()].tolist()
        return None


def content(response: HttpResponseBase) -> bytes:
    """The body as a reader gets it: streamed pieces together, gzip unpacked."""
    streaming = getattr(response, "streaming_content", None)
    body = b"".join(streaming) if streaming is not None else getattr(response, "content", b"")
    return (
        gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" and body else bytes(body)
    )


def readings(text: str) -> list[str]:
    """The text, and what it says once its escapes are taken away."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return [text, html.unescape(plain), unquote(plain)]


def tile_places(path: str, body: bytes) -> np.ndarray:
    """Degrees of every vertex of a vector tile whose zoom shows places finer than half of `NEAR`; else none."""
    tile = _TILE.search(path)
    if tile is None or not body or not body.startswith(b"\x1a"):
        return np.empty((0, 2))
    zoom, column, row = (int(part) for part in tile.groups())
    found: list[tuple[float, float]] = []
    for number, layer in _fields(body):
        if number != 3:
            continue
        parts = list(_fields(layer))
        extent = next((value for key, value in parts if key == 5), 4096)
        if 360 / 2**zoom / extent > NEAR / 2:
            continue
        for key, feature in parts:
            if key == 2:
                found += [
                    _degrees(zoom, column + x / extent, row + y / extent)
                    for x, y in _vertices(dict(_fields(feature)))
                ]
    return np.array(found).reshape(-1, 2)


def _vertices(feature: dict[int, Any]) -> Iterable[tuple[int, int]]:
    numbers = iter(_packed(feature.get(4, b"")))
    x = y = 0
    for command in numbers:
        if command & 7 not in (_MOVE, _LINE):
            continue
        for _ in range(command >> 3):
            x, y = x + _signed(next(numbers)), y + _signed(next(numbers))
            yield x, y


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _degrees(zoom: int, column: float, row: float) -> tuple[float, float]:
    side = 2**zoom
    return column / side * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / side))))
