import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.crs import (
    DeclaredCrs,
    densify,
    from_degrees,
    gauss_kruger,
    to_degrees,
    zone_of_longitude,
)
from siting.engine.notices import UnusableInput


@pytest.mark.parametrize(
    ("epsg", "width", "zone", "meridian", "prefixed"),
    [
        (4491, 6, 13, 75, True),
        (4501, 6, 23, 135, True),
        (4502, 6, 13, 75, False),
        (4512, 6, 23, 135, False),
        (4513, 3, 25, 75, True),
        (4526, 3, 38, 114, True),
        (4533, 3, 45, 135, True),
        (4534, 3, 25, 75, False),
        (4546, 3, 37, 111, False),
        (4554, 3, 45, 135, False),
    ],
)
def test_every_series_of_zones_is_told_by_its_code(epsg, width, zone, meridian, prefixed):
    crs = DeclaredCrs(epsg)

    assert (crs.zone_width, crs.zone, crs.central_meridian, crs.has_prefix) == (
        width,
        zone,
        meridian,
        prefixed,
    )
    assert gauss_kruger(zone, width=width, prefixed=prefixed) == crs
    assert gauss_kruger(None, width=width, central_meridian=meridian, prefixed=prefixed) == crs
    # The middle of the zone's central meridian is at its false easting.
    assert from_degrees(np.array([[meridian, 40.0]]), crs)[0, 0] == pytest.approx(crs.false_easting)
    assert str(zone) in crs.label or str(meridian) in crs.label


@pytest.mark.parametrize("epsg", [4326, 3857, 4490 + 65, 2345])
def test_other_systems_are_refused(epsg):
    with pytest.raises(UnusableInput, match=str(epsg)):
        DeclaredCrs(epsg)


@pytest.mark.parametrize(
    "arguments",
    [{"zone": 24}, {"zone": 46}, {"zone": 38, "width": 6}, {"central_meridian": 112}, {}],
)
def test_zones_that_do_not_exist_are_refused(arguments):
    with pytest.raises(UnusableInput):
        gauss_kruger(**arguments)


def test_longitude_latitude_has_no_zone():
    assert DeclaredCrs(4490).is_geographic
    with pytest.raises(ValueError, match="no zone"):
        _ = DeclaredCrs(4490).zone


@pytest.mark.parametrize(
    ("lon", "zone"), [(109.49, 36), (109.51, 37), (112.49, 37), (112.51, 38), (73.5, 25)]
)
def test_zones_split_at_their_meridian_plus_1_5_degrees(lon, zone):
    assert zone_of_longitude(lon) == zone


@settings(max_examples=50, deadline=None, derandomize=True)
@given(zone=st.integers(25, 45), dx=st.floats(-2, 2), lat=st.floats(18, 53), prefixed=st.booleans())
def test_conversion_comes_back_to_a_tenth_of_a_millimetre(zone, dx, lat, prefixed):
    crs = gauss_kruger(zone, prefixed=prefixed)
    xy = from_degrees(np.array([[crs.central_meridian + dx, lat]]), crs)

    assert from_degrees(to_degrees(xy, crs), crs) == pytest.approx(xy, abs=1e-4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    zone=st.integers(25, 45),
    east=st.floats(-150_000, 150_000),
    north=st.floats(2_000_000, 5_930_000),
    bearing=st.floats(0, 2 * np.pi),
    length=st.floats(1, 20_000),
)
def test_chord_deviates_by_at_most_one_millimetre(zone, east, north, bearing, length):
    crs = gauss_kruger(zone)
    start = np.array([crs.false_easting + east, north])
    along = np.array([np.cos(bearing), np.sin(bearing)])
    path = densify(np.array([start, start + length * along]), crs)

    shares = np.linspace(0, 1, 9)[1:-1]
    on_chords = np.vstack([path[:-1] + share * np.diff(path, axis=0) for share in shares])
    across = (from_degrees(on_chords, crs) - start) @ np.array([-along[1], along[0]])
    assert np.abs(across).max() <= 0.001


def test_split_points_do_not_depend_on_where_an_edge_ends():
    whole = densify(np.array([[38600950.0, 3340030.0], [38605950.0, 3341030.0]]), gauss_kruger(38))
    halves = densify(
        np.array([[38605950.0, 3341030.0], [38603450.0, 3340530.0], [38600950.0, 3340030.0]]),
        gauss_kruger(38),
    )

    # The other has one vertex more, on the line: all of the split points are the same, to the last bit.
    inner = {tuple(point) for point in whole[1:-1]}
    assert len(inner) == 50
    assert inner <= {tuple(point) for point in halves}


def test_split_points_are_the_same_with_and_without_the_zone_prefix():
    path = np.array([[38600950.0, 3340030.0], [38605950.0, 3341030.0]])

    with_prefix = densify(path, gauss_kruger(38))
    without = densify(path - (38e6, 0), gauss_kruger(38, prefixed=False))

    assert with_prefix == pytest.approx(without, abs=1e-12)
    assert len(with_prefix) == len(without)


def test_every_declared_vertex_stays_in_order():
    xy = np.array([[0, 0], [250, 10], [250, 10], [10, 900], [-350, -20]]) + np.array([38601000.0, 3340000.0])
    path = densify(xy, gauss_kruger(38))
    declared = to_degrees(xy, gauss_kruger(38))

    places = [np.flatnonzero((path == vertex).all(axis=1)) for vertex in declared]
    assert [int(found[0]) for found in places] == sorted(int(found[0]) for found in places)
    assert len(path) > len(xy)


def test_longitude_latitude_is_straight_already():
    xy = np.array([[110.0, 40.0], [111.0, 41.0]])
    assert densify(xy, DeclaredCrs(4490)).tolist() == xy.tolist()
