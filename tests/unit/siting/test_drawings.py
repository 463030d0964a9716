"""Drawings: plots with names and uses, in the plane of the file that they came from."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from siting import boundaries, drawings, edits
from siting.engine.notices import UnusableInput
from siting.engine.snapping import Change
from siting.formats import coordinate_text
from tests.factories import land

SQUARE = shapely.box(109.845, 40.615, 109.850, 40.619)
HOLED = SQUARE - shapely.box(109.846, 40.616, 109.847, 40.617)


def collection(*polygons, plane=4490, **properties):
    return {
        "type": "FeatureCollection",
        "plane": plane,
        "features": [
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(polygon)),
                "properties": {"number": str(at), "name": f"地块{at}", "use": "0701", **properties},
            }
            for at, polygon in enumerate(polygons, start=1)
        ],
    }


def test_plots_keep_their_names_uses_and_attributes_in_what_is_saved():
    east = shapely.box(109.850, 40.615, 109.852, 40.619)
    document = collection(HOLED, east, attributes={"图幅号": "K49", "面积_公顷": "1.0", "DKMC": "旧名"})
    boundary = boundaries.from_drawing(document)
    first, second = boundary.declared.plots
    assert (first.number, first.name, first.use, len(first.rings)) == ("1", "地块1", "0701", 2)
    assert (second.number, second.name) == ("2", "地块2")
    assert dict(first.attributes) == {"图幅号": "K49"}, (
        "what stands elsewhere or is measured anew doesn't contradict"
    )
    assert boundary.declared_area_m2 is None


def test_a_drawing_is_what_it_was_after_json():
    drawing = drawings.read(collection(HOLED, SQUARE))
    again = drawings.read(json.loads(json.dumps(drawing.to_json())))
    assert [p.geometry for p in again.plots] == [p.geometry for p in drawing.plots]
    assert [(p.number, p.name, p.use) for p in again.plots] == [
        ("1", "地块1", "0701"),
        ("2", "地块2", "0701"),
    ]


def test_a_file_whose_points_nobody_moved_has_the_same_coordinates_to_the_last_digit():
    """The way through degrees and back is that of a boundary opened in the editor and saved."""
    text = (land_text := _text(HOLED)).decode()
    read = boundaries.read(land_text, "红线.txt")
    drawing = drawings.read(collection(shapely.MultiPolygon(_degrees(read)), plane=read.declared.crs.epsg))
    saved = drawing.declared()
    before = np.vstack([ring.xy for plot in read.declared.plots for ring in plot.rings])
    after = np.vstack([ring.xy for plot in saved.plots for ring in plot.rings])
    assert {tuple(row) for row in before.tolist()} == {tuple(row) for row in after.tolist()}
    assert boundaries.from_drawing(drawing.to_json()).area_m2 == pytest.approx(read.area_m2, abs=1e-6)
    assert "@" in text


def _text(polygon) -> bytes:
    from siting.formats.plane import in_plane

    return coordinate_text.write(in_plane(land.boundary(polygon).declared))


def _degrees(boundary):
    from siting.engine.crs import to_degrees

    (plot,) = boundary.declared.plots
    outer, *holes = (to_degrees(ring.xy, boundary.declared.crs) for ring in plot.rings)
    return [(outer, holes)]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"type": "FeatureCollection", "features": []}, "features"),
        ({"type": "FeatureCollection", "features": ["x"]}, "features[0]"),
        ({**collection(SQUARE), "plane": "4525"}, "plane"),
        (collection(SQUARE, name=7), "features[0].properties.name"),
        (collection(SQUARE, name="长" * 201), "features[0].properties.name"),
        (collection(SQUARE, line={"width_m": 8}), "features[0].properties.line.coordinates"),
        (collection(SQUARE, line={"width_m": 10**400, "coordinates": [[109, 40], [110, 40]]}), "width_m"),
        (collection(SQUARE, line={"width_m": 0, "coordinates": [[109, 40], [110, 40]]}), "width_m"),
        (
            {"type": "FeatureCollection", "features": [{"geometry": {"type": "Point"}, "properties": {}}]},
            "features[0].geometry.type",
        ),
    ],
)
def test_what_is_no_drawing_is_refused_with_the_place(document, field):
    with pytest.raises(UnusableInput) as refused:
        drawings.read(document)
    assert refused.value.notices[0].field == field


# --- tools ---


def test_split_pieces_have_numbers_of_their_own_and_merge_takes_the_first_ones():
    drawing = drawings.read(collection(HOLED))
    cut = edits.split(drawing, [], np.array([[109.8485, 40.60], [109.8485, 40.63]]))
    assert [(p.number, p.name, p.use) for p in cut.drawing.plots] == [
        ("1", "地块1", "0701"),
        ("1-1", "地块1", "0701"),
    ]
    assert cut.touched == (0, 1)
    merged = edits.merge(cut.drawing, [0, 1])
    assert [p.number for p in merged.drawing.plots] == ["1"]
    changed = merged.drawing.plots[0].geometry.symmetric_difference(drawing.plots[0].geometry)
    assert changed.area < 1e-12  # square degrees: a hundredth of a square metre


def test_only_the_chosen_plots_change():
    east = shapely.box(109.851, 40.615, 109.852, 40.619)
    drawing = drawings.read(collection(SQUARE, east))
    moved = edits.move(drawing, [1], north_m=10)
    assert moved.drawing.plots[0] is drawing.plots[0]
    assert moved.drawing.plots[1].geometry.bounds[1] > east.bounds[1]
    grown = edits.buffer(drawing, [0], 5)
    assert grown.touched == (0,)


def test_a_tool_that_changes_nothing_says_why():
    drawing = drawings.read(collection(SQUARE))
    for call, field in (
        (lambda: edits.split(drawing, [], np.array([[109.0, 40.6], [109.1, 40.6]])), "line"),
        (lambda: edits.merge(drawing, []), "plots"),
        (lambda: edits.cut_out(drawing, [], shapely.box(110, 41, 110.1, 41.1)), "shape"),
        (lambda: edits.cut_out(drawing, [], shapely.box(109, 40, 110, 41)), "shape"),
        (lambda: edits.buffer(drawing, [], -500), "distance_m"),
        (lambda: edits.move(drawing, [3], north_m=1), "plots"),
        (lambda: edits.snap(drawing, [], [], 0), "tolerance_m"),
    ):
        with pytest.raises(UnusableInput) as refused:
            call()
        assert refused.value.notices[0].field == field


def test_a_plot_cut_away_whole_goes_and_that_is_said():
    small = shapely.box(109.851, 40.615, 109.852, 40.619)
    drawing = drawings.read(collection(SQUARE, small))
    done = edits.cut_out(drawing, [], shapely.box(109.8505, 40.61, 109.853, 40.62))
    assert [p.number for p in done.drawing.plots] == ["1"]
    assert done.notices[0].code == "plots-gone"


def test_a_strip_is_a_plot_with_its_line_until_it_is_reshaped():
    drawing = drawings.read(collection(SQUARE))
    line = np.array([[109.84, 40.62], [109.85, 40.621], [109.86, 40.62]])
    added = edits.add_strip(drawing, line, 12.0)
    plot = added.drawing.plots[1]
    assert plot.number == "2"
    saved = boundaries.from_drawing(added.drawing.to_json()).declared.plots[1]
    assert saved.centre_lines[0].width_m == 12.0
    length = shapely.length(shapely.transform(shapely.LineString(line), _metres))
    assert shapely.area(shapely.transform(plot.geometry, _metres)) == pytest.approx(12 * length, rel=1e-3)
    assert edits.move(added.drawing, [1], north_m=1).drawing.plots[1].line is None


def _metres(c):
    return (c - (109.85, 40.62)) * (84730.0, 111060.0)


def test_snapping_reports_every_point_and_touches_what_it_changed():
    neighbour = shapely.box(109.850, 40.615, 109.852, 40.619)
    near = shapely.box(109.845, 40.615, 109.849998, 40.619)
    done = edits.snap(drawings.read(collection(near)), [], [neighbour], 0.5)
    assert done.touched == (0,)
    assert {one.change for one in done.moved} == {Change.TO_VERTEX}
    again = edits.snap(done.drawing, [], [neighbour], 0.5)
    assert (again.moved, again.notices[0].code) == ((), "nothing-to-snap")
