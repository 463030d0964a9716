"""Coordinates as people paste them: every way of writing one triangle gives the same triangle."""

from __future__ import annotations

import numpy as np
import pytest

from siting import formats
from siting.engine.boundary import build
from siting.engine.crs import DeclaredCrs, to_degrees
from siting.engine.notices import UnusableInput
from siting.formats import pasted
from siting.formats.answers import Answers

XY = np.array([[37401000.125, 4498000.5], [37401300.25, 4498000.75], [37401100.0, 4498250.0]])
LONLAT = to_degrees(XY, DeclaredCrs(4525))


def _dms(value: float, signs: str = "°′″") -> str:
    total = round(value * 3600, 5)
    degrees, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{degrees:.0f}{signs[0]}{minutes:02.0f}{signs[1]}{seconds:08.5f}{signs[2]}"


PROJECTED = {
    "comma": "\n".join(f"{y},{x}" for x, y in XY),
    "tab": "\n".join(f"{y}\t{x}" for x, y in XY),
    "spaces": "\n".join(f"  {y}   {x} " for x, y in XY),
    "wide comma": "\n".join(f"{y}，{x}" for x, y in XY),
    "wide figures": "\n".join(f"{y}；{x}" for x, y in XY).translate(
        {ord("0") + d: 0xFF10 + d for d in range(10)}
    ),
    "numbered": "\n".join(f"J{at} {y} {x}" for at, (x, y) in enumerate(XY, 1)),
    "numbered with ring": "\n".join(f"J{at},1,{y},{x}" for at, (x, y) in enumerate(XY, 1)),
    "titles": "点号\tX坐标\tY坐标\n" + "\n".join(f"{at}\t{y}\t{x}" for at, (x, y) in enumerate(XY, 1)),
    "swapped": "\n".join(f"{x},{y}" for x, y in XY),
    "closed": "\n".join(f"J{at % 3 + 1},{XY[at % 3][1]},{XY[at % 3][0]}" for at in range(4)),
    "windows": "\r\n".join(f"{y},{x}" for x, y in XY) + "\r\n\r\n",
}
DEGREES = {
    "degrees": "\n".join(f"{lon:.10f}, {lat:.10f}" for lon, lat in LONLAT),
    "latitude first": "\n".join(f"{lat:.10f} {lon:.10f}" for lon, lat in LONLAT),
    "signs": "\n".join(f"{_dms(lon)}E,{_dms(lat)}N" for lon, lat in LONLAT),
    "words": "\n".join(f"北纬{_dms(lat, '度分秒')} 东经{_dms(lon, '度分秒')}" for lon, lat in LONLAT),
    "quotes": "\n".join(f"{at} {_dms(lon, '°' + chr(39) + chr(34))} {_dms(lat, '°' + chr(39) + chr(34))}"
                        for at, (lon, lat) in enumerate(LONLAT, 1)),
    "dashes": "\n".join(f"J{at},{_dms(lat, '-- ').strip()},{_dms(lon, '-- ').strip()}"
                        for at, (lon, lat) in enumerate(LONLAT, 1)),
    "six numbers": "\n".join(f"{_dms(lon, '   ')} {_dms(lat, '   ')}" for lon, lat in LONLAT),
}  # fmt: skip


@pytest.mark.parametrize("way", PROJECTED)
def test_metres_in_every_way(way: str) -> None:
    declared = pasted.read(PROJECTED[way])
    assert (declared.crs.epsg, declared.format) == (4525, "pasted")
    [ring] = declared.plots[0].rings
    assert np.array_equal(ring.xy, XY)
    codes = {notice.code for notice in declared.notices}
    assert codes == {"crs-assumed"} | ({"axes-swapped"} if way == "swapped" else set())


@pytest.mark.parametrize("way", DEGREES)
def test_degrees_in_every_way(way: str) -> None:
    declared = pasted.read(DEGREES[way])
    assert declared.crs.epsg == 4490
    [ring] = declared.plots[0].rings
    assert ring.xy == pytest.approx(LONLAT, abs=2e-9)
    assert formats.read(DEGREES[way].encode(), "a.txt").plots[0].rings[0].xy == pytest.approx(
        LONLAT, abs=2e-9
    )


def test_eastings_without_a_zone_are_asked_for_and_never_guessed() -> None:
    bare = "\n".join(f"{y} {x - 37e6}" for x, y in XY)
    with pytest.raises(UnusableInput) as refusal:
        pasted.read(bare)
    assert (refusal.value.notices[0].code, refusal.value.notices[0].field) == (
        "crs-not-given",
        "central_meridian",
    )
    assert pasted.read(bare, answers=Answers(central_meridian=111)).crs.epsg == 4546
    assert pasted.read(bare, answers=Answers(epsg=4546)).crs.epsg == 4546


def test_an_empty_line_or_another_ring_number_begins_a_ring() -> None:
    outer = "\n".join(f"{4498000 + y} {37401000 + x}" for x, y in ((0, 0), (300, 0), (300, 300), (0, 300)))
    inner = "\n".join(f"{4498100 + y} {37401100 + x}" for x, y in ((0, 0), (50, 0), (50, 50), (0, 50)))
    two = pasted.read(f"{outer}\n\n\n{inner}\n")
    assert len(two.plots[0].rings) == 2
    assert build(two).planar_area_m2 == pytest.approx(300 * 300 - 50 * 50, abs=0.01)
    labelled = "\n".join(
        f"J{at},{ring},{line.split()[0]},{line.split()[1]}"
        for ring, text in ((1, outer), (2, inner))
        for at, line in enumerate(text.splitlines(), 1)
    )
    assert build(pasted.read(labelled)).area_m2 == pytest.approx(build(two).area_m2, abs=1e-6)


def test_a_width_makes_a_line_of_it() -> None:
    declared = pasted.read(PROJECTED["comma"], answers=Answers(width_m=10))
    assert len(declared.plots[0].centre_lines) == 1
    assert build(declared).area_m2 == pytest.approx(10 * np.hypot(*np.diff(XY, axis=0).T).sum(), rel=0.05)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("4498000.5,37401000.1\n4498000.5\n4498250,37401100\nabc,def", [2, 4]),
        ("4498000.5,37401000.1\n4498000.5,37401300.1,1,2,3\n4498250,37401100", [2]),
        ("109°50′12″E,40°36′05″N\n109°61′12″E,40°36′05″N\n109°50′E", [2, 3]),
        ("109°50′12″E,109°36′05″E", [1]),
        ("109°50′12″W,40°36′05″N", [1]),
        ("4498000,37401000\n4498000,99401000\n4498250,37401100", [2]),
        ("4498000,37401000\n4498000,37401300\n4498250,38401100", [3]),
        ("4498000,37401000\n40.6,109.8\n4498250,37401100", [2]),
        ("J1,4498000,37401000\nJ2,4498000,37401300", [1]),
    ],
)
def test_errors_name_their_lines(text: str, lines: list[int]) -> None:
    with pytest.raises(UnusableInput) as refusal:
        pasted.read(text)
    assert [notice.line for notice in refusal.value.notices] == lines


@pytest.mark.parametrize("text", ["", "  \n\t\n", "点号,X,Y", "hello world"])
def test_nothing_to_read(text: str) -> None:
    with pytest.raises(UnusableInput):
        pasted.read(text)


def test_a_whole_file_that_is_pasted_is_read_as_what_it_is() -> None:
    text = "[地块坐标]\n4,,D1,一号,面,,,,@\n" + PROJECTED["numbered with ring"]
    assert pasted.read(text).plots[0].name == "一号"
    assert pasted.read(formats.write(pasted.read(text), "geojson").decode()).format == "geojson"
