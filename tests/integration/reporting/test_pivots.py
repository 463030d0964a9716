"""Every table of the four dimensions, against SQL that was written for it alone."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest
from django.db import connection
from django.urls import reverse

from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.models import Code, InvestmentRecord, Project
from gis_projects.library.queries.projects import projects
from gis_projects.people.permissions import Role
from gis_projects.reporting import pivots
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, baotou, user_of

pytestmark = pytest.mark.django_db

# By hand: nothing of it comes from the platform's own queries.
_WITNESS = """
WITH money AS (
    SELECT DISTINCT ON (project_id) project_id, planned_yuan, cumulative_yuan
    FROM library_investmentrecord ORDER BY project_id, recorded_on DESC, id DESC
), rows AS (
    SELECT p.year, p.authority_id AS authority, p.project_type_id AS type, m.planned_yuan, m.cumulative_yuan,
        CASE WHEN m.planned_yuan IS NULL THEN NULL
             WHEN m.planned_yuan < 1e7 THEN 0 WHEN m.planned_yuan < 5e7 THEN 1 WHEN m.planned_yuan < 1e8 THEN 2
             WHEN m.planned_yuan < 1e9 THEN 3 ELSE 4 END AS investment
    FROM library_project p LEFT JOIN money m ON m.project_id = p.id WHERE p.secrecy <> 'confidential'
)
SELECT {columns}, count(*), coalesce(sum(planned_yuan), 0), coalesce(sum(cumulative_yuan), 0)
FROM rows GROUP BY {columns}
"""


@pytest.fixture
def library():
    """300 projects of every kind: without money, without who is responsible, with two records, at every bound."""
    load_defaults()
    regions = list(baotou().values())
    chance = random.Random(5)
    units = [OrganisationFactory(kind="department", name=f"第{n}局") for n in range(3)]
    types = list(Code.objects.of("project_type"))[:4]
    amounts = [Decimal(bound) + step for bound in pivots.BOUNDS for step in (Decimal("-0.01"), Decimal(0))]
    made = Project.objects.bulk_create(
        ProjectFactory.build(
            code=f"V{n:03d}", region=chance.choice(regions), year=chance.randrange(2018, 2022),
            authority=chance.choice([None, *units]), project_type=chance.choice([None, *types]),
            secrecy="confidential" if n % 50 == 0 else "internal", stage=chance.choice(["planning", "construction"]),
        )
        for n in range(300)
    )  # fmt: skip
    records = []
    for n, project in enumerate(made):
        if n % 7 == 0:
            continue
        for year in range(2020, 2020 + chance.randrange(1, 3)):
            planned = chance.choice([*amounts, Decimal(chance.randrange(1, 3 * 10**11)) / 100])
            records.append(
                InvestmentRecord(
                    project=project, region=project.region, planned_yuan=planned, recorded_on=date(year, 1, 31),
                    cumulative_yuan=(planned * chance.randrange(101) / 100).quantize(Decimal("0.01")),
                )
            )  # fmt: skip
    InvestmentRecord.objects.bulk_create(records)
    return user_of(Role.LEADER)


def witness(names):
    with connection.cursor() as cursor:
        cursor.execute(_WITNESS.format(columns=", ".join(names)))
        return {tuple(row[: len(names)]): tuple(row[len(names) :]) for row in cursor.fetchall()}


def test_every_choice_of_dimensions_equals_sql(library):
    for size in range(1, 5):
        for names in combinations(pivots.DIMENSIONS, size):
            found = pivots.figures(projects(library), [pivots.DIMENSIONS[name] for name in names])
            plain = {
                key: (value.number, value.planned_yuan, value.cumulative_yuan) for key, value in found.items()
            }
            assert plain == witness(names), names


def test_rows_and_columns_add_up_whatever_stands_where(library):
    whole = witness(["year"])
    number, planned, cumulative = (sum(row[at] for row in whole.values()) for at in range(3))
    for rows, across in ((["year"], ""), (["year", "type"], "investment"), (["authority"], "year")):
        table = pivots.pivot(projects(library), rows, across)
        assert (table.total.number, table.total.planned_yuan, table.total.cumulative_yuan) == (
            number, planned, cumulative,
        )  # fmt: skip
        if across:
            for line in table.lines:
                assert sum(cell.planned_yuan for cell in line.cells) == line.total.planned_yuan
            assert sum(cell.number for cell in table.sums) == number
    assert len(pivots.flat(projects(library))) == len(witness(list(pivots.DIMENSIONS)))


def test_a_line_leads_to_exactly_its_projects(client, library):
    client.force_login(library)
    table = pivots.pivot(projects(library), ["year", "type", "investment"])
    followed = 0
    for line in table.lines:
        if line.query is None:
            assert line.names[-1] == "未填写"  # the list has no filter for projects without money
            continue
        counts = client.get(f"/api/v1/projects/counts/?{line.query}").json()
        assert (counts["total"], Decimal(counts["planned_yuan"])) == (
            line.total.number,
            line.total.planned_yuan,
        )
        followed += 1
    assert followed > 20


def test_what_is_not_said_comes_last_and_classes_in_their_order(library):
    [across] = [pivots.pivot(projects(library), ["authority"], "investment")]
    assert [line.names[0] for line in across.lines] == ["第0局", "第1局", "第2局", "未填写"]
    assert across.columns == (
        "1000万元以下", "1000万元至5000万元", "5000万元至1亿元", "1亿元至10亿元", "10亿元及以上", "未填写",
    )  # fmt: skip
    assert [line.names[0] for line in pivots.pivot(projects(library), ["year"]).lines] == [
        "2018", "2019", "2020", "2021",
    ]  # fmt: skip


def test_the_page_filters_exports_and_asks_few_questions(client, library, django_assert_max_num_queries):
    client.force_login(library)
    address = reverse("reporting:pivot")
    asked = {"rows": ["year", "authority"], "across": "investment", "measure": "planned", "stage": "planning"}
    with django_assert_max_num_queries(20):
        page = client.get(address, asked).content.decode()
    number = Project.objects.filter(stage="planning").exclude(secrecy="confidential").count()
    assert f"共 {number} 个项目" in page
    lines = client.get(address, {**asked, "format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert lines[0] == "管理年度,责任归属,项目投资,项目数,计划投资（万元）,累计投资（万元）,完成进度%"
    assert sum(int(line.split(",")[3]) for line in lines[1:]) == number
    refused = client.get(address, {"stage": "nothing"})
    assert refused.status_code == 400
    assert "第0局" not in refused.content.decode()


def test_a_confidential_project_is_counted_for_who_may_read_it(library):
    secret = Project.objects.filter(secrecy="confidential").count()
    assert secret > 0
    more = pivots.pivot(projects(user_of(Role.REVIEWER)), ["year"]).total.number
    assert more - pivots.pivot(projects(library), ["year"]).total.number == secret
