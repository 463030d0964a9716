"""Overlaps, gaps and outline found block by block, against shapely and plain pair tests, on tilings with faults."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.areas import exact_areas
from layers.quality import outline, overlaps, rows
from layers.quality.report import _examine
from layers.quality.rows import Block, Rows
from tests.factories.tilings import CERTAIN, CORNERS, SIDE, SOUTH, STEP, WEST, faults, faulty, tiling


def objects(shapes):
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def rows_of(shapes):
    count = len(shapes)
    nobody = np.empty(0, dtype=np.int64)
    return Rows(
        np.arange(count), exact_areas(shapes), shapely.get_num_coordinates(shapes), np.zeros(count, dtype=bool),
        shapely.bounds(shapes), nobody, nobody, np.empty((0, 4)), np.zeros(count, dtype=bool),
    )  # fmt: skip


def blocks_of(shapes, vertices):
    """As `rows.blocks` makes them, of shapes in memory."""
    known = rows_of(shapes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "VERTICES", vertices)
        patch.setattr(Rows, "geometries", lambda self, which: shapes[which])
        yield from rows.blocks(known)


def found(shapes, vertices):
    """Pairs with their area and shape, and the outline, as the report finds them in blocks of so many vertices."""
    shapes = objects(shapes)
    known = rows_of(shapes)
    none = np.empty(0, dtype=np.int64)
    answers = [_examine(block, known, none, True) for block in blocks_of(shapes, vertices)]
    pairs = {}
    for answer in answers:
        for k in range(len(answer.overlaps)):
            pair = (int(answer.overlaps.first[k]), int(answer.overlaps.second[k]))
            assert pair not in pairs, "found twice"
            pairs[pair] = (answer.overlaps.areas[k], answer.overlaps.shapes[k])
    assert sorted(np.concatenate([answer.block.home for answer in answers])) == list(range(len(shapes)))
    return pairs, outline.joined([answer.outline for answer in answers]), len(answers)


def expected(shapes):
    """Every pair, one by one."""
    pairs = {}
    for a in range(len(shapes)):
        for b in range(a + 1, len(shapes)):
            common = shapes[a].intersection(shapes[b])
            area = exact_areas([common])[0]
            if area > CERTAIN:
                pairs[(a, b)] = area
    return pairs


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), faults=faults, vertices=st.sampled_from([20, 60, 10_000]))
def test_each_overlap_is_found_once_whatever_the_blocks(seed, faults, vertices):
    shapes = faulty(tiling(seed), faults)
    pairs, covered, blocks = found(shapes, vertices)
    assert blocks == 1 if vertices == 10_000 else blocks > 1
    wanted = expected(shapes)
    assert wanted.keys() <= pairs.keys()
    for pair, (area, shape) in pairs.items():
        assert area == pytest.approx(wanted.get(pair, area), rel=1e-6)
        assert exact_areas([shape])[0] == pytest.approx(area, rel=1e-9)
        if pair not in wanted:
            assert area <= CERTAIN
    union = shapely.union_all(objects(shapes))
    assert shapely.area(shapely.symmetric_difference(union, covered)) < 1e-9 * union.length  # the grid
    assert covered.is_valid


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), faults=faults, vertices=st.sampled_from([30, 10_000]))
def test_gaps_are_the_holes_of_the_union(seed, faults, vertices):
    shapes = faulty(tiling(seed), faults)
    _, covered, _ = found(shapes, vertices)
    gaps = outline.gaps(covered)
    union = shapely.union_all(objects(shapes), grid_size=1e-9)
    filled = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(union)])
    holes = [hole for hole in shapely.get_parts(filled.difference(union)) if exact_areas([hole])[0] > CERTAIN]
    big = [area for area in gaps.areas if area > CERTAIN]
    assert sorted(big) == pytest.approx(sorted(exact_areas(holes)), rel=1e-6, abs=0.05)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), vertices=st.sampled_from([20, 60, 10_000]))
def test_a_clean_tiling_has_nothing(seed, vertices):
    shapes = tiling(seed)
    assert shapely.coverage_is_valid(objects(shapes), gap_width=1e-6)
    pairs, covered, _ = found(shapes, vertices)
    assert not pairs
    assert not len(outline.gaps(covered).areas)


@pytest.mark.parametrize("vertices", [20, 40, 10_000])
def test_two_tilings_on_each_other_are_found_everywhere(vertices):
    # in the middle no edge is without its partner: what tells are the outlines and each cell's middle
    shapes = tiling(1) + [shapely.transform(shape, lambda xy: xy + 0.4 * STEP) for shape in tiling(1)]
    pairs, _, _ = found(shapes, vertices)
    assert expected(shapes).keys() <= pairs.keys()


@pytest.mark.parametrize("vertices", [20, 10_000])
def test_a_feature_over_all_others_shares_ground_with_each(vertices):
    shapes = [*tiling(2), shapely.box(WEST - 1, SOUTH - 1, WEST + 1, SOUTH + 1)]
    pairs, _, _ = found(shapes, vertices)
    assert set(pairs) == {(n, SIDE * SIDE) for n in range(SIDE * SIDE)}


def test_a_small_overlap_is_found_beside_a_long_border_that_is_off_by_a_hair():
    left = shapely.Polygon(
        [
            (110, 40),
            (110.1, 40),
            (110.1, 40.2),
            (110.1 + 2e-5, 40.20001),
            (110.1, 40.20002),
            (110.1, 40.4),
            (110, 40.4),
        ]
    )
    right = shapely.Polygon([(110.1 - 1e-12, 40), (110.2, 40), (110.2, 40.4), (110.1 - 1e-12, 40.4)])
    pairs, _, _ = found([left, right], 1000)
    assert pairs[(0, 1)][0] == pytest.approx(1.9, rel=0.1)


@pytest.mark.parametrize("vertices", [20, 10_000])
def test_neighbours_with_other_vertices_on_their_border_are_clean(vertices):
    wide = [
        shapely.box(WEST + 2 * i * STEP, SOUTH, WEST + 2 * (i + 1) * STEP, SOUTH + STEP) for i in range(6)
    ]
    narrow = [
        shapely.box(WEST + i * STEP, SOUTH + STEP, WEST + (i + 1) * STEP, SOUTH + 2 * STEP) for i in range(12)
    ]
    pairs, covered, _ = found([*wide, *narrow], vertices)
    assert not pairs
    assert len(covered.geoms) == 1
    assert not len(outline.gaps(covered).areas)


def test_neighbours_that_differ_in_the_last_bits_are_clean():
    shapes = [
        shapely.box(*np.nextafter(np.array(shape.bounds), np.inf if n % 2 else -np.inf))
        for n, shape in enumerate(
            shapely.box(WEST + i * STEP, SOUTH + j * STEP, WEST + (i + 1) * STEP, SOUTH + (j + 1) * STEP)
            for i in range(6)
            for j in range(6)
        )
    ]
    pairs, covered, _ = found(shapes, 40)
    assert not pairs
    assert [len(part.interiors) for part in covered.geoms] == [0]
    assert shapely.area(covered) == pytest.approx(36 * STEP**2, rel=1e-6)


def test_an_island_in_a_hole_is_no_gap():
    ring = shapely.box(110, 40, 110.1, 40.1).difference(shapely.box(110.02, 40.02, 110.08, 40.08))
    island = shapely.box(110.04, 40.04, 110.06, 40.06)
    _, covered, _ = found([ring, island], 1000)
    gaps = outline.gaps(covered)
    assert len(gaps.shapes) == 1
    assert gaps.areas[0] == pytest.approx(
        exact_areas([shapely.box(110.02, 40.02, 110.08, 40.08)])[0] - exact_areas([island])[0]
    )


def test_blocks_have_every_point_once():
    shapes = objects(tiling(3))
    points = np.random.default_rng(0).uniform((WEST, SOUTH), (WEST + 0.006, SOUTH + 0.006), (500, 2))
    blocks: list[Block] = list(blocks_of(shapes, 30))
    assert len(blocks) > 4
    assert (sum(block.has(*points.T).astype(int) for block in blocks) == 1).all()
    assert overlaps.none().areas.size == 0


def test_holes_of_a_tiling_stay_holes():
    shapes = tiling(0)
    del shapes[12]
    _, covered, _ = found(shapes, 30)
    assert [len(part.interiors) for part in covered.geoms] == [1]


@pytest.mark.parametrize(("width", "overlapping"), [(1e-9, False), (5e-8, True)], ids=["0.1 mm", "4 mm"])
def test_contact_below_a_millimetre_is_no_overlap(width, overlapping):
    pairs, _, _ = found(
        [shapely.box(109.9, 40.6, 109.91, 40.61), shapely.box(109.91 - width, 40.6, 109.92, 40.61)], 1000
    )
    assert bool(pairs) is overlapping


def test_so_many_overlaps_that_nobody_wants_them_all_are_left_at_that(monkeypatch):
    monkeypatch.setattr(overlaps, "ENOUGH", 10)
    monkeypatch.setattr(overlaps, "_PAIRS", 5)
    shapes = objects([shapely.box(110 + n * 1e-5, 40, 110.01 + n * 1e-5, 40.01) for n in range(40)])
    [block] = blocks_of(shapes, 10_000)
    answer = _examine(block, rows_of(shapes), np.empty(0, dtype=np.int64), False)
    assert 10 <= len(answer.overlaps) < 15
    assert not answer.overlaps.complete


def test_what_is_too_much_for_full_doubles_is_laid_on_the_grid(monkeypatch):
    plain_intersection, plain_union = shapely.intersection, shapely.union_all

    def failing(plain):
        def overlay(*shapes, grid_size=None):
            if grid_size is None:
                raise shapely.GEOSException("TopologyException: side location conflict")
            return plain(*shapes, grid_size=grid_size)

        return overlay

    shapes = [shapely.box(110, 40, 110.02, 40.02), shapely.box(110.01, 40.01, 110.03, 40.03)]
    expected_area = exact_areas([shapes[0].intersection(shapes[1])])[0]
    monkeypatch.setattr(shapely, "intersection", failing(plain_intersection))
    monkeypatch.setattr(shapely, "union_all", failing(plain_union))
    pairs, covered, _ = found(shapes, 1000)
    assert pairs[(0, 1)][0] == pytest.approx(expected_area, rel=1e-6)
    assert covered.area == pytest.approx(0.0007, rel=1e-6)


def test_faults_on_the_borders_of_blocks_are_found_once():
    shapes = objects([*tiling(4), *(shapely.box(x, y, x + 2 * STEP, y + 2 * STEP) for x, y in CORNERS)])
    borders = {
        value for block in blocks_of(shapes, 40) for value in block.cell if np.isfinite(value)
    }  # fmt: skip
    pairs, _, _ = found(shapes, 40)
    assert pairs.keys() >= expected(shapes).keys()
    across = [
        shape
        for _, shape in pairs.values()
        for west, south, east, north in [shape.bounds]
        if any(west < border < east or south < border < north for border in borders)
    ]
    assert len(across) > 10


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), faults=faults)
def test_who_shares_ground_has_edges_that_make_no_coverage(seed, faults):
    shapes = faulty(tiling(seed), faults)
    pairs, _, _ = found(shapes, 60)
    invalid = ~shapely.is_empty(shapely.coverage_invalid_edges(objects(shapes)))
    assert all(invalid[first] or invalid[second] for first, second in pairs)
    if shapely.coverage_is_valid(objects(shapes)):
        assert not pairs
