"""Areas and lengths on the CGCS2000 ellipsoid, and the rounding that tables need.

Two areas, each for its purpose. The *official* one (椭球面积) is the land survey's formula on declared
vertices; it isn't additive (splitting an edge moves it by 1e-6 to 1e-5). The *exact* one is the area under
edges that are straight in longitude/latitude; it is additive, so parts are measured with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import factorial
from typing import overload

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

SEMI_MAJOR_M = 6378137.0
FLATTENING = 1 / 298.257222101
SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING)
_E2 = FLATTENING * (2 - FLATTENING)

SQUARE_METRES_PER_MU = 2000 / 3
SQUARE_METRES_PER_HECTARE = 10_000.0

# A to E of the official formula: powers of e² by their coefficients.
_OFFICIAL = (
    1 + 3 / 6 * _E2 + 30 / 80 * _E2**2 + 35 / 112 * _E2**3 + 630 / 2304 * _E2**4,
    1 / 6 * _E2 + 15 / 80 * _E2**2 + 21 / 112 * _E2**3 + 420 / 2304 * _E2**4,
    3 / 80 * _E2**2 + 7 / 112 * _E2**3 + 180 / 2304 * _E2**4,
    1 / 112 * _E2**3 + 45 / 2304 * _E2**4,
    5 / 2304 * _E2**4,
)


def official_ring_area(lonlat: FloatArray) -> float:
    """Measure one ring by the land survey's formula for ellipsoidal area (椭球面积).

    Parameters
    ----------
    lonlat
        float64 (n, 2), longitude and latitude in degrees (EPSG:4490), declared vertices only, closed or not.

    Returns
    -------
    float
        m², positive whatever the winding.

    Notes
    -----
    Signed sum over the edges, each a trapezium to a reference meridian (the ring's middle one; the sum
    doesn't depend on it, its rounding errors do): 第三次全国国土调查技术规程, 图斑椭球面积计算公式.
    """
    ring = np.radians(np.asarray(lonlat, dtype=np.float64).reshape(-1, 2))
    if len(ring) < 3:
        return 0.0
    following = np.roll(ring, -1, axis=0)
    reference = 0.5 * (ring[:, 0].min() + ring[:, 0].max())
    from_reference = 0.5 * (ring[:, 0] + following[:, 0]) - reference
    half_difference = 0.5 * (following[:, 1] - ring[:, 1])
    middle = 0.5 * (following[:, 1] + ring[:, 1])
    a, b, c, d, e = _OFFICIAL
    terms = (
        a * np.sin(half_difference) * np.cos(middle)
        - b * np.sin(3 * half_difference) * np.cos(3 * middle)
        + c * np.sin(5 * half_difference) * np.cos(5 * middle)
        - d * np.sin(7 * half_difference) * np.cos(7 * middle)
        + e * np.sin(9 * half_difference) * np.cos(9 * middle)
    )
    return abs(float(np.sum(2 * SEMI_MINOR_M**2 * from_reference * terms)))


def official_area(outers: Sequence[FloatArray], holes: Sequence[FloatArray] = ()) -> float:
    """Measure outer rings less holes by the official formula, m².

    Each ring is float64 (n, 2), longitude and latitude in degrees (EPSG:4490), declared vertices only.
    """
    return sum(map(official_ring_area, outers)) - sum(map(official_ring_area, holes))


def planar_ring_area(xy: FloatArray) -> float:
    """Measure one ring in its plane: float64 (n, 2) metres, closed or not; m², whatever the winding."""
    ring = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if len(ring) < 3:
        return 0.0
    ring = ring - ring[0]
    following = np.roll(ring, -1, axis=0)
    return abs(float(np.sum(ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1]))) / 2


# The exact area. Q(B) is the area between the equator and latitude B per radian of longitude:
# Q = b²/2 · (sin B / (1 - e² sin² B) + artanh(e sin B) / e) = ∫ M N cos B dB. A ring's area is ∮ Q dL.
# Around a latitude B0 near the ring (the next of a fixed grid, so that a ring's area doesn't depend on what
# it is measured together with), Q(B) - Q(B0) is a Taylor polynomial: nothing is subtracted from something
# close to it, so parcels of a square metre keep their digits. Its derivatives come from Q's Fourier series.
# An edge's mean of it is a Gauss rule: edges are straight in longitude/latitude. It holds to 1e-12 for edges
# up to a few hundred kilometres, and to 1e-8 for any polygon within China.
_DEGREE = 11
_HARMONICS = np.arange(1, 15, 2)


def _fourier() -> FloatArray:
    """Give c with Q(B) = b² Σ c_m sin(mB), m = 1, 3 … 13, from Q' = b² cos B / (1 - e² sin² B)²."""
    order = len(_HARMONICS)
    # (1 - e² s²)⁻² = Σ (k + 1) e^2k s^2k, and cos B · s^2k integrates to s^(2k+1) / (2k + 1).
    powers = [(k + 1) * _E2**k / (2 * k + 1) for k in range(order)]
    result = np.zeros(order)
    for k, weight in enumerate(powers):
        n = 2 * k + 1  # sinⁿ B = 2^(1-n) Σ_j (-1)^(k-j) C(n, j) sin((n - 2j) B)
        for j in range(k + 1):
            choose = factorial(n) // (factorial(j) * factorial(n - j))
            result[(n - 2 * j - 1) // 2] += weight * (-1.0) ** (k - j) * choose / 2.0 ** (n - 1)
    return result


_ORDERS = np.arange(1, _DEGREE + 1)
# Taylor coefficient of degree d: b² Σ c_m m^d/d! · (cos, -sin, -cos, sin)(m B0) for d = 1, 2, 3, 4 …
_DERIVATIVES = (
    SEMI_MINOR_M**2
    * _fourier()[:, None]
    * _HARMONICS[:, None].astype(np.float64) ** _ORDERS
    / np.array([float(factorial(d)) for d in _ORDERS])
)
_BY_COS = _DERIVATIVES * np.array([0.0, 1.0, 0.0, -1.0])[_ORDERS % 4]
_BY_SIN = _DERIVATIVES * np.array([1.0, 0.0, -1.0, 0.0])[_ORDERS % 4]
_REFERENCE_GRID = 0.02  # radians, 1.1°: parcels around one site nearly always share one reference
_GAUSS_2 = ((-np.sqrt(1 / 3) / 2, 1 / 2), (np.sqrt(1 / 3) / 2, 1 / 2))
_GAUSS_3 = ((-np.sqrt(3 / 5) / 2, 5 / 18), (0.0, 8 / 18), (np.sqrt(3 / 5) / 2, 5 / 18))


def _sums(owner: IntArray, values: FloatArray, count: int) -> FloatArray:
    return np.bincount(owner, weights=values, minlength=count).astype(np.float64, copy=False)


def _rings_measured(rings: npt.NDArray[np.object_]) -> tuple[FloatArray, FloatArray]:
    """Signed area (m²) and length (m) of every closed LinearRing or LineString of an array."""
    count = len(rings)
    coordinates, of_ring = shapely.get_coordinates(rings, return_index=True)
    if len(coordinates) < 2:
        return np.zeros(count), np.zeros(count)
    coordinates = np.radians(coordinates)
    step = np.diff(coordinates, axis=0)
    step[of_ring[1:] != of_ring[:-1]] = 0.0
    of_edge = of_ring[:-1]
    middle = 0.5 * (coordinates[1:, 1] + coordinates[:-1, 1])

    starts = np.minimum(np.searchsorted(of_ring, np.arange(count)), len(coordinates) - 1)
    reference = np.round(coordinates[starts, 1] / _REFERENCE_GRID) * _REFERENCE_GRID
    one = bool(np.all(reference == reference[0]))
    angle = (reference[:1] if one else reference)[:, None] * _HARMONICS
    taylor = np.cos(angle) @ _BY_COS + np.sin(angle) @ _BY_SIN
    offset = middle - (reference[0] if one else reference[of_edge])
    span = step[:, 1]
    longest = float(np.max(np.abs(span)))
    # Few polygons reach far enough for the high degrees to matter in a double.
    reach = float(np.max(np.abs(offset))) + longest
    degree = next((d for d in range(3, _DEGREE) if reach**d / factorial(d + 1) < 1e-16), _DEGREE)
    coefficients = list(taylor[0]) if one else [taylor[of_edge, d] for d in range(degree)]
    mean = np.zeros(len(offset))
    for where, weight in _GAUSS_2 if longest < 2e-3 else _GAUSS_3:
        at = offset + where * span
        value = at * coefficients[degree - 1]
        for d in range(degree - 2, -1, -1):
            value += coefficients[d]
            value *= at
        value *= weight
        mean += value
    areas = -_sums(of_edge, mean * step[:, 0], count)

    return areas, _sums(of_edge, _edge_lengths(step, middle), count)


def _edge_lengths(step: FloatArray, middle: FloatArray) -> FloatArray:
    """Metres of edges, from their steps (n, 2) and middle latitudes in radians."""
    cosine = np.cos(middle)
    w2 = 1 - _E2 * (1 - cosine * cosine)
    normal = SEMI_MAJOR_M / np.sqrt(w2)
    meridian = normal * (1 - _E2) / w2
    lengths: FloatArray = np.sqrt((meridian * step[:, 1]) ** 2 + (normal * cosine * step[:, 0]) ** 2)
    return lengths


def areal_parts(geometries: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], IntArray]:
    """Take geometries apart into their polygons; lines, points, None and empty ones have none.

    Returns
    -------
    parts : object array (m,)
        Polygons.
    of_input : intp array (m,)
        The index in ``geometries`` that each came from, ascending.
    """
    parts = geometries
    of_input: IntArray = np.arange(len(geometries))
    types = shapely.get_type_id(parts)
    while np.any(types > 3):  # a collection's parts may be multipolygons
        parts, inner = shapely.get_parts(parts, return_index=True)
        of_input = of_input[inner]
        types = shapely.get_type_id(parts)
    areal = (types == 3) & ~shapely.is_empty(parts)
    if areal.all():
        return parts, of_input
    return parts[areal], of_input[areal]


def measure(polygons: npt.NDArray[np.object_]) -> tuple[FloatArray, FloatArray]:
    """Measure many (multi)polygons at once.

    Parameters
    ----------
    polygons
        Object array (n,) of shapely geometries, EPSG:4490. Only areal parts count; None and empty give 0.

    Returns
    -------
    areas, perimeters : float64 (n,)
        `exact_area` in m² and length of all rings, holes too, in m.
    """
    count = len(polygons)
    parts, of_input = areal_parts(polygons)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    if len(rings) == 0:
        return np.zeros(count), np.zeros(count)
    areas, lengths = _rings_measured(rings)
    hole = np.zeros(len(rings), dtype=bool)
    hole[1:] = of_part[1:] == of_part[:-1]
    areas = np.where(hole, -np.abs(areas), np.abs(areas))
    owner = of_input[of_part]
    return _sums(owner, areas, count), _sums(owner, lengths, count)


@overload
def exact_area(geoms: npt.NDArray[np.object_]) -> FloatArray: ...
@overload
def exact_area(geoms: BaseGeometry) -> float: ...
def exact_area(geoms: npt.NDArray[np.object_] | BaseGeometry) -> float | FloatArray:
    """Measure the ellipsoidal area under edges that are straight in longitude/latitude.

    Additive: parts that tile a polygon sum up to it, to the rounding of a double.

    Parameters
    ----------
    geoms
        One shapely (multi)polygon, or an object array (n,) of them, EPSG:4490. Holes are taken
        out, winding doesn't matter.

    Returns
    -------
    float or float64 (n,)
        m².
    """
    if isinstance(geoms, np.ndarray):
        return measure(geoms)[0]
    return float(measure(np.array([geoms], dtype=object))[0][0])


@overload
def perimeter(geoms: npt.NDArray[np.object_]) -> FloatArray: ...
@overload
def perimeter(geoms: BaseGeometry) -> float: ...
def perimeter(geoms: npt.NDArray[np.object_] | BaseGeometry) -> float | FloatArray:
    """Measure the length of all rings, holes too, in m: 1e-6 relative for edges up to some 10 km.

    Takes and gives what `exact_area` does.
    """
    if isinstance(geoms, np.ndarray):
        return measure(geoms)[1]
    rings = shapely.get_rings(areal_parts(np.array([geoms], dtype=object))[0])
    coordinates, of_ring = shapely.get_coordinates(rings, return_index=True)
    coordinates = np.radians(coordinates)
    own = of_ring[1:] == of_ring[:-1]
    step = np.diff(coordinates, axis=0)[own]
    middle = 0.5 * (coordinates[1:, 1] + coordinates[:-1, 1])[own]
    return float(_edge_lengths(step, middle).sum())


def rounded(value: float, ndigits: int) -> float:
    """Round half away from zero as tables do (built-in `round` rounds half to even)."""
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-ndigits), rounding=ROUND_HALF_UP))


def mu(area_m2: float, ndigits: int = 2) -> float:
    """Convert m² to 亩 (1 亩 = 2000/3 m²), rounded."""
    return rounded(area_m2 / SQUARE_METRES_PER_MU, ndigits)


def hectares(area_m2: float, ndigits: int = 4) -> float:
    """Convert m² to 公顷 (hectares), rounded; four decimals by rule."""
    return rounded(area_m2 / SQUARE_METRES_PER_HECTARE, ndigits)


def distribute(parts: Sequence[float], total: float, ndigits: int = 2) -> tuple[float, ...]:
    """Scale parts to a total and round them so that they add up to the rounded total exactly.

    What rounding leaves over goes onto the largest part (the first of equals).

    Parameters
    ----------
    parts
        Non-negative numbers, any unit, at least one of them positive unless ``total`` rounds to zero.
    total
        What they shall sum up to, in the unit of the result.
    ndigits
        Decimals to keep.

    Returns
    -------
    tuple of float
        As many as ``parts``. Add them as decimals, not as binary floats, to see the exact sum.

    Raises
    ------
    ValueError
        If a part is negative, or nothing is there to carry a total that isn't zero.
    """
    if any(part < 0 for part in parts):
        raise ValueError("an area is never negative")
    unit = Decimal(1).scaleb(-ndigits)
    goal = Decimal(repr(float(total))).quantize(unit, rounding=ROUND_HALF_UP)
    weight = float(sum(parts))
    if weight == 0:
        if goal != 0:
            raise ValueError("no part to carry the total")
        return tuple(0.0 for _ in parts)
    scaled = [
        Decimal(repr(part * total / weight)).quantize(unit, rounding=ROUND_HALF_UP)
        for part in map(float, parts)
    ]
    largest = max(range(len(parts)), key=lambda index: parts[index])
    scaled[largest] += goal - sum(scaled)
    return tuple(map(float, scaled))
