"""A print series: its sheets in one file behind an overview, drawn by a job as the person who asked."""

from __future__ import annotations

import io
import json
import os

import pytest
import shapely
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader

from gis_projects.atlas.actions import bookmarks
from gis_projects.atlas.actions import series as actions
from gis_projects.atlas.queries import series as queries
from gis_projects.atlas.series_jobs import print_series
from gis_projects.library.models import Project
from gis_projects.people.models import Delegation, User
from gis_projects.people.permissions import Permission, Role
from gis_projects.sites.actions.boundaries import save_boundary
from gis_projects.trail.jobs import cancel
from gis_projects.trail.models import Job, JobState, Step
from layers.models import Layer
from siting.rulebook import publish_defaults
from tests.factories import land
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, user_of

pytestmark = pytest.mark.django_db
API = "/api/v1/print/series/"


@pytest.fixture(autouse=True)
def ground(layers):
    """The layers of the room's tests."""


def ask(client, **asked):
    return client.post(API, {"way": "grid", "paper": "A4", **asked}, content_type="application/json")


def grid_of(client, *codes, **more):
    area = "rect:109.80,40.60,109.84,40.61"
    return ask(
        client, area=area, scale=10_000, layers=[{"code": code} for code in codes], title="九原", **more
    )


def run(answer):
    job = Job.objects.get(pk=answer.json()["id"])
    print_series.func(**DBTaskResult.objects.get(id=job.task_id).args_kwargs["kwargs"])
    job.refresh_from_db()
    return job


def pages(client, job):
    answer = client.get(f"/map/series/{job.pk}/")
    assert answer.status_code == 200
    read = PdfReader(io.BytesIO(b"".join(answer.streaming_content)))
    return [page.extract_text().replace("\n", " ") for page in read.pages], read


def test_a_grid_is_one_file_with_an_overview_and_numbered_pages(planner):
    answer = grid_of(planner, "DLTB")
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["file"]) == ("queued", None)
    job = run(answer)
    assert (job.state, job.progress) == (JobState.DONE, 100)
    texts, read = pages(planner, job)
    sheets = job.result["sheets"]
    assert sheets == len(texts) - 1 == 2
    assert "图幅总览" in texts[0]
    assert "图幅索引" in texts[0].replace(" ", "")  # a heading with wide spaces
    for number, text in enumerate(texts[1:], 1):
        assert f"第 {number} 幅，共 {sheets} 幅 · 第 {number + 1} 页" in text
        assert f"九原 {number} · 1:10,000 · 第 {number + 1} 页" in texts[0]
        assert "1 : 10,000" in text
        assert "国土调查地类图斑" in text
    assert len(read.outline) == len(texts)
    step = Step.objects.get(verb="atlas.print_series")
    assert (step.data["sheets"], step.data["layers"]) == (sheets, ["DLTB@1", "XZQ@1"])
    assert Step.objects.filter(verb="atlas.download_series").count() == 1
    assert planner.get(API).json()[0]["file"] == f"/map/series/{job.pk}/"


def test_each_project_has_its_sheet_with_its_site_and_no_other_persons(planner):
    for name, at in (("泵站", 109.82), ("水厂", 109.9)):
        ProjectFactory(name=name, region_id="150207", location=Point(at, 40.61, srid=4490))
    ProjectFactory(name="无处", region_id="150207", location=None, precision="unknown")
    ProjectFactory(
        name="涉密库", region_id="150207", location=Point(109.8, 40.6, srid=4490), secrecy="confidential"
    )
    job = run(ask(planner, way="projects", query="region=150207", title="重点项目"))
    texts, _read = pages(planner, job)
    assert len(texts) == 3
    assert "泵站" in texts[1]
    assert "水厂" in texts[2]
    assert "项目位置" in texts[1]
    assert "1 个项目没有位置，未成图：无处" in texts[0]
    assert not any("涉密库" in text for text in texts)
    assert ask(planner, way="projects", query="q=没有这样的项目").status_code == 400


def test_what_has_no_place_is_listed_as_the_readers_language_lists(planner):
    ProjectFactory(name="P1", region_id="150207", location=Point(109.82, 40.61, srid=4490))
    for name in ("P2", "P3"):
        ProjectFactory(name=name, region_id="150207", location=None, precision="unknown")
    planner.cookies["django_language"] = "en"
    texts, _read = pages(planner, run(ask(planner, way="projects")))
    assert "P2, P3" in texts[0]


def test_bookmarks_are_sheets_in_the_order_that_is_asked_for(planner, reviewer):
    by = User.objects.get(username="planner-150200")
    rows = [
        bookmarks.keep_bookmark(by=by, name=name, hash=f"{zoom}/40.61000/109.91000/layers={layer}")
        for name, zoom, layer in (("全市", 10, "DLTB"), ("近景", 14, "XZQ"))
    ]
    keys = [row.pk for row in reversed(rows)]
    texts, _read = pages(planner, run(ask(planner, way="bookmarks", bookmarks=keys)))
    assert "近景" in texts[1]
    assert "全市" in texts[2]
    assert "国土调查地类图斑" in texts[2]
    assert "国土调查地类图斑" not in texts[1]
    assert ask(reviewer, way="bookmarks", bookmarks=keys).status_code == 400  # another's, and not shared


def test_what_may_not_be_read_is_not_printed_and_that_is_said(planner, reviewer):
    texts, _read = pages(planner, run(grid_of(planner, "DLTB", "MI")))
    assert not any("涉密设施" in text for text in texts)
    assert "1 个图层无权查看或已撤下，未印。" in texts[0]
    texts, _read = pages(reviewer, run(grid_of(reviewer, "MI")))
    assert any("涉密设施" in text for text in texts)


def test_the_job_asks_again_as_the_person_who_asked(planner, reviewer):
    asked = grid_of(reviewer, "MI")
    User.objects.filter(username="reviewer-150200").update(roles=[str(Role.PLANNER)])
    job = run(asked)
    assert "MI" not in job.result["codes"]
    other = grid_of(planner, "DLTB")
    User.objects.filter(username="planner-150200").update(is_active=False)
    with pytest.raises(Exception, match="read_layers"):
        run(other)
    assert Job.objects.get(pk=other.json()["id"]).state == JobState.FAILED


@pytest.mark.parametrize(
    ("after", "change"),
    [(1, {"is_active": False}), (2, {"roles": []}), (3, None)],
    ids=["before a sheet", "before the overview", "before it is kept, what was lent"],
)
def test_a_right_that_goes_while_it_is_drawn_counts(planner, monkeypatch, after, change):
    taker = User.objects.filter(username="planner-150200")
    if change is None:  # all that they may is lent to them
        unit, today = OrganisationFactory(kind="department"), timezone.localdate()
        giver = user_of(Role.PLANNER, username="giver", organisation=unit)
        taker.update(roles=[], organisation=unit, borrows_until=today)
        Delegation.objects.create(
            giver=giver, taker=taker.get(), permissions=["read_layers"], starts_on=today, ends_on=today,
            reason="出差",
        )  # fmt: skip
    asked = grid_of(planner, "DLTB")
    from gis_projects.atlas.printing import pdf

    write, drawn = pdf.written, []

    def writes(shown):
        drawn.append(shown["title"])
        if len(drawn) == after:
            taker.update(**change) if change else Delegation.objects.update(ended_at=timezone.now())
        return write(shown)

    monkeypatch.setattr("gis_projects.atlas.actions.series.pdf.written", writes)
    with pytest.raises(PermissionDenied):
        run(asked)
    assert len(drawn) == after
    assert Job.objects.get().state == JobState.FAILED
    assert not list(queries.folder().glob("*"))


def test_a_right_that_went_takes_the_file_with_it(planner):
    ProjectFactory(name="泵站", region_id="150207", location=Point(109.82, 40.61, srid=4490))
    job = run(ask(planner, way="projects", query="", layers=[{"code": "DLTB"}]))
    assert planner.get(API).json()[0]["file"]
    Project.objects.update(secrecy="confidential")
    assert planner.get(f"/map/series/{job.pk}/").status_code == 404
    assert planner.get(API).json()[0]["file"] is None
    Project.objects.update(secrecy="internal")
    Layer.objects.filter(code="DLTB").update(secrecy="confidential")
    assert planner.get(f"/map/series/{job.pk}/").status_code == 404


def test_nobody_else_sees_a_series(planner, reviewer):
    job = run(grid_of(planner, "DLTB"))
    for address in (f"{API}{job.pk}/", f"/map/series/{job.pk}/"):
        assert reviewer.get(address).status_code == 404
    assert reviewer.delete(f"{API}{job.pk}/").status_code == 404
    assert reviewer.get(API).json() == []


def test_one_that_waits_is_called_off_and_never_runs(planner):
    asked = grid_of(planner, "DLTB")
    assert planner.delete(f"{API}{asked.json()['id']}/").json()["state"] == "cancelled"
    job = run(asked)
    assert (job.state, job.result) == (JobState.CANCELLED, None)
    assert not Step.objects.filter(verb="atlas.print_series").exists()


def test_one_that_runs_ends_between_two_sheets_and_leaves_nothing(planner, monkeypatch):
    asked = grid_of(planner, "DLTB")
    drawn = []
    from gis_projects.atlas.printing import pdf

    write = pdf.written

    def writes(shown):
        drawn.append(shown["title"])
        if len(drawn) == 2:
            planner.delete(f"{API}{asked.json()['id']}/")
        return write(shown)

    monkeypatch.setattr("gis_projects.atlas.actions.series.pdf.written", writes)
    job = run(asked)
    assert (job.state, len(drawn)) == (JobState.CANCELLED, 2)
    assert not list(queries.folder().glob("*"))
    assert not Step.objects.filter(verb="atlas.print_series").exists()


def test_one_that_is_called_off_at_its_very_end_is_not_kept(planner, monkeypatch):
    asked = grid_of(planner, "DLTB")
    joined = actions.Drawing._joined

    def joins(made, *sheets):
        whole = joined(made, *sheets)
        cancel(Job.objects.get(pk=asked.json()["id"]))
        return whole

    monkeypatch.setattr(actions.Drawing, "_joined", joins)
    job = run(asked)
    assert (job.state, job.result) == (JobState.CANCELLED, None)
    assert not list(queries.folder().glob("*"))
    assert not Step.objects.filter(verb="atlas.print_series").exists()


def test_one_that_fails_leaves_nothing(planner, monkeypatch):
    asked = grid_of(planner, "DLTB")

    def breaks(_shown):
        raise ValueError("no font")

    monkeypatch.setattr("gis_projects.atlas.actions.series.pdf.written", breaks)
    with pytest.raises(ValueError, match="no font"):
        run(asked)
    assert Job.objects.get().state == JobState.FAILED
    assert not list(queries.folder().glob("*"))


def test_tidying_takes_the_folder_of_one_whose_worker_died(capsys):
    old, new = (queries.folder() / name for name in ("series-1", "series-2"))
    for place in (old, new):
        place.mkdir(parents=True)
    passed = (timezone.now() - actions.KEPT).timestamp() - 60
    os.utime(old, (passed, passed))
    call_command("tidy", "--json")
    assert json.loads(capsys.readouterr().out)["series"] == 1
    assert (old.exists(), new.exists()) == (False, True)


def test_a_run_after_a_killed_one_draws_only_what_is_missing(planner, monkeypatch):
    asked = grid_of(planner, "DLTB")
    from gis_projects.atlas.printing import pdf

    write, drawn = pdf.written, []

    def killed(shown):
        drawn.append(shown["title"])
        if len(drawn) == 2:
            raise SystemExit  # stands for the end of the worker
        return write(shown)

    monkeypatch.setattr("gis_projects.atlas.actions.series.pdf.written", killed)
    with pytest.raises(SystemExit):
        run(asked)
    assert drawn == ["九原 1", "九原 2"]
    drawn.clear()
    monkeypatch.undo()
    monkeypatch.setattr(
        "gis_projects.atlas.actions.series.pdf.written",
        lambda shown: (drawn.append(shown["title"]), write(shown))[1],
    )
    job = run(asked)
    assert job.state == JobState.DONE
    assert drawn == ["九原 2", "九原：图幅总览"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"area": "rect:109,40,111,42", "scale": 1_000}, "一次最多 60 幅"),
        ({"area": "rect:109.8,40.6,109.8,40.5", "scale": 10_000}, "范围没有面积"),
        ({"area": "", "scale": 10_000}, "范围应写作"),
        ({"area": "region:150299", "scale": 10_000}, "没有这个地区的界线"),
        ({"way": "projects", "query": "region=999"}, ""),
        ({"way": "bookmarks"}, "没有可以成图的内容"),
        ({"way": "bookmarks", "bookmarks": [1, 1]}, "同一书签只能给一次"),
    ],
)
def test_what_cannot_be_printed_is_refused_at_once(planner, asked, said):
    answer = ask(planner, **asked)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Job.objects.exists()


def test_two_at_a_time_are_enough_for_one_person(planner):
    assert [grid_of(planner, "DLTB").status_code for _n in range(3)] == [202, 202, 400]


def test_none_is_planned_while_too_many_are_open_or_the_room_for_files_is_full(planner, monkeypatch):
    plan, planned = queries.plan, []
    monkeypatch.setattr(queries, "plan", lambda *asked: (planned.append(1), plan(*asked))[1])
    queries.folder().mkdir(parents=True)
    kept = queries.folder() / "kept.gpkg"
    kept.write_bytes(b"12")
    monkeypatch.setattr("gis_projects.atlas.actions.exports.MAX_KEPT_BYTES", 1)
    assert "占满" in grid_of(planner, "DLTB").content.decode()
    kept.unlink()
    assert not planned
    assert [grid_of(planner, "DLTB").status_code for _n in range(3)] == [202, 202, 400]
    assert len(planned) == 2


def test_the_boundary_of_a_project_is_drawn_only_for_who_may_read_sites(planner):
    by = User.objects.get(username="planner-150200")
    publish_defaults()
    project = ProjectFactory(name="新区", region_id="150207", location=None, precision="unknown")
    save_boundary(
        by=by,
        project=project,
        boundary=land.boundary(shapely.box(109.84, 40.6, 109.85, 40.61)),
        facts=land.FACTS,
    )
    texts, _read = pages(planner, run(ask(planner, way="projects")))
    assert "项目选址界线" in texts[1]
    assert queries.sites(by, [project.pk]).keys() == {project.pk}
    assert queries.sites(user_of(Role.PLANNER, "150202", username="elsewhere"), [project.pk]) == {}
    by.limited_to = frozenset({Permission.READ_LAYERS, Permission.READ_PROJECTS})
    assert queries.sites(by, [project.pk]) == {}
