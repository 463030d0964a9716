"""Curves in WKB → straight edges that stay within a millimetre of the arc; surfaces and triangles → polygons.

ISO WKB only: types 8 to 17 (circular string, compound curve, curve polygon, multi-curve, multi-surface, curve,
surface, polyhedral surface, TIN, triangle), any dimension. Heights and measures are dropped.
"""

import math
import struct

import numpy as np

SAGITTA = 0.001  # metres
DEGREE = 111_320.0
LARGEST_DEGREES = 360.0  # numbers beyond are metres
MAX_POINTS = 5_000  # on one arc
MAX_DEPTH = 8
_LINES, _RINGS = (2, 8, 9, 13), (3, 10, 17)


class Unreadable(ValueError):
    """The bytes aren't WKB of a kind known here."""


class _Walker:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def head(self) -> tuple[int, int, str]:
        order = self.data[self.at]
        sign = "<" if order == 1 else ">"
        (code,) = struct.unpack_from(sign + "I", self.data, self.at + 1)
        self.at += 5
        width = 2
        if code & 0xE0000000:
            width += bool(code & 0x80000000) + bool(code & 0x40000000)
            if code & 0x20000000:
                self.at += 4
            code &= 0x1FFFFFFF
        kind, dimension = code % 1000, code // 1000
        return kind, width + (0, 1, 1, 2)[dimension], sign

    def count(self, sign: str, least: int) -> int:
        (number,) = struct.unpack_from(sign + "I", self.data, self.at)
        self.at += 4
        if number * least > len(self.data) - self.at:
            raise Unreadable("more parts than bytes")
        return int(number)

    def points(self, width: int, sign: str) -> np.ndarray:
        number = self.count(sign, 8 * width)
        values = np.frombuffer(self.data, sign + "f8", number * width, self.at).reshape(number, width)
        self.at += values.nbytes
        return values[:, :2].astype("<f8")

    def line(self, depth: int) -> np.ndarray:
        kind, width, sign = self.head()
        if kind == 2:
            return self.points(width, sign)
        if kind == 8:
            return self.arcs(self.points(width, sign))
        if kind == 9 and depth < MAX_DEPTH:
            pieces = [self.line(depth + 1) for _ in range(self.count(sign, 9))]
            return (
                np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
                if pieces
                else np.empty((0, 2))
            )
        raise Unreadable(f"type {kind} is no line")

    def arcs(self, control: np.ndarray) -> np.ndarray:
        made = [control[:1]]
        for k in range(0, len(control) - 2, 2):
            made.append(_arc(control[k], control[k + 1], control[k + 2]))
        return np.concatenate(made)

    def geometry(self, depth: int = 0) -> bytes:
        start = self.at
        kind, width, sign = self.head()
        if kind == 1:
            xy = np.frombuffer(self.data, sign + "f8", width, self.at)[:2].astype("<f8")
            self.at += 8 * width
            return struct.pack("<BI", 1, 1) + xy.tobytes()
        if kind in _LINES:
            self.at = start
            xy = self.line(depth)
            return struct.pack("<BII", 1, 2, len(xy)) + xy.tobytes()
        if kind in _RINGS:
            plain = kind in (3, 17)
            rings = [
                self.points(width, sign) if plain else self.line(depth + 1)
                for _ in range(self.count(sign, 4 if plain else 9))
            ]
            return struct.pack("<BII", 1, 3, len(rings)) + b"".join(
                struct.pack("<I", len(ring)) + ring.tobytes() for ring in rings
            )
        gathered = {4: 4, 5: 5, 6: 6, 7: 7, 11: 5, 12: 6, 15: 6, 16: 6}.get(kind)
        if gathered is None or depth >= MAX_DEPTH:
            raise Unreadable(f"type {kind}")
        parts = [self.geometry(depth + 1) for _ in range(self.count(sign, 5))]
        return struct.pack("<BII", 1, gathered, len(parts)) + b"".join(parts)


def _arc(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The arc from a over b to c without a itself. Equal ends are a full circle whose diameter is a to b."""
    full = bool((a == c).all())
    centre = (a + b) / 2 if full else _centre(a, b, c)
    if centre is None or not np.isfinite(centre).all():
        return np.array([b, c])
    radius = float(np.hypot(*(a - centre)))
    sagitta = SAGITTA / DEGREE if np.abs(a).max() <= LARGEST_DEGREES else SAGITTA
    start = math.atan2(*(a - centre)[::-1])
    if full:
        sweep = 2 * math.pi
    else:
        middle = (math.atan2(*(b - centre)[::-1]) - start) % (2 * math.pi)
        sweep = (math.atan2(*(c - centre)[::-1]) - start) % (2 * math.pi)
        if middle > sweep:
            sweep -= 2 * math.pi
    if radius <= sagitta:
        return np.array([b, c])
    step = 2 * math.acos(1 - sagitta / radius)
    number = min(max(math.ceil(abs(sweep) / step), 2), MAX_POINTS)
    angles = start + sweep * np.arange(1, number) / number
    return np.vstack((centre + radius * np.column_stack((np.cos(angles), np.sin(angles))), c))


def _centre(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray | None:
    (bx, by), (cx, cy) = b - a, c - a
    twice = 2 * (bx * cy - by * cx)
    if twice == 0:
        return None
    b2, c2 = bx * bx + by * by, cx * cx + cy * cy
    return a + np.array([(cy * b2 - by * c2) / twice, (bx * c2 - cx * b2) / twice])


def straight(data: bytes) -> bytes | None:
    """The same geometry with straight edges, little-endian and flat; None where the bytes make no sense."""
    try:
        return _Walker(data).geometry()
    except (Unreadable, struct.error, IndexError, ValueError):
        return None
