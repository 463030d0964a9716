"""GeoJSON without GDAL: what reads, what is set right, what is refused and how cheaply."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from siting.engine.boundary import DeclaredBoundary
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import UnusableInput
from siting.formats import coordinate_text, geojson

SAMPLES = Path(__file__).parents[3] / "samples" / "geojson"
TEXTS = SAMPLES.parent / "coordinate_text"
RING = [[109.8301, 40.6326], [109.8313, 40.6326], [109.8313, 40.6333], [109.8301, 40.6333]]
PLANE = [
    [37401000.5, 4500000.125],
    [37401000.5, 4499923.625],
    [37401100.5, 4499923.625],
    [37401100.5, 4500000.125],
]
ASSUMED = "wgs84-as-cgcs2000"


def read(name: str, **answers: int) -> DeclaredBoundary:
    return geojson.read((SAMPLES / f"{name}.geojson").read_bytes(), **answers)


@pytest.mark.parametrize(
    ("name", "epsg", "xy", "codes"),
    [
        ("collection", 4490, RING, [ASSUMED]),
        ("feature", 4490, RING, [ASSUMED]),
        ("geometry", 4490, RING, [ASSUMED]),
        ("crs_crs84", 4490, RING, [ASSUMED]),
        ("crs_4490", 4490, RING, []),
        ("latitude_first", 4490, RING, [ASSUMED, "axes-swapped"]),
        ("with_height", 4490, RING, ["height-ignored", ASSUMED]),
        ("unclosed", 4490, RING, ["ring-not-closed", ASSUMED]),
        ("null_geometry", 4490, RING, ["geometry-missing", ASSUMED]),
        ("crs_4525", 4525, PLANE, []),
        ("crs_4525_northing_first", 4525, PLANE, ["axes-swapped"]),
    ],
)
def test_reads(name: str, epsg: int, xy: list, codes: list[str]) -> None:
    declared = read(name)
    assert declared.crs == DeclaredCrs(epsg)
    assert declared.plots[0].rings[0].xy.tolist() == xy
    assert declared.plots[0].rings[0].numbers == ("J1", "J2", "J3", "J4")
    assert [notice.code for notice in declared.notices] == codes


def test_properties_are_the_plots_attributes() -> None:
    plot = read("collection").plots[0]
    assert plot.attributes == {
        "地块编号": "D1",
        "地块名称": "示范地块",
        "地块用途": "工业用地",
        "面积(公顷)": "0.79",
        "备注": "",
        "层数": "3",
    }
    assert (plot.number, plot.name, plot.use, plot.declared_area_m2) == ("D1", "示范地块", "工业用地", 7900.0)


def test_features_are_plots_and_parts_and_holes_are_rings() -> None:
    assert [plot.number for plot in read("two_features").plots] == ["D1", "D2"]
    [plot] = read("multipolygon").plots
    assert [(ring.label, ring.numbers[0]) for ring in plot.rings] == [("1", "J1"), ("2", "J5"), ("3", "J9")]


def test_metres_without_a_system_ask() -> None:
    with pytest.raises(UnusableInput) as refusal:
        read("metres_without_crs")
    assert (refusal.value.notices[0].code, refusal.value.notices[0].field) == ("crs-not-given", "epsg")
    assert read("metres_without_crs", epsg=4525).crs == DeclaredCrs(4525)
    with pytest.raises(UnusableInput, match="不符"):
        read("metres_without_crs", epsg=4526)
    assert read("crs_4525", epsg=4526).crs == DeclaredCrs(4525)


REFUSED = {
    "crs_3857": "crs-unsupported",
    "crs_nonsense": "crs-unsupported",
    "crs_contradicts": "crs-contradicts",
    "crs_other_zone": "crs-contradicts",
    "out_of_range": "coordinate-out-of-range",
    "axes_mixed": "axes-mixed",
    "point": "not-a-polygon",
    "line": "width-not-given",
    "two_points": "ring-too-few-points",
    "wrong_depth": "not-geojson",
    "no_features": "no-polygon",
    "words": "not-geojson",
    "nan": "number-not-finite",
    "infinity": "number-not-finite",
    "overflow": "number-not-finite",
    "long_integer": "number-not-finite",
    "duplicate_key": "json-key-repeated",
    "cut_short": "not-json",
    "topojson": "not-geojson",
    "plain_json": "not-geojson",
    "array": "not-geojson",
    "deep": "json-too-deep",
    "deep_object": "json-too-deep",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    with pytest.raises(UnusableInput) as refusal:
        read(f"refused_{name}")
    assert [notice.code for notice in refusal.value.notices] == [REFUSED[name]]


def test_every_refused_sample_is_tested() -> None:
    assert {path.stem.removeprefix("refused_") for path in SAMPLES.glob("refused_*")} == set(REFUSED)


def test_a_refusal_says_where() -> None:
    with pytest.raises(UnusableInput) as refusal:
        read("refused_two_points")
    assert refusal.value.notices[0].field == "features[0].geometry.coordinates[0]"
    broken = b'{\n"type": "Polygon",\n"coordinates": [[1,}'
    with pytest.raises(UnusableInput) as refusal:
        geojson.read(broken)
    assert refusal.value.notices[0].line == 3


@pytest.mark.parametrize(
    "content",
    [
        b'{"type":"Polygon","coordinates":[[' + b"[109.8,40.6]," * 2_000_000 + b"[109.8,40.6]]]}",
        b'{"a":[' + b"[]," * 10_000_000 + b"[]]}",
        b'{"a":[' + b"1," * 15_000_000 + b"1]}",
        b" " * 40_000_000 + b"{}",
    ],
    ids=["two million vertices", "ten million arrays", "fifteen million numbers", "past the size limit"],
)
def test_huge_files_are_refused_before_they_are_parsed(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geojson.json, "loads", lambda *_, **__: pytest.fail("the file was parsed"))
    with pytest.raises(UnusableInput, match="超过"):
        geojson.read(content)


def test_more_rings_than_can_be_nested_are_refused() -> None:
    triangle = "[[109.8,40.6],[109.9,40.6],[109.9,40.7],[109.8,40.6]]"
    content = '{"type":"Polygon","coordinates":[' + ",".join([triangle] * 2001) + "]}"
    with pytest.raises(UnusableInput, match="2000"):
        geojson.read(content.encode())


@pytest.mark.parametrize("name", ["collection", "hole", "multipolygon", "two_features", "crs_4525"])
def test_written_is_rfc_7946_and_reads_back(name: str) -> None:
    declared = read(name)
    document = json.loads(geojson.write(declared))
    assert "crs" not in document
    again = geojson.read(geojson.write(declared))
    assert again.crs == DeclaredCrs(4490)
    assert [dict(plot.attributes) for plot in again.plots] == [
        dict(plot.attributes) for plot in declared.plots
    ]
    for feature in document["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        for polygon in shapely.get_parts(shape):
            assert polygon.exterior.is_ccw
            assert not any(hole.is_ccw for hole in polygon.interiors)
    assert geojson.write(again) == geojson.write(declared)


def test_holes_and_parts_of_a_coordinate_text_become_polygons() -> None:
    def write(name: str) -> list[str]:
        declared = coordinate_text.read((TEXTS / f"{name}.txt").read_bytes())
        features = json.loads(geojson.write(declared))["features"]
        return [
            f"{feature['geometry']['type']} {np.shape(feature['geometry']['coordinates'])}"
            for feature in features
        ]

    assert write("hole_numbering_restarts") == ["Polygon (2, 5, 2)"]
    assert write("parts_under_one_ring_number") == ["MultiPolygon (2, 1, 5, 2)"]
    assert write("multi_plot") == ["Polygon (1, 5, 2)"] * 2


def test_a_part_with_its_own_hole() -> None:
    declared = coordinate_text.read((TEXTS / "parts_as_rings.txt").read_bytes())
    [feature] = json.loads(geojson.write(declared))["features"]
    assert [len(polygon) for polygon in feature["geometry"]["coordinates"]] == [1, 2]
