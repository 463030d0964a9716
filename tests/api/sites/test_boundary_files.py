"""Boundaries through the API in every format: read, saved, downloaded again."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gis_projects.people.permissions import Role
from siting import formats
from siting.models import SiteVersion
from tests.api.conftest import signed_in
from tests.factories import land

pytestmark = pytest.mark.django_db
READ = "/api/v1/boundaries/read/"
LINE = {"type": "LineString", "coordinates": [[109.845, 40.615], [109.85, 40.615], [109.85, 40.619]]}


def upload(content: bytes, name: str = "边界", **answers) -> dict:
    return {"file": SimpleUploadedFile(name, content), **answers}


@pytest.mark.parametrize("kind", list(formats.EXPORTS))
def test_read_save_and_download_again(kind: str, published_land, planner, project) -> None:
    boundary = land.boundary(land.SITE)
    content = formats.write(boundary.declared, kind)
    read = planner.post(READ, upload(content))
    assert read.status_code == 200, read.content
    saved = planner.post(f"/api/v1/projects/{project.pk}/site-versions/", upload(content))
    assert saved.status_code == 201, saved.content
    version = saved.json()["id"]
    answer = planner.get(f"/site-versions/{version}/boundary.{kind}")
    assert answer.status_code == 200
    name = unquote(answer["Content-Disposition"].split("''")[1])
    assert name == f"{project.code}-滨河净水厂工程-选址边界第1版.{formats.EXPORTS[kind].suffix}"
    assert answer["X-Content-Type-Options"] == "nosniff"
    again = planner.post(READ, upload(answer.content)).json()
    assert again["areas"]["area_m2"] == pytest.approx(boundary.area_m2, abs=0.05)
    assert planner.get(f"/site-versions/{version}/original").content == content


def test_other_kinds_and_other_peoples_boundaries_are_not_there(published_land, planner, project) -> None:
    content = formats.write(land.boundary(land.SITE).declared, "kml")
    version = planner.post(f"/api/v1/projects/{project.pk}/site-versions/", upload(content)).json()["id"]
    assert planner.get(f"/site-versions/{version}/boundary.dwg").status_code == 404
    elsewhere = signed_in(Role.PLANNER, "150202", username="elsewhere")
    for kind in formats.EXPORTS:
        assert elsewhere.get(f"/site-versions/{version}/boundary.{kind}").status_code == 404


def test_pasted_coordinates(published_land, planner, project) -> None:
    text = "109°50′42″E\t40°36′54″N\n109°51′00″E\t40°36′54″N\n109°51′00″E\t40°37′08.4″N"
    read = planner.post(READ, json.dumps({"text": text}), content_type="application/json")
    assert (read.status_code, read.json()["format"]) == (200, "pasted")
    saved = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/",
        json.dumps({"text": text}),
        content_type="application/json",
    )
    assert saved.status_code == 201
    assert SiteVersion.objects.get().format == "pasted"
    bad = planner.post(READ, json.dumps({"text": text + "\n某处"}), content_type="application/json")
    [error] = bad.json()["errors"]
    assert (bad.status_code, error["line"], error["code"]) == (400, 4, "line-unreadable-pasted")
    assert planner.post(READ, "{}", content_type="application/json").json()["errors"][0]["code"] == "no-file"


def test_a_line_asks_for_its_width_and_keeps_it(published_land, planner, project) -> None:
    content = json.dumps(LINE).encode()
    asked = planner.post(READ, upload(content))
    [error] = asked.json()["errors"]
    assert (asked.status_code, error["code"], error["field"]) == (400, "width-not-given", "width_m")
    answer = planner.post(
        f"/api/v1/projects/{project.pk}/site-versions/", upload(content, width_m="30", caps="square")
    )
    assert answer.status_code == 201, answer.content
    version = SiteVersion.objects.get()
    [line] = version.declared["plots"][0]["centre_lines"]
    assert (line["width_m"], line["caps"], line["epsg"]) == (30.0, "square", 4490)
    refused = planner.post(READ, upload(content, width_m="5000"))
    assert refused.json()["errors"][0]["field"] == "width_m"


def test_the_check_page_and_the_projects_page_offer_every_format(published_land, planner, project) -> None:
    content = formats.write(land.boundary(land.SITE).declared, "gpkg")
    version = planner.post(f"/api/v1/projects/{project.pk}/site-versions/", upload(content)).json()["id"]
    check = planner.post(
        f"/api/v1/site-versions/{version}/checks/", "{}", content_type="application/json"
    ).json()
    for page in (check["url"], f"/projects/{project.pk}/"):
        html = planner.get(page).content.decode()
        for kind in formats.EXPORTS:
            assert f"/site-versions/{version}/boundary.{kind}" in html
        assert f"/site-versions/{version}/original" in html
        assert "与其他项目用地重叠" in html
