"""Avoidance: what was cut away or shifted is no longer hit, by the check's own word."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

import layers.queries
from siting import avoidance, boundaries, checks, drawings, edits
from siting.engine.area import exact_area
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Outcome
from siting.rulebook import in_force
from tests.factories import land
from tests.thorough import many

pytestmark = pytest.mark.django_db
FARMLAND, RED_LINE = "permanent-basic-farmland", "ecological-red-line"
PLANE = Transformer.from_crs(4490, 4546, always_xy=True)


def question():
    rulebook = in_force(checks.DEFAULT_RULEBOOK, timezone.localdate())
    versions = layers.queries.current(sorted({*rulebook.layers, "DLTB"}))
    return avoidance.Question(land.FACTS, rulebook, versions)


def drawing(polygon, plane=4490):
    feature = {"geometry": json.loads(shapely.to_geojson(polygon)), "properties": {"number": "1"}}
    return drawings.read({"type": "FeatureCollection", "plane": plane, "features": [feature]})


def codes(result, *outcomes):
    return {item.rule.code for item in result.results if item.outcome in (outcomes or (Outcome.HIT,))}


def metres(geometry):
    return shapely.transform(geometry, lambda c: np.column_stack(PLANE.transform(*c.T)))


@pytest.fixture
def scattered(tmp_path):
    """Farmland and red line in patches of every size, some touching, over the middle of the land."""
    rng = np.random.default_rng(7)
    centres = np.column_stack((rng.uniform(109.835, 109.865, 60), rng.uniform(40.605, 40.635, 60)))
    sizes = rng.uniform(0.0002, 0.002, 60)
    blobs = [
        shapely.affinity.rotate(shapely.box(x, y, x + s, y + 0.7 * s), a)
        for (x, y), s, a in zip(centres, sizes, rng.uniform(0, 90, 60), strict=True)
    ]
    land.publish_land(
        tmp_path,
        {
            "YJJBNT": [(f"F{i}", "", blob) for i, blob in enumerate(blobs[:30])],
            "STBHHX": [(f"R{i}", "", blob) for i, blob in enumerate(blobs[30:])],
        },
    )


@pytest.mark.usefixtures("scattered")
@settings(
    max_examples=many(12, 25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    west=st.floats(109.836, 109.855),
    south=st.floats(40.606, 40.624),
    size=st.floats(0.002, 0.009),
    turn=st.floats(0, 90),
    clearance=st.sampled_from([0.0, 0.5, 20.0]),
    plane=st.sampled_from([4490, 4525]),
)
def test_what_was_cut_away_is_no_longer_hit(west, south, size, turn, clearance, plane):
    site = shapely.affinity.rotate(shapely.box(west, south, west + size, south + size), turn)
    given_, asked = drawing(site, plane), question()
    hit = codes(asked.check(given_), Outcome.HIT, Outcome.SUSPECT) & {FARMLAND, RED_LINE}
    if not hit:
        return
    try:
        done = avoidance.cut_away(given_, asked, hit, clearance_m=clearance)
    except UnusableInput as refused:
        reason = refused.notices[0].code
    else:
        reason = ""
    if reason:
        assert reason == "nothing-remains-avoiding"
        return
    assert done.still == ()
    again = asked.check(drawings.read(done.drawing.to_json()))
    assert not codes(again, Outcome.HIT, Outcome.SUSPECT, Outcome.NOT_CHECKED) & hit
    was = boundaries.measured(given_).geometry
    assert exact_area(shapely.difference(done.after.boundary.geometry, was)) < 0.5, "nothing is added"
    assert done.lost_m2 >= 0
    assert sum(done.parts_m2) == pytest.approx(done.after.boundary.exact_area_m2, abs=0.5)


def test_the_figures_say_what_is_lost_what_remains_and_what_was_too_thin(tmp_path):
    # All but a band 10 m wide in the west and a field in the east is farmland.
    land.publish_land(tmp_path, {"YJJBNT": [("F", "", shapely.box(109.845118, 40.60, 109.848, 40.63))]})
    done = avoidance.cut_away(drawing(land.SITE), question(), [FARMLAND], least_width_m=15.0)
    kept = shapely.box(109.848, 40.615, 109.850, 40.619)
    assert done.parts_m2 == (pytest.approx(exact_area(kept), abs=0.1),)
    assert done.dropped_m2 == (
        pytest.approx(exact_area(shapely.box(109.845, 40.615, 109.845118, 40.619)), abs=0.1),
    )
    assert done.lost_m2 == pytest.approx(exact_area(land.SITE) - exact_area(kept), rel=1e-5)
    both = avoidance.cut_away(drawing(land.SITE), question(), [FARMLAND], least_width_m=1.0)
    assert len(both.parts_m2) == 2
    wider = avoidance.cut_away(drawing(land.SITE), question(), [FARMLAND], clearance_m=30.0)
    gap = shapely.distance(
        metres(wider.drawing.plots[0].geometry), metres(shapely.box(109.845118, 40.60, 109.848, 40.63))
    )
    assert gap == pytest.approx(30.0, abs=0.01)


def test_a_hole_of_the_site_stays(tmp_path):
    holed = land.SITE - shapely.box(109.849, 40.617, 109.8495, 40.618)
    land.publish_land(tmp_path, {"YJJBNT": [("F", "", shapely.box(109.80, 40.60, 109.847, 40.63))]})
    done = avoidance.cut_away(drawing(holed), question(), [FARMLAND])
    assert len(shapely.get_rings(shapely.get_parts(done.drawing.plots[0].geometry))) == 2


@pytest.mark.parametrize(
    ("rules", "more", "code"),
    [
        ([], {}, "no-conflict-chosen"),
        ([RED_LINE], {}, "conflict-gone"),
        ([FARMLAND], {"clearance_m": -1}, "number-beyond"),
        ([FARMLAND], {"clearance_m": float("nan")}, "number-beyond"),
        ([FARMLAND], {"clearance_m": 400}, "nothing-remains-avoiding"),
    ],
)
def test_what_cannot_be_cut_away_is_refused(tmp_path, rules, more, code):
    land.publish_land(tmp_path, {"YJJBNT": [("F", "", shapely.box(109.846, 40.60, 109.849, 40.63))]})
    with pytest.raises(UnusableInput) as refused:
        avoidance.cut_away(drawing(land.SITE), question(), rules, **more)
    assert refused.value.notices[0].code == code


# --- shift ---


def test_the_smallest_shift_goes_straight_off_the_edge(tmp_path):
    edge = 109.8456  # some 50 m into the site
    land.publish_land(tmp_path, {"YJJBNT": [("F", "", shapely.box(109.80, 40.60, edge, 40.63))]})
    asked = question()
    shift = avoidance.smallest_shift(drawing(land.SITE), asked, [FARMLAND])
    x, _ = PLANE.transform([109.845, edge], [40.617, 40.617])
    assert shift.distance_m == pytest.approx(x[1] - x[0], abs=0.6)  # meridians lean by 0.8° here
    assert shift.east_m > 0
    assert FARMLAND not in codes(shift.check, Outcome.HIT, Outcome.SUSPECT)
    assert codes(shift.check) <= codes(asked.check(drawing(land.SITE)))
    shorter = edits.move(
        drawing(land.SITE), (), north_m=shift.north_m * 0.97, east_m=shift.east_m * 0.97
    ).drawing
    assert FARMLAND in codes(asked.check(shorter)), "a little less is not enough"


def test_a_shift_never_buys_one_prohibition_with_another(tmp_path):
    west = shapely.box(109.80, 40.60, 109.8456, 40.63)
    east = shapely.box(109.8502, 40.60, 109.86, 40.63)  # leaves less room than the site is wide
    land.publish_land(tmp_path, {"YJJBNT": [("F", "", west)], "STBHHX": [("R", "", east)]})
    shift = avoidance.smallest_shift(drawing(land.SITE), question(), [FARMLAND], bound_m=150)
    assert shift is None


def test_where_farmland_is_all_around_there_is_no_shift(tmp_path):
    land.publish_land(tmp_path, {"YJJBNT": [("F", "", land.EXTENT)]})
    assert avoidance.smallest_shift(drawing(land.SITE), question(), [FARMLAND], bound_m=300) is None


def test_the_way_is_found_between_two_obstacles(tmp_path):
    """The nearest way out is north, though the site overlaps most in the west."""
    land.publish_land(
        tmp_path,
        {
            "YJJBNT": [
                ("W", "", shapely.box(109.80, 40.60, 109.8465, 40.6153)),
                ("E", "", shapely.box(109.8485, 40.60, 109.86, 40.6152)),
            ]
        },
    )
    shift = avoidance.smallest_shift(drawing(land.SITE), question(), [FARMLAND])
    _, y = PLANE.transform([109.8465, 109.8465], [40.615, 40.6153])
    assert shift.north_m == pytest.approx(y[1] - y[0], abs=1.0)
    assert abs(shift.east_m) < 5
