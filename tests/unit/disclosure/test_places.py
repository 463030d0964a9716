"""A place that somebody points out: what is taken, and in which words the rest is refused."""

from __future__ import annotations

import json

import pytest
import shapely
from django.core.exceptions import ValidationError
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.disclosure import inbox, places

BOUNDS = (109.2, 40.2, 111.45, 42.75)
RING = [[109.8, 40.6], [109.9, 40.6], [109.85, 40.7], [109.8, 40.6]]
CROSSED = [[109.8, 40.6], [109.9, 40.7], [109.9, 40.6], [109.8, 40.7], [109.8, 40.6]]
longitudes = st.floats(BOUNDS[0] + 1e-6, BOUNDS[2] - 1e-6)
latitudes = st.floats(BOUNDS[1] + 1e-6, BOUNDS[3] - 1e-6)


@given(longitudes, latitudes)
def test_a_point_typed_is_the_point_drawn(lon, lat):
    drawn = places.drawn(json.dumps({"type": "Point", "coordinates": [lon, lat]}), BOUNDS)
    typed = places.typed(f" {lon:.9f}，{lat:.9f} ", BOUNDS)
    assert drawn is not None
    assert typed is not None
    assert drawn.srid == 4490
    assert abs(drawn.x - lon) <= 5.1e-7
    assert abs(drawn.y - lat) <= 5.1e-7
    assert drawn.distance(typed) <= 2e-6


def test_three_lines_enclose_an_area_whether_or_not_the_first_comes_again():
    lines = ["109.8 40.6", "109.9,40.6", "109.85\t40.7"]
    opened, closed = (places.typed("\n".join(text), BOUNDS) for text in (lines, [*lines, lines[0]]))
    assert opened == closed == places.drawn(json.dumps({"type": "Polygon", "coordinates": [RING]}), BOUNDS)
    assert shapely.from_wkb(bytes(opened.wkb)).is_valid


def test_nothing_is_no_place():
    assert places.drawn("  ", BOUNDS) is None
    assert places.typed("\n \n", BOUNDS) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"type":"Point","coordinates":[116.4,39.9]}', "bounds"),
        ('{"type":"Point","coordinates":[NaN,40.6]}', "bounds"),
        ('{"type":"Point","coordinates":["a","b"]}', "drawing"),
        ('{"type":"Point"}', "drawing"),
        ('{"type":"LineString","coordinates":[[109.8,40.6],[109.9,40.6]]}', "drawing"),
        (json.dumps({"type": "Polygon", "coordinates": [CROSSED]}), "crossing"),
        ('{"type":"Polygon","coordinates":[[[109.8,40.6],[109.9,40.6],[109.8,40.6]]]}', "points"),
        (json.dumps({"type": "Polygon", "coordinates": [RING, RING]}), "drawing"),
        (json.dumps({"type": "Polygon", "coordinates": [[[109.8, 40.6 + n / 10000] for n in range(202)]]}), "vertices"),
        ("[" * 15_000, "drawing"),
        ("x" * 20_001, "vertices"),
        ("null", "drawing"),
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(text, code):
    with pytest.raises(ValidationError) as refused:
        places.drawn(text, BOUNDS)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("109.8", "line"), ("109.8 40.6\nabc", "line"), ("109.8 40.6\n109.9 40.6", "points"), ("9 4", "bounds"),
     ("109.8 40.6\n" * 202, "vertices")],
)  # fmt: skip
def test_what_is_no_list_of_coordinates_is_refused(text, code):
    with pytest.raises(ValidationError) as refused:
        places.typed(text, BOUNDS)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (None, "9.9.9.9", "10.0.0.1"),  # nobody in front: what a reader claims counts for nothing
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        (2, "9.9.9.9", "10.0.0.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "nonsense", "nonsense"),
    ],
)
def test_the_address_is_the_one_that_the_outermost_proxy_of_ours_saw(proxies, forwarded, address):
    request = RequestFactory().post("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": forwarded})
    with override_settings(AXES_IPWARE_PROXY_COUNT=proxies):
        assert inbox.address_of(request) == address


def test_a_receipt_is_read_however_it_is_typed():
    receipt = "ABCD-EFGH-IJKL-MNOP"
    assert inbox.receipt_hash(receipt) == inbox.receipt_hash("abcd efgh ijkl mnop")
    assert inbox.receipt_hash(receipt) == inbox.receipt_hash("ABCDEFGH1JKLMN0P")
    assert inbox.receipt_hash(receipt) != inbox.receipt_hash("ABCD-EFGH-IJKL-MNOQ")
