"""The coordinate system of a coordinate text, from its header and from the numbers themselves."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from siting.engine.crs import GEOGRAPHIC, DeclaredCrs, gauss_kruger
from siting.engine.notices import Notice, UnusableInput
from siting.formats.axes import Axes, Kind, tell_axes
from siting.formats.coordinate_text.lines import TextContent
from siting.formats.remarks import Remarks

_OTHER_DATUM = re.compile(r"西安|1980|80坐标|北京|1954|54坐标|地方|独立|GCJ|火星|BD-?09|百度|高德")
_OTHER_PROJECTION = re.compile(r"墨卡托|UTM|兰伯特|兰勃特|MERCATOR|LAMBERT|阿尔伯斯|ALBERS", re.IGNORECASE)
_METRES = {"", "米", "M", "METER", "METRE", "公尺"}
_DEGREES = {"度", "十进制度", "DEGREE", "DEGREES"}
_ZONE_WIDTHS = {3: range(25, 46), 6: range(13, 24)}


@dataclass(frozen=True)
class Resolved:
    """The system, and for each pair whether its easting stands first (swapped)."""

    crs: DeclaredCrs
    swapped: npt.NDArray[np.bool_]


def resolve(
    content: TextContent,
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    lines: npt.NDArray[np.int64],
    central_meridian: int | None,
    remarks: Remarks,
) -> Resolved:
    """Find the coordinate system, and correct the header's zone where the coordinates prove another.

    Parameters
    ----------
    content
        Its ``header`` gets 几度分带 and 带号 as plain numbers, as the coordinates say.
    first, second
        The columns of coordinates in the order of the file, each of shape (n,).
    lines
        Line number of each.
    central_meridian
        The answer of a person, in degrees, for eastings of six digits without a zone.

    Raises
    ------
    UnusableInput
        For another datum or projection, coordinates outside China, mixed kinds or zones, and (code
        ``crs-not-given``) eastings that could lie in any zone.
    """
    axes = tell_axes(first, second)
    _check_names(content, axes.kind, remarks)
    misfit = axes.first_misfit()
    if misfit is not None:
        raise _misplaced(axes, first, second, lines, misfit)
    swapped = axes.east_first & ~axes.north_first
    if swapped.any():
        at = int(np.flatnonzero(swapped)[0])
        remarks.add(
            "axes-swapped",
            "X、Y 写反了（X 应为纵坐标，即北方向），已对调 %(count)s 个点",
            line=int(lines[at]),
            count=int(swapped.sum()),
        )
    eastings = np.where(swapped, first, second)
    _check_unit(content, axes.kind, remarks)
    if axes.kind is Kind.DEGREES:
        return Resolved(DeclaredCrs(GEOGRAPHIC), swapped)
    zone = _header_zone(content, remarks)
    if axes.kind is Kind.PREFIXED:
        crs = _prefixed(content, eastings, lines, zone, remarks)
    else:
        crs = _unprefixed(content, lines, zone, central_meridian)
    _settle_header(content, crs, remarks)
    return Resolved(crs, swapped)


def _header_text(content: TextContent, key: str) -> str:
    return "".join(unicodedata.normalize("NFKC", content.header.get(key, "")).upper().split())


def _refusal(content: TextContent, code: str, template: str, key: str) -> UnusableInput:
    return UnusableInput(
        Notice(code, template, {"value": content.header[key]}, line=content.header_lines.get(key), field=key)
    )


def _check_names(content: TextContent, kind: Kind | None, remarks: Remarks) -> None:
    datum = _header_text(content, "坐标系")
    if not datum:
        remarks.add("crs-assumed", "文件没有写明坐标系，按 2000国家大地坐标系读取")
    elif "WGS" in datum and "84" in datum and kind is Kind.DEGREES:
        remarks.add("wgs84-as-cgcs2000", "经纬度按 2000国家大地坐标系读取", field="坐标系")
        content.header["坐标系"] = "2000国家大地坐标系"
    elif _OTHER_DATUM.search(datum) or not ("2000" in datum or "CGCS" in datum):
        raise _refusal(
            content,
            "crs-not-cgcs2000",
            "坐标系“%(value)s”不是 2000国家大地坐标系，请先依法换算后再提交",
            "坐标系",
        )
    if _OTHER_PROJECTION.search(_header_text(content, "投影类型")):
        raise _refusal(
            content, "projection-unsupported", "投影“%(value)s”不是高斯-克吕格投影，无法读取", "投影类型"
        )


def _check_unit(content: TextContent, kind: Kind | None, remarks: Remarks) -> None:
    unit = _header_text(content, "计量单位")
    if unit not in _METRES | _DEGREES:
        raise _refusal(content, "unit-unsupported", "计量单位“%(value)s”无法读取，应为米或度", "计量单位")
    if not unit or (unit in _DEGREES) == (kind is Kind.DEGREES):
        return
    content.header["计量单位"], template = (
        ("度", "计量单位写的是“%(unit)s”,坐标却是度,按度读取")
        if kind is Kind.DEGREES
        else ("米", "计量单位写的是“%(unit)s”,坐标却是米,按米读取")
    )
    remarks.add(
        "unit-contradicts",
        template,
        line=content.header_lines.get("计量单位"),
        field="计量单位",
        unit=unit,
    )


def _misplaced(
    axes: Axes,
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    lines: npt.NDArray[np.int64],
    at: int,
) -> UnusableInput:
    params = {"first": f"{first[at]:.12g}", "second": f"{second[at]:.12g}"}
    if tell_axes(first[at : at + 1], second[at : at + 1]).kind is None:
        return UnusableInput(
            Notice(
                "coordinate-out-of-range",
                "坐标（%(first)s,%(second)s）不在我国范围内：X 应为 7 位，Y 应为 8 位（含带号）或 6 位，或为度",
                params,
                line=int(lines[at]),
            )
        )
    return UnusableInput(
        Notice(
            "coordinates-mixed",
            "坐标（%(first)s,%(second)s）与前面的坐标不是同一种：度、带带号的米、不带带号的米不能混用",
            params,
            line=int(lines[at]),
        )
    )


def _header_width(content: TextContent) -> int | None:
    text = _header_text(content, "几度分带")
    if not text:
        return None
    found = re.fullmatch(r"\D*([36]|三|六)(?:\.0+)?\D*", text)
    if found is None:
        raise _refusal(
            content, "zone-width-unsupported", "几度分带“%(value)s”无法读取，应为 3 或 6", "几度分带"
        )
    return 3 if found[1] in "3三" else 6


def _header_zone(content: TextContent, remarks: Remarks) -> int | None:
    """Return the header's zone number, None where it has none or one that doesn't exist."""
    text = _header_text(content, "带号")
    if not text:
        return None
    numbers = [int(digits) for digits in re.findall(r"\d{1,6}", text)]
    zones = [number for number in numbers if any(number in zones for zones in _ZONE_WIDTHS.values())]
    if len(zones) == 1:
        return zones[0]
    remarks.add(
        "zone-unreadable",
        "带号“%(zone)s”不存在（3度带为 25-45,6度带为 13-23）",
        line=content.header_lines.get("带号"),
        field="带号",
        zone=content.header["带号"],
    )
    return None


def _width_of(zone: int) -> int:
    return next(width for width, zones in _ZONE_WIDTHS.items() if zone in zones)


def _prefixed(
    content: TextContent,
    eastings: npt.NDArray[np.float64],
    lines: npt.NDArray[np.int64],
    declared: int | None,
    remarks: Remarks,
) -> DeclaredCrs:
    zones = (eastings // 1e6).astype(int)
    zone = int(zones[0])
    others = np.flatnonzero(zones != zone)
    if others.size:
        raise UnusableInput(
            Notice(
                "zones-mixed",
                "Y 坐标的带号是 %(other)s，前面的却是 %(zone)s：请按投影带分成几个文件，或换算到同一带",
                {"other": int(zones[others[0]]), "zone": zone},
                line=int(lines[others[0]]),
            )
        )
    if not any(zone in known for known in _ZONE_WIDTHS.values()):
        raise UnusableInput(
            Notice(
                "zone-unknown",
                "Y 坐标的带号 %(zone)s 不存在（3度带为 25-45,6度带为 13-23）",
                {"zone": zone},
                line=int(lines[0]),
            )
        )
    if declared is not None and declared != zone:
        remarks.add(
            "zone-contradicts",
            "带号写的是 %(declared)s,Y 坐标的前两位却是 %(zone)s，按坐标读取",
            line=content.header_lines.get("带号"),
            field="带号",
            declared=declared,
            zone=zone,
        )
    return gauss_kruger(zone, width=_width_of(zone), prefixed=True)


def _unprefixed(
    content: TextContent, lines: npt.NDArray[np.int64], zone: int | None, answer: int | None
) -> DeclaredCrs:
    if zone is not None:
        return gauss_kruger(zone, width=_width_of(zone), prefixed=False)
    meridian: float | None = answer
    written = re.fullmatch(r"\D*(\d{2,3})(?:\.0+)?\D*", _header_text(content, "中央子午线"))
    if written is not None:
        meridian = int(written[1])
    if meridian is None:
        raise UnusableInput(
            Notice(
                "crs-not-given",
                "Y 坐标只有 6 位，文件也没有带号，无法确定投影带：请给出中央子午线的经度（例如 111）",
                line=int(lines[0]),
                field="central_meridian",
            )
        )
    return gauss_kruger(width=_header_width(content) or 3, central_meridian=meridian, prefixed=False)


def _settle_header(content: TextContent, crs: DeclaredCrs, remarks: Remarks) -> None:
    width = _header_width(content)
    if width is not None and width != crs.zone_width:
        remarks.add(
            "zone-width-contradicts",
            "几度分带写的是 %(declared)s，第 %(zone)s 带却是 %(width)s 度带，按带号读取",
            line=content.header_lines.get("几度分带"),
            field="几度分带",
            declared=width,
            zone=crs.zone,
            width=crs.zone_width,
        )
    if width is not None:
        content.header["几度分带"] = str(crs.zone_width)
    if content.header.get("带号"):
        content.header["带号"] = str(crs.zone)
