"""Data displaced as on web maps is recognised against a layer that isn't; other data is left in peace."""

import numpy as np
import pyproj
import pytest
import shapely

from fixtures.city.parcels import generate
from layers.reading import shift, suspected_shift


@pytest.fixture(scope="module")
def parcels():
    """Some hundred parcels of the demo city, and what lies around them."""
    everything = generate(1, 3_000).polygons
    middle = shapely.centroid(shapely.geometrycollections(everything))
    order = np.argsort(shapely.distance(everything, middle))
    return everything[order[:300]], everything[order[:900]]


def displaced(shapes, *steps, noise=0.0):
    """The shapes moved step by step; a vertex gets the same noise (in metres) wherever it occurs."""

    def move(xy):
        for step in steps:
            xy = step(xy)
        return xy + noise / 111_000 * np.sin(xy[:, ::-1] * 1e7)

    return shapely.transform(shapes, move)


@pytest.mark.parametrize(
    ("formula", "given", "known"),
    [
        (shift._gcj02, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        (shift._bd09, (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
    ],
)
def test_the_formulas_agree_with_published_examples(formula, given, known):
    assert formula(np.array([given]))[0] == pytest.approx(known, abs=1e-9)


@pytest.mark.parametrize(
    ("steps", "system"), [((shift._gcj02,), "GCJ-02"), ((shift._gcj02, shift._bd09), "BD-09")]
)
@pytest.mark.parametrize("noise", [0.0, 0.3], ids=["exact", "with 0.3 m of noise"])
def test_a_displacement_is_told_with_its_size(parcels, steps, system, noise):
    sample, around = parcels
    moved = displaced(sample, *steps, noise=noise)
    notice = suspected_shift(moved, around)
    assert notice.code == "shift-suspected"
    assert notice.params["system"] == system
    assert notice.params["matched"] > 0.9 * notice.params["compared"]
    before, after = (shapely.get_coordinates(shapely.centroid(shapes)) for shapes in (sample, moved))
    azimuth, _, length = pyproj.Geod(ellps="GRS80").inv(*before.T, *after.T)
    east, north = length * np.sin(np.radians(azimuth)), length * np.cos(np.radians(azimuth))
    assert notice.params["dx"] == pytest.approx(np.median(east), abs=3)
    assert notice.params["dy"] == pytest.approx(np.median(north), abs=3)
    assert np.hypot(notice.params["dx"], notice.params["dy"]) > 100
    assert shapely.box(*shapely.total_bounds(moved)).contains(shapely.Point(notice.place))
    assert system in str(notice)


def test_a_sample_that_shares_only_some_lines_is_recognised(parcels):
    sample, around = parcels
    own = np.array([shapely.union_all(sample[k : k + 6]).simplify(1e-4) for k in range(0, 300, 6)])
    notice = suspected_shift(displaced(own, shift._gcj02), around)
    assert notice.params["system"] == "GCJ-02"


def test_data_that_lies_right_is_left_in_peace(parcels):
    sample, around = parcels
    assert suspected_shift(sample, around) is None
    assert suspected_shift(displaced(sample, noise=0.5), around) is None


@pytest.mark.parametrize(("east", "north"), [(300.0, 0.0), (0.0, -120.0), (40.0, 40.0)])
def test_another_displacement_is_not_taken_for_one_of_a_web_map(parcels, east, north):
    sample, around = parcels
    assert (
        suspected_shift(displaced(sample, lambda xy: xy + np.array([east, north]) / 100_000), around) is None
    )


def test_unrelated_or_too_little_data_says_nothing(parcels):
    _, around = parcels
    rng = np.random.default_rng(5)
    west, south, east, north = shapely.total_bounds(around)
    points = shapely.points(rng.uniform(west, east, 3000), rng.uniform(south, north, 3000))
    assert suspected_shift(points, around) is None
    assert suspected_shift(points[:5], around) is None
    assert suspected_shift([], around) is None
    assert suspected_shift(around, []) is None
    assert suspected_shift([None, shapely.Polygon()], around) is None
