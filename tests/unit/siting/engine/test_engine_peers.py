"""What peers of the check get wrong, and ours must not."""

import numpy as np
import pytest
import shapely

from siting.engine.notices import Notice
from siting.engine.overlap import overlay
from siting.engine.rules import Relation, RuleSpec, evaluate
from siting.engine.verdict import Outcome, Severity, Verdict, decide
from tests.unit.siting.engine.scenes import ground, layer, rectangle, site

SITE = site(rectangle(0, 0, 1000, 1000))


def red_line(**settings):
    return RuleSpec("stbhhx", "生态保护红线", "STBHHX", Relation.OVERLAPS, Severity.PROHIBITED, **settings)


def ended(rule, features, boundary=SITE, **more):
    return evaluate(rule, boundary, overlay=overlay(boundary.geometry, layer(features)), **more)


@pytest.mark.parametrize("count", [2, 5])
def test_overlapping_features_are_not_counted_twice(count):
    result = ended(
        red_line(), [ground(rectangle(-i, -i, 1000 + 3 * i, 1000 + 3 * i)) for i in range(1, count + 1)]
    )

    assert result.share <= 1
    assert result.share == pytest.approx(1, abs=1e-12)
    assert result.area_m2 == pytest.approx(SITE.area_m2, rel=1e-12)
    assert result.raw_area_m2 == pytest.approx(SITE.area_m2, rel=1e-12)
    assert result.count == count


def test_a_share_never_passes_100_percent():
    result = ended(red_line(tolerance_m2=1), [ground(rectangle(-1, -1, 1002, 1002))])
    assert result.share == 1


@pytest.mark.parametrize(
    "neighbour",
    [
        rectangle(1000, 0, 500, 1000),  # shares an edge exactly
        rectangle(1000, 200, 500, 300),  # shares a part of one
        rectangle(1000, 1000, 500, 500),  # shares a corner
        np.array(
            [[1000, 0], [1500, 0], [1500, 1000], [1000, 1000], [1000, 433.219]]
        ),  # a vertex of its own on it
    ],
)
@pytest.mark.parametrize("keep_slivers", [True, False])
def test_a_boundary_that_merely_touches_is_no_overlap(neighbour, keep_slivers):
    result = ended(red_line(keep_slivers=keep_slivers, sliver_width_m=0), [ground(neighbour)])
    assert (result.outcome, result.raw_area_m2, result.count) == (Outcome.CLEAR, 0, 0)


@pytest.mark.parametrize("middle", [0.5, 0.137, 0.9])
@pytest.mark.parametrize("slant", [0, 1700])
def test_a_neighbour_with_a_midpoint_on_a_straight_5_km_edge_shares_no_area(middle, slant):
    # In the plane the two share the edge; converted by its ends alone it would be off by 1,049 m².
    ours = site(np.array([[0, 0], [5000, slant], [5000, slant + 3000], [0, 3000]]))
    midpoint = np.round(np.array([5000, slant]) * middle, 3)
    theirs = ground(np.array([[0, 0], [0, -3000], [5000, slant - 3000], [5000, slant], midpoint]))

    shared = overlay(ours.geometry, layer([theirs]))
    result = evaluate(red_line(keep_slivers=True), ours, overlay=shared)
    same_with_midpoint = ground(np.array([[0, 0], midpoint, [5000, slant], [5000, slant + 3000], [0, 3000]]))
    inside = evaluate(
        RuleSpec("in", "", "X", Relation.INSIDE, Severity.PROHIBITED, keep_slivers=True),
        ours,
        overlay=overlay(ours.geometry, layer([same_with_midpoint])),
    )

    assert shared.areas.sum() < 0.2  # of 15 km²: chords within 1 mm of each other
    assert (result.outcome, result.raw_area_m2) == (Outcome.CLEAR, 0)
    assert (inside.outcome, inside.raw_area_m2) == (Outcome.CLEAR, 0)


def test_pieces_each_under_the_tolerance_count_by_their_sum():
    result = ended(red_line(tolerance_m2=1.0), [ground(rectangle(90 * i, 10, 1, 0.9)) for i in range(10)])

    assert result.outcome is Outcome.HIT
    assert result.area_m2 == pytest.approx(9.0, rel=1e-3)


def bow_tie():
    corners = shapely.get_coordinates(ground(rectangle(100, 100, 50, 50)))
    return shapely.Polygon(corners[[0, 2, 1, 3]])


def test_one_bow_tie_among_the_pieces_hides_no_hit():
    result = ended(red_line(), [("bad", bow_tie()), ("good", ground(rectangle(900, 0, 500, 1000)))])

    assert (result.outcome, result.keys) == (Outcome.HIT, ("good",))
    assert result.share == pytest.approx(0.1, rel=1e-3)
    assert "bad" in str(result.reason)


@pytest.mark.parametrize("keep_slivers", [True, False])
def test_one_bow_tie_among_the_pieces_is_never_clear(keep_slivers):
    sliver = ground(rectangle(999.995, 0, 500, 1000))
    result = ended(red_line(keep_slivers=keep_slivers), [("bad", bow_tie()), ("good", sliver)])

    assert result.outcome is Outcome.NOT_CHECKED
    assert "bad" in str(result.reason)
    assert decide([(result.severity, result.outcome, True)]) is Verdict.INCOMPLETE


def test_a_layer_that_could_not_be_asked_is_never_clear():
    reason = Notice("layer-not-covering", "图层未覆盖地块")
    result = evaluate(red_line(), SITE, overlay=overlay(SITE.geometry, layer([])), not_checked=reason)

    assert (result.outcome, result.reason) == (Outcome.NOT_CHECKED, reason)
    assert decide([(result.severity, result.outcome, True)]) is Verdict.INCOMPLETE
