"""Requests that nobody sends by mistake: each is refused in words, and none is a server's error."""

from __future__ import annotations

import json

import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gis_projects.library.models import Project
from siting.models import SiteVersion
from tests.api.conftest import geojson
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory

pytestmark = pytest.mark.django_db
PREVIEW, READ = "/api/v1/checks/preview/", "/api/v1/boundaries/read/"
HALF = "\\ud800"  # as JSON writes one half of a character
DRAWN = json.dumps(geojson())


@pytest.fixture
def calm(planner):
    """The planner's client, which shows a 500 as an answer."""
    planner.raise_request_exception = False
    return planner


def save(project: Project) -> str:
    return f"/api/v1/projects/{project.pk}/site-versions/"


def body(**members: str) -> bytes:
    drawn = {"geometry": json.dumps(geojson())} | members
    return ("{" + ",".join(f'"{name}":{text}' for name, text in drawn.items()) + "}").encode()


BODIES = {
    "deep": body(geometry="[" * 100_000 + "]" * 100_000),
    "half a character": body(facts=f'{{"intended_use":"{HALF}"}}'),
    "half a character in a name": body(facts=f'{{"{HALF}":"07"}}'),
    "half a character in a type": body(geometry=f'{{"type":"{HALF}","coordinates":[]}}'),
    "a NUL": body(facts='{"intended_use":"07\\u0000"}'),
    "facts as text": body(facts='"abc"'),
    "facts as JSON in text": body(facts='"[[[["'),
    "facts as a list": body(facts='[["intended_use","07"]]'),
    "facts as a number": body(facts="5"),
    "a fact that is a list": body(facts='{"intended_use":["07"]}'),
    "a fact that no rule asks for": body(facts='{"colour":"red"}'),
    "a value that no rule knows": body(facts='{"intended_use":"99"}'),
    "a very long fact": body(facts=json.dumps({"intended_use": "7" * 5000})),
    "a geometry as text": body(geometry=json.dumps(json.dumps(geojson()))),
    "not a number": body(geometry='{"type":"Polygon","coordinates":[[[NaN,40],[110,40],[110,41]]]}'),
    "infinite": body(geometry='{"type":"Polygon","coordinates":[[[1e999,40],[110,40],[110,41]]]}'),
    "four thousand digits": body(geometry="9" * 5000),
    "no UTF-8": b'{"geometry":"\xff\xfe"}',
    "cut off": body()[:-1],
    "a list": b"[1]",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_and_keeps_nothing(published_land, calm, project, name):
    for address in (PREVIEW, save(project)):
        answer = calm.post(address, BODIES[name], content_type="application/json")
        assert answer.status_code == 400, (address, answer.content[:300])
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"]
    assert not SiteVersion.objects.exists()
    project.refresh_from_db()
    assert project.site is None, "nothing is half written"


@pytest.mark.parametrize("facts", ["{bad", "[" * 100_000, '{"intended_use":"\\u0000"}', HALF, "[]", "5"])
def test_hostile_facts_in_a_form_are_refused(published_land, calm, project, facts):
    answer = calm.post(save(project), {"geometry": json.dumps(geojson()), "facts": facts})
    assert answer.status_code == 400, answer.content[:300]
    assert answer.json()["errors"][0]["field"] == "facts"


def test_a_form_may_write_its_geometry_and_facts_as_text(published_land, calm, project):
    form = {"geometry": json.dumps(geojson()), "facts": '{"intended_use":"\\u0030\\u0037"}'}
    assert calm.post(save(project), form).status_code == 201
    project.refresh_from_db()
    assert project.site.facts == {"intended_use": "07"}


def test_characters_beyond_the_first_plane_are_whole_when_escaped(published_land, calm, project):
    text = json.dumps({"geometry": geojson(), "facts": {"intended_use": "\U00020000"}})
    assert "\\ud840" in text
    answer = calm.post(PREVIEW, text, content_type="application/json")
    assert "\U00020000" in answer.json()["detail"], "refused as a value, not as half a character"


@pytest.mark.parametrize(
    "properties", [f'{{"{HALF}":"x"}}', f'{{"name":"{HALF}"}}', f'{{"a":1,"{HALF}":1,"{HALF}":2}}']
)
def test_a_file_with_half_a_character_is_refused(calm, project, properties):
    text = f'{{"type":"Feature","properties":{properties},"geometry":{DRAWN}}}'
    for address in (READ, save(project)):
        answer = calm.post(address, {"file": SimpleUploadedFile("a.geojson", text.encode())})
        assert answer.status_code == 400, answer.content[:300]
        assert answer.json()["errors"][0]["code"] in ("text-broken", "json-key-repeated")


def test_percent_signs_of_a_file_stay_what_they_are(calm):
    crs = '{"type":"name","properties":{"name":"%s%(x)d%"}}'
    text = f'{{"type":"Feature","crs":{crs},"properties":{{}},"geometry":{DRAWN}}}'
    answer = calm.post(READ, {"file": SimpleUploadedFile("%(a)s%.geojson", text.encode())})
    assert "“%s%(x)d%”" in answer.json()["detail"]


def test_a_body_past_the_limit_is_not_read(calm, project, settings):
    settings.MAX_BODY_BYTES = 1000
    answer = calm.post(PREVIEW, b" " * 1001, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    page = calm.post("/accounts/password/", {"x": "y" * 1000})
    assert (page.status_code, page["Content-Type"]) == (413, "text/html; charset=utf-8")


def test_json_has_a_limit_of_its_own(calm, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert calm.post(PREVIEW, b" " * 101, content_type="application/json").status_code == 413


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/checks/?q=%00", 200),
        ("/checks/?q=a%00b&format=csv", 200),
        ("/projects/?q=%00", 200),
        ("/layers/?q=%00&theme=%00", 200),
        ("/api/v1/projects/?q=%00", 400),
        ("/api/v1/rulebooks/current/?on=0001-01-01", 404),
        ("/api/v1/rulebooks/current/?on=%00", 400),
        ("/api/v1/schema/?version=%00", 200),
        ("/statistics/?as_of=0001-01-01", 200),
        ("/projects/99999999999999999999999/", 404),
    ],
)
def test_a_hostile_question_is_answered(published_land, calm, address, status):
    assert calm.get(address).status_code == status


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1\\@evil", "localhost.evil.example"])
def test_another_host_is_refused_as_a_bad_request(db, host):
    client = Client(raise_request_exception=False)
    for address in ("/", "/accounts/login/", "/api/v1/layers/"):
        assert client.get(address, headers={"Host": host}).status_code == 400


def test_what_depends_on_the_person_is_kept_by_nobody_else(published_land, calm, project):
    for address in ("/projects/", f"/projects/{project.pk}/", "/api/v1/projects/map/", "/checks/", "/map/"):
        answer = calm.get(address)
        assert "Cookie" in answer["Vary"], address
        assert answer["Cache-Control"] == "private, no-cache", address


def comb(teeth: int) -> shapely.Polygon:
    points = [(109.81 + 0.08 * i / teeth, 40.59 if i % 2 else 40.65) for i in range(teeth)]
    return shapely.Polygon([*points, (109.89, 40.655), (109.81, 40.655)])


@pytest.mark.parametrize(
    ("drawn", "code"),
    [
        (shapely.Point(109.85, 40.61).buffer(0.01, quad_segs=6000), "too-many-vertices-live"),
        (comb(400), "too-large-outline"),
        (shapely.box(109.2, 40.2, 109.7, 40.7), "too-large-area"),
    ],
)
def test_the_live_check_is_bounded(published_land, calm, drawn, code):
    answer = calm.post(PREVIEW, json.dumps({"geometry": geojson(drawn)}), content_type="application/json")
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == [code]


def test_a_site_has_wider_bounds(published_land, calm, project):
    for drawn, status in ((comb(400), 201), (comb(1000), 400), (shapely.box(109.0, 40.2, 110.0, 41.0), 400)):
        answer = calm.post(
            save(project), json.dumps({"geometry": geojson(drawn)}), content_type="application/json"
        )
        assert answer.status_code == status, answer.content[:300]


def test_the_name_of_a_file_is_only_a_name(published_land, calm):
    project = ProjectFactory(region=RegionFactory(code="150207"), code='../..%0d%0a"x')
    upload = SimpleUploadedFile('界线"%0a.geojson', json.dumps(geojson()).encode())
    upload.name = "../../<b>界线\r\nX-Evil: 1.geojson"
    answer = calm.post(save(project), {"file": upload})
    assert answer.status_code == 201, answer.content
    for address in ("original", "coordinates.txt"):
        answer = calm.get(f"/site-versions/{SiteVersion.objects.get().pk}/{address}")
        assert answer.status_code == 200
        assert "X-Evil" not in answer.headers
        disposition = answer["Content-Disposition"]
        assert disposition.startswith("attachment; filename*=UTF-8''")
        assert not set(disposition.split("''")[1]) & set(' "<>\r\n;\\/')
