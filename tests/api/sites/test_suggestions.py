"""A search for sites from the form to the list: queued, done as a job, stopped, shown to whoever may see it."""

from __future__ import annotations

import io
import json

import pytest
import shapely
from django.db import DatabaseError, transaction
from openpyxl import load_workbook

from gis_projects.people.permissions import Role
from gis_projects.sites import suggestion_jobs
from gis_projects.sites.models import Alternative, SuggestedPatch, SuggestionAnswer, SuggestionRun
from gis_projects.trail.models import Job, Step
from layers.models import Layer
from siting import certificates
from tests.api.conftest import geojson, signed_in
from tests.factories import land

pytestmark = pytest.mark.django_db

REGION = shapely.box(109.838, 40.610, 109.856, 40.622)
FARM = shapely.box(109.845, 40.60, 109.848, 40.63)
WANTED = {"area_m2": 20_000, "cell_m": 20, "count": 3, "apart_m": 50}


@pytest.fixture
def ground(published_land):
    land.publish_layer("YJJBNT", [("F1", "", FARM)])


def _post(client, url, data):
    return client.post(url, json.dumps(data), content_type="application/json")


def _address(project):
    return f"/api/v1/projects/{project.pk}/suggestions/"


def _asked(client, project, **changes):
    return _post(client, _address(project), {"parameters": WANTED, "region": geojson(REGION), **changes})


def _worked_off(run: int) -> Job:
    job = Job.objects.get(subject=f"sites.suggestion:{run}")
    suggestion_jobs.search_sites.call(job_id=job.pk, run=run)
    job.refresh_from_db()
    return job


@pytest.fixture
def done(ground, planner, project) -> int:
    run = _asked(planner, project).json()["id"]
    assert _worked_off(run).state == "done"
    return run


def test_a_search_is_queued_and_its_answer_kept(done, planner, project):
    found = planner.get(f"/api/v1/suggestions/{done}/").json()
    assert found["state"] == "done"
    assert len(found["patches"]) == 3
    assert [patch["rank"] for patch in found["patches"]] == [1, 2, 3]
    for patch in found["patches"]:
        shape = shapely.geometry.shape(patch["geometry"])
        assert shapely.covers(REGION, shape)
        assert shapely.intersection(shape, FARM).area == 0
        total = sum(entry["contribution"] for entry in patch["explanation"]["criteria"])
        assert total == pytest.approx(patch["score"], abs=1e-4)
    ruled = {entry["rule"]: entry for entry in found["exclusions"]}
    assert ruled["permanent-basic-farmland"]["state"] == "out"
    assert ruled["permanent-basic-farmland"]["area_m2"] > 100_000
    row = SuggestionRun.objects.get(pk=done)
    assert row.manifest["YJJBNT"]["version"] == 2
    assert all(certificates.verify(patch.document) == [] for patch in row.patches.all())
    assert set(Step.objects.values_list("verb", flat=True)) >= {"sites.start_search", "sites.suggest_sites"}


def test_a_job_that_runs_twice_writes_once(done):
    before = list(SuggestedPatch.objects.values_list("pk", flat=True))
    job = Job.objects.get(subject=f"sites.suggestion:{done}")
    Job.objects.filter(pk=job.pk).update(state="running", finished_at=None)
    _worked_off(done)
    assert list(SuggestedPatch.objects.values_list("pk", flat=True)) == before


def test_what_was_found_is_never_changed(done):
    for rows in (SuggestionRun, SuggestionAnswer, SuggestedPatch):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        SuggestedPatch.objects.update(score=1.0)


def test_a_search_reads_the_versions_of_when_it_was_asked(ground, planner, project):
    run = _asked(planner, project).json()["id"]
    land.publish_layer("YJJBNT", [("ALL", "", land.EXTENT)])
    _worked_off(run)
    found = planner.get(f"/api/v1/suggestions/{run}/").json()
    assert len(found["patches"]) == 3
    assert found["manifest"]["YJJBNT"]["version"] == 2


def test_a_stopped_search_keeps_nothing(ground, planner, project):
    run = _asked(planner, project).json()["id"]
    assert _post(planner, f"/api/v1/suggestions/{run}/stop/", {}).status_code == 200
    assert _post(planner, f"/api/v1/suggestions/{run}/stop/", {}).status_code == 200  # again: nothing more
    _worked_off(run)
    assert planner.get(f"/api/v1/suggestions/{run}/").json()["state"] == "stopped"
    assert not SuggestedPatch.objects.exists()
    assert Step.objects.filter(verb="sites.stop_search").count() == 1
    assert _asked(planner, project).status_code == 201  # the next one may begin


def test_one_search_at_a_time(ground, planner, project):
    assert _asked(planner, project).status_code == 201
    again = _asked(planner, project)
    assert again.status_code == 400
    assert again.json()["errors"][0]["code"] == "suggest-at-work"


def test_a_region_by_its_code(ground, planner, project):
    other = _post(planner, _address(project), {"parameters": WANTED, "region_code": "150202"})
    assert other.status_code == 403
    run = _post(planner, _address(project), {"parameters": {**WANTED, "cell_m": 30}, "region_code": "150207"})
    assert run.status_code == 201
    region = shapely.from_wkb(bytes(SuggestionRun.objects.get(pk=run.json()["id"]).region.wkb))
    assert region.area == pytest.approx((109.86 - land.WEST) * (land.NORTH - land.SOUTH))


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"area_m2": -5}, "area_m2"),
        ({"tolerance": "much"}, "tolerance"),
        ({"count": 500}, "count"),
        ({"cell_m": 5}, "cell_m"),
        ({"optional": ["nothing"]}, "optional"),
        ({"preferences": [{"code": "slope", "weight": -1}]}, "preferences"),
    ],
)
def test_bad_parameters_are_refused_with_their_field(ground, planner, project, parameters, field):
    answer = _asked(planner, project, parameters={**WANTED, **parameters})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert field in {error["field"] for error in answer.json()["errors"]}
    assert not SuggestionRun.objects.exists()


@pytest.mark.parametrize(
    "body",
    [{}, {"parameters": []}, {"parameters": WANTED, "region": {"type": "Point", "coordinates": [1, 1]}}],
)
def test_bodies_of_a_wrong_shape_are_refused(ground, planner, project, body):
    assert _post(planner, _address(project), body).status_code == 400


def test_a_patch_becomes_an_alternative_and_opens_in_the_editor(done, planner, project):
    patch = SuggestedPatch.objects.get(run=done, rank=1)
    answer = _post(
        planner, f"/api/v1/projects/{project.pk}/alternatives/", {"name": "推荐一", "patch": patch.pk}
    )
    assert answer.status_code == 201
    row = Alternative.objects.get()
    assert (row.source, row.patch, row.declared) == ("suggested", patch, patch.declared)
    for query in (f"patch={patch.pk}", f"alternative={row.pk}"):
        page = planner.get(f"/projects/{project.pk}/site/?{query}").content.decode()
        assert 'id="proposal"' in page
    assert planner.get(f"/projects/{project.pk}/site/?patch=999999").status_code == 404
    assert planner.get(f"/projects/{project.pk}/site/?patch=x").status_code == 404


def test_the_list_as_a_spreadsheet(done, planner, project):
    book = planner.get(f"/projects/{project.pk}/suggestions/?run={done}&format=xlsx")
    rows = list(load_workbook(io.BytesIO(book.content)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["名次", 1, 2, 3]
    assert planner.get(f"/projects/{project.pk}/suggestions/?run=999999").status_code == 404


def test_what_it_says_of_a_confidential_layer_is_withheld(ground, project, planner):
    Layer.objects.filter(code__in=["YJJBNT", "PD"]).update(secrecy="confidential", name="某设施保护区")
    run = _asked(planner, project).json()["id"]
    _worked_off(run)
    found = planner.get(f"/api/v1/suggestions/{run}/").json()
    ruled = {entry["rule"]: entry for entry in found["exclusions"]}
    assert ruled["permanent-basic-farmland"]["area_m2"] is None
    assert ruled["permanent-basic-farmland"]["withheld"] is True
    assert "YJJBNT" not in found["manifest"]
    slope = next(e for e in found["patches"][0]["explanation"]["criteria"] if e["code"] == "slope")
    assert slope["withheld"] is True
    assert slope["mean"] is None
    assert found["patches"][0]["score"] is None, "less the other parts it would be what is withheld"
    assert planner.get(f"/projects/{project.pk}/suggestions/?run={run}&format=csv").status_code == 200
    page = planner.get(f"/projects/{project.pk}/suggestions/").content.decode()
    assert "某设施保护区" not in page
    assert "涉密" in page
    reviewer = signed_in(Role.REVIEWER, "150200", username="reader")
    seen = reviewer.get(f"/api/v1/suggestions/{run}/").json()
    assert {e["rule"]: e for e in seen["exclusions"]}["permanent-basic-farmland"]["area_m2"] > 0
    assert seen["patches"][0]["score"] > 0


def test_who_may_not_reach_the_project_sees_nothing(done, project):
    elsewhere = signed_in(Role.PLANNER, "150202", username="elsewhere")
    for address in (
        _address(project),
        f"/api/v1/suggestions/{done}/",
        f"/projects/{project.pk}/suggestions/",
    ):
        assert elsewhere.get(address).status_code == 404
    reviewer = signed_in(Role.REVIEWER, "150200", username="reader")
    assert reviewer.get(f"/api/v1/suggestions/{done}/").status_code == 200
    assert _asked(reviewer, project).status_code == 403
    assert _post(reviewer, f"/api/v1/suggestions/{done}/stop/", {}).status_code == 403


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"area_m2": 10**400}, "area_m2"),
        ({"preferences": [{"code": "slope", "weight": 10**400}]}, "preferences"),
    ],
)
def test_a_number_that_no_double_holds_is_refused(ground, project, planner, more, field):
    answer = _asked(planner, project, parameters={**WANTED, **more})
    assert answer.status_code == 400
    assert field in {error["field"] for error in answer.json()["errors"]}
