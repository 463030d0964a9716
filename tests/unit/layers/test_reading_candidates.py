"""What coordinate system a file without one may be in."""

import numpy as np
import pyproj
import pytest
import shapely

from layers.reading.candidates import candidates

REGION = shapely.box(109.2, 40.2, 111.4, 41.0)  # across the line between zones 36 and 37
PLACE = shapely.box(109.9, 40.6, 109.95, 40.64)


def bounds(epsg, place=PLACE):
    transformer = pyproj.Transformer.from_crs(4490, epsg, always_xy=True)
    return shapely.transform(place, transformer.transform, interleaved=False).bounds


@pytest.mark.parametrize("epsg", [4490, 4525, 4546, 4497], ids=str)
@pytest.mark.parametrize("swapped", [False, True])
def test_the_right_one_comes_first_and_is_drawn_where_it_lies(epsg, swapped):
    west, south, east, north = bounds(epsg)
    best, *others = candidates((south, west, north, east) if swapped else (west, south, east, north), REGION)
    assert (best.epsg, best.swapped) == (epsg, swapped)
    assert best.score == pytest.approx(0.9 if swapped else 1.0, abs=0.02)
    assert all(best.score > other.score for other in others)
    box = shapely.box(*best.outline.bounds)
    assert shapely.area(shapely.intersection(box, PLACE)) > 0.9 * PLACE.area
    assert shapely.area(box) < 1.3 * PLACE.area


def test_without_a_zone_number_neighbouring_meridians_are_offered_too():
    found = candidates(bounds(4546), REGION)
    assert {candidate.epsg for candidate in found} >= {4545, 4546, 4547}
    assert found[0].epsg == 4546
    assert found[0].reason.params["meridian"] == 111


def test_a_meridian_of_both_widths_is_offered_as_both():
    narrow, wide, *_ = candidates(bounds(4508), REGION)
    assert (narrow.epsg, wide.epsg) == (4546, 4508)
    assert narrow.outline.equals_exact(wide.outline, 1e-12)


def test_without_a_region_meridians_cannot_be_told_apart():
    found = candidates(bounds(4546))
    assert {candidate.score for candidate in found} == {0.5}
    assert len(found) > 3


def test_a_zone_number_tells_the_zone_even_without_a_region():
    assert [candidate.epsg for candidate in candidates(bounds(4525))] == [4525]
    assert [candidate.epsg for candidate in candidates(bounds(4497))] == [4497]


def test_data_of_another_city_is_offered_with_a_low_score():
    beijing = shapely.box(116.3, 39.9, 116.4, 40.0)
    [first, *_] = candidates(bounds(4527, beijing), REGION)
    assert first.epsg == 4527
    assert first.score < 0.1


@pytest.mark.parametrize(
    "box",
    [None, (np.nan, 0, 1, 1), (-10, -10, 10, 10), (0, 0, 1000, 1000), (1e9, 1e9, 2e9, 2e9),
     (36_500_000, 4_500_000, 37_500_000, 4_600_000)],
    ids=["nothing", "no number", "off Africa", "local", "nonsense", "over two zones"],
)  # fmt: skip
def test_numbers_that_fit_nothing_have_no_candidates(box):
    assert candidates(box, REGION) == ()


def test_a_single_point_is_enough():
    [best, *_] = candidates((109.9, 40.6, 109.9, 40.6), REGION)
    assert best.epsg == 4490
    assert best.outline.is_valid
    assert best.to_json()["outline"]["type"] == "Polygon"
