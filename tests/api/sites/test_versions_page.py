"""The page of a boundary's versions: who saved which, and two of them compared."""

from __future__ import annotations

import io

import pytest
import shapely
from openpyxl import load_workbook

from gis_projects.people.permissions import Role
from tests.api.conftest import signed_in
from tests.api.sites.test_saving import save
from tests.factories import land

pytestmark = pytest.mark.django_db
WIDER = shapely.box(109.845, 40.615, 109.851, 40.619)


@pytest.fixture
def saved_twice(published_land, planner, project):
    save(planner, project, land.SITE)
    save(planner, project, WIDER)
    return f"/projects/{project.pk}/site/versions/"


def test_the_list_says_who_and_the_comparison_how_much(saved_twice, planner):
    answer = planner.get(saved_twice)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "第 2 版" in page
    context = answer.context
    assert all(row["by"] for row in context["rows"])
    grown = land.boundary(WIDER).area_m2 - land.boundary().area_m2
    assert context["delta"]["m2"] == pytest.approx(grown, abs=0.01)
    assert f"{grown:,.2f}" in page
    assert [p["change"] for p in context["points"]] == ["moved", "moved"]
    back = planner.get(f"{saved_twice}?from=2&to=1").context
    assert back["delta"]["m2"] == pytest.approx(-grown, abs=0.01)
    assert back["sizes"][2][2] == pytest.approx(context["sizes"][1][2], abs=1e-6)


def test_the_points_are_exported(saved_twice, planner):
    lines = planner.get(f"{saved_twice}?format=csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("移动,1,J")
    book = load_workbook(io.BytesIO(planner.get(f"{saved_twice}?format=xlsx").content))
    assert book.active.max_row == 3


def test_with_one_version_or_none_there_is_nothing_to_compare(published_land, planner, project):
    url = f"/projects/{project.pk}/site/versions/"
    assert "还没有选址边界" in planner.get(url).content.decode()
    save(planner, project, land.SITE)
    assert "只有一个版本" in planner.get(url).content.decode()


@pytest.mark.parametrize("query", ["from=9", "to=x", "from=-1", "to=²"])
def test_a_version_that_does_not_exist_is_not_found(saved_twice, planner, query):
    assert planner.get(f"{saved_twice}?{query}").status_code == 404


def test_elsewhere_it_does_not_exist(saved_twice):
    assert signed_in(Role.PLANNER, "150202", username="far").get(saved_twice).status_code == 404
