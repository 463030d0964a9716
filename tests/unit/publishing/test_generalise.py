"""What the public sees of a boundary: on a grid, and no declared vertex among it."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_projects.publishing import generalise

EAST = 111_320 * np.cos(np.radians(40.6))
NORTH = 111_000.0


def metres(xy):
    return np.asarray(xy, dtype=float) / [EAST, NORTH] + [109.9, 40.6]


def apart(public, exact):
    """Smallest distance in metres between a public and a declared vertex."""
    a = shapely.get_coordinates(public) * [EAST, NORTH]
    b = shapely.get_coordinates(exact) * [EAST, NORTH]
    return np.min(np.hypot(*(a[:, None, :] - b[None, :, :]).transpose(2, 0, 1)))


@st.composite
def stars(draw):
    count = draw(st.integers(4, 40))
    radii = draw(st.lists(st.floats(80, 900), min_size=count, max_size=count))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    shift = draw(st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)))
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * np.array(radii)[:, None] + shift
    return shapely.Polygon(metres(ring))


@settings(max_examples=80, deadline=None)
@given(stars(), st.sampled_from([10, 25, 50, 200]))
def test_no_declared_vertex_survives_and_public_ones_are_a_step_apart(polygon, precision):
    public = generalise.outline(polygon, precision)
    assert public.geometry.is_valid
    assert apart(public.geometry, polygon) > 0.001
    if public.form == "outline":
        xy = np.unique(np.round(shapely.get_coordinates(public.geometry), 12), axis=0)
        east, north = (np.unique(np.round(xy[:, i], 10)) for i in (0, 1))
        assert np.all(np.diff(east) * EAST >= precision * 0.999)
        assert np.all(np.diff(north) * NORTH >= precision * 0.999)


def test_outline_stays_where_the_site_is():
    site = shapely.Polygon(metres([(0, 0), (1000, 37), (1037, 800), (20, 777)]))
    public = generalise.outline(site, 50)
    assert public.form == "outline"
    assert public.geometry.intersection(site).area > 0.85 * site.area


def test_a_site_on_the_grid_itself_does_not_show_its_vertices():
    """The grid moves when a node would meet a declared vertex."""
    rough = shapely.Polygon(metres([(0, 0), (1000, 0), (1000, 1000), (0, 1000)]))
    on_grid = generalise.outline(rough, 50).geometry
    again = generalise.outline(on_grid, 50).geometry
    assert apart(again, on_grid) > 1


def test_a_hole_and_both_parts_are_kept():
    outer = metres([(0, 0), (2000, 0), (2000, 2000), (0, 2000)])
    hole = metres([(700, 700), (1300, 700), (1300, 1300), (700, 1300)])
    other = metres([(3000, 0), (4000, 0), (4000, 900)])
    site = shapely.MultiPolygon([shapely.Polygon(outer, [hole]), shapely.Polygon(other)])
    public = generalise.outline(site, 50).geometry
    assert len(public.geoms) == 2
    assert sum(len(part.interiors) for part in public.geoms) == 1


def test_too_small_a_site_becomes_a_point():
    site = shapely.Polygon(metres([(3, 4), (12, 4), (12, 14)]))
    public = generalise.outline(site, 50)
    assert public.form == "point"
    assert apart(public.geometry, site) > 0.001
    assert apart(public.geometry, site) < 80


def test_points_on_one_grid_cell_cannot_be_told_apart():
    """Two publications of nearly the same place give the same node, so averaging gains nothing."""
    one = generalise.point(shapely.Point(metres([10.0, 3.0])), 1000).geometry
    two = generalise.point(shapely.Point(metres([60.0, 40.0])), 1000).geometry
    assert one.equals(two)


@pytest.mark.parametrize("precision", [0, 9, 10_001])
def test_precision_has_limits(precision):
    with pytest.raises(ValueError, match="precision"):
        generalise.outline(shapely.box(109, 40, 110, 41), precision)
    with pytest.raises(ValueError, match="precision"):
        generalise.point(shapely.Point(109, 40), precision)


def test_an_empty_geometry_is_refused():
    with pytest.raises(ValueError, match="empty"):
        generalise.outline(shapely.Polygon())


def test_neighbours_stay_neighbours():
    wave = [(1000 + 90 * np.sin(i), i * 100.0) for i in range(41)]
    west = shapely.Polygon(metres([(0, 4000), (0, 0), *wave]))
    east = shapely.Polygon(metres([*wave, (3000, 4000), (3000, 0)]))
    left, right = generalise.coverage([west, east], 50)
    assert left.is_valid
    assert right.is_valid
    assert left.intersection(right).area < 1e-12
    assert left.union(right).geom_type == "Polygon"
    assert len(shapely.get_coordinates(left)) < len(shapely.get_coordinates(west))
