import numpy as np
import pytest
import shapely
from pyproj import Geod

from layers.areas import exact_areas

CGCS2000 = Geod(a=6378137, rf=298.257222101)


def star(seed: int, size: float) -> shapely.Polygon:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 12))
    radius = size * (0.4 + rng.uniform(size=12))
    centre = (109.0 + rng.uniform(0, 2), 40 + rng.uniform(0, 2))
    return shapely.Polygon(np.column_stack((np.cos(angle), np.sin(angle))) * radius[:, None] + centre)


@pytest.mark.parametrize("size", [0.003, 0.05, 0.5])
def test_agrees_with_geodesics_between_dense_points(size):
    for seed in range(10):
        polygon = star(seed, size)
        dense = shapely.segmentize(polygon, size / 2000)  # 10 m for the largest, less for the others
        witness = abs(CGCS2000.geometry_area_perimeter(dense)[0])
        assert exact_areas([polygon])[0] == pytest.approx(witness, rel=1e-6)


def test_parts_add_up():
    polygon = star(1, 0.3)
    middle = polygon.centroid.x
    west, south, east, north = polygon.bounds
    halves = [
        polygon & shapely.box(west, south, middle, north),
        polygon & shapely.box(middle, south, east, north),
    ]
    assert exact_areas(halves).sum() == pytest.approx(exact_areas([polygon])[0], rel=1e-12)


def test_splitting_an_edge_changes_nothing():
    polygon = star(2, 1.0)
    assert exact_areas([shapely.segmentize(polygon, 0.01)])[0] == pytest.approx(
        exact_areas([polygon])[0], rel=1e-12
    )


def test_holes_are_subtracted_whatever_their_direction():
    outer, inner = shapely.box(110, 40, 110.1, 40.1), shapely.box(110.02, 40.02, 110.04, 40.04)
    expected = exact_areas([outer])[0] - exact_areas([inner])[0]
    ring = np.array(inner.exterior.coords)
    for hole in (ring, ring[::-1]):
        assert exact_areas([shapely.Polygon(outer.exterior, [hole])])[0] == pytest.approx(expected, rel=1e-12)


def test_every_kind_of_geometry_has_its_own_row():
    box = shapely.box(110, 40, 110.1, 40.1)
    both = shapely.MultiPolygon([box, shapely.box(111, 40, 111.1, 40.1)])
    areas = exact_areas([shapely.Point(110, 40), both, shapely.LineString([(110, 40), (111, 41)]), box])
    assert areas[0] == areas[2] == 0
    assert areas[1] == pytest.approx(2 * areas[3], rel=1e-12)


def test_nothing_has_no_areas():
    assert exact_areas([]).shape == (0,)
