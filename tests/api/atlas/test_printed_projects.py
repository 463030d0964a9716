"""Projects on printed sheets: as the map shows them, and as far as whoever prints may know of them at each sheet."""

import io
import json
from datetime import date

import pytest
from django.contrib.gis.geos import Point
from django_tasks_db.models import DBTaskResult
from pypdf import PdfReader

from gis_projects.atlas.actions import bookmarks
from gis_projects.atlas.printing.sheet import Frame
from gis_projects.atlas.queries import marks
from gis_projects.atlas.queries import series as queries
from gis_projects.atlas.series_jobs import print_series
from gis_projects.library.models import ProjectKind
from gis_projects.people.models import User
from gis_projects.people.permissions import Role, Secrecy
from gis_projects.trail.models import Job
from tests.factories.library import ProjectFactory

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


def test_who_reads_no_projects_prints_layers_alone(as_role, projects):
    status, text = printed(as_role(Role.EXPERT), query="kind=key")
    assert status in (200, 403)
    assert "工程" not in text
    assert "图幅内" not in text


def test_regions_are_printed_with_the_reports_figures(planner, projects):
    user = User.objects.get(username="planner-150200")
    made = marks.above(user, marks.Shown("kind=key", show="region-number"), FRAME)
    assert "统计报表" in made.notes[0]
    assert made.legend[0]["date"] == date.today()


def test_a_bookmark_says_which_kinds_and_which_day(planner, projects):
    by = User.objects.get(username="planner-150200")
    row = bookmarks.keep_bookmark(by=by, name="所见", hash="12/40.61/109.91/kinds=reserve/look=stage")
    shown = queries.marked(by, row.pk, {"query": "kind=key", "look": "kind"})
    assert (shown.look, shown.query) == ("stage", "kind=reserve")
    assert marks.above(by, shown, FRAME).keys == [projects[1].pk]
    assert queries.marked(by, None, None) is None


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
