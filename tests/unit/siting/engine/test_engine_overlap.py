import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.area import exact_area
from siting.engine.overlap import overlay, overlays
from tests.unit.siting.engine.scenes import around, ground, layer, rectangle, site

SITE = site(rectangle(0, 0, 1000, 1000))
with np.errstate(invalid="ignore"):
    NOT_A_NUMBER = shapely.Polygon([(115.05, 30.18), (np.nan, 30.18), (115.05, 30.19)])
BOW_TIE = shapely.Polygon(shapely.get_coordinates(ground(rectangle(900, 100, 200, 200)))[[0, 4, 2, 7]])


def test_pieces_are_cut_to_the_site_and_measured():
    result = overlay(
        SITE.geometry,
        layer(
            [
                ground(rectangle(900, 100, 200, 200)),  # half inside
                ground(rectangle(100, 100, 100, 100)),  # inside
                ground(rectangle(-500, -500, 2000, 2000)),  # around
                ground(rectangle(1500, 0, 100, 100)),  # elsewhere
            ]
        ),
    )

    assert result.keys.tolist() == ["f000", "f001", "f002"]
    assert result.inside.tolist() == [False, True, False]
    assert result.areas == pytest.approx([19995, 9997.5, SITE.exact_area_m2], rel=1e-4)
    assert result.areas == pytest.approx(exact_area(result.geometries), rel=1e-12)
    assert shapely.is_valid(result.geometries).all()


def test_a_piece_inside_counts_by_its_stored_area():
    pieces = layer([ground(rectangle(100, 100, 100, 100))])
    pieces.areas[:] = 12345.0

    assert overlay(SITE.geometry, pieces).areas.tolist() == [12345.0]


def test_contact_in_points_and_lines_is_dropped():
    square = shapely.box(110, 40, 110.01, 40.01)
    shape_of_c = shapely.Polygon(
        # shares a stretch of the edge, and overlaps elsewhere: the intersection holds a line and a polygon
        [
            (110.01, 40.001),
            (110.02, 40.001),
            (110.02, 40.009),
            (110.005, 40.009),
            (110.005, 40.008),
            (110.015, 40.008),
            (110.015, 40.002),
            (110.01, 40.002),
        ]
    )
    corner = shapely.box(110.01, 40.01, 110.02, 40.02)
    beside = shapely.box(110.01, 40.0, 110.02, 40.01)
    result = overlay(shapely.MultiPolygon([square]), layer([beside, corner, shape_of_c]))

    assert result.keys.tolist() == ["f002"]
    assert result.geometries[0].geom_type == "Polygon"
    assert result.areas[0] == pytest.approx(exact_area(shapely.box(110.005, 40.008, 110.01, 40.009)))


@pytest.mark.parametrize(
    "broken",
    [
        BOW_TIE,
        None,
        shapely.Polygon(),
        NOT_A_NUMBER,
        shapely.LineString([(115.04, 30.17), (115.06, 30.19)]),
    ],
)
def test_a_broken_feature_is_named_and_fails_no_other(broken):
    good = ground(rectangle(900, 500, 200, 200))
    result = overlay(SITE.geometry, layer([("bad", broken), ("good", good)], classes=["1", "2"]))

    assert result.keys.tolist() == ["good"]
    assert result.areas[0] == pytest.approx(19995, rel=1e-4)
    assert (result.failed_keys, result.failed_classes) == (("bad",), ("1",))


def test_an_operation_that_raises_fails_one_feature_only(monkeypatch):
    intersection = shapely.intersection
    bad = ground(rectangle(900, 100, 200, 200))

    def raising(a, b):
        if any(shapely.equals(one, bad) for one in np.atleast_1d(b)):
            raise shapely.GEOSException("TopologyException: side location conflict")
        return intersection(a, b)

    monkeypatch.setattr(shapely, "intersection", raising)
    pieces = layer(
        [
            ("bad", bad),
            ("a", ground(rectangle(900, 500, 200, 200))),
            ("b", ground(rectangle(-50, 0, 100, 100))),
        ]
    )
    result = overlay(SITE.geometry, pieces)

    assert result.keys.tolist() == ["a", "b"]
    assert result.failed_keys == ("bad",)


def test_nothing_meets_nothing():
    for features in ([], [ground(rectangle(5000, 0, 10, 10))]):
        result = overlay(SITE.geometry, layer(features))
        assert len(result.keys) == len(result.parts) == len(result.areas) == 0
        assert result.failed_keys == ()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), count=st.integers(3, 60))
def test_a_gap_free_coverage_sums_up_to_the_site(seed, count):
    rng = np.random.default_rng(seed)
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(rng.uniform(-500, 1500, (count, 2))),
        extend_to=shapely.box(-3000, -3000, 4000, 4000),
    )
    degrees = shapely.transform(cells, lambda xy: (115.049, 30.175) + xy * 1e-5)
    result = overlay(SITE.geometry, layer(list(degrees.geoms), non_overlapping=True))

    assert result.areas.sum() == pytest.approx(SITE.exact_area_m2, rel=1e-9)


def test_only_what_crosses_the_outline_is_intersected(monkeypatch):
    rng = np.random.default_rng(1)
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(rng.uniform(0, 1, (3000, 2)) * 0.06 + (115.02, 30.15))
    )
    polygons = np.array(cells.geoms, dtype=object)
    angle = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    reach = 1500 * (1 + 0.2 * np.sin(3 * angle))
    big = site(np.column_stack((reach * np.cos(angle), reach * np.sin(angle))) + 500)
    crossing = shapely.intersects(polygons, shapely.boundary(big.geometry))
    inside = shapely.within(polygons, big.geometry) & ~crossing
    asked = []
    bare = shapely.intersection
    monkeypatch.setattr(shapely, "intersection", lambda a, b: asked.append(len(b)) or bare(a, b))

    result = overlay(big.geometry, layer(list(polygons), non_overlapping=True))

    assert crossing.sum() > 60
    assert inside.sum() > 200
    assert asked == [crossing.sum()]
    assert len(result.keys) == crossing.sum() + inside.sum()


def test_what_holds_the_whole_site_is_not_intersected(monkeypatch):
    asked = []
    bare = shapely.intersection
    monkeypatch.setattr(shapely, "intersection", lambda a, b: asked.append(len(b)) or bare(a, b))
    result = overlay(SITE.geometry, layer([around(500), around(0)]))

    assert sum(asked) == 0
    assert result.areas == pytest.approx([SITE.exact_area_m2] * 2, rel=1e-12)
    assert not result.inside.any()


def test_layers_cut_together_are_what_each_is_alone():
    rng = np.random.default_rng(4)
    few = layer([ground(rectangle(*rng.uniform(-500, 900, 2), 300, 300)) for _ in range(9)])
    layers = {
        "none": layer([]),
        "few": few,
        "far": layer([ground(rectangle(9000, 0, 10, 10))]),
        "broken": layer([BOW_TIE, ground(rectangle(600, 600, 800, 10))]),
        "around": layer([around(500)]),
    }
    together = overlays(SITE.geometry, layers)

    assert list(together) == list(layers)
    assert together["broken"].failed_keys == ("f000",)
    for name, pieces in layers.items():
        alone = overlay(SITE.geometry, pieces)
        for column in (
            "keys",
            "areas",
            "inside",
            "part_areas",
            "part_perimeters",
            "part_rows",
            "failed_keys",
        ):
            assert np.array_equal(getattr(together[name], column), getattr(alone, column)), (name, column)
        assert shapely.equals_identical(together[name].geometries, alone.geometries).all()
