"""The search box: features by key and name, projects, each for those who may know of them."""

import pytest

from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from layers.models import Feature
from tests.factories.layers import grid_table, published
from tests.factories.library import ProjectFactory
from tests.factories.people import baotou

pytestmark = pytest.mark.django_db


def found(client, words, **more):
    return client.get("/api/v1/search/", {"q": words, **more}).json()


def keys(answer):
    return [(hit["layer"], hit["key"]) for hit in answer["features"]]


def test_a_key_is_found_from_its_beginning_the_whole_one_first(planner):
    published("A", grid_table(2, 1, keys=["K1", "K10"], names=["甲", "乙"]))
    assert keys(found(planner, "K1")) == [("A", "K1"), ("A", "K10")]
    assert keys(found(planner, "1")) == []


def test_a_name_is_found_from_its_beginning_and_in_a_small_layer_inside(planner):
    published("A", grid_table(3, 1, keys=["a", "b", "c"], names=["昆都仑河", "小昆都仑", "黄河"]))
    assert keys(found(planner, "昆都仑")) == [("A", "a"), ("A", "b")]


def test_in_a_large_layer_names_are_found_from_their_beginning_only(planner, monkeypatch):
    published("A", grid_table(2, 1, keys=["a", "b"], names=["昆都仑河", "小昆都仑"]))
    monkeypatch.setattr("layers.lookup.READ_THROUGH", 1)
    assert keys(found(planner, "昆都仑")) == [("A", "a")]


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "", "  "])
def test_no_sign_means_anything_else(planner, words):
    published("A", grid_table(2, 1, names=["甲", "乙"]))
    assert found(planner, words)["features"] == []


def test_what_can_not_be_searched_for_is_refused(planner):
    assert planner.get("/api/v1/search/", {"q": "a\0b"}).status_code == 400
    assert planner.get("/api/v1/search/", {"q": "x" * 101}).status_code == 400
    assert planner.get("/api/v1/search/", {"q": "x", "layers": "A:one"}).status_code == 400
    assert planner.get("/api/v1/search/").status_code == 400


def test_places_come_before_other_layers_and_a_hit_says_where_it_is(planner):
    published("A", grid_table(1, 1, names=["九原区规划"]), order=1)
    published("XZQ", grid_table(1, 1, names=["九原区"]), order=9)
    answer = found(planner, "九原")
    assert [hit["layer"] for hit in answer["features"]] == ["XZQ", "A"]
    assert answer["features"][0]["bbox"] == pytest.approx([109.9, 40.6, 109.91, 40.61])
    assert answer["features"][0]["version"] == 1


def test_a_confidential_layer_is_searched_only_for_those_who_may_know_of_it(layers, planner, reviewer):
    assert "MI" not in {layer for layer, _key in keys(found(planner, "K0000"))}
    assert "MI" in {layer for layer, _key in keys(found(reviewer, "K0000"))}
    assert keys(found(planner, "K0000", layers="MI")) == []


def test_more_than_fit_are_said(planner):
    published("A", grid_table(6, 5))
    answer = found(planner, "K")
    assert len(answer["features"]) == 20
    assert answer["more"] == ["features"]


def test_projects_are_those_that_the_user_may_see(as_role):
    baotou()
    ProjectFactory(name="九原供水工程", region_id="150207")
    planner = as_role(Role.PLANNER, region="150207")
    elsewhere = as_role(Role.PLANNER, region="150202")
    assert [p["name"] for p in found(planner, "供水")["projects"]] == ["九原供水工程"]
    assert found(elsewhere, "供水")["projects"] == []


def test_a_version_by_number_has_its_own_features(planner):
    published("A", grid_table(2, 1, keys=["old", "both"]))
    published("A", grid_table(2, 1, keys=["both", "new"]))
    assert Feature.objects.filter(key="old", last_version=1).exists()
    assert keys(found(planner, "old")) == []
    assert keys(found(planner, "old", layers="A:1")) == [("A", "old")]
    assert keys(found(planner, "new", layers="A:1")) == []


def test_nobody_searches_without_a_role(client):
    assert client.get("/api/v1/search/?q=K").status_code == 403
    client.force_login(User.objects.create(username="nobody", roles=[]))
    assert client.get("/api/v1/search/?q=K").status_code == 403


# --- one feature ----------------------------------------------------------------------------------


def test_one_feature_by_its_key_also_of_an_earlier_version(planner):
    published("A", grid_table(2, 1, keys=["old", "both"]))
    published("A", grid_table(1, 1, keys=["both"]))
    get = planner.get
    assert get("/api/v1/layers/A/feature/?key=both").json()["version"] == 2
    assert get("/api/v1/layers/A/feature/?key=old").status_code == 404
    old = get("/api/v1/layers/A/feature/?key=old&version=1").json()
    assert (old["version"], old["geometry"]["type"]) == (1, "Polygon")
    assert get("/api/v1/layers/A/feature/?key=old&version=9").status_code == 404
    assert get("/api/v1/layers/A/feature/").status_code == 400


def test_one_feature_of_a_confidential_layer_is_as_one_that_does_not_exist(layers, planner, reviewer):
    refused = planner.get("/api/v1/layers/MI/feature/?key=K0000")
    unknown = planner.get("/api/v1/layers/NONE/feature/?key=K0000")
    assert refused.status_code == unknown.status_code == 404
    assert refused.json() == unknown.json()
    assert reviewer.get("/api/v1/layers/MI/feature/?key=K0000").status_code == 200
