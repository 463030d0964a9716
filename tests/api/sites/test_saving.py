"""Saving a boundary: with its plots, and not over what somebody else saved meanwhile."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import shapely
from django.db import connections

from gis_projects.people.permissions import Role
from siting import versions
from siting.models import SiteVersion
from tests.api.conftest import geojson, signed_in
from tests.api.sites.test_editing import EAST, drawing
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory


def save(client, project, shape=land.SITE, **more):
    given = shape if isinstance(shape, dict) else geojson(shape)
    body = {"geometry": given, **more}
    url = f"/api/v1/projects/{project.pk}/site-versions/"
    return client.post(url, json.dumps(body), content_type="application/json")


@pytest.mark.django_db
def test_plots_are_saved_with_numbers_names_and_uses(published_land, planner, project):
    answer = save(planner, project, drawing(land.SITE, EAST))
    assert answer.status_code == 201, answer.content
    version = SiteVersion.objects.get(pk=answer.json()["id"])
    plots = versions.stored(version).declared.plots
    assert [(p.number, p.name, p.use) for p in plots] == [("1", "地块1", "07"), ("2", "地块2", "07")]
    served = planner.get(f"/api/v1/site-versions/{version.pk}/").json()
    assert [f["properties"]["name"] for f in served["drawing"]["features"]] == ["地块1", "地块2"]
    assert served["by"]
    again = save(planner, project, served["drawing"], based_on=version.pk)
    assert SiteVersion.objects.get(pk=again.json()["id"]).geometry.equals(version.geometry)


@pytest.mark.django_db
def test_a_file_edited_at_one_plot_keeps_its_plane(published_land, planner, project):
    plane = drawing(land.SITE, plane=4525)
    version = SiteVersion.objects.get(pk=save(planner, project, plane).json()["id"])
    assert version.epsg == 4525
    assert planner.get(f"/api/v1/site-versions/{version.pk}/").json()["drawing"]["plane"] == 4525


@pytest.mark.django_db
def test_who_began_from_an_older_version_is_told_and_nothing_is_saved(published_land, planner, project):
    first = save(planner, project, based_on=None).json()["id"]
    other = signed_in(Role.PLANNER, username="other", first_name="李", last_name="四")
    newer = save(other, project, EAST, based_on=first).json()
    refused = save(planner, project, land.SITE, based_on=first)
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["type"].endswith("superseded")
    assert problem["newer"]["id"] == newer["id"]
    assert problem["newer"]["number"] == 2
    assert problem["newer"]["by"]
    assert problem["newer"]["by"] in problem["detail"]
    assert SiteVersion.objects.count() == 2
    knowingly = save(planner, project, land.SITE, based_on=newer["id"])
    assert (knowingly.status_code, knowingly.json()["number"]) == (201, 3)


@pytest.mark.django_db
def test_a_program_that_names_no_version_saves_the_next_one(published_land, planner, project):
    assert [save(planner, project).json()["number"] for _ in range(2)] == [1, 2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("begun", ["from nothing", "from version 1"])
def test_of_two_at_once_one_wins_and_the_other_is_told(begun, tmp_path, settings):
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"
    land.publish_land(tmp_path)
    project = ProjectFactory(region=RegionFactory(code="150207"))
    clients = [signed_in(Role.PLANNER, username=name) for name in ("first", "second")]
    base = None if begun == "from nothing" else save(clients[0], project, based_on=None).json()["id"]
    together = Barrier(2, timeout=30)

    def race(client):
        try:
            together.wait()
            return save(client, project, shapely.box(109.846, 40.615, 109.85, 40.619), based_on=base)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(race, clients))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    told = next(answer for answer in answers if answer.status_code == 409).json()
    saved = next(answer for answer in answers if answer.status_code == 201).json()
    assert told["newer"]["id"] == saved["id"]
