"""Exports: at once or by a job, always with a step in the trail, the file for its owner alone and not for ever."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from gis_projects.atlas.actions import exports as actions
from gis_projects.atlas.export_jobs import export_layer
from gis_projects.people import permissions
from gis_projects.people.actions.tokens import create_token
from gis_projects.people.actions.users import set_roles
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Job, JobState, Step
from layers.models import Layer
from tests.factories.layers import grid_table, published
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.LOCAL_DIR = tmp_path


@pytest.fixture
def layers(db):
    published("DLTB", grid_table(4, 4), name="国土调查地类图斑")
    published("MI", grid_table(2, 2), name="涉密设施", secrecy="confidential")


def signed_in(role, **more):
    client = Client()
    client.force_login(user_of(role, **more))
    return client


@pytest.fixture
def reviewer(layers):
    return signed_in(Role.REVIEWER)


def wanted(**more):
    return {"format": "geojson", "crs": "4490", "encoding": "utf-8", "query": "", **more}


def export(client, code="DLTB", **more):
    return client.post(f"/layers/{code}/export/", wanted(**more))


def content(answer):
    return answer.getvalue()


@pytest.mark.parametrize("kind", ["gpkg", "parquet", "shp", "geojson", "csv"])
def test_a_small_export_comes_at_once_and_leaves_a_step(reviewer, kind):
    answer = export(reviewer, format=kind, query="class=01")
    assert answer.status_code == 200
    data = content(answer)
    assert "DLTB_v1_" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "private, no-store"
    step = Step.objects.get(verb="atlas.export_layer")
    assert (step.actor, step.subject) == ("reviewer", "layers.version:DLTB@1")
    assert step.data["features"] == 8
    assert step.data["format"] == kind
    assert step.data["selection"]["filters"] == {"class_code": "01"}
    assert step.data["sha256"] == hashlib.sha256(data).hexdigest()
    assert step.data["bytes"] == len(data)


def test_planners_may_look_but_not_take_away(layers):
    client = signed_in(Role.PLANNER)
    assert export(client).status_code == 403
    assert export(client, "MI").status_code == 403
    assert not Step.objects.filter(verb__startswith="atlas.export").exists()


def test_confidential_layers_need_both_rights(layers, monkeypatch):
    assert export(signed_in(Role.SURVEYOR), "MI").status_code == 200
    only_export = {**permissions.ROLES, Role.PLANNER: permissions.ROLES[Role.PLANNER] | {"export_layers"}}
    monkeypatch.setattr(permissions, "ROLES", only_export)
    client = signed_in(Role.PLANNER)
    assert export(client).status_code == 200
    assert export(client, "MI").status_code == 404


def test_a_token_exports_nothing(reviewer):
    _token, word = create_token(by=User.objects.get(username="reviewer"), name="x")
    program = Client(headers={"authorization": f"Bearer {word}"})
    assert export(program).status_code == 302  # to the sign-in


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "dwg"}, {"crs": "2334"}, {"crs": "x"}, {"encoding": "latin-1"}, {"crs": "4525"},
        {"query": "least=x"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_page(reviewer, wrong):
    answer = export(reviewer, **wrong)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Step.objects.filter(verb="atlas.export_layer").exists()


def test_an_old_version_by_number(reviewer):
    published("DLTB", grid_table(1, 1))
    assert len(json.loads(content(export(reviewer, query="version=1")))["features"]) == 16
    assert len(json.loads(content(export(reviewer)))["features"]) == 1
    assert export(reviewer, query="version=9").status_code == 404


# --- big ones --------------------------------------------------------------------------------------


@pytest.fixture
def queued(reviewer, monkeypatch, django_capture_on_commit_callbacks):
    """An export too big to wait for."""
    monkeypatch.setattr(actions, "DIRECT", 10)
    answer = export(reviewer, format="gpkg", crs="4525")
    assert answer.status_code == 302
    assert answer["Location"] == "/layers/exports/"
    return Job.objects.get(kind="atlas.export_layer")


def run(job):
    arguments = DBTaskResult.objects.get(id=job.task_id).args_kwargs["kwargs"]
    export_layer.func(**arguments)
    job.refresh_from_db()
    return job


def test_a_big_export_is_a_job_whose_owner_fetches_the_file(queued, reviewer):
    page = reviewer.get("/layers/exports/").content.decode()
    assert "等待中" in page
    assert reviewer.get(f"/layers/exports/{queued.pk}/").status_code == 404
    job = run(queued)
    assert (job.state, job.progress) == (JobState.DONE, 100)
    answer = reviewer.get(f"/layers/exports/{job.pk}/")
    data = content(answer)
    assert hashlib.sha256(data).hexdigest() == job.result["sha256"]
    assert answer["Content-Disposition"].startswith('attachment; filename="DLTB_v1_')
    assert [step.verb for step in Step.objects.order_by("number")][-2:] == [
        "atlas.export_layer", "atlas.download_export",
    ]  # fmt: skip
    assert Step.objects.get(verb="atlas.export_layer").data["crs"] == "EPSG:4525"
    assert f"/layers/exports/{job.pk}/" in reviewer.get("/layers/exports/").content.decode()


def test_nobody_else_gets_it(queued):
    job = run(queued)
    for role in (Role.SURVEYOR, Role.ADMINISTRATOR):
        client = signed_in(role)
        assert client.get(f"/layers/exports/{job.pk}/").status_code == 404
        assert f"/layers/exports/{job.pk}/" not in client.get("/layers/exports/").content.decode()


def test_a_right_that_went_takes_the_file_with_it(queued, reviewer):
    job = run(queued)
    user = User.objects.get(username="reviewer")
    set_roles(by=None, user=user, roles=[Role.PLANNER])
    assert reviewer.get(f"/layers/exports/{job.pk}/").status_code == 403
    assert reviewer.get("/layers/exports/").status_code == 403


def test_a_layer_that_became_confidential_takes_its_files_with_it(queued, reviewer, monkeypatch):
    job = run(queued)
    Layer.objects.filter(code="DLTB").update(secrecy="confidential")
    less = {**permissions.ROLES, Role.REVIEWER: permissions.ROLES[Role.REVIEWER] - {"read_confidential"}}
    monkeypatch.setattr(permissions, "ROLES", less)
    assert reviewer.get(f"/layers/exports/{job.pk}/").status_code == 404
    assert "DLTB" not in reviewer.get("/layers/exports/").content.decode()


def test_a_job_asks_again_what_its_owner_may_do(queued):
    set_roles(by=None, user=User.objects.get(username="reviewer"), roles=[Role.PLANNER])
    with pytest.raises(Exception, match="export_layers"):
        run(queued)
    queued.refresh_from_db()
    assert queued.state == JobState.FAILED
    assert not Step.objects.filter(verb="atlas.export_layer").exists()


def test_a_file_goes_after_its_time(queued, reviewer, settings):
    job = run(queued)
    result = {**job.result, "expires_at": (timezone.now() - timedelta(seconds=1)).isoformat()}
    Job.objects.filter(pk=job.pk).update(result=result)
    assert reviewer.get(f"/layers/exports/{job.pk}/").status_code == 404
    assert "已过期" in reviewer.get("/layers/exports/").content.decode()


def test_sweeping_takes_old_files_and_leaves_new_ones(queued, settings):
    job = run(queued)
    path = settings.LOCAL_DIR / "exports" / job.result["file"]
    assert actions.sweep() == 0
    assert path.exists()
    long_ago = (timezone.now() - timedelta(days=4)).timestamp()
    os.utime(path, (long_ago, long_ago))
    assert actions.sweep() == 1
    assert not path.exists()


# --- the API --------------------------------------------------------------------------------------


def test_a_program_of_a_session_asks_and_looks_how_far_it_is(reviewer):
    address = "/api/v1/layers/DLTB/exports/?class=01"
    answer = reviewer.post(address, {"format": "parquet"}, content_type="application/json")
    assert answer.status_code == 202
    told = reviewer.get(answer.json()["url"]).json()
    assert (told["state"], told["file"]) == ("queued", None)
    job = run(Job.objects.get(pk=answer.json()["id"]))
    told = reviewer.get(answer.json()["url"]).json()
    assert (told["state"], told["features"], told["sha256"]) == ("done", 8, job.result["sha256"])
    assert hashlib.sha256(content(reviewer.get(told["file"]))).hexdigest() == told["sha256"]
    assert signed_in(Role.SURVEYOR).get(answer.json()["url"]).status_code == 404
    for wrong in ({"format": "gpkg", "crs": 2334}, {"format": "x"}, {}):
        assert reviewer.post(address, wrong, content_type="application/json").status_code == 400


def test_one_persons_waiting_exports_and_the_room_for_all_are_bounded(reviewer, monkeypatch, settings):
    address, wanted = "/api/v1/layers/DLTB/exports/", {"format": "csv"}
    monkeypatch.setattr(actions, "MAX_OPEN", 2)
    answers = [reviewer.post(address, wanted, content_type="application/json") for _again in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 400]
    assert Job.objects.count() == 2
    surveyor = signed_in(Role.SURVEYOR)
    assert surveyor.post(address, wanted, content_type="application/json").status_code == 202
    run(Job.objects.first())
    monkeypatch.setattr(actions, "MAX_KEPT_BYTES", 10)
    answer = surveyor.post(address, wanted, content_type="application/json")
    assert answer.status_code == 400
    assert "空间" in answer.json()["errors"][0]["message"]
