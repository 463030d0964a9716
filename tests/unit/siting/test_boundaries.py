"""Boundaries from files and drawings, and the form in which they are kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from siting import boundaries, formats
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import UnusableInput

SAMPLES = Path(__file__).parents[2] / "samples"
READABLE = sorted(
    str(path.relative_to(SAMPLES))
    for path in SAMPLES.glob("*/*")
    if path.parent.name in ("coordinate_text", "geojson")
    and not path.stem.startswith(("refused_", "six_digits_without_zone", "metres_without_crs"))
)
RING = [
    [109.8301, 40.6326],
    [109.8313, 40.6326],
    [109.8313, 40.6333],
    [109.8301, 40.6333],
    [109.8301, 40.6326],
]


def test_a_file_becomes_a_measured_boundary() -> None:
    boundary = boundaries.read((SAMPLES / "coordinate_text" / "utf8.txt").read_bytes(), "utf8.txt")
    assert boundary.area_m2 == pytest.approx(7650, rel=1e-3)
    assert boundary.declared_area_m2 == 7650.0
    assert boundary.declared.crs == DeclaredCrs(4525)


def test_every_format_of_one_boundary_measures_the_same() -> None:
    source = boundaries.read((SAMPLES / "coordinate_text" / "hole_numbering_restarts.txt").read_bytes(), "")
    for content in (
        formats.coordinate_text.write(source.declared, encoding="gb18030"),
        formats.shapefile.write(source.declared),
    ):
        assert boundaries.read(content, "").area_m2 == pytest.approx(source.area_m2, abs=1e-6)
    drawn = boundaries.read(formats.geojson.write(source.declared), "")
    assert drawn.area_m2 == pytest.approx(source.area_m2, abs=0.05)


@pytest.mark.parametrize(
    "name", ["area_with_unit", "swapped", "unclosed", "closing_x_for_y", "six_degree_zone"]
)
def test_notices_of_reading_reach_the_boundary(name: str) -> None:
    content = (SAMPLES / "coordinate_text" / f"{name}.txt").read_bytes()
    read = formats.read(content, name).notices
    assert boundaries.read(content, name).notices[: len(read)] == read


def test_answers_are_passed_on() -> None:
    content = (SAMPLES / "coordinate_text" / "six_digits_without_zone.txt").read_bytes()
    with pytest.raises(UnusableInput, match="中央子午线"):
        boundaries.read(content, "a.txt")
    assert boundaries.read(content, "a.txt", central_meridian=111).declared.crs == DeclaredCrs(4546)


def test_a_drawing() -> None:
    hole = [[109.8305, 40.6328], [109.8305, 40.6330], [109.8308, 40.6330], [109.8305, 40.6328]]
    boundary = boundaries.from_drawing({"type": "Polygon", "coordinates": [RING, hole]})
    assert (boundary.declared.format, boundary.declared.crs.epsg) == ("drawing", 4490)
    assert boundary.declared.notices == ()
    assert len(boundary.geometry.geoms[0].interiors) == 1
    parts = boundaries.from_drawing(
        {"type": "MultiPolygon", "coordinates": [[RING], [np.add(RING, [0.01, 0]).tolist()]]}
    )
    assert len(parts.geometry.geoms) == 2
    assert [ring.label for ring in parts.declared.plots[0].rings] == ["1", "2"]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        (None, "not-geojson"),
        ([], "not-geojson"),
        ({}, "not-a-polygon"),
        ({"type": "Point", "coordinates": [109.8, 40.6]}, "not-a-polygon"),
        ({"type": "Polygon"}, "not-geojson"),
        ({"type": "Polygon", "coordinates": []}, "not-geojson"),
        ({"type": "Polygon", "coordinates": [RING[0]]}, "not-geojson"),
        ({"type": "Polygon", "coordinates": [[[True, 40.6]] * 4]}, "not-geojson"),
        ({"type": "Polygon", "coordinates": [[[float("nan"), 40.6]] * 4]}, "number-not-finite"),
        ({"type": "Polygon", "coordinates": [[[10**400, 40.6]] * 4]}, "number-not-finite"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "coordinate-out-of-range"),
        ({"type": "MultiPolygon", "coordinates": [RING]}, "not-geojson"),
    ],
)
def test_a_drawing_that_is_none_is_refused(geometry: object, code: str) -> None:
    with pytest.raises(UnusableInput) as refusal:
        boundaries.from_drawing(geometry)
    assert refusal.value.notices[0].code == code


@pytest.mark.parametrize("sample", READABLE)
def test_what_was_declared_is_kept_without_loss(sample: str) -> None:
    declared = formats.read((SAMPLES / sample).read_bytes(), sample)
    # as the database gives it back: keys in another order
    stored = json.loads(json.dumps(boundaries.declared_to_json(declared), sort_keys=True, allow_nan=False))
    again = boundaries.declared_from_json(stored)
    assert (again.crs, again.format, again.notices) == (declared.crs, declared.format, declared.notices)
    assert list(again.header.items()) == list(declared.header.items())
    assert len(again.plots) == len(declared.plots)
    for plot, before in zip(again.plots, declared.plots, strict=True):
        assert list(plot.attributes.items()) == list(before.attributes.items())
        assert (plot.number, plot.name, plot.use) == (before.number, before.name, before.use)
        assert plot.declared_area_m2 == before.declared_area_m2
        for ring, ring_before in zip(plot.rings, before.rings, strict=True):
            assert (ring.numbers, ring.label) == (ring_before.numbers, ring_before.label)
            assert ring.xy.dtype == np.float64
            assert ring.xy.tobytes() == ring_before.xy.tobytes()


def test_a_form_of_another_time_is_not_misread() -> None:
    with pytest.raises(ValueError, match="unknown form"):
        boundaries.declared_from_json({"stored_as": 2})
