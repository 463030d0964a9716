"""The tools of the boundary desk through their one address."""

from __future__ import annotations

import json

import pytest
import shapely

from layers.models import Layer
from siting.models import SiteVersion
from tests.api.conftest import geojson
from tests.factories import land

pytestmark = pytest.mark.django_db
EDIT = "/api/v1/boundaries/edit/"
EAST = shapely.box(109.850, 40.615, 109.853, 40.619)
PARCEL = shapely.box(109.846, 40.616, 109.848, 40.618)


def drawing(*polygons, plane=4490):
    return {
        "type": "FeatureCollection",
        "plane": plane,
        "features": [
            {
                "type": "Feature",
                "geometry": geojson(polygon),
                "properties": {"number": str(at), "name": f"地块{at}", "use": "07"},
            }
            for at, polygon in enumerate(polygons, start=1)
        ],
    }


def edit(client, operation, given=None, **more):
    body = {"operation": operation, "drawing": given, **more}
    return client.post(EDIT, json.dumps(body), content_type="application/json")


def shapes(answer):
    assert answer.status_code == 200, answer.content
    return [shapely.geometry.shape(f["geometry"]) for f in answer.json()["drawing"]["features"]]


def line(*points):
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


def test_split_and_merge(published_land, planner):
    cut = edit(planner, "split", drawing(land.SITE), line=line((109.847, 40.61), (109.847, 40.62)))
    pieces = shapes(cut)
    assert [f["properties"]["number"] for f in cut.json()["drawing"]["features"]] == ["1", "1-1"]
    assert sum(piece.area for piece in pieces) == pytest.approx(land.SITE.area, rel=1e-7)
    (whole,) = shapes(edit(planner, "merge", cut.json()["drawing"], plots=[0, 1]))
    assert whole.symmetric_difference(land.SITE).area < 1e-12
    assert not SiteVersion.objects.exists(), "nothing is kept"


def test_an_offset_a_move_and_a_strip(published_land, planner):
    grown = edit(planner, "buffer", drawing(land.SITE), distance_m=10)
    assert grown.json()["areas"]["planar_area_m2"] > land.boundary().planar_area_m2
    moved = edit(planner, "move", drawing(land.SITE), north_m=12.5, east_m=-3)
    assert moved.json()["areas"]["planar_area_m2"] == pytest.approx(land.boundary().planar_area_m2, abs=0.01)
    alone = edit(planner, "strip", None, line=line((109.84, 40.62), (109.85, 40.62)), width_m=20)
    assert alone.json()["drawing"]["features"][0]["properties"]["line"]["width_m"] == 20


def test_cutting_out_what_is_drawn_or_a_parcel_under_a_click(published_land, planner):
    drawn = edit(planner, "cut_out", drawing(land.SITE), shape=geojson(PARCEL))
    assert len(shapes(drawn)[0].geoms[0].interiors) == 1
    land.publish_layer("DLTB", [("P1", "0101", PARCEL), ("P2", "0701", land.EXTENT - PARCEL)])
    clicked = edit(planner, "cut_out", drawing(land.SITE), at=[109.847, 40.617], layers=["DLTB"])
    assert shapes(clicked)[0].equals(shapes(drawn)[0])
    assert "P1" in clicked.json()["notices"][0]["text"]


def test_copying_a_parcel_makes_a_plot_with_its_very_vertices(published_land, planner):
    land.publish_layer("DLTB", [("P1", "0101", PARCEL), ("P2", "0701", land.EXTENT - PARCEL)])
    copied = edit(planner, "copy", drawing(EAST), at=[109.847, 40.617], layers=["DLTB"])
    assert shapes(copied)[1].equals(shapely.MultiPolygon([PARCEL]))
    assert copied.json()["touched"] == [1]
    first = edit(planner, "copy", None, at=[109.847, 40.617], layers=["DLTB"])
    assert len(shapes(first)) == 1


def test_a_confidential_layer_is_not_there_for_who_may_not_read_it(published_land, planner):
    land.publish_layer("SECRET", [("S1", "", PARCEL)])
    Layer.objects.filter(code="SECRET").update(secrecy="confidential")
    answer = edit(planner, "copy", None, at=[109.847, 40.617], layers=["SECRET"])
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "no-feature-here"
    near = shapely.box(109.845, 40.615, 109.846001, 40.617)
    snapped = edit(planner, "snap_clean", drawing(near), tolerance_m=1, layers=["SECRET"])
    assert snapped.json()["moved"] == []


def test_snapping_to_parcels_and_to_other_projects_sites(published_land, planner, project):
    land.publish_layer("DLTB", [("P1", "0101", PARCEL), ("P2", "0701", land.EXTENT - PARCEL)])
    near = shapely.box(109.848002, 40.616001, 109.852, 40.618)
    done = edit(planner, "snap_clean", drawing(near), tolerance_m=0.5)
    assert done.json()["moved_total"] == 2
    assert {tuple(m["after"]) for m in done.json()["moved"]} == {(109.848, 40.616), (109.848, 40.618)}
    assert all(0 < m["metres"] <= 0.5 for m in done.json()["moved"])
    again = edit(planner, "snap_clean", done.json()["drawing"], tolerance_m=0.5)
    assert (again.json()["moved_total"], again.json()["notices"][0]["code"]) == (0, "nothing-to-snap")


@pytest.mark.parametrize(
    ("operation", "more", "field"),
    [
        ("split", {}, "line"),
        ("split", {"line": {"type": "Point", "coordinates": [109.8, 40.6]}}, "line"),
        ("split", {"line": line((109.8, 40.6), (1e300, 40.6))}, "line.coordinates[1]"),
        ("split", {"line": line((109.0, 40.6), (109.1, 40.6))}, "line"),
        ("merge", {}, "plots"),
        ("merge", {"plots": [0, 9]}, "plots"),
        ("buffer", {}, "distance_m"),
        ("buffer", {"distance_m": 1e12}, "distance_m"),
        ("buffer", {"distance_m": -900}, "distance_m"),
        ("buffer", {"distance_m": 10**400}, "distance_m"),
        ("cut_out", {"shape": {"type": "Polygon", "coordinates": []}}, "geometry.coordinates"),
        ("cut_out", {}, "at"),
        ("copy", {"at": [0, 0]}, "at[0]"),
        ("move", {"north_m": 1e9}, "north_m"),
        ("snap_clean", {"tolerance_m": 1000}, "tolerance_m"),
        ("strip", {"line": line((109.8, 40.6), (109.9, 40.6)), "width_m": -5}, "width_m"),
        ("melt", {}, "operation"),
    ],
)
def test_bad_input_is_refused_with_its_place(published_land, planner, operation, more, field):
    answer = edit(planner, operation, drawing(land.SITE), **more)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["errors"][0]["message"]
