"""Avoidance through the API: the pinned versions, and nothing of layers that one may not read."""

from __future__ import annotations

import json

import pytest
import shapely

from gis_projects.people.permissions import Role
from layers.models import Layer
from tests.api.conftest import geojson, signed_in
from tests.factories import land

pytestmark = pytest.mark.django_db
AVOID, SHIFT, PREVIEW = "/api/v1/checks/avoid/", "/api/v1/checks/shift/", "/api/v1/checks/preview/"
FARMLAND = "permanent-basic-farmland"
WEST = shapely.box(109.84, 40.60, 109.8456, 40.63)


def ask(client, url, rules=(FARMLAND,), **more):
    body = {"geometry": geojson(), "rules": list(rules), "facts": {"intended_use": "07"}, **more}
    return client.post(url, json.dumps(body), content_type="application/json")


@pytest.fixture
def farmland(published_land):
    land.publish_layer("YJJBNT", [("F", "", WEST)])


def test_cutting_away_tells_what_is_lost_and_what_remains(farmland, planner):
    answer = ask(planner, AVOID)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["still"], told["verdict"], told["parts"]) == ([], "clear", 1)
    whole = land.boundary().area_m2
    assert told["lost"]["area_m2"] + told["areas"]["area_m2"] == pytest.approx(whole, abs=0.02)
    rest = shapely.geometry.shape(told["drawing"]["features"][0]["geometry"])
    assert rest.bounds[0] == pytest.approx(109.8456, abs=1e-12)
    again = ask(planner, PREVIEW, geometry=told["drawing"]).json()
    assert FARMLAND in again["check"]["clear"]


def test_the_smallest_shift_is_told_with_its_check(farmland, planner):
    shift = ask(planner, SHIFT).json()["shift"]
    assert shift["east_m"] > 0
    assert shift["verdict"] == "clear"
    assert 45 < shift["distance_m"] < 56
    land.publish_layer("YJJBNT", [("F", "", land.EXTENT)])
    assert ask(planner, SHIFT, bound_m=50).json() == {"shift": None, "bound_m": 50}


def test_the_versions_of_the_check_hold_though_a_layer_was_published_since(farmland, planner):
    preview = ask(planner, PREVIEW).json()["check"]["manifest"]
    pins = {code: entry["version"] for code, entry in preview.items()}
    land.publish_layer("YJJBNT", [])
    assert ask(planner, AVOID).json()["errors"][0]["code"] == "conflict-gone"
    assert ask(planner, AVOID, versions=pins).json()["still"] == []


def test_a_version_that_waits_is_not_asked(farmland, planner):
    assert ask(planner, AVOID, versions={"YJJBNT": 99}).status_code == 200


def test_a_confidential_layer_is_no_knife_for_who_may_not_read_it(farmland, planner):
    Layer.objects.filter(code="YJJBNT").update(secrecy="confidential")
    for url in (AVOID, SHIFT):
        answer = ask(planner, url)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "conflict-withheld"


def test_no_shift_draws_the_edge_of_a_layer_that_one_may_not_read(farmland, planner):
    # East of the site: any shift to the east far enough off the farmland meets it.
    land.publish_layer("STBHHX", [("R", "", shapely.box(109.8503, 40.60, 109.86, 40.63))])
    Layer.objects.filter(code="STBHHX").update(secrecy="confidential")
    reviewer = signed_in(Role.REVIEWER, "150200", username="reader")
    past = ask(reviewer, SHIFT, bound_m=1000).json()["shift"]
    assert past is not None, "who may read it is led past it"
    assert ask(planner, SHIFT, bound_m=1000).json()["shift"] is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"rules": []}, "rules"),
        ({"rules": ["ecological-red-line"]}, "rules"),
        ({"clearance_m": -3}, "clearance_m"),
        ({"least_width_m": 1e6}, "least_width_m"),
        ({"geometry": {"type": "Point"}}, "geometry.type"),
        ({"facts": {"nonsense": "1"}}, "nonsense"),
    ],
)
def test_bad_input_is_refused_with_its_place(farmland, planner, more, field):
    answer = ask(planner, AVOID, **more)
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["errors"][0]["field"] == field
