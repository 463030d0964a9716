import time

import numpy as np
import pytest
import shapely

from siting.engine.area import exact_area, planar_ring_area
from siting.engine.boundary import MAX_RINGS, MAX_VERTICES, DeclaredBoundary, Plot, Ring, build
from siting.engine.crs import DeclaredCrs, from_degrees, gauss_kruger, to_degrees
from siting.engine.notices import UnusableInput
from tests.unit.siting.engine.scenes import ORIGIN, ZONE_38, declare, rectangle, site


def refusal(declared):
    with pytest.raises(UnusableInput) as caught:
        build(declared)
    return caught.value.notices


def codes(boundary):
    return [notice.code for notice in boundary.notices]


def test_a_square_kilometre_has_both_areas():
    boundary = site(rectangle(0, 0, 1000, 1000))

    assert boundary.area_m2 == pytest.approx(999745.9506, abs=1e-4)
    assert boundary.planar_area_m2 == pytest.approx(1e6, abs=1e-4)
    assert boundary.exact_area_m2 == exact_area(boundary.geometry)
    assert boundary.exact_area_m2 == pytest.approx(boundary.area_m2, rel=1e-8)
    assert boundary.central_meridian == 114
    assert boundary.declared_matches is None
    assert boundary.notices == ()


@pytest.mark.parametrize("reverse", [(False, False), (True, False), (False, True), (True, True)])
def test_winding_and_order_of_rings_never_matter(reverse):
    outer, hole = rectangle(0, 0, 1000, 1000), rectangle(100, 100, 200, 200)
    rings = [ring[::-1] if turned else ring for ring, turned in zip((outer, hole), reverse, strict=True)]

    for order in (rings, rings[::-1]):
        boundary = site(*order)
        assert len(boundary.geometry.geoms) == 1
        assert len(boundary.geometry.geoms[0].interiors) == 1
        assert boundary.planar_area_m2 == pytest.approx(1e6 - 4e4, abs=1e-3)


def test_a_later_ring_is_a_hole_or_a_part_by_containment():
    boundary = site(
        rectangle(0, 0, 1000, 1000),
        rectangle(2000, 0, 300, 300),  # a part
        rectangle(100, 100, 400, 400),  # a hole of the first
        rectangle(200, 200, 100, 100),  # an island in the hole
        rectangle(2100, 100, 50, 50),  # a hole of the part
    )

    assert boundary.planar_area_m2 == pytest.approx(1e6 + 9e4 - 16e4 + 1e4 - 2500, abs=1e-3)
    assert boundary.exact_area_m2 == pytest.approx(boundary.area_m2, rel=1e-6)
    assert sorted(len(part.interiors) for part in boundary.geometry.geoms) == [0, 1, 1]
    assert boundary.ring_shells == ((0, 1, 0, 3, 1),)


@pytest.mark.parametrize("hole", [rectangle(0, 100, 200, 200), rectangle(100, 700, 200, 300)])
def test_a_hole_may_touch_its_outer_ring(hole):
    boundary = site(rectangle(0, 0, 1000, 1000), hole)

    assert boundary.geometry.is_valid
    assert boundary.planar_area_m2 == pytest.approx(1e6 - np.ptp(hole[:, 0]) * np.ptp(hole[:, 1]), abs=1e-3)
    assert boundary.exact_area_m2 == pytest.approx(boundary.area_m2, rel=1e-6)


def test_a_hole_on_a_slanted_edge_is_a_hole_in_spite_of_rounding():
    slanted = np.array([[0, 0], [3000, 700], [3000, 2000], [0, 2000]])
    hole = np.array([[300, 70], [900, 210], [600, 500]])  # two of its corners on the slanted edge

    boundary = site(slanted, hole)

    expected = planar_ring_area(slanted) - planar_ring_area(hole)
    assert boundary.planar_area_m2 == pytest.approx(expected, rel=1e-9)
    # Long slanted edges move the official formula by up to 1e-5.
    assert boundary.exact_area_m2 == pytest.approx(boundary.area_m2, rel=2e-5)
    assert boundary.geometry.is_valid


def test_parts_that_share_an_edge_are_one_valid_geometry():
    boundary = site(rectangle(0, 0, 1000, 1000), rectangle(1000, 0, 1000, 1000))

    assert boundary.geometry.is_valid
    assert boundary.planar_area_m2 == pytest.approx(2e6, abs=1e-3)
    assert boundary.notices == ()


def test_plots_are_told_apart_by_their_order():
    boundary = build(declare([rectangle(0, 0, 100, 100)], [rectangle(500, 0, 100, 200)]))

    assert [round(exact_area(plot), -2) for plot in boundary.plot_geometries] == [10_000, 20_000]
    assert boundary.planar_area_m2 == pytest.approx(30_000, abs=1e-4)


def test_overlapping_plots_are_told_and_count_once():
    boundary = build(declare([rectangle(0, 0, 1000, 1000)], [rectangle(900, 0, 1000, 1000)]))

    (notice,) = boundary.notices
    assert notice.code == "plots-overlap"
    assert notice.params["plot"] == "D1"
    assert notice.params["other"] == "D2"
    assert notice.params["area"] == pytest.approx(1e5, rel=1e-3)
    assert boundary.geometry.covers(shapely.Point(notice.place))
    assert boundary.planar_area_m2 == pytest.approx(1.9e6, rel=1e-6)
    assert boundary.area_m2 == pytest.approx(boundary.exact_area_m2, rel=1e-6)


def test_plots_that_share_an_edge_do_not_overlap():
    slanted = np.array([[0, 0], [1000, 0], [1200, 5000], [0, 5000]])
    neighbour = np.array([[1000, 0], [2000, 0], [2000, 5000], [1200, 5000], [1100, 2500]])

    boundary = build(declare([slanted], [neighbour]))

    assert boundary.notices == ()
    assert boundary.planar_area_m2 == pytest.approx(
        planar_ring_area(slanted) + planar_ring_area(neighbour), rel=1e-9
    )


def test_unclosed_and_closed_rings_are_the_same():
    ring = rectangle(0, 0, 300, 200)
    closed = site(np.vstack((ring, ring[:1])))

    assert closed.area_m2 == site(ring).area_m2
    assert closed.notices == ()
    assert len(closed.declared.plots[0].rings[0].xy) == 5


def test_repeated_points_are_dropped_with_a_warning():
    boundary = site([[0, 0], [100, 0], [100, 0], [100, 100], [0, 100], [0, 0], [0, 0]])

    assert codes(boundary) == ["point-repeated", "point-repeated"]
    assert [notice.params["point"] for notice in boundary.notices] == ["J3", "J6"]
    assert boundary.planar_area_m2 == pytest.approx(10_000, abs=1e-6)


def test_bow_tie_is_refused_with_the_place_of_crossing():
    (notice,) = refusal(declare([[[0, 0], [100, 100], [100, 0], [0, 100]]]))

    assert notice.code == "ring-crosses-itself"
    assert (notice.params["plot"], notice.params["ring"]) == ("D1", "1")
    assert {notice.params["edge_a"], notice.params["edge_b"]} == {"J1-J2", "J3-J4"}
    expected = to_degrees(np.array([[50.0, 50.0]]) + ORIGIN, ZONE_38)[0]
    assert notice.place == pytest.approx(tuple(expected), abs=1e-8)


@pytest.mark.parametrize(
    "ring",
    [
        [[0, 0], [50, 50], [100, 100], [100, 0], [50, 50], [0, 100]],  # crosses in a declared vertex
        [[0, 0], [100, 0], [100, 100], [0, 100]] * 2,  # run through twice
    ],
)
def test_rings_that_cross_in_a_vertex_or_run_twice_are_refused(ring):
    assert refusal(declare([ring]))[0].code == "ring-crosses-itself"


def test_a_ring_that_touches_itself_in_a_point_encloses_both_lobes():
    boundary = site([[0, 0], [50, 50], [100, 0], [100, 100], [50, 50], [0, 100]])

    assert codes(boundary) == ["ring-touches-itself"]
    assert len(boundary.geometry.geoms) == 2
    assert boundary.planar_area_m2 == pytest.approx(5000, abs=1e-3)


def test_a_bridge_to_a_hole_encloses_what_it_means():
    boundary = site(
        [[0, 0], [100, 0], [100, 100], [0, 100], [0, 50], [20, 50], [20, 70], [40, 50], [20, 50], [0, 50]]
    )

    assert codes(boundary) == ["ring-touches-itself"]
    assert boundary.geometry.is_valid
    assert boundary.planar_area_m2 == pytest.approx(9800, abs=1e-3)
    assert boundary.exact_area_m2 == pytest.approx(boundary.area_m2, rel=1e-6)


def test_spikes_are_told_with_their_point():
    boundary = site([[0, 0], [100, 0], [100, 50], [300, 50.5], [100, 51], [100, 100], [0, 100]])

    (notice,) = boundary.notices
    assert (notice.code, notice.params["point"]) == ("spike", "J4")


def test_rings_that_cross_are_refused_with_a_place_on_both():
    first, second = rectangle(0, 0, 1000, 1000), rectangle(500, 500, 1000, 1000)
    (notice,) = refusal(declare([first, second]))

    assert notice.code == "rings-cross"
    assert (notice.params["ring"], notice.params["other"]) == ("1", "2")
    place = shapely.Point(notice.place)
    for ring in (first, second):
        assert site(ring).geometry.boundary.distance(place) < 1e-9


def test_a_ring_stated_twice_is_refused():
    ring = rectangle(0, 0, 1000, 1000)
    assert [n.code for n in refusal(declare([ring, ring[::-1]]))] == ["ring-repeated"]


@pytest.mark.parametrize(
    ("ring", "code", "point"),
    [
        ([[0, 0], [100, 0]], "ring-too-few-points", None),
        ([[0, 0], [100, 0], [0, 0], [100, 0]], "ring-too-few-points", None),
        ([[0, 0], [50, 0], [100, 0]], "ring-zero-area", None),
        ([[0, 0], [1000, 0], [1000, 0.0005], [0, 0.0005]], "ring-zero-area", None),
        ([[0, 0], [np.nan, 0], [100, 100]], "coordinate-not-finite", "J2"),
        ([[0, 0], [100, 0], [100, np.inf]], "coordinate-not-finite", "J3"),
        ([[0, 0], [100, 0], [100, 9e6]], "coordinates-outside", "J3"),
        ([[0, 0], [1e300, 0], [100, 100]], "coordinates-outside", "J2"),
        (rectangle(1_000_000, 0, 100, 100), "coordinates-outside", "J1"),
    ],
)
def test_unusable_rings_are_refused_by_name(ring, code, point):
    (notice,) = refusal(declare([rectangle(0, 5000, 10, 10)], [ring]))

    assert notice.code == code
    assert (notice.params["plot"], notice.params["ring"]) == ("D2", "1")
    assert notice.params.get("point") == point
    assert "D2" in str(notice)


def test_every_problem_is_told_at_once():
    notices = refusal(
        declare(
            [[[0, 0], [100, 100], [100, 0], [0, 100]]], [[[0, 0]]], [rectangle(0, 0, 9, 9), [[np.nan, 1]]]
        )
    )
    assert [notice.code for notice in notices] == [
        "ring-crosses-itself",
        "ring-too-few-points",
        "coordinate-not-finite",
    ]


def test_swapped_coordinates_are_recognised():
    swapped = (rectangle(0, 0, 100, 100) + ORIGIN)[:, ::-1]
    assert [n.code for n in refusal(declare([swapped], origin=0))] == ["coordinates-swapped"]

    degrees = np.array([[40, 110], [40, 110.1], [40.1, 110.1]])
    notices = refusal(declare([degrees], origin=0, crs=DeclaredCrs(4490)))
    assert [n.code for n in notices] == ["coordinates-swapped"]


def test_wrong_zone_prefix_is_refused():
    assert (
        refusal(declare([rectangle(0, 0, 100, 100)], crs=gauss_kruger(37)))[0].code == "coordinates-outside"
    )


def test_a_site_far_from_its_zone_is_told():
    boundary = site(rectangle(250_000, 0, 100, 100))
    assert codes(boundary) == ["zone-unusual"]
    assert boundary.central_meridian == 117


def test_a_site_across_a_zone_line_is_nothing_special():
    in_36 = gauss_kruger(36)
    on_line = from_degrees(np.array([[109.5, 40.6]]), in_36)[0]
    boundary = site(rectangle(-1000, 0, 2000, 1000), crs=in_36, origin=on_line)

    west, _, east, _ = boundary.geometry.bounds
    assert west < 109.5 < east
    assert boundary.notices == ()
    assert boundary.area_m2 == pytest.approx(boundary.exact_area_m2, rel=1e-6)


def test_size_limits_are_refused_before_any_ring_is_looked_at(monkeypatch):
    monkeypatch.setattr("siting.engine.boundary.clean", lambda *ring: pytest.fail("a ring was looked at"))

    def one_ring(count):
        ring = Ring((), np.zeros((count, 2)), "1")
        return DeclaredBoundary((Plot((ring,), {}),), ZONE_38, {}, "coordinate_text")

    many = declare([rectangle(20 * i, 0, 10, 10) for i in range(MAX_RINGS + 1)])
    declared = [one_ring(MAX_VERTICES + 1), many, one_ring(10_000_000)]
    found = [refusal(one)[0].code for one in declared]

    assert found == ["too-many-vertices", "too-many-rings", "too-many-vertices"]


def test_few_vertices_far_apart_do_not_explode():
    zigzag = np.column_stack((np.arange(1000) % 2 * 200_000.0, np.arange(1000) * 400.0))
    assert refusal(declare([zigzag]))[0].code in {"boundary-too-long", "ring-crosses-itself"}


@pytest.mark.parametrize("plots", [[], [[]], [[np.empty((0, 2))]]])
def test_nothing_is_refused(plots):
    assert refusal(declare(*plots))[0].code == "boundary-empty"


def test_a_tangle_is_refused_without_being_untangled(monkeypatch):
    def untangle(*_: object, **__: object) -> None:
        raise AssertionError("taking these rings apart would take minutes")

    monkeypatch.setattr(shapely, "make_valid", untangle)
    rng = np.random.default_rng(3)
    for ring in (rng.uniform(0, 3000, (20_000, 2)), rng.integers(0, 30, (4000, 2)) * 100.0):
        assert refusal(declare([ring]))[0].code == "ring-crosses-itself"


@pytest.mark.parametrize(
    ("stated", "matches", "code"),
    [
        (999745.95, "ellipsoidal", None),
        (1_000_000, "planar", "declared-area-planar"),
        (987_654, "neither", "declared-area-differs"),
    ],
)
def test_declared_area_is_compared_with_both(stated, matches, code):
    boundary = build(declare([rectangle(0, 0, 1000, 1000)], areas=[stated]))

    assert boundary.declared_area_m2 == stated
    assert boundary.declared_matches == matches
    assert codes(boundary) == ([code] if code else [])


def test_a_small_declared_area_matches_both():
    boundary = build(declare([rectangle(0, 0, 30, 30)], areas=[900]))
    assert boundary.declared_matches == "both"


def test_declared_area_is_unknown_where_a_plot_states_none():
    boundary = build(declare([rectangle(0, 0, 9, 9)], [rectangle(50, 0, 9, 9)], areas=[81.0, None]))
    assert (boundary.declared_area_m2, boundary.declared_matches) == (None, None)


def test_longitude_latitude_boundaries_are_measured_too():
    degrees = np.array([[109.8, 40.6], [109.81, 40.6], [109.81, 40.61], [109.8, 40.61]])
    boundary = site(degrees, crs=DeclaredCrs(4490), origin=0)

    assert boundary.geometry.equals(shapely.MultiPolygon([shapely.Polygon(degrees)]))
    assert boundary.area_m2 == pytest.approx(boundary.exact_area_m2, rel=1e-6)
    assert boundary.central_meridian == 111


def test_a_scribble_is_refused_before_its_crossings_are_counted():
    turns = np.arange(MAX_VERTICES) * 2.4
    started = time.process_time()
    (notice,) = refusal(declare([100 * np.column_stack((np.cos(turns), np.sin(turns)))]))
    assert notice.code == "ring-tangled"
    assert time.process_time() - started < 5


def test_a_dense_outline_is_no_scribble():
    turns = np.linspace(0, 2 * np.pi, 60_000, endpoint=False)
    radius = 5_000 + 200 * np.sin(turns * 900)
    boundary = site(np.column_stack((radius * np.cos(turns), radius * np.sin(turns))) + 10_000)
    assert boundary.area_m2 > 0
