"""What the map shows is what the list and the tables hold: kinds, places, money, and the confidential left out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.http import QueryDict
from django.urls import reverse

from gis_projects.library import selecting
from gis_projects.people.permissions import Role
from gis_projects.sites.actions.boundaries import save_boundary
from tests.factories import land
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import RegionFactory, user_of

pytestmark = pytest.mark.django_db

COUNTED = """
SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM library_membership m WHERE m.project_id = p.id AND m.kind = %s))
FROM library_project p WHERE p.secrecy <> 'confidential' AND p.region_id LIKE '150207'
"""
OF_NONE = """
SELECT count(*) FROM library_project p WHERE p.secrecy <> 'confidential' AND p.region_id LIKE '150207'
  AND NOT EXISTS (SELECT FROM library_membership m WHERE m.project_id = p.id
                  AND m.kind IN ('key', 'government', 'planned', 'reserve'))
"""
NOWHERE = """
SELECT count(*) FROM library_project p LEFT JOIN siting_site s ON s.id = p.site_id
WHERE p.secrecy <> 'confidential' AND p.region_id LIKE '150207' AND p.location IS NULL AND s.current_id IS NULL
"""


def told(statement: str, *parameters: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0])


@pytest.fixture
def planner(client):
    jiuyuan = RegionFactory(code="150207")
    nowhere = {"location": None, "precision": "unknown"}
    made = [
        ProjectFactory(code="B1", region=jiuyuan, kinds=["key", "government"]),
        ProjectFactory(code="B2", region=jiuyuan, kinds=["key"], stage="planning"),
        ProjectFactory(code="B3", region=jiuyuan, kinds=["reserve"], **nowhere),
        ProjectFactory(code="B4", region=jiuyuan, kinds=[]),
        ProjectFactory(code="B5", region=jiuyuan, kinds=[], **nowhere),
        ProjectFactory(code="B6", region=jiuyuan, kinds=["key"], secrecy="confidential"),
        ProjectFactory(code="B7", region=RegionFactory(code="150202"), kinds=["key"]),
    ]
    for number, project in enumerate(made):
        InvestmentFactory(project=project, planned_yuan=Decimal("100.01") * (number + 1))
    user = user_of(Role.PLANNER, "150207")
    client.force_login(user)
    return user


def test_counts_of_api_list_and_tables_are_one(client, planner):
    said = client.get("/api/v1/projects/counts/").json()
    page = client.get(reverse("library:projects")).context
    listed = {row["value"]: row["number"] for row in page["kinds"]}
    for kind in ("key", "government", "planned", "reserve"):
        assert said["kinds"][kind] == listed[kind] == told(COUNTED, kind)
    assert said["none"] == listed["none"] == told(OF_NONE) == 2
    assert said["unplaced"] == told(NOWHERE) == 2
    assert said["total"] == page["summary"].number == 5
    assert Decimal(said["planned_yuan"]) == page["summary"].planned_yuan == Decimal("1500.15")


@pytest.mark.parametrize(
    ("params", "codes"),
    [
        ({"kind": "none"}, "B4 B5"),
        ({"kind": ["none", "reserve"]}, "B3 B4 B5"),
        ({"placed": "false"}, "B3 B5"),
        ({"placed": "true", "kind": "none"}, "B4"),
        ({"stage": "planning"}, "B2"),
        ({"planned_from": "200.02", "planned_to": "400.04"}, "B2 B3 B4"),
    ],
)
def test_the_list_behind_a_number_holds_so_many(client, planner, params, codes):
    page = client.get(reverse("library:projects"), params).context["page"]
    assert [project.code for project in page] == codes.split()
    answer = client.get("/api/v1/projects/map/", params).json()
    assert [feature["properties"]["code"] for feature in answer["features"]] == codes.split()
    assert answer["counts"]["total"] == len(codes.split())


def test_the_map_brings_the_counts_along(client, planner):
    params = {"kind": "key", "stage": "construction"}
    brought = client.get("/api/v1/projects/map/", params).json()["counts"]
    assert brought == client.get("/api/v1/projects/counts/", params).json()
    assert (brought["total"], brought["kinds"]["key"], brought["kinds"]["reserve"], brought["none"]) == (
        1,
        1,
        1,
        2,
    )


def test_secrets_are_uncounted_but_for_who_may_read_them(client, planner):
    assert client.get("/api/v1/projects/counts/").json()["kinds"]["key"] == 2
    client.force_login(user_of(Role.REVIEWER, "150207"))
    assert client.get("/api/v1/projects/counts/").json()["kinds"]["key"] == 3


def test_a_day_that_is_none_is_a_problem(client, planner):
    answer = client.get("/api/v1/projects/map/", {"as_of": "2019-3-x"})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["as_of"]


@pytest.mark.parametrize(
    "params", [{}, {"kind": ["none", "reserve"]}, {"kind": "untold"}, {"placed": "true"}]
)
def test_the_rows_that_the_database_writes_are_those_of_the_platform(client, planner, params):
    odd = ProjectFactory(
        code="B8", name='“"\\\n</script>%s{0}', region=RegionFactory(code="150207"), kinds=["reserve", "key"],
        location=None, precision="unknown",
    )  # fmt: skip
    save_boundary(by=planner, project=odd, boundary=land.boundary())
    query = QueryDict(mutable=True)
    for name, value in params.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    found = selecting.selected(planner, query)
    answer = client.get("/api/v1/projects/map/", {**params, "form": "rows"}).json()
    assert answer["rows"] == [row.values() for row in found.rows]
    assert answer["counts"] == client.get("/api/v1/projects/counts/", params).json()
    assert answer["counts"] == client.get("/api/v1/projects/map/", params).json()["counts"]
    assert any(row[0] == odd.pk and row[-1] for row in answer["rows"]) is (params != {"kind": "untold"})


def test_neither_counts_nor_points_fetch_a_project(client, planner, django_assert_num_queries):
    for asked in ("/api/v1/projects/counts/", "/api/v1/projects/map/?form=rows"):
        with django_assert_num_queries(3):  # the session, the account, and one for all
            client.get(asked, {"kind": "key"} if "?" not in asked else None)


def test_a_selection_needs_two_questions_however_many(planner, django_assert_num_queries):
    ProjectFactory.create_batch(20, region=RegionFactory(code="150207"), kinds=["key"])
    with django_assert_num_queries(1):
        found = selecting.selected(planner, QueryDict("kind=key&stage=construction"))
    assert len(found.rows) == 21
