"""Raster layers as map tiles: 256 × 256 pixels, paletted PNG, what isn't known transparent.

Values are taken at the pixels' centres, from the overview of the stored GeoTIFF that is about as fine as the tile:
between cells by distance, or the nearest cell's where values are classes. Slope and shading follow Horn's 3 × 3
differences (B. K. P. Horn, Hill shading and the reflectance map, 1981) over the tile's own pixels, whose size on the
ground is their Mercator size times the cosine of the latitude.

Colours are the layer's style: ``{"": {"ramp": [[value, "#rrggbb"], …]}}`` for values, or ``{"": {"fill": …}}`` for a
ramp of one colour over the raster's own range; ``{class code: {"fill": …}}`` for classes.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from rasterio.enums import Resampling
from rasterio.windows import Window

from layers import rasters
from layers.models import Layer, LayerVersion
from layers.overviews.world import CIRCUMFERENCE
from layers.queries import PinnedVersion

SIZE = 256  # pixels
MAX_ZOOM = 22
_AZIMUTH, _ALTITUDE = 315.0, 45.0
_CORNERS = 17  # of a net over the tile; between them a projection is straight enough
_SLOPES = (
    (0.0, "#f7f7ef"),
    (6.0, "#d9e6a8"),
    (15.0, "#f2cf63"),
    (25.0, "#e2873b"),
    (45.0, "#8c2d19"),
)  # degrees
_TOP = 255  # palette entries that are colours; 0 is transparent

Values = npt.NDArray[np.float64]
Ramp = Sequence[tuple[float, str]]


class Style(StrEnum):
    """How a raster is drawn."""

    VALUES = "values"
    HILLSHADE = "hillshade"
    SLOPE = "slope"
    CLASSES = "classes"


@dataclass(frozen=True)
class _Source:
    layer_id: int
    path: str


def _source(version: PinnedVersion | LayerVersion) -> _Source:
    if isinstance(version, PinnedVersion):
        path = version.raster_path
    else:
        path = version.raster.path if hasattr(version, "raster") else None
    if path is None:
        raise ValueError(f"{version} is not a raster version")
    return _Source(version.layer_id, path)


def colours_key(style: Mapping[str, Any]) -> str:
    """Names the colours of a layer's style: another key, other tiles."""
    text = json.dumps(style, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def tile(
    version: PinnedVersion | LayerVersion,
    z: int,
    x: int,
    y: int,
    style: str = Style.VALUES,
    *,
    colours: Mapping[str, Any] | None = None,
) -> bytes:
    """One tile (PNG) of a raster version; empty where nothing is known.

    Parameters
    ----------
    version
        A raster version.
    style
        One of `Style`.
    colours
        The layer's style, where it is at hand.

    Raises
    ------
    ValueError
        There is no such tile or style, or the version is no raster.
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z):
        raise ValueError(f"no tile {z}/{x}/{y}")
    wanted, source = Style(style), _source(version)
    margin = 1 if wanted in (Style.HILLSHADE, Style.SLOPE) else 0
    values = sampled(source.path, z, x, y, margin=margin, nearest=wanted is Style.CLASSES)
    if np.isnan(values).all():
        return b""
    if colours is None:
        colours = Layer.objects.values_list("style", flat=True).get(pk=source.layer_id)
    if wanted is Style.CLASSES:
        indices, palette = _by_class(values, colours)
    elif wanted is Style.HILLSHADE:
        shade = hillshade(values, _ground_size(z, y))
        indices, palette = _by_ramp(shade, ((0.0, "#000000"), (1.0, "#ffffff")))
    elif wanted is Style.SLOPE:
        indices, palette = _by_ramp(slope(values, _ground_size(z, y)), _SLOPES)
    else:
        ramp = _given_ramp(colours) or _own_ramp(colours, _range(source.path))
        indices, palette = _by_ramp(values, ramp)
    return _png(indices, palette) if indices.any() else b""


def _ground_size(z: int, y: int) -> Values:
    """Metres under a pixel's side, for each row of a tile with one row around it."""
    row = (y + (np.arange(-1, SIZE + 1) + 0.5) / SIZE) / (1 << z)
    latitude = np.arctan(np.sinh(math.pi * (1 - 2 * np.clip(row, 0, 1))))
    size: Values = (CIRCUMFERENCE / (SIZE << z) * np.cos(latitude))[:, None]
    return size


# --- values ---------------------------------------------------------------------------------------


def sampled(path: str, z: int, x: int, y: int, *, margin: int = 0, nearest: bool = False) -> Values:
    """The raster's values at the centres of a tile's pixels, with so many pixels around; NaN where nothing is known.

    Shape (256 + 2 margin, 256 + 2 margin), rows from the north.
    """
    dataset = rasters.opened(path)
    side = SIZE + 2 * margin
    columns, rows = _cells(dataset, z, x, y, margin)
    values = np.full((side, side), np.nan)
    known = (columns >= 0) & (columns < dataset.width) & (rows >= 0) & (rows < dataset.height)
    if not known.any():
        return values
    window, shape = _window(dataset, columns[known], rows[known])
    read = dataset.read(
        1, window=window, out_shape=shape, masked=True,
        resampling=Resampling.nearest if nearest else Resampling.average,
    )  # fmt: skip
    cells = np.ma.filled(read.astype(np.float64), np.nan)
    cells[~np.isfinite(cells)] = np.nan
    # places in what was read, counted from the first cell's centre
    across = (columns[known] - window.col_off) * shape[1] / window.width - 0.5
    down = (rows[known] - window.row_off) * shape[0] / window.height - 0.5
    values[known] = _taken(cells, across, down, nearest)
    return values


def _cells(dataset: Any, z: int, x: int, y: int, margin: int) -> tuple[Values, Values]:
    """Where the pixels' centres lie in the raster, in columns and rows from its upper left corner."""
    side = SIZE + 2 * margin
    net = np.linspace(0.5, side - 0.5, _CORNERS)
    column = (x + (net - margin) / SIZE) / (1 << z)
    row = (y + (net - margin) / SIZE) / (1 << z)
    longitude, latitude = np.meshgrid(
        column * 360.0 - 180.0, np.degrees(np.arctan(np.sinh(math.pi * (1 - 2 * row))))
    )
    east, north = rasters.placed(dataset, longitude, latitude)
    inverse = ~dataset.transform
    columns, rows = inverse.a * east + inverse.c, inverse.e * north + inverse.f
    return _between(columns, side), _between(rows, side)


def _between(corners: Values, side: int) -> Values:
    """From a net over a tile to each of its pixels, straight between the corners."""
    at = np.arange(side) * (_CORNERS - 1) / (side - 1)
    low = np.minimum(at.astype(int), _CORNERS - 2)
    part = at - low
    wide = corners[:, low] * (1 - part) + corners[:, low + 1] * part
    full: Values = wide[low] * (1 - part)[:, None] + wide[low + 1] * part[:, None]
    return full


def _window(dataset: Any, columns: Values, rows: Values) -> tuple[Window, tuple[int, int]]:
    """What to read, and into how many cells: no more than about one for a pixel."""
    left, right = max(int(columns.min()) - 2, 0), min(int(columns.max()) + 3, dataset.width)
    top, bottom = max(int(rows.min()) - 2, 0), min(int(rows.max()) + 3, dataset.height)
    width, height = right - left, bottom - top
    coarse = max(math.sqrt(width * height / SIZE**2), 1.0)
    shape = max(round(height / coarse), 1), max(round(width / coarse), 1)
    return Window(left, top, width, height), shape


def _taken(cells: Values, across: Values, down: Values, nearest: bool) -> Values:
    """Values between cells, weighted by distance among those that are known; none where the nearest isn't."""
    height, width = cells.shape
    near: Values = cells[
        np.clip(np.rint(down).astype(int), 0, height - 1), np.clip(np.rint(across).astype(int), 0, width - 1)
    ]
    if nearest:
        return near
    left, top = np.floor(across).astype(int), np.floor(down).astype(int)
    total, weights = np.zeros(len(across)), np.zeros(len(across))
    for i in (0, 1):
        for j in (0, 1):
            there = cells[np.clip(top + j, 0, height - 1), np.clip(left + i, 0, width - 1)]
            weight = (1 - np.abs(across - left - i)) * (1 - np.abs(down - top - j))
            weight = np.where(np.isnan(there), 0.0, weight)
            total += np.nan_to_num(there) * weight
            weights += weight
    mixed: Values = total / np.where(weights > 0, weights, 1.0)
    return np.where(np.isnan(near) | (weights <= 0), np.nan, mixed)


@lru_cache(maxsize=64)
def _range(path: str) -> tuple[float, float]:
    """The least and the greatest value of a raster, as its coarse overviews show them."""
    dataset = rasters.opened(path)
    shape = min(dataset.height, 512), min(dataset.width, 512)
    values = dataset.read(1, out_shape=shape, masked=True).compressed()
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


# --- slope and shade ------------------------------------------------------------------------------


def gradients(values: Values, size: Values) -> tuple[Values, Values]:
    """How much values rise per metre to the east and to the south (Horn), without the outer pixels.

    A pixel without a value counts as its middle one's.
    """
    inner = values[1:-1, 1:-1]
    rows, columns = values.shape

    def at(row: int, column: int) -> Values:
        there = values[row : rows - 2 + row, column : columns - 2 + column]
        return np.where(np.isnan(there), inner, there)

    east = (at(0, 2) + 2 * at(1, 2) + at(2, 2)) - (at(0, 0) + 2 * at(1, 0) + at(2, 0))
    south = (at(2, 0) + 2 * at(2, 1) + at(2, 2)) - (at(0, 0) + 2 * at(0, 1) + at(0, 2))
    size = size[1:-1]
    return east / (8 * size), south / (8 * size)


def slope(values: Values, size: Values) -> Values:
    """Degrees, without the outer pixels; `size` are metres under a pixel of each row."""
    east, south = gradients(values, size)
    steep: Values = np.degrees(np.arctan(np.hypot(east, south)))
    return steep


def hillshade(values: Values, size: Values) -> Values:
    """How much light falls on the ground from the north-west at 45°: 0 (none) to 1, without the outer pixels."""
    east, south = gradients(values, size)
    azimuth, altitude = math.radians(_AZIMUTH), math.radians(_ALTITUDE)
    # the sun's direction times the ground's normal (-dz/deast, -dz/dnorth, 1)
    light = (
        math.sin(altitude) - math.cos(altitude) * (math.sin(azimuth) * east - math.cos(azimuth) * south)
    ) / np.sqrt(1 + east**2 + south**2)
    return np.clip(light, 0.0, 1.0)


# --- colours --------------------------------------------------------------------------------------


def _given_ramp(style: Mapping[str, Any]) -> Ramp | None:
    entry = style.get("") or {}
    ramp = entry.get("ramp") if isinstance(entry, Mapping) else None
    if not ramp:
        return None
    return sorted((float(value), str(colour)) for value, colour in ramp)


def _own_ramp(style: Mapping[str, Any], span: tuple[float, float]) -> Ramp:
    """From a light tint to the layer's colour and on to a dark shade of it."""
    entry = style.get("") or {}
    fill = np.array(_rgb((entry.get("fill") if isinstance(entry, Mapping) else None) or "#8c7a5f"))
    light, dark = 255 - (255 - fill) * 0.15, fill * 0.4
    low, high = span

    def colour(rgb: Values) -> str:
        return "#{:02x}{:02x}{:02x}".format(*np.rint(rgb).astype(int).tolist())

    return ((low, colour(light)), ((low + high) / 2, colour(fill)), (high, colour(dark)))


def _rgb(colour: str) -> tuple[int, int, int]:
    """``#rgb`` or ``#rrggbb`` → three numbers up to 255."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[i : i + 2], 16) for i in (0, 2, 4))
    return red, green, blue


def _by_ramp(values: Values, ramp: Ramp) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Palette numbers of values, and the palette: 255 steps from the ramp's first value to its last."""
    stops = np.array([value for value, _ in ramp])
    low, high = float(stops[0]), float(stops[-1])
    steps = np.linspace(low, high, _TOP)
    rgb = np.array([_rgb(colour) for _, colour in ramp], dtype=np.float64)
    palette = np.zeros((_TOP + 1, 3), dtype=np.uint8)
    palette[1:] = np.rint(np.column_stack([np.interp(steps, stops, rgb[:, band]) for band in range(3)]))
    share = (values - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 0.0)
    numbers = np.rint(np.clip(np.nan_to_num(share), 0, 1) * (_TOP - 1)) + 1
    return np.where(np.isnan(values), 0, numbers).astype(np.uint8), palette


def _by_class(
    values: Values, style: Mapping[str, Any]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Palette numbers of class codes, and the palette; a code without a colour has that of all others, if any."""
    codes = np.unique(values[~np.isnan(values)])
    palette = np.zeros((_TOP + 1, 3), dtype=np.uint8)
    indices = np.zeros(values.shape, dtype=np.uint8)
    numbers: dict[str, int] = {}
    for code in codes.tolist():
        entry = style.get(str(int(code)) if float(code).is_integer() else str(code)) or style.get("") or {}
        fill = entry.get("fill") if isinstance(entry, Mapping) else None
        if not fill:
            continue
        number = numbers.setdefault(str(fill), min(len(numbers) + 1, _TOP))
        palette[number] = _rgb(str(fill))
        indices[values == code] = number
    return indices, palette


def _png(indices: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8]) -> bytes:
    """8 bits per pixel; the palette's first colour is transparent."""
    # colours that don't occur needn't travel
    there = np.unique(np.append(indices, 0))
    renumber = np.zeros(_TOP + 1, dtype=np.uint8)
    renumber[there] = np.arange(len(there), dtype=np.uint8)
    rows, columns = indices.shape
    image = Image.frombytes("P", (columns, rows), renumber[indices].tobytes())
    image.putpalette(palette[there].tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0, optimize=False, compress_level=6)
    return out.getvalue()


#: A tile with nothing on it, for those who have to show a picture.
NOTHING = _png(np.zeros((SIZE, SIZE), dtype=np.uint8), np.zeros((_TOP + 1, 3), dtype=np.uint8))
