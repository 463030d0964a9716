"""Coordinate systems as files write them (ESRI and OGC WKT, EPSG codes), matched by their parameters."""

from __future__ import annotations

import re

import pyproj
from pyproj.exceptions import CRSError

from siting.engine.crs import GEOGRAPHIC, gauss_kruger
from siting.engine.notices import Notice, UnusableInput

WGS84 = 4326
_CGCS2000 = re.compile(r"china.?2000|cgcs.?2000|china geodetic coordinate system 2000", re.IGNORECASE)
_WGS84 = re.compile(r"wgs.?(19)?84|world geodetic system 1984", re.IGNORECASE)
_CGCS2000_FLATTENING = 298.257222101
_TRANSVERSE_MERCATOR = re.compile(r"transverse.?mercator|gauss.?kr[uü]e?ger", re.IGNORECASE)


def epsg_of(text: str) -> int:
    """Find the EPSG code of a coordinate system given as WKT or as an ``EPSG:`` code.

    A .prj seldom carries a code, and the code that it carries may be wrong, so datum and projection parameters
    decide.

    Returns
    -------
    int
        4490, 4326, or a CGCS2000 Gauss-Krüger plane (4491-4554).

    Raises
    ------
    UnusableInput
        For every other system: Beijing 1954, Xi'an 1980, projected WGS84, Web Mercator, local ones.
    """
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError as error:
        raise UnusableInput(
            Notice("crs-unreadable", "坐标系定义无法识别：%(crs)s", {"crs": text[:80]}, field="prj")
        ) from error
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    geodetic = crs.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        raise _unsupported(crs)
    datum = f"{geodetic.datum.name} {geodetic.name}"
    if crs.is_geographic and not crs.is_bound:
        if _is_cgcs2000(geodetic, datum):
            return GEOGRAPHIC
        if _WGS84.search(datum):
            return WGS84
    if crs.is_projected and _is_cgcs2000(geodetic, datum):
        epsg = _zone(crs)
        if epsg is not None:
            return epsg
    raise _unsupported(crs)


def _is_cgcs2000(geodetic: pyproj.CRS, datum: str) -> bool:
    ellipsoid = geodetic.ellipsoid
    return (
        bool(_CGCS2000.search(datum))
        and ellipsoid is not None
        and abs(ellipsoid.inverse_flattening - _CGCS2000_FLATTENING) < 1e-6
        and abs(ellipsoid.semi_major_metre - 6378137.0) < 1e-3
    )


def _zone(crs: pyproj.CRS) -> int | None:
    """EPSG code of the Gauss-Krüger plane with these parameters, None where there is none."""
    operation = crs.coordinate_operation
    if operation is None or not _TRANSVERSE_MERCATOR.search(operation.method_name):
        return None
    values = {parameter.name.casefold(): float(parameter.value) for parameter in operation.params}
    scale = values.get("scale factor at natural origin", 1.0)
    if (
        abs(scale - 1.0) > 1e-12
        or values.get("latitude of natural origin", 0.0) != 0.0
        or values.get("false northing", 0.0) != 0.0
        or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info)
    ):
        return None
    meridian = values.get("longitude of natural origin")
    prefix, offset = divmod(values.get("false easting", 0.0), 1_000_000)
    if meridian is None or offset != 500_000:
        return None
    # 6° central meridians are odd multiples of 3° too, so only a prefix, or the name, tells a 6° plane
    for width in (3, 6):
        zone = meridian / 3 if width == 3 else (meridian + 3) / 6
        if zone == round(zone) and prefix == zone:
            return gauss_kruger(round(zone), width=width).epsg
    if prefix != 0:
        return None
    width = 6 if _says_six_degrees(crs) else 3
    return gauss_kruger(width=width, central_meridian=meridian, prefixed=False).epsg


def _says_six_degrees(crs: pyproj.CRS) -> bool:
    """Whether an unprefixed plane calls itself one of the 6° set (which EPSG and ESRI name without a width)."""
    return not re.search(r"3.?degree|3度", crs.name, re.IGNORECASE) and bool(
        re.search(r"gauss|GK|6.?degree|6度", crs.name, re.IGNORECASE)
    )


def _unsupported(crs: pyproj.CRS) -> UnusableInput:
    return UnusableInput(
        Notice(
            "crs-unsupported",
            "坐标系“%(name)s”不支持：只支持 2000国家大地坐标系（经纬度或高斯-克吕格 3 度、6 度分带）"
            "和 WGS84 经纬度，请先依法换算后再提交",
            {"name": crs.name[:80]},
            field="prj",
        )
    )
