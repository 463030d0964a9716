"""Sites in view and what a drawing may snap to: only those of projects that the user may see, and bounded."""

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gis_projects.atlas.queries import features, sites
from gis_projects.people.permissions import Role
from tests.factories.disclosed import boundary, project_with_site
from tests.factories.layers import grid_table, published, square
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory

pytestmark = pytest.mark.django_db
VIEW = "bbox=109.8,40.55,110.0,40.7"
NEAR = "bbox=109.89,40.59,109.94,40.64"


@pytest.fixture
def projects():
    return {
        "own": project_with_site(boundary(109.91, 40.61), name="本区"),
        "other": project_with_site(boundary(109.92, 40.61), name="他区", region=RegionFactory(code="150202")),
        "secret": project_with_site(boundary(109.93, 40.61), name="密", secrecy="confidential"),
        "without": ProjectFactory(name="无选址"),
    }


def names(response):
    return {
        feature["properties"]["name"]
        for feature in response.json()["features"]
        if "name" in feature["properties"]
    }


@pytest.mark.parametrize(
    ("role", "region", "seen"),
    [
        (Role.PLANNER, "150207", {"本区"}),
        (Role.PLANNER, "150202", {"他区"}),
        (Role.PLANNER, "150200", {"本区", "他区"}),
        (Role.REVIEWER, "150200", {"本区", "他区", "密"}),
        (Role.REVIEWER, "150207", {"本区", "密"}),
    ],
)
def test_sites_are_those_of_visible_projects(projects, as_role, role, region, seen):
    client = as_role(role, region)
    assert names(client.get(f"/api/v1/sites/?{VIEW}")) == seen
    assert names(client.get(f"/api/v1/snap/?{NEAR}")) == seen


def test_a_site_keeps_its_holes_and_names_its_project(projects, planner):
    response = planner.get(f"/api/v1/sites/?{VIEW}")
    assert response["Content-Type"].startswith("application/geo+json")
    feature = next(f for f in response.json()["features"] if f["properties"]["name"] == "本区")
    assert feature["id"] == feature["properties"]["project"] == projects["own"].pk
    shown = shapely.geometry.shape(feature["geometry"])
    assert len(shapely.get_parts(shown)[0].interiors) == 1
    assert shown.symmetric_difference(boundary(109.91, 40.61)).area < 0.01 * shown.area


def test_only_sites_in_view(projects, planner):
    assert planner.get("/api/v1/sites/?bbox=111,41,112,42").json()["features"] == []


def test_the_number_of_sites_is_bounded_and_said(projects, planner, monkeypatch):
    assert planner.get(f"/api/v1/sites/?{VIEW}").json()["truncated"] is False
    monkeypatch.setattr(sites, "MAX_SITES", 1)
    answer = planner.get(f"/api/v1/sites/?{VIEW}").json()
    assert (len(answer["features"]), answer["truncated"]) == (1, True)


def test_sites_cost_three_queries(projects, planner):
    with CaptureQueriesContext(connection) as asked:
        planner.get(f"/api/v1/sites/?{VIEW}")
    assert len(asked) == 3  # session, user, sites


@pytest.mark.parametrize(
    "query",
    [
        "",
        "bbox=",
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=nan,1,2,3",
        "bbox=110,40,109,41",
        "bbox=109,41,110,40",
        "bbox=109,-91,110,40",
    ],
)
@pytest.mark.parametrize("face", ["sites", "snap"])
def test_a_box_that_is_none_is_refused(planner, face, query):
    response = planner.get(f"/api/v1/{face}/?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["errors"][0]["field"] == "bbox"


# --- snapping -------------------------------------------------------------------------------------


def test_parcels_come_whole_with_their_true_vertices(planner):
    published("DLTB", grid_table(3, 3))
    answer = planner.get("/api/v1/snap/?bbox=109.905,40.605,109.906,40.606").json()
    (parcel,) = answer["features"]
    assert parcel["properties"] == {"kind": "parcel", "key": "K0000", "class": "02"}
    assert shapely.geometry.shape(parcel["geometry"]).equals(square(0, 0))


def test_where_no_parcel_is_there_is_nothing_to_snap_to(planner):
    published("DLTB", grid_table(3, 3))
    assert planner.get("/api/v1/snap/?bbox=109.5,40.5,109.51,40.51").json()["features"] == []


def test_a_parcel_that_was_cut_has_no_edges_where_it_was_cut(planner):
    big = square(0, 0, 0.02).segmentize(0.0002)
    published("DLTB", grid_table(1, 1, geometries=[big]))
    (parcel,) = planner.get("/api/v1/snap/?bbox=109.9,40.6,109.92,40.62").json()["features"]
    edges = shapely.geometry.shape(parcel["geometry"]).boundary
    assert edges.difference(big.boundary.buffer(1e-9)).length < 1e-9


def test_a_confidential_parcel_layer_gives_nothing_to_snap_to(planner, reviewer):
    published("DLTB", grid_table(3, 3), secrecy="confidential")
    assert planner.get(f"/api/v1/snap/?{NEAR}").json()["features"] == []
    assert len(reviewer.get(f"/api/v1/snap/?{NEAR}").json()["features"]) == 9


def test_other_layers_are_nothing_to_snap_to(layers, reviewer):
    keys = {f["properties"]["key"] for f in reviewer.get(f"/api/v1/snap/?{NEAR}").json()["features"]}
    assert len(keys) == 9


def test_snapping_is_for_a_view_of_some_kilometres(planner):
    response = planner.get("/api/v1/snap/?bbox=109,40,110,41")
    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "bbox-too-large"


def test_snapping_is_bounded_and_keeps_what_is_nearest(planner, monkeypatch):
    published("DLTB", grid_table(5, 5))
    monkeypatch.setattr(features, "MAX_SNAP_FEATURES", 4)
    monkeypatch.setattr(features, "MAX_SNAP_VERTICES", 12)
    answer = planner.get("/api/v1/snap/?bbox=109.9,40.6,109.915,40.615").json()
    assert answer["truncated"] is True
    assert [f["properties"]["key"] for f in answer["features"]][:1] == ["K0000"]
    assert len(answer["features"]) <= 2


def test_nobody_snaps_without_signing_in(client):
    assert client.get(f"/api/v1/snap/?{NEAR}").status_code in (401, 403)
    assert client.get(f"/api/v1/sites/?{VIEW}").status_code in (401, 403)
