"""Snap-clean: onto the neighbours, to the bit; without repeated points and spikes; once is enough."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon

from siting.engine.editing import local_frame
from siting.engine.snapping import Change, snap_clean

FRAME = local_frame(109.85, 40.62)


def polygon(*points) -> MultiPolygon:
    """Metres around a place, as degrees."""
    return MultiPolygon([(FRAME.backward(np.array(points, dtype=float)), [])])


def vertices(geometry) -> set[tuple[float, float]]:
    return set(map(tuple, shapely.get_coordinates(geometry).tolist()))


NEIGHBOUR = polygon((0, 0), (100, 0), (100, 100), (0, 100))


def test_vertices_go_onto_the_neighbours_and_the_report_says_how_far():
    plot = polygon((100.3, 0.2), (200, 0), (200, 100), (99.8, 99.9))
    done = snap_clean([plot], [NEIGHBOUR], 0.5)
    assert {m.change for m in done.moved} == {Change.TO_VERTEX}
    assert sorted(round(m.metres, 3) for m in done.moved) == [
        pytest.approx(np.hypot(0.2, 0.1), abs=1e-3),
        pytest.approx(np.hypot(0.3, 0.2), abs=1e-3),
    ]
    assert len(vertices(done.plots[0]) & vertices(NEIGHBOUR)) == 2, "the very same numbers"
    assert shapely.intersection(done.plots[0], NEIGHBOUR).area == 0


def test_a_point_beside_an_edge_goes_onto_it():
    plot = polygon((100.2, 30), (200, 30), (200, 60), (100.2, 60))
    done = snap_clean([plot], [NEIGHBOUR], 0.5)
    assert [m.change for m in done.moved] == [Change.TO_EDGE] * 2
    assert [m.metres for m in done.moved] == [pytest.approx(0.2, abs=1e-5)] * 2


def test_a_neighbours_vertex_beside_an_edge_becomes_a_point_of_it():
    plot = polygon((100.2, -50), (200, -50), (200, 150), (100.2, 150))
    done = snap_clean([plot], [NEIGHBOUR], 0.5)
    assert [m.change for m in done.moved] == [Change.INSERTED] * 2
    assert vertices(NEIGHBOUR) & vertices(done.plots[0])


def test_plots_close_up_with_each_other():
    first = polygon((0, 0), (50, 0), (50, 50), (0, 50))
    second = polygon((50.1, 0.1), (90, 0), (90, 50), (50.1, 49.9))
    done = snap_clean([first, second], [], 0.3)
    assert done.plots[0] == first
    assert len(vertices(done.plots[1]) & vertices(first)) == 2


def test_repeated_points_and_spikes_are_taken_away_and_told():
    plot = polygon((0, 0), (50, 0), (50, 0.0005), (50, 50), (25.01, 50), (25, 90), (25, 50), (0, 50))
    done = snap_clean([plot], [], 0.1)
    assert sorted(m.change for m in done.moved) == [Change.REPEATED, Change.SPIKE]
    assert shapely.get_num_coordinates(done.plots[0]) == 7
    clean = snap_clean(done.plots, [], 0.1)
    assert clean.moved == ()
    assert clean.plots == done.plots


def test_a_plot_that_would_cross_itself_is_left_alone():
    thin = polygon((-50, 100.4), (150, 100.4), (150, 100.6), (50, 100.45), (-50, 100.6))
    wall = polygon((-100, 90), (200, 90), (200, 100.2), (100, 101), (-100, 100.2))
    done = snap_clean([thin], [wall], 1.0)
    assert done.refused in ((), (0,))
    assert shapely.is_valid(done.plots[0])


def test_holes_stay():
    plot = MultiPolygon(
        [
            (
                FRAME.backward(np.array([(100.2, 0), (200, 0), (200, 100), (100.2, 100)], dtype=float)),
                [FRAME.backward(np.array([(140, 40), (160, 40), (160, 60)], dtype=float))],
            )
        ]
    )
    done = snap_clean([plot], [NEIGHBOUR], 0.5)
    assert len(shapely.get_rings(shapely.get_parts(done.plots[0]))) == 2


@given(
    st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)), min_size=8, max_size=8),
    st.floats(0.05, 3.0),
)
def test_doing_it_again_changes_nothing(noise, tolerance):
    """A plot that roughly follows two neighbours, each point off by up to 1.5 m."""
    rough = [(100, -60), (180, -60), (180, 0), (180, 100), (180, 160), (100, 160), (100, 100), (100, 0)]
    plot = polygon(*[(x + dx, y + dy) for (x, y), (dx, dy) in zip(rough, noise, strict=True)])
    east = polygon((180, -100), (300, -100), (300, 100), (180.5, 90), (180, 30))
    once = snap_clean([plot], [NEIGHBOUR, east], tolerance)
    again = snap_clean(once.plots, [NEIGHBOUR, east], tolerance)
    assert again.moved == ()
    assert again.plots == once.plots
    assert shapely.is_valid(once.plots[0])
    # nothing goes further than it may, and what moved lies on a neighbour
    assert all(m.metres <= tolerance * 1.0001 for m in once.moved if m.change is not Change.SPIKE)
