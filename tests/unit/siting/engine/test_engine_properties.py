"""What must hold of any site and any layer: dissolved, symmetric, additive, and blind to how a shape was written."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siting.engine.area import exact_area
from siting.engine.verdict import Outcome
from tests.unit.siting.engine.scenes import asked, geodesic_area, ground, rule, site

SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=40, deadline=None)
SPEC = rule(sliver_width_m=0.0)


def star(rng, centre, size):
    """A star-shaped ring (n, 2) of 5 to 24 vertices, metres."""
    count = int(rng.integers(5, 25))
    angles = np.sort((np.arange(count) + rng.uniform(-0.3, 0.3, count)) * 2 * np.pi / count)
    radii = size * rng.uniform(0.35, 1.0, count)
    ring = np.column_stack((np.cos(angles), np.sin(angles))) * radii[:, None] + centre
    return np.round(ring, 3)


def scene(seed, features=4):
    """A site of some hundred metres, and features that lie across it, in it and beside it; rings in metres."""
    rng = np.random.default_rng(seed)
    others = [star(rng, rng.uniform(-500, 500, 2), rng.uniform(60, 500)) for _ in range(features)]
    return rng, star(rng, (0.0, 0.0), 500.0), others


def exact(result, boundary):
    """The area found as it was measured, not scaled to the official total."""
    return result.raw_area_m2 * boundary.exact_area_m2 / boundary.area_m2


def found(ring, features, **more):
    boundary = site(ring)
    result = asked(SPEC, features, boundary=boundary, **more)
    return exact(result, boundary), result, boundary


@given(SEEDS)
@few
def test_overlapping_features_count_as_their_union(seed):
    _, ring, others = scene(seed)
    features = [ground(other) for other in others]
    area, _, boundary = found(ring, [*features, *features[:2]])
    shared = shapely.intersection(boundary.geometry, shapely.union_all(features))
    assert area == pytest.approx(exact_area(shared), rel=1e-9, abs=1e-3)
    parts = shapely.get_parts(shared)  # where nothing is shared: one empty polygon, which has no geodesic
    polygons = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    assert area == pytest.approx(sum(map(geodesic_area, polygons)), rel=1e-6, abs=0.01)
    assert area <= boundary.exact_area_m2 * (1 + 1e-12)


@given(SEEDS)
@few
def test_a_site_shares_with_a_feature_what_the_feature_shares_with_the_site(seed):
    _, ring, (other, *_) = scene(seed, 1)
    one, _, _ = found(ring, [ground(other)])
    back, _, _ = found(other, [ground(ring)])
    assert one == pytest.approx(back, rel=1e-9, abs=1e-3)


@given(SEEDS)
@few
def test_the_parts_of_a_site_add_up_to_it(seed):
    rng, ring, others = scene(seed)
    features = [ground(other) for other in others]
    # split from the centre, which a star sees wholly, to two of its vertices
    first, second = sorted(rng.choice(len(ring), 2, replace=False).tolist())
    assume(second - first >= 2 and len(ring) - (second - first) >= 2)
    centre = np.zeros((1, 2))
    one = np.concatenate((ring[first : second + 1], centre))
    rest = np.concatenate((ring[second:], ring[: first + 1], centre))
    parts = [shapely.Polygon(part) for part in (one, rest)]
    assume(all(part.is_valid and part.area > 100 for part in parts))
    whole, _, _ = found(ring, features)
    halves = [found(part, features)[0] for part in (one, rest)]
    # An edge's chord deviates by a millimetre at most, on each side of the cut.
    cut = sum(part.length for part in parts) * 0.002
    assert sum(halves) == pytest.approx(whole, rel=1e-9, abs=cut)


def rewritten(rng, ring):
    """The same ring from another vertex on, the other way round, with vertices repeated."""
    ring = np.roll(ring, int(rng.integers(len(ring))), axis=0)
    if rng.random() < 0.5:
        ring = ring[::-1]
    repeated = rng.integers(1, 3, len(ring))
    return np.repeat(ring, repeated, axis=0)


def same(one, other):
    assert one.outcome is other.outcome
    assert one.keys == other.keys
    assert one.count == other.count
    assert one.area_m2 == pytest.approx(other.area_m2, rel=1e-9, abs=1e-4)
    assert one.raw_area_m2 == pytest.approx(other.raw_area_m2, rel=1e-9, abs=1e-4)
    assert one.share == pytest.approx(other.share, rel=1e-9, abs=1e-12)


@given(SEEDS)
@few
def test_how_a_site_is_written_does_not_matter(seed):
    rng, ring, others = scene(seed)
    features = [ground(other) for other in others]
    same(found(ring, features)[1], found(rewritten(rng, ring), features)[1])


@given(SEEDS)
@few
def test_how_a_feature_is_written_does_not_matter(seed):
    rng, ring, others = scene(seed)
    features = [ground(other) for other in others]
    written = []
    for feature in features:
        outline = shapely.get_coordinates(feature)[:-1]
        written.append(shapely.Polygon(rewritten(rng, outline)))
    same(found(ring, features)[1], found(ring, written)[1])


@given(SEEDS)
@few
def test_the_order_of_features_does_not_matter(seed):
    rng, ring, others = scene(seed)
    features = [(f"k{number}", ground(other)) for number, other in enumerate(others)]
    shuffled = [features[place] for place in rng.permutation(len(features))]
    same(found(ring, features)[1], found(ring, shuffled)[1])


@given(SEEDS)
@few
def test_splitting_a_feature_into_pieces_does_not_matter(seed):
    """A grid of squares, whole and each cut in two pieces of one key, as big features are stored."""
    rng, ring, _ = scene(seed, 0)
    size, step = 1200.0, 300.0
    edges = np.arange(-size / 2, size / 2, step)
    whole, pieces = [], []
    for x in edges:
        for y in edges:
            square = shapely.box(
                *ground(np.array([[x, y], [x + step, y], [x + step, y + step], [x, y + step]])).bounds
            )
            west, south, east, north = square.bounds
            middle = west + (east - west) * rng.uniform(0.2, 0.8)
            key = f"{x:.0f},{y:.0f}"
            whole.append((key, square))
            pieces += [
                (key, shapely.box(west, south, middle, north)),
                (key, shapely.box(middle, south, east, north)),
            ]
    one = found(ring, whole, non_overlapping=False)[1]
    other = found(ring, pieces, non_overlapping=False)[1]
    same(one, other)
    assert one.outcome is Outcome.HIT
