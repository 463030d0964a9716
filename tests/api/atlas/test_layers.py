"""The catalogue and what the layers say at a point, for those who may know of them."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from layers.models import Layer
from layers.raster_tiles import colours_key
from tests.factories.layers import LayerFactory, grid_table, published, square

pytestmark = pytest.mark.django_db
AT = "lon=109.905&lat=40.605"


def codes(response):
    return [layer["code"] for layer in response.json()]


def test_the_catalogue_has_the_visible_layers_in_the_order_of_the_map(layers, planner, reviewer):
    assert codes(planner.get("/api/v1/layers/")) == ["XZQ", "DLTB"]
    assert codes(reviewer.get("/api/v1/layers/")) == ["XZQ", "DLTB", "MI"]


def test_a_layer_brings_all_that_the_map_needs(layers, planner):
    layer = planner.get("/api/v1/layers/").json()[1]
    assert layer["legend"] == [
        {"class": "01", "label": "耕地", "fill": "#ffff00", "stroke": "#000000", "hatch": "diagonal"},
        {"class": "02", "label": "园地", "fill": "#00ff00"},
    ]
    assert layer["tile_url"] == "/tiles/DLTB/1/{z}/{x}/{y}.mvt"
    assert (layer["name"], layer["theme"], layer["kind"], layer["version"]) == (
        "国土调查地类图斑",
        "现状",
        "vector",
        1,
    )
    assert layer["notice"] == "演示数据,非真实界线"
    assert layer["authority"] == "自然资源局"


def test_a_layer_without_a_published_version_is_not_there(layers, planner):
    LayerFactory(code="EMPTY")
    assert "EMPTY" not in codes(planner.get("/api/v1/layers/"))


def test_republishing_moves_the_address_of_the_tiles(layers, planner):
    published("DLTB", grid_table(2, 2))
    layer = planner.get("/api/v1/layers/").json()[1]
    assert (layer["version"], layer["tile_url"]) == (2, "/tiles/DLTB/2/{z}/{x}/{y}.mvt")


def test_a_raster_has_an_address_of_pictures_instead(layers, planner):
    Layer.objects.filter(code="XZQ").update(kind="raster")
    layer = planner.get("/api/v1/layers/").json()[0]
    assert layer["tile_url"] is None
    assert layer["raster_url"] == (
        f"/tiles/XZQ/1/{{z}}/{{x}}/{{y}}.png?style={{style}}&colours={colours_key(Layer.objects.get(code='XZQ').style)}"
    )
    assert layer["raster_styles"] == ["values", "hillshade", "slope"]


def test_the_map_as_of_a_day_and_versions_by_number(layers, planner, reviewer):
    published("DLTB", grid_table(2, 2))
    published("LATE", grid_table(1, 1))
    # published rows never change: the test looks back from days around now instead
    today = timezone.localdate()
    before = planner.get(f"/api/v1/layers/?as_of={today - timedelta(days=1)}").json()
    assert before == []
    now = planner.get(f"/api/v1/layers/?as_of={today}").json()
    assert [(layer["code"], layer["version"], layer["in_force"]) for layer in now] == [
        ("LATE", 1, True),
        ("XZQ", 1, True),
        ("DLTB", 2, True),
    ]
    first = planner.get("/api/v1/layers/?v=DLTB:1,NONE:1,XZQ:9").json()
    assert [(layer["code"], layer["version"], layer["in_force"]) for layer in first] == [
        ("LATE", 1, True),
        ("XZQ", 1, True),
        ("DLTB", 1, False),
    ]
    assert "MI" not in codes(planner.get("/api/v1/layers/?v=MI:1"))
    assert "MI" in codes(reviewer.get("/api/v1/layers/?v=MI:1"))
    for nonsense in ("as_of=soon", "v=DLTB:x"):
        assert planner.get(f"/api/v1/layers/?{nonsense}").status_code == 400


def test_identify_asks_the_version_that_is_named(layers, planner):
    published("DLTB", grid_table(3, 3, keys=[f"N{n}" for n in range(9)]))

    def keys(named):
        found = planner.get(f"/api/v1/layers/identify/?{AT}&layers={named}").json()["features"]
        return [(feature["key"], feature["version"]) for feature in found]

    assert keys("DLTB") == keys("DLTB:2") == [("N0", 2)]
    assert keys("DLTB:1") == [("K0000", 1)]
    assert keys("DLTB:7") == []


@pytest.mark.parametrize("url", ["layers/", f"layers/identify/?{AT}", f"layers/DLTB/identify/?{AT}"])
def test_nobody_reads_layers_without_signing_in_or_without_a_role(layers, client, url):
    assert client.get(f"/api/v1/{url}").status_code in (401, 403)
    client.force_login(User.objects.create(username="nobody", roles=[]))
    assert client.get(f"/api/v1/{url}").status_code == 403


# --- identify -------------------------------------------------------------------------------------


def test_identify_answers_for_every_visible_layer(layers, planner):
    features = planner.get(f"/api/v1/layers/identify/?{AT}").json()["features"]
    assert [(feature["layer"], feature["key"]) for feature in features] == [
        ("XZQ", "K0000"),
        ("DLTB", "K0000"),
    ]
    parcel = features[1]
    assert (parcel["class"], parcel["class_name"], parcel["name"]) == ("02", "园地", "图斑0")
    assert parcel["layer_name"] == "国土调查地类图斑"
    assert parcel["attributes"]["QSXZ"] == "20"
    assert parcel["area_m2"] == pytest.approx(939_000, rel=0.01)
    assert parcel["geometry"]["type"] in ("Polygon", "MultiPolygon")


def test_identify_never_tells_of_a_confidential_layer(layers, planner, reviewer):
    for url in (
        f"layers/identify/?{AT}",
        f"layers/identify/?{AT}&layers=MI,DLTB",
        f"layers/identify/?{AT}&layers=MI",
    ):
        assert "MI" not in {feature["layer"] for feature in planner.get(f"/api/v1/{url}").json()["features"]}
    refused = planner.get(f"/api/v1/layers/MI/identify/?{AT}")
    unknown = planner.get(f"/api/v1/layers/NONE/identify/?{AT}")
    assert refused.status_code == unknown.status_code == 404
    assert refused.json() == unknown.json()
    features = reviewer.get(f"/api/v1/layers/identify/?{AT}&layers=MI").json()["features"]
    assert [feature["layer"] for feature in features] == ["MI"]


def test_identify_of_one_layer_and_of_named_ones(layers, planner):
    one = planner.get(f"/api/v1/layers/DLTB/identify/?{AT}").json()["features"]
    named = planner.get(f"/api/v1/layers/identify/?{AT}&layers=DLTB").json()["features"]
    assert [feature["layer"] for feature in one] == ["DLTB"]
    assert named == one


def test_identify_beside_a_feature_needs_reach(layers, planner):
    beside = "lon=109.8999&lat=40.605&layers=XZQ"  # some 8 m west of it
    assert planner.get(f"/api/v1/layers/identify/?{beside}").json()["features"] == []
    assert len(planner.get(f"/api/v1/layers/identify/?{beside}&reach=20").json()["features"]) == 1


@pytest.mark.parametrize(
    "query",
    ["", "lon=109.9", "lon=x&lat=40", "lon=nan&lat=40", "lon=inf&lat=40", "lon=181&lat=40", f"{AT}&reach=-1"],
)
def test_a_place_that_is_none_is_refused(layers, planner, query):
    response = planner.get(f"/api/v1/layers/identify/?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_identify_costs_few_queries_however_many_layers(layers, reviewer):
    for number in range(5):
        published(f"L{number}", grid_table(1, 1))
    with CaptureQueriesContext(connection) as asked:
        response = reviewer.get(f"/api/v1/layers/identify/?{AT}")
    assert len(response.json()["features"]) == 8
    assert len(asked) <= 5  # session, user, codes, versions, features


def test_a_very_large_feature_is_shown_simplified(planner):
    whole = square(0, 0, 0.05).segmentize(0.00001)
    published("BIG", grid_table(1, 1, geometries=[whole]))
    geometry = planner.get(f"/api/v1/layers/BIG/identify/?{AT}").json()["features"][0]["geometry"]
    assert len(geometry["coordinates"][0]) < 4000


# --- the catalogue page ---------------------------------------------------------------------------


def test_the_page_lists_what_may_be_known(layers, planner, reviewer):
    text = planner.get("/layers/").content.decode()
    for words in ("国土调查地类图斑", "自然资源局", "演示数据,非真实界线", "grid"):
        assert words in text
    assert "涉密设施" not in text
    assert ">密(" not in text
    assert "涉密设施" in reviewer.get("/layers/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("theme=现状", ["DLTB"]),
        ("theme=密", []),
        ("q=自然资源局", ["DLTB"]),
        ("q=XZQ", ["XZQ"]),
        ("q=涉密", []),
        ("q=%00", ["XZQ", "DLTB"]),
        ("q=%25", []),
    ],
)
def test_the_page_filters(layers, planner, query, found):
    versions = planner.get(f"/layers/?{query}").context["versions"]
    assert [version.layer.code for version in versions] == found


def test_the_export_has_the_same_rows_and_no_formula(layers, planner):
    Layer.objects.filter(code="DLTB").update(name="=1+1")
    text = planner.get("/layers/?format=csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows[1:]] == ["XZQ", "DLTB"]
    assert rows[2][1] == "'=1+1"
    assert len(rows[1][-1]) == 64
    assert planner.get("/layers/?format=xlsx").content[:2] == b"PK"


def test_pages_ask_who_is_there(layers, client, as_role):
    for page in ("/layers/", "/map/"):
        response = client.get(page)
        assert response.status_code == 302
        assert "/accounts/login/" in response["Location"]
    client.force_login(User.objects.create(username="nobody", roles=[]))
    for page in ("/layers/", "/map/"):
        assert client.get(page).status_code == 403
    without = {Role.UNIT_ADMIN, Role.INTERMEDIARY, Role.EXPERT, Role.JOINT}
    for role in Role:
        assert as_role(role).get("/map/").status_code == (403 if role in without else 200), role
