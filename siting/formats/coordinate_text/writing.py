"""The strict writer of coordinate text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

import numpy as np
import numpy.typing as npt

from siting.engine.boundary import DeclaredBoundary, Plot
from siting.engine.crs import DeclaredCrs
from siting.formats.coordinate_text.header import (
    AREA,
    ATTRIBUTES,
    HEADER_KEYS,
    HEADER_SECTION,
    LAND_CLASS,
    PLOT_SECTION,
    POINT_COUNT,
    SHEET,
    extra_attribute,
    parse_area,
)

_LINE_END = "\r\n"
_WIDE_COMMA = "\uff0c"  # stands for a comma within a field
# (least, most) decimals; the most is where a double of that size still keeps them
_METRE_DECIMALS = (3, 6)
_DEGREE_DECIMALS = (9, 12)


def write(
    declared: DeclaredBoundary,
    *,
    encoding: Literal["utf-8", "gb18030"] = "utf-8",
    areas_m2: Sequence[float] | None = None,
) -> bytes:
    """Write a boundary as coordinate text, in the form that the strictest receivers read.

    Every ring is closed by its first point with its number; every plot has eight attributes or more; the
    header is the one that was read, completed by the format's own names, and never contradicts the
    coordinates.

    Parameters
    ----------
    declared
        In a Gauss-Krüger plane, or in degrees, which few receivers take: see ``siting.formats.plane``.
    encoding
        ``"utf-8"`` (no BOM) or ``"gb18030"``.
    areas_m2
        One area per plot in m², written where the plot itself declares none.

    Returns
    -------
    bytes
        Coordinates with the declared precision, at least three decimals (degrees: nine), and with more where
        the declared vertices have more (up to six and twelve), so that nothing is lost.
    """
    geographic = declared.crs.is_geographic
    columns = _coordinate_texts(declared, geographic)
    decimals = len(columns[0][0].partition(".")[2])
    lines = [*_header_lines(declared.header, declared.crs, decimals), f"[{PLOT_SECTION}]"]
    at = 0
    for index, plot in enumerate(declared.plots):
        lines.append(_plot_line(plot, None if areas_m2 is None else areas_m2[index]))
        for ring in plot.rings:
            rows = [
                f"{_number(number)},{_number(ring.label)},{northing},{easting}"
                for number, (easting, northing) in zip(
                    ring.numbers, columns[at : at + len(ring.numbers)], strict=True
                )
            ]
            lines += [*rows, rows[0]]
            at += len(ring.numbers)
    return (_LINE_END.join(lines) + _LINE_END).encode(encoding)


def _coordinate_texts(declared: DeclaredBoundary, geographic: bool) -> list[tuple[str, str]]:
    """Easting and northing of every vertex, all with the same number of decimals."""
    least, most = _DEGREE_DECIMALS if geographic else _METRE_DECIMALS
    xy: npt.NDArray[np.float64] = np.vstack([ring.xy for plot in declared.plots for ring in plot.rings])
    full = [f"{value:.{most}f}" for value in xy.ravel().tolist()]
    needed = max(len(text.partition(".")[2].rstrip("0")) for text in full)
    decimals = max(least, min(most, _declared_decimals(declared.header.get("精度", ""))), needed)
    kept = [text[: len(text) - (most - decimals)] for text in full]
    return list(zip(kept[0::2], kept[1::2], strict=True))


def _declared_decimals(text: str) -> int:
    """Decimals that 精度 asks for: written as their number (``3``) or as the smallest step (``0.001``)."""
    if re.fullmatch(r"\d", text):
        return int(text)
    if re.fullmatch(r"0\.\d{1,12}", text):
        return len(text) - 2
    return 0


def _header_lines(header: Mapping[str, str], crs: DeclaredCrs, decimals: int) -> list[str]:
    values = {**_defaults(crs, decimals), **{key: text for key, text in header.items() if text}}
    if "2000" not in values["坐标系"] and "CGCS" not in values["坐标系"].upper():
        values["坐标系"] = _defaults(crs, decimals)["坐标系"]
    if crs.is_geographic:
        values["计量单位"] = "度"
    else:
        values |= {"几度分带": str(crs.zone_width), "带号": str(crs.zone), "计量单位": "米"}
        if "中央子午线" in values:
            values["中央子午线"] = f"{crs.central_meridian:.0f}"
    values |= {key: "" for key in header if key not in values}
    sections: dict[str, list[str]] = {}
    own = [f"{key}={_line(values.pop(key))}" for key in HEADER_KEYS]
    for key, text in values.items():
        named = re.fullmatch(r"\[([^\]]*)\](.*)", key, re.DOTALL)
        lines = sections.setdefault(named[1], []) if named else own
        lines.append(f"{_line(named[2] if named else key)}={_line(text)}")
    before = [line for name, lines in sections.items() for line in (f"[{_line(name)}]", *lines)]
    return [*before, f"[{HEADER_SECTION}]", *own]


def _defaults(crs: DeclaredCrs, decimals: int) -> dict[str, str]:
    return {
        **dict.fromkeys(HEADER_KEYS, ""),
        "坐标系": "2000国家大地坐标系",
        "投影类型": "" if crs.is_geographic else "高斯克吕格",
        "精度": str(Decimal(1).scaleb(-decimals)) if decimals <= 6 else f"{10.0**-decimals:.{decimals}f}",
        "转换参数": ",,,,,,",
    }


def _plot_line(plot: Plot, area_m2: float | None) -> str:
    points = sum(len(ring.numbers) for ring in plot.rings)
    rows = points + len(plot.rings)
    stated = plot.attributes.get(POINT_COUNT, "")
    count = stated if stated in (str(points), str(rows)) else str(rows)
    fields = [
        count,
        _area(plot, area_m2),
        plot.number,
        plot.name,
        "面",
        plot.attributes.get(SHEET, ""),
        plot.use,
        plot.attributes.get(LAND_CLASS, ""),
    ]
    position = len(ATTRIBUTES) + 1
    while (name := extra_attribute(position)) in plot.attributes:
        fields.append(plot.attributes[name])
        position += 1
    return ",".join([*(_field(text) for text in fields), "@"])


def _area(plot: Plot, area_m2: float | None) -> str:
    """Hectares: the text that was read while it still says the plot's area, else four decimals or more."""
    written = plot.attributes.get(AREA, "")
    read = parse_area(written)
    if plot.declared_area_m2 is None:
        if read is None and written:
            return written
        return "" if area_m2 is None else f"{area_m2 / 10_000:.4f}"
    if read is not None and read[1] == plot.declared_area_m2:
        return read[0]
    return f"{plot.declared_area_m2 / 10_000:.4f}"


def _line(text: str) -> str:
    """One line of text without what can't stand in one."""
    return re.sub(r"[\x00-\x1f\x7f\u200b\u200c\u200d\u2060\ufeff]+", " ", text).strip()


def _field(text: str) -> str:
    return _line(text).replace(",", _WIDE_COMMA)


def _number(text: str) -> str:
    """Point and ring numbers are read apart at wide commas too, so none stays."""
    return _line(text).replace(",", "-").replace(_WIDE_COMMA, "-")
