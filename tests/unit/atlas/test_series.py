"""The frames of a print series: a grid without gap or overlap, a shape in its sheet, an overview that shows all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_projects.atlas.printing import series
from gis_projects.atlas.printing.sheet import Frame, Sheet

SHEET = Sheet("A4", True)
#: An independent way into the plane of zone 37.
TO_PLANE = pyproj.Transformer.from_crs(4490, 4525, always_xy=True)


def plane(shape):
    return shapely.transform(shape, lambda xy: np.column_stack(TO_PLANE.transform(xy[:, 0], xy[:, 1])))


boxes = st.builds(
    lambda west, south, width, height: shapely.box(west, south, west + width, south + height),
    st.floats(109.6, 110.4),
    st.floats(40.3, 41.5),
    st.floats(0.002, 0.15),
    st.floats(0.002, 0.1),
)


@settings(max_examples=30, deadline=None)
@given(boxes, st.sampled_from([25_000, 50_000]), st.booleans())
def test_a_grid_covers_its_area_once(area, scale, landscape):
    sheet = Sheet("A4", landscape)
    frames = series.grid(area, sheet, scale)
    cells = [plane(frame.ground) for frame in frames]
    width, height = (side * scale / 1000 for side in sheet.window)
    whole = plane(shapely.segmentize(area, 0.002))
    union = shapely.union_all(cells)
    assert shapely.area(shapely.difference(whole, union.buffer(0.5))) < 1.0
    assert sum(shapely.area(cell) for cell in cells) == pytest.approx(len(cells) * width * height, rel=1e-6)
    # none shows ground that another shows, and each shows some of the area
    assert shapely.area(union) == pytest.approx(len(cells) * width * height, rel=1e-6)
    assert all(shapely.area(shapely.intersection(cell, whole)) > 0 for cell in cells)
    assert {frame.zone for frame in frames} == {37}


def test_sheets_without_any_of_the_area_are_left_out_and_rows_run_from_the_north_west():
    ell = shapely.Polygon(
        [(109.8, 40.5), (110.1, 40.5), (110.1, 40.52), (109.83, 40.52), (109.83, 40.8), (109.8, 40.8)]
    )
    frames = series.grid(ell, SHEET, 25_000)
    rows = [round(frame.lat, 2) for frame in frames]
    assert rows == sorted(rows, reverse=True)
    last = [frame.lon for frame in frames if round(frame.lat, 2) == rows[-1]]
    assert last == sorted(last)
    assert len(last) > 1
    assert sum(1 for row in rows if row == rows[0]) == 1


def test_a_grid_across_two_zones_lies_in_one_plane():
    area = shapely.box(109.4, 40.5, 109.7, 40.6)  # the zones meet at 109.5
    frames = series.grid(area, SHEET, 50_000)
    assert len({frame.zone for frame in frames}) == 1
    neighbours = [shapely.area(shapely.intersection(plane(a.ground), plane(b.ground)))
                  for a, b in pairwise(frames)]  # fmt: skip
    assert max(neighbours) < 500  # square metres, along an edge of kilometres


def test_too_many_sheets_are_refused_with_their_number():
    with pytest.raises(series.TooManySheets) as refused:
        series.grid(shapely.box(109.6, 40.3, 110.4, 41.5), SHEET, 2_000)
    assert refused.value.number > series.MOST_SHEETS
    with pytest.raises(series.TooManySheets) as refused:
        series.grid(shapely.box(109.8, 40.5, 109.9, 40.6), SHEET, 2_000)
    assert refused.value.number == series.MOST_SHEETS + 1  # nothing is counted beyond


@settings(max_examples=40, deadline=None)
@given(boxes)
def test_a_shape_is_shown_whole_at_the_largest_scale_that_holds_it(shape):
    frame = series.around(shape, SHEET)
    left, top, right, bottom = frame.project(shape).bounds
    assert 0 < left < right < frame.width
    assert 0 < top < bottom < frame.height
    larger = [scale for scale in series.WIDE_SCALES if scale < frame.scale]
    if larger:
        nearer = Frame(frame.lon, frame.lat, larger[-1], 0.0, frame.width, frame.height)
        left, top, right, bottom = nearer.project(shape).bounds
        free = series.FREE
        assert (
            left < free * nearer.width
            or top < free * nearer.height
            or (right > (1 - free) * nearer.width or bottom > (1 - free) * nearer.height)
        )


def test_a_place_without_shape_has_its_surroundings_and_a_scale_that_is_given_is_kept():
    assert series.around(shapely.Point(109.9, 40.6), SHEET).scale == series.LEAST_SCALE
    assert series.around(shapely.box(109.8, 40.5, 110.2, 40.9), SHEET, 2_000).scale == 2_000


def test_a_view_is_as_wide_on_paper_as_on_the_screen():
    frame = series.of_view(109.9, 40.6, 12, SHEET)
    metres = frame.width * frame.scale / 1000
    shown = 900 * 40075016.686 * np.cos(np.radians(40.6)) / 2**12 / 256
    assert shown <= metres <= shown * 2.6
    assert series.of_view(109.9, 40.6, 13, SHEET).scale < frame.scale


@settings(max_examples=20, deadline=None)
@given(boxes)
def test_the_overview_shows_every_sheet_whole(area):
    frames = series.grid(area, SHEET, 25_000)
    one = series.overview(frames, SHEET)
    for frame in frames:
        left, top, right, bottom = one.project(frame.ground).bounds
        assert 0 < left < right < one.width
        assert 0 < top < bottom < one.height
