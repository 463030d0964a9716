"""Boundaries and checks through the API and the pages that a person downloads from."""

from __future__ import annotations

import io
import json

import pytest
import shapely
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from siting import boundaries, certificates
from siting.formats import coordinate_text
from siting.models import Check, SiteVersion
from tests.api.conftest import geojson, signed_in
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory

pytestmark = pytest.mark.django_db
PREVIEW = "/api/v1/checks/preview/"


def _text(polygon=land.SITE, **options) -> bytes:
    from siting.formats.plane import in_plane

    return coordinate_text.write(in_plane(land.boundary(polygon).declared), **options)


def _post(client, url, data):
    return client.post(url, json.dumps(data), content_type="application/json")


def _saved(client, project) -> int:
    answer = _post(client, f"/api/v1/projects/{project.pk}/site-versions/", {"geometry": geojson()})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


# --- the live check ---


def test_a_drawing_is_checked_without_keeping_anything(published_land, planner):
    answer = _post(planner, PREVIEW, {"geometry": geojson(), "facts": {"intended_use": "07"}})
    assert answer.status_code == 200
    assert answer.json()["check"]["verdict"] == "clear"
    assert (answer.json()["inside_region"], answer.json()["region_name"]) == (True, "九原区")
    assert not SiteVersion.objects.exists()
    assert not Check.objects.exists()


def test_a_drawing_outside_ones_region_is_told_at_once(published_land, planner):
    over_the_line = shapely.box(109.855, 40.615, 109.8625, 40.619)
    answer = _post(planner, PREVIEW, {"geometry": geojson(over_the_line)}).json()
    assert (answer["inside_region"], answer["region_code"]) == (False, "150207")
    both = signed_in(Role.REVIEWER, "150200", username="r")
    assert _post(both, PREVIEW, {"geometry": geojson(over_the_line)}).json()["inside_region"] is True


def test_what_the_project_stated_counts_in_the_live_check(published_land, planner, project):
    _post(
        planner,
        f"/api/v1/projects/{project.pk}/site-versions/",
        {"geometry": geojson(), "facts": {"intended_use": "07"}},
    )
    answer = _post(planner, PREVIEW, {"geometry": geojson(), "project": project.pk}).json()
    assert answer["check"]["facts"] == {"intended_use": "07"}


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "Point", "coordinates": [109.8, 40.6]}, None),
        ({"type": "Polygon", "coordinates": []}, None),
        ({"type": "Polygon", "coordinates": [[[109.8, 40.6], [109.9, "x"], [109.8, 40.7]]]}, None),
        (geojson(shapely.Polygon([(109.84, 40.61), (109.85, 40.62), (109.85, 40.61), (109.84, 40.62)])),
         "ring-crosses-itself"),
        ("nonsense", None),
        (None, None),
    ],
)  # fmt: skip
def test_an_unusable_drawing_is_a_problem_document(published_land, planner, geometry, code):
    answer = _post(planner, PREVIEW, {"geometry": geometry})
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == 400
    assert problem["errors"]
    assert all(error["message"] for error in problem["errors"])
    if code:
        assert problem["errors"][0]["place"] is not None, "the crossing can be shown on the map"


# --- files ---


def test_a_coordinate_text_is_read_with_its_areas_and_holes(published_land, planner):
    ring = shapely.box(109.845, 40.615, 109.850, 40.619) - shapely.box(109.846, 40.616, 109.848, 40.618)
    upload = SimpleUploadedFile("边界.txt", _text(ring, encoding="gb18030"))
    answer = planner.post("/api/v1/boundaries/read/", {"file": upload})
    assert answer.status_code == 200, answer.content
    shape = shapely.geometry.shape(answer.json()["geometry"])
    assert len(shape.geoms) == 1
    assert len(shape.geoms[0].interiors) == 1
    assert answer.json()["areas"]["area_m2"] == pytest.approx(land.boundary(ring).area_m2, rel=1e-6)
    assert answer.json()["crs"]["epsg"] == 4525


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("边界.txt", b""),
        ("a.zip", b"%PDF-1.7 not a zip"),
        ("a.geojson", b'<OGRVRTDataset><OGRVRTLayer name="x"/></OGRVRTDataset>'),
        ("a.zip", b"PK\x03\x04truncated"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_with_words(published_land, planner, name, content):
    answer = planner.post("/api/v1/boundaries/read/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")


def test_the_original_file_is_kept_byte_for_byte(published_land, planner, project):
    content = _text(encoding="gb18030")
    answer = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/", {"file": SimpleUploadedFile("红线.txt", content)}
    )
    assert answer.status_code == 201, answer.content
    version = SiteVersion.objects.get(pk=answer.json()["id"])
    assert (bytes(version.source_file), version.source_name) == (content, "红线.txt")
    assert planner.get(f"/site-versions/{version.pk}/original").content == content
    written = planner.get(f"/site-versions/{version.pk}/coordinates.txt?encoding=gb18030").content
    again = boundaries.read(written, "again.txt")
    assert again.geometry.equals(boundaries.read(content, "first.txt").geometry)
    assert again.area_m2 == pytest.approx(version.area_m2, abs=1e-9)


# --- saving and checking ---


def test_saving_and_checking_leaves_evidence_and_a_trail(published_land, planner, project):
    version = _saved(planner, project)
    answer = planner.post(f"/api/v1/site-versions/{version}/checks/")
    assert answer.status_code == 201
    check = Check.objects.get(pk=answer.json()["id"])
    assert answer.json()["verdict"] == check.verdict == "incomplete"
    served = planner.get(f"/api/v1/checks/{check.pk}/").json()
    assert certificates.verify(served) == []
    downloaded = json.loads(planner.get(f"/checks/{check.pk}/check.json").content)
    assert downloaded == served
    verbs = list(Step.objects.order_by("number").values_list("verb", flat=True))
    assert verbs == ["library.attach_site", "sites.save_boundary", "sites.run_check"]


def test_nothing_is_saved_when_the_boundary_is_refused(published_land, planner, project):
    answer = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/", {"file": SimpleUploadedFile("a.txt", b"J1,1,2")}
    )
    assert answer.status_code == 400
    project.refresh_from_db()
    assert project.site is None
    assert not Step.objects.exists()


def test_neither_file_nor_drawing_is_said(published_land, planner, project):
    answer = _post(planner, f"/api/v1/projects/{project.pk}/site-versions/", {})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "geometry"


@pytest.mark.parametrize("path", ["", "report.pdf", "check.json"])
def test_another_regions_check_does_not_exist_for_a_planner(published_land, path, planner):
    elsewhere = ProjectFactory(region=RegionFactory(code="150202"))
    owner = signed_in(Role.PLANNER, "150202", username="other")
    version = _saved(owner, elsewhere)
    check = owner.post(f"/api/v1/site-versions/{version}/checks/").json()["id"]
    assert owner.get(f"/checks/{check}/{path}").status_code == 200
    assert planner.get(f"/checks/{check}/{path}").status_code == 404
    assert planner.get(f"/api/v1/checks/{check}/").status_code == 404
    assert planner.get(f"/site-versions/{version}/coordinates.txt").status_code == 404
    assert planner.post(f"/api/v1/site-versions/{version}/checks/").status_code == 404
    assert str(check) not in [cell.pk for cell in planner.get("/checks/").context["page"]]


def test_a_reviewer_reads_but_does_not_draw(published_land, project):
    reviewer = signed_in(Role.REVIEWER, "150200")
    answer = _post(reviewer, f"/api/v1/projects/{project.pk}/site-versions/", {"geometry": geojson()})
    assert answer.status_code == 403
    assert reviewer.get(f"/projects/{project.pk}/site/").status_code == 403


# --- pages ---


def test_the_pages_show_the_answer(published_land, planner, project):
    version = _saved(planner, project)
    check = planner.post(f"/api/v1/site-versions/{version}/checks/").json()["id"]
    page = planner.get(f"/checks/{check}/").content.decode()
    assert "规划用途不相符" in page
    assert "滨河净水厂工程" in page
    listed = planner.get("/checks/?verdict=incomplete&q=净水厂").content.decode()
    assert f"/checks/{check}/" in listed
    assert f"/checks/{check}/" not in planner.get("/checks/?verdict=clear").content.decode()
    exported = planner.get("/checks/?format=csv").content.decode("utf-8-sig")
    assert "滨河净水厂工程" in exported
    assert planner.get(f"/projects/{project.pk}/site/").status_code == 200


def test_the_report_prints_the_numbers_of_the_check(published_land, planner, project, tmp_path):
    land.publish_layer("STBHHX", [("R", "", shapely.box(109.848, 40.60, 109.87, 40.617))])
    version = _saved(planner, project)
    check = planner.post(f"/api/v1/site-versions/{version}/checks/").json()["id"]
    answer = planner.get(f"/checks/{check}/report.pdf")
    assert answer["Content-Type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    document = certificates.certificate(Check.objects.get(pk=check))
    finding = next(item for item in document["findings"] if item["rule"] == "ecological-red-line")
    assert f"{finding['area_m2']:,.2f}" in text
    assert f"{document['site']['area_m2']:,.2f}" in text
    assert "占用生态保护红线" in text
    assert "界址点坐标成果表" in text
    assert document["digest"][:16] in text


def test_the_public_key_is_public(client):
    assert client.get("/checks/key.pem").content.startswith(b"-----BEGIN PUBLIC KEY-----")


def test_the_rulebook_of_a_day(published_land, planner):
    codes = {rule["code"] for rule in planner.get("/api/v1/rulebooks/current/?on=2026-08-14").json()["rules"]}
    assert "water-source-1-law" in codes
    assert "water-source-1" not in codes
    assert planner.get("/api/v1/rulebooks/current/?on=soon").status_code == 400


def test_an_empty_answer_takes_back_an_earlier_one(published_land, planner, project):
    for facts in ({"intended_use": "07"}, {"intended_use": ""}):
        url = f"/api/v1/projects/{project.pk}/site-versions/"
        assert _post(planner, url, {"geometry": geojson(), "facts": facts}).status_code == 201
    project.refresh_from_db()
    assert project.site.facts == {}


def test_an_answer_to_a_question_that_is_no_longer_asked_fails_no_check(published_land, planner, project):
    version = _saved(planner, project)
    project.refresh_from_db()
    project.site.facts = {"intended_use": "07", "asked_in_an_older_rulebook": "yes", "blocks_flood": "maybe"}
    project.site.save(update_fields=["facts"])
    answer = planner.post(f"/api/v1/site-versions/{version}/checks/")
    assert answer.status_code == 201
    check = planner.get(f"/api/v1/checks/{answer.json()['id']}/").json()
    assert check["facts"] == {"intended_use": "07"}
    preview = _post(planner, PREVIEW, {"geometry": geojson(), "project": project.pk})
    assert preview.json()["check"]["facts"] == {"intended_use": "07"}
