"""Projects on printed sheets: as the map shows them, and as far as whoever prints may know of them at each sheet."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
import shapely
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader

from gis_projects.atlas.actions import bookmarks
from gis_projects.atlas.actions import series as actions
from gis_projects.atlas.printing.sheet import Frame
from gis_projects.atlas.queries import marks
from gis_projects.atlas.queries import series as queries
from gis_projects.atlas.series_jobs import print_series
from gis_projects.library.models import ProjectKind
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Role, Secrecy
from gis_projects.reporting.queries import statistics
from gis_projects.trail.models import Job, Step
from tests.factories import land
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import baotou

pytestmark = pytest.mark.django_db
HERE = Point(109.91, 40.61, srid=4490)
FRAME = Frame(109.91, 40.61, 10_000, 0.0, 180.0, 120.0)


@pytest.fixture(autouse=True)
def ground(layers):
    """The layers of the room's tests."""


@pytest.fixture
def projects():
    """A key project and one of reserve that a planner knows of, and a confidential one that only some do."""
    key = ProjectFactory(name="甲工程", location=HERE, region_id="150207")
    reserve = ProjectFactory(name="乙工程", location=Point(109.912, 40.611, srid=4490), region_id="150207")
    secret = ProjectFactory(
        name="丙工程",
        location=Point(109.913, 40.612, srid=4490),
        region_id="150207",
        secrecy=Secrecy.CONFIDENTIAL,
    )
    for project, kind in ((key, ProjectKind.KEY), (reserve, ProjectKind.RESERVE), (secret, ProjectKind.KEY)):
        project.memberships.create(kind=kind)
    return key, reserve, secret


def pdf_text(content):
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).replace("\n", " ")


def printed(client, **projects):
    asked = {
        "lon": 109.91, "lat": 40.61, "scale": 10_000, "paper": "A4", "base": True, "layers": [], "projects": projects,
    }  # fmt: skip
    answer = client.post("/api/v1/print/", asked, content_type="application/json")
    return answer.status_code, pdf_text(answer.content) if answer.status_code == 200 else ""


def test_a_sheet_shows_the_projects_of_the_map_with_their_legend(planner, reviewer, projects):
    status, text = printed(planner, query="kind=key&kind=reserve")
    assert status == 200
    assert "图幅内 2 个，所选共 2 个" in text
    assert "重点项目 1" in text.replace("  ", " ")
    assert "储备项目 1" in text.replace("  ", " ")
    _status, text = printed(reviewer, query="kind=key&kind=reserve")  # who reads what is confidential
    assert "图幅内 3 个" in text
    _status, text = printed(planner, query="kind=reserve", words="乙")
    assert "图幅内 1 个" in text
    assert "重点项目" not in text
    assert printed(planner, query="year=nothing")[0] == 400


def test_who_reads_no_projects_prints_layers_alone(planner, as_role, projects):
    assert printed(as_role(Role.EXPERT), query="kind=key")[0] == 403  # reads no layers either
    by = User.objects.get(username="planner-150200")
    assert queries.marked(by, None, {"query": "kind=key"}) == marks.Shown("kind=key")
    by.limited_to = frozenset({Permission.READ_LAYERS})  # as by a token
    assert queries.marked(by, None, {"query": "kind=key"}) is None
    assert marks.readable_by(by, marks.Shown("kind=key")) is None
    with pytest.raises(PermissionDenied):
        marks.above(by, marks.Shown("kind=key"), FRAME)


def test_regions_are_printed_with_the_reports_figures(planner, projects):
    by = User.objects.get(username="planner-150200")
    baotou()
    elsewhere = ProjectFactory(name="丁工程", region_id="150202")
    for project, wan in zip((*projects, elsewhere), (15_000, 5_000, 70_000, 30_000), strict=True):
        InvestmentFactory(project=project, planned_yuan=Decimal(wan) * 10_000)
    ProjectFactory(region_id="150207")  # without a record
    land.publish_layer("XZQ", [("150207", "", shapely.box(109.8, 40.5, 110, 40.7))])
    made = marks.above(by, marks.Shown(show="region-planned"), FRAME)
    table = statistics(by, date.today()).rows
    largest, *labels = [entry["label"] for entry in made.legend[0]["entries"]]
    assert [label.split("  ")[0] for label in labels] == [row.name for row in table]
    said = {row.code: label.split("  ")[1] for row, label in zip(table, labels, strict=True)}
    assert said.pop("150207") == "20,000 万元"  # what is confidential isn't the planner's to know
    assert said.pop("150202") == "30,000 万元"
    assert said.pop("") in {"50,000 万元"}
    assert set(said.values()) == {"0 万元"}
    assert "最大为 20,000 万元" in largest  # of those that have ground
    assert sum("<circle" in one for one in made.svg) == 1
    names = {row.code: row.name for row in table}
    assert "统计报表一致" in made.notes[0]
    assert made.notes[1:] == [
        f"图上没有界线、只列在图例中：{names['150202']}。",
        "另有 1 个项目没有投资记录，不计入统计表。",
    ]
    assert (made.legend[0]["date"], made.number) == (date.today(), 4)
    number = marks.above(by, marks.Shown("kind=key", show="region-number"), FRAME)
    assert f"{names['150207']}  1" in [entry["label"] for entry in number.legend[0]["entries"]]
    assert "按所选项目" in number.notes[0]


def test_a_bookmark_says_which_kinds_and_which_day(planner, projects):
    by = User.objects.get(username="planner-150200")
    row = bookmarks.keep_bookmark(by=by, name="所见", hash="12/40.61/109.91/kinds=reserve/look=stage")
    shown = queries.marked(by, row.pk, {"query": "kind=key", "look": "kind"})
    assert (shown.look, shown.query) == ("stage", "kind=reserve")
    assert marks.above(by, shown, FRAME).keys == [projects[1].pk]
    assert queries.marked(by, None, None) is None


@pytest.mark.parametrize(
    ("kinds", "number"),
    [("", 1), ("/kinds=key,government,planned,reserve", 1), ("/kinds=key,none", 0), ("/kinds=", None)],
)
def test_a_bookmark_of_a_past_day_shows_what_nobody_knows_the_kind_of_as_the_map_does(
    planner, projects, kinds, number
):
    InvestmentFactory(project=projects[0], recorded_on="2019-03-29")  # before the platform
    by = User.objects.get(username="planner-150200")
    row = bookmarks.keep_bookmark(by=by, name="当年", hash=f"12/40.61/109.91{kinds}/when=2019-04-01")
    shown = queries.marked(by, row.pk, {"query": ""})
    made = marks.above(by, shown, FRAME)
    if number is None:
        assert shown is None
    else:
        assert made.keys == [projects[0].pk][:number]
        labels = [entry["label"] for entry in made.legend[0]["entries"]]
        assert labels == ["当日情况不详  1"][:number]


def test_what_of_the_projects_was_taken_out_on_paper_is_written_down(reviewer, projects):
    assert printed(reviewer, query="kind=key", words="工程", look="stage")[0] == 200
    (step,) = Step.objects.filter(verb="atlas.print_map")
    told = {"query": "kind=key", "words": "工程", "look": "stage", "show": "points"}
    assert step.data["shown"] == [{**told, "number": 2, "confidential": [projects[2].pk]}]
    asked = {
        "way": "grid", "paper": "A4", "area": "rect:109.90,40.60,109.92,40.62", "scale": 25_000, "base": False,
        "projects": told,
    }  # fmt: skip
    run(reviewer.post("/api/v1/print/series/", asked, content_type="application/json"))
    (step,) = Step.objects.filter(verb="atlas.print_series")
    assert step.data["shown"] == [{**told, "number": 2}]
    assert step.data["confidential"] == [projects[2].pk]


def run(answer):
    job = Job.objects.get(pk=answer.json()["id"])
    print_series.func(**DBTaskResult.objects.get(id=job.task_id).args_kwargs["kwargs"])
    job.refresh_from_db()
    return job


def test_a_series_asks_for_each_sheet_and_its_file_goes_with_the_right(planner, projects):
    asked = {
        "way": "grid", "paper": "A4", "area": "rect:109.90,40.60,109.92,40.62", "scale": 25_000, "base": False,
        "projects": {"query": "kind=key&kind=reserve"},
    }  # fmt: skip
    job = run(planner.post("/api/v1/print/series/", asked, content_type="application/json"))
    assert job.state == "done"
    assert sorted(job.result["projects"]) == sorted(one.pk for one in projects[:2])
    answer = planner.get(f"/map/series/{job.pk}/")
    assert "图幅内 2 个" in pdf_text(b"".join(answer.streaming_content))
    projects[0].secrecy = Secrecy.CONFIDENTIAL
    projects[0].save()
    assert planner.get(f"/map/series/{job.pk}/").status_code == 404
    assert json.loads(planner.get(f"/api/v1/print/series/{job.pk}/").content)["file"] is None


def test_a_series_of_regions_asks_once_and_keeps_no_list_of_the_library(reviewer, projects, monkeypatch):
    asked, select = [], marks.select
    monkeypatch.setattr(marks, "select", lambda *of: asked.append(1) or select(*of))
    wanted = {
        "way": "grid", "paper": "A4", "area": "rect:109.80,40.60,109.84,40.61", "scale": 10_000, "base": False,
        "projects": {"query": "", "show": "region-number"},
    }  # fmt: skip
    job = run(reviewer.post("/api/v1/print/series/", wanted, content_type="application/json"))
    assert (job.state, job.result["sheets"], len(asked)) == ("done", 2, 1)
    kept = set(job.result["projects"])
    assert projects[2].pk in kept  # what is confidential guards the file
    assert len(kept) == 2  # and one of the region
    (step,) = Step.objects.filter(verb="atlas.print_series")
    assert step.data["shown"][0]["number"] == 3


def test_a_series_asks_anew_when_a_project_is_no_more_the_readers(planner, projects, tmp_path):
    by = User.objects.get(username="planner-150200")
    made = actions.Drawing(by, queries.Asked("grid", "A4", True), queries.Plan([], []), tmp_path)
    shown = marks.Shown("kind=key&kind=reserve")
    before = made._select(shown)
    assert made._select(shown) is before
    projects[0].secrecy = Secrecy.CONFIDENTIAL
    projects[0].save()
    assert [row.pk for row in made._select(shown).rows] == [projects[1].pk]
