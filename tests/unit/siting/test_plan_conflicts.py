"""Plan against plan: figures against plain overlays, and what they must not depend on."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.area import exact_area
from tests.factories.plans import CODES, compared, plan
from tests.factories.tilings import SOUTH, STEP, WEST, tiling
from tests.thorough import many

SIDE = 4
seeds = st.integers(0, 10_000)
shifts = st.floats(-0.6, 0.6, allow_nan=False).map(lambda value: round(value, 3))


@contextmanager
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def land(seed, classes_seed, shift=(0.0, 0.0), keep=None):
    """A tiling, moved by a share of a cell, some tiles left out."""
    shapes = [shapely.transform(tile, lambda xy: xy + np.array(shift) * STEP) for tile in tiling(seed, SIDE)]
    classes = np.random.default_rng(classes_seed).choice(CODES, len(shapes)).tolist()
    if keep is not None:
        chosen = [n for n in range(len(shapes)) if keep[n]]
        shapes, classes = [shapes[n] for n in chosen], [classes[n] for n in chosen]
    return shapes, classes


@st.composite
def pairs(draw):
    keep = draw(st.lists(st.booleans(), min_size=SIDE * SIDE, max_size=SIDE * SIDE).filter(any))
    a = land(draw(seeds), draw(seeds))
    b = land(draw(seeds), draw(seeds), (draw(shifts), draw(shifts)), keep)
    return a, b


def union_of(side, code):
    shapes, classes = side
    return shapely.union_all([shape for shape, own in zip(shapes, classes, strict=True) if own == code])


def whole(side):
    return shapely.union_all(side[0])


def close(one, other, scale=1e5):
    assert one == pytest.approx(other, rel=1e-6, abs=1e-6 * scale)


def reconciled(found):
    for side, shared, residual in (
        (found.a, found.m2.sum(axis=1), found.residual_a),
        (found.b, found.m2.sum(axis=0), found.residual_b),
    ):
        total = side.ground.sum()
        parts = shared.sum() + side.only.sum() + side.not_overlaid.sum()
        assert abs(total - parts) <= 1e-6 * total
        assert np.all(np.abs(residual) <= 1e-6 * np.maximum(side.ground, 1))


@given(pairs())
@settings(deadline=None, max_examples=many(6, 30))
def test_every_figure_is_that_of_a_plain_overlay(pair):
    a, b = pair
    with folder() as place:
        found = compared(place, a, b)
    for i, code_a in enumerate(found.a.classes):
        close(found.a.ground[i], exact_area(union_of(a, code_a)))
        close(found.a.only[i], exact_area(shapely.difference(union_of(a, code_a), whole(b))))
        for j, code_b in enumerate(found.b.classes):
            close(found.m2[i, j], exact_area(shapely.intersection(union_of(a, code_a), union_of(b, code_b))))
    for j, code_b in enumerate(found.b.classes):
        close(found.b.only[j], exact_area(shapely.difference(union_of(b, code_b), whole(a))))
    reconciled(found)
    assert found.not_overlaid == ()


@given(pairs())
@settings(deadline=None, max_examples=many(6, 30))
def test_patches_are_the_connected_parts_of_what_conflicts(pair):
    a, b = pair
    with folder() as place:
        found = compared(place, a, b)
    close(found.patches.areas.sum() + found.contact_m2, found.conflict_m2)
    for i, code_a in enumerate(found.a.classes):
        for j, code_b in enumerate(found.b.classes):
            own = (found.patches.a == i) & (found.patches.b == j)
            if code_a == code_b:
                assert not own.any()
                continue
            expected = shapely.intersection(union_of(a, code_a), union_of(b, code_b))
            patches = found.patches.shapes[own]
            # connected each, and none lies along another: what belongs together is one
            assert set(shapely.get_type_id(patches)) <= {3}
            for n, patch in enumerate(patches):
                along = shapely.intersection(
                    patch.boundary, shapely.union_all(shapely.boundary(np.delete(patches, n)))
                )
                assert along.length < 1e-8
            together = shapely.union_all(patches)
            assert exact_area(shapely.symmetric_difference(together, expected)) < 0.05
    assert np.all(shapely.is_valid(found.patches.shapes))
    close(exact_area(found.patches.shapes).sum(), found.patches.areas.sum())


@given(pairs(), st.integers(1, 20))
@settings(deadline=None, max_examples=many(4, 20))
def test_the_answer_is_the_same_to_the_last_bit_whatever_the_block_size(pair, block):
    with folder() as place:
        one = compared(place / "one", *pair, block=1_000)
        other = compared(place / "other", *pair, block=block)
    identical(one, other)


def identical(one, other):
    assert np.array_equal(one.m2, other.m2)
    for side in ("a", "b"):
        for name in ("ground", "doubled", "only", "not_overlaid"):
            assert np.array_equal(getattr(getattr(one, side), name), getattr(getattr(other, side), name))
    assert one.contact_m2 == other.contact_m2
    assert shapely.to_wkb(one.patches.shapes).tolist() == shapely.to_wkb(other.patches.shapes).tolist()
    for name in ("a", "b", "areas", "widths", "slivers", "count_a", "count_b"):
        assert np.array_equal(getattr(one.patches, name), getattr(other.patches, name))
    assert (one.patches.keys_a, one.patches.keys_b) == (other.patches.keys_a, other.patches.keys_b)


def test_the_answer_is_the_same_to_the_last_bit_in_several_processes():
    pair = land(1, 2), land(3, 4, (0.31, -0.17))
    with folder() as place:
        identical(compared(place / "one", *pair), compared(place / "two", *pair, processes=2, block=3))


@given(pairs())
@settings(deadline=None, max_examples=many(4, 20))
def test_swapping_the_plans_swaps_the_answer(pair):
    a, b = pair
    with folder() as place:
        one, other = compared(place / "one", a, b), compared(place / "other", b, a)
    assert np.allclose(one.m2, other.m2.T, rtol=1e-9, atol=1e-5)
    assert np.allclose(one.a.only, other.b.only, rtol=1e-9, atol=1e-4)
    assert len(one.patches) == len(other.patches)
    assert np.allclose(np.sort(one.patches.areas), np.sort(other.patches.areas), rtol=1e-6, atol=1e-4)


@given(pairs(), st.floats(0.2, 0.8), st.booleans())
@settings(deadline=None, max_examples=many(4, 20))
def test_splitting_features_changes_nothing(pair, at, upright):
    """Each tile of A in two of the same class: sums and patches stay."""
    (shapes, classes), b = pair
    halves, own = [], []
    for shape, code in zip(shapes, classes, strict=True):
        west, south, east, north = shape.bounds
        middle = west + at * (east - west) if upright else south + at * (north - south)
        boxes = (
            (shapely.box(west, south, middle, north), shapely.box(middle, south, east, north))
            if upright
            else (shapely.box(west, south, east, middle), shapely.box(west, middle, east, north))
        )
        for half in boxes:
            halves.append(shapely.intersection(shape, half))
            own.append(code)
    with folder() as place:
        one, other = compared(place / "one", (shapes, classes), b), compared(place / "two", (halves, own), b)
    assert np.allclose(one.m2, other.m2, rtol=1e-7, atol=1e-3)
    assert np.allclose(one.a.only, other.a.only, rtol=1e-7, atol=1e-3)
    # the same ground in conflict, pair by pair; a neck below 10 µm may close or open, so patches aren't counted
    for i in range(len(one.a.classes)):
        for j in range(len(one.b.classes)):
            ground = [
                shapely.union_all(found.patches.shapes[(found.patches.a == i) & (found.patches.b == j)])
                for found in (one, other)
            ]
            assert exact_area(shapely.symmetric_difference(*ground)) < 0.05
    close(one.patches.areas.sum(), other.patches.areas.sum())


@given(seeds, seeds, st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=5))
@settings(deadline=None, max_examples=many(4, 20))
def test_ground_under_several_features_counts_once_and_for_the_smallest(seed, classes_seed, places):
    shapes, classes = land(seed, classes_seed)
    for n, (x, y) in enumerate(places):
        west, south = WEST + STEP * x, SOUTH + STEP * y
        size = STEP * (0.3 + 0.05 * n)
        shapes.append(shapely.box(west, south, west + size, south + size))
        classes.append(CODES[n % 3])
    b = land(seed + 1, classes_seed + 1)
    with folder() as place:
        found = compared(place, (shapes, classes), b, non_overlapping=(False, True))
        block_by_block = compared(
            place / "again", (shapes, classes), b, non_overlapping=(False, True), block=3
        )
    identical(found, block_by_block)
    close(found.a.ground.sum(), exact_area(shapely.union_all(shapes)))
    stored = exact_area(np.array(shapes, dtype=object)).sum()
    close(found.a.doubled.sum(), stored - exact_area(shapely.union_all(shapes)))
    reconciled(found)
    # from the smallest on, each has what no smaller one has
    order = sorted(range(len(shapes)), key=lambda n: exact_area(shapes[n]))
    taken, ground = shapely.Polygon(), dict.fromkeys(CODES, 0.0)
    for n in order:
        ground[classes[n]] += exact_area(shapely.difference(shapes[n], taken))
        taken = shapely.union_all([taken, shapes[n]])
    for code, area in zip(found.a.classes, found.a.ground, strict=True):
        close(area, ground[code])


def test_what_the_other_plan_does_not_cover_is_no_conflict():
    a, b = land(1, 2), (land(1, 2)[0][:5], land(1, 2)[1][:5])
    with folder() as place:
        found = compared(place, a, b)
    assert len(found.patches) == 0
    assert found.conflict_m2 == 0
    close(found.a.only.sum(), exact_area(np.array(a[0][5:], dtype=object)).sum())
    assert found.b.only.sum() == 0


def square(x, y, size=1.0):
    return shapely.box(WEST + x * STEP, SOUTH + y * STEP, WEST + (x + size) * STEP, SOUTH + (y + size) * STEP)


def test_slivers_are_told_apart_and_stay_in_the_sums():
    shift = 3e-6  # degrees, about 25 cm
    a = [square(0, 0), square(1, 0)], ["01", "02"]
    moved = [shapely.transform(shape, lambda xy: xy + np.array([shift, 0])) for shape in a[0]]
    with folder() as place:
        found = compared(place, a, (moved, ["01", "02"]), sliver_width_m=0.5)
    assert len(found.patches) == 1
    assert found.patches.slivers.tolist() == [True]
    assert found.patches.widths[0] == pytest.approx(0.25, abs=0.03)
    close(found.conflict_m2, found.patches.areas.sum(), scale=1)
    assert found.conflict_m2 > 10
    reconciled(found)


def test_contact_below_a_millimetre_is_counted_and_not_listed():
    a = [square(0, 0), square(1, 0)], ["01", "02"]
    moved = [shapely.transform(shape, lambda xy: xy + np.array([2e-9, 0])) for shape in a[0]]  # 0.2 mm
    with folder() as place:
        found = compared(place, a, (moved, ["01", "02"]))
    assert len(found.patches) == 0
    assert found.contact_m2 > 0
    assert found.contact_m2 == pytest.approx(found.conflict_m2)


def test_a_patch_across_features_and_blocks_is_one():
    a = [square(i, j) for i in range(4) for j in range(4)], ["01"] * 16
    b = [square(-0.5 + i * 1.3, 0.2, 1.3) for i in range(3)], ["02"] * 3
    with folder() as place:
        found = compared(place, a, b, block=1)
    assert len(found.patches) == 1
    assert (found.patches.count_a[0], found.patches.count_b[0]) == (8, 3)
    assert len(found.patches.keys_a[0]) == 5
    assert shapely.get_num_interior_rings(found.patches.shapes[0]) == 0


def test_a_class_that_the_crosswalk_lacks_conflicts_and_is_told():
    with folder() as place:
        found = compared(place, ([square(0, 0)], ["99"]), ([square(0, 0)], ["99"]))
    assert found.a.unlisted.tolist() == [True]
    assert found.agreed_m2 == 0
    assert found.conflict_m2 > 0


@pytest.mark.parametrize("broken", ["bowtie", "line", "none", "nowhere"])
def test_a_feature_that_cannot_be_overlaid_is_told_and_agrees_with_nothing(broken):
    west, south, east, north = square(0, 0).bounds
    shape = {
        "bowtie": shapely.Polygon([(west, south), (east, north), (east, south), (west, north)]),
        "line": shapely.LineString([(west, south), (east, north)]),
        "none": shapely.Polygon(),
        "nowhere": shapely.Polygon([(west, south), (np.inf, south), (east, north)]),
    }[broken]
    good = [square(0, 0), square(1, 0)]
    with folder() as place:
        a = plan(place / "a", good, ["01", "02"])
        areas = np.array([5_000.0, exact_area(good[1])])
        keys, classes = np.array(["BAD", "FINE"], dtype=object), np.array(["01", "02"], dtype=object)
        shapes = np.empty(2, dtype=object)
        shapes[:] = [shape, good[1]]
        from siting.conflicts import overlaying, plans
        from tests.factories.plans import same_codes

        b = plans.write(place / "b", [(keys, classes, areas, shapes)])
        found = overlaying.overlay(a, b, same_codes(), overlaying.Way(place / "w"), sliver_width_m=0.5)
    assert [(one.side, one.key) for one in found.not_overlaid if one.side == "b"] == [("b", "BAD")]
    assert found.b.not_overlaid.tolist() == [5_000.0, 0.0]
    assert found.m2[0].sum() == 0
    if broken == "bowtie":  # it has a place: what lies there isn't "only A", as nobody can say
        assert found.a.only.sum() == 0
        close(found.a.not_overlaid[0], exact_area(good[0]))
    reconciled(found)
