"""A print series that was broken off, or that is fetched later: no right that went is outlived by a sheet or a name."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point

from gis_projects.atlas.actions import bookmarks
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.trail.models import Step
from layers.models import Layer
from tests.api.atlas.test_series import API, ask, grid_of, pages, run
from tests.factories.layers import grid_table, published
from tests.factories.library import ProjectFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("layers")]


def test_a_project_that_is_only_named_guards_the_file_too(planner):
    ProjectFactory(name="泵站", region_id="150207", location=Point(109.82, 40.61, srid=4490))
    named = ProjectFactory(name="无处", region_id="150207", location=None, precision="unknown")
    job = run(ask(planner, way="projects"))
    assert named.pk in job.result["projects"]
    assert planner.get(API).json()[0]["file"] == f"/map/series/{job.pk}/"
    Project.objects.filter(pk=named.pk).update(secrecy="confidential")
    assert planner.get(API).json()[0]["file"] is None


def test_a_run_after_a_killed_one_draws_anew_what_may_not_be_read_any_more(reviewer, monkeypatch):
    asked = grid_of(reviewer, "MI", "DLTB")
    from gis_projects.atlas.printing import pdf

    write, drawn = pdf.written, []

    def killed(shown):
        drawn.append(shown["title"])
        if len(drawn) == 2:
            raise SystemExit
        return write(shown)

    monkeypatch.setattr("gis_projects.atlas.actions.series.pdf.written", killed)
    with pytest.raises(SystemExit):
        run(asked)
    monkeypatch.undo()
    User.objects.filter(username="reviewer-150200").update(roles=["planner"])
    job = run(asked)
    assert job.result["codes"] == ["DLTB", "XZQ"]
    texts, _read = pages(reviewer, job)
    assert not any("涉密设施" in text for text in texts)
    assert all("国土调查地类图斑" in text for text in texts[1:])


def test_every_version_that_is_printed_is_written_down(planner):
    by = User.objects.get(username="planner-150200")
    published("DLTB", grid_table(2, 2))
    assert Layer.objects.get(code="DLTB").versions.count() == 2
    keys = [
        bookmarks.keep_bookmark(by=by, name=f"第 {n} 版", hash=f"12/40.61/109.91/layers=DLTB:{n}").pk
        for n in (1, 2)
    ]
    job = run(ask(planner, way="bookmarks", bookmarks=keys, base=False))
    assert job.state == "done"
    step = Step.objects.get(verb="atlas.print_series")
    assert step.data["layers"] == ["DLTB@1", "DLTB@2"]
