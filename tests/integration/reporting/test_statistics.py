"""The published table, from records in the database, as of its day and ever after."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from gis_projects.library.actions.investment import record_investment
from gis_projects.library.actions.projects import register_project, revise_project, set_kinds
from gis_projects.library.models import InvestmentRecord, Project
from gis_projects.people.permissions import Role
from gis_projects.reporting import queries
from tests.factories.library import ProjectFactory
from tests.factories.people import UserFactory, baotou, user_of
from tests.unit.reporting.test_statistics import PUBLISHED

pytestmark = pytest.mark.django_db
DAY = date(2019, 3, 29)


@pytest.fixture
def published():
    """1,293 projects whose figures add up to each row's; what doesn't divide goes to the row's first
    project."""
    regions = {region.short_name: region for region in baotou().values()}
    projects, amounts = [], []
    for name, region in regions.items():
        number, planned, cumulative, _percent = PUBLISHED[name]
        for n in range(number):
            projects.append(ProjectFactory.build(region=region))
            shares = []
            for total in (planned * 1_000_000, cumulative * 1_000_000):  # 万元 in fen
                share, rest = divmod(total, number)
                shares.append(Decimal(share + (rest if n == 0 else 0)) / 100)
            amounts.append(shares)
    Project.objects.bulk_create(projects)
    InvestmentRecord.objects.bulk_create(
        InvestmentRecord(
            project=project,
            region=project.region,
            planned_yuan=planned,
            cumulative_yuan=cumulative,
            recorded_on=DAY,
        )
        for project, (planned, cumulative) in zip(projects, amounts, strict=True)
    )
    return regions


@pytest.fixture
def reviewer():
    return user_of(Role.REVIEWER)


def numbers(statistics):
    return [
        (
            row.name,
            row.figures.number,
            row.figures.planned_yuan,
            row.figures.cumulative_yuan,
            row.figures.progress,
        )
        for row in statistics.rows
    ]


def expected():
    return [
        (name, number, Decimal(planned) * 10_000, Decimal(cumulative) * 10_000, progress)
        for name, (number, planned, cumulative, progress) in PUBLISHED.items()
    ]


def test_every_number_of_the_published_table(published, reviewer):
    assert numbers(queries.statistics(reviewer, DAY)) == expected()


def test_the_page_shows_it(published, reviewer, client):
    client.force_login(reviewer)
    page = client.get(reverse("reporting:statistics"), {"as_of": "2019-03-29"}).content.decode()
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    shown = []
    for row in body.split("<tr")[1:]:
        cells = [
            re.sub("<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        shown.append((cells[0], *(int(cell.replace(",", "").rstrip("%")) for cell in cells[1:])))
    assert shown == [(name, *figures) for name, figures in PUBLISHED.items()]
    assert "制表时间：2019-03-29" in page
    assert f"{reverse('library:projects')}?region=150207" in body


def test_a_past_report_stays_as_it_was_after_every_kind_of_later_edit(published, reviewer, client):
    client.force_login(reviewer)
    address = reverse("reporting:statistics") + "?as_of=2019-03-29&format=csv"
    before = client.get(address).content
    boss = user_of(Role.ADMINISTRATOR)
    first, second, third = Project.objects.order_by("pk")[:3]
    record_investment(by=boss, project=first, planned_yuan=Decimal(9), cumulative_yuan=Decimal(9))
    revise_project(by=boss, project=second, region=published["固阳县"], name="改名")
    set_kinds(by=boss, project=third, kinds=["reserve"])
    register_project(
        by=boss,
        code="new",
        name="新项目",
        region=published["东河区"],
        industry="E",
        level="city",
        stage="planning",
        year=2026,
        planned_yuan=Decimal(1000),
    )
    assert client.get(address).content == before
    assert numbers(queries.statistics(reviewer, timezone.localdate())) != expected()


def test_what_is_entered_late_for_an_earlier_day_can_be_left_out(published, reviewer):
    moment = timezone.now()
    register_project(
        by=None,
        code="late",
        name="补录",
        region=published["东河区"],
        industry="E",
        level="city",
        stage="planning",
        year=2019,
        planned_yuan=Decimal(10_000),
        recorded_on=date(2019, 3, 1),
    )
    assert numbers(queries.statistics(reviewer, DAY))[0][1] == 1294
    assert numbers(queries.statistics(reviewer, DAY, moment)) == expected()


def test_before_the_first_record_every_row_is_there_and_empty(published, reviewer):
    rows = queries.statistics(reviewer, date(2019, 3, 28)).rows
    assert [row.name for row in rows] == list(PUBLISHED)
    assert {(row.figures.number, row.figures.progress) for row in rows} == {(0, None)}


@pytest.mark.parametrize(
    ("unit", "total"),
    [("yuan", "110,687,020,000.00"), ("wan", "11,068,702"), ("yi", "1,106.87")],
)
def test_the_unit_changes_only_what_is_shown(published, reviewer, client, unit, total):
    client.force_login(reviewer)
    page = client.get(reverse("reporting:statistics"), {"as_of": "2019-03-29", "unit": unit}).content.decode()
    assert f'<td class="num">{total}</td>' in page
    assert '<td class="num">32%</td>' in page
    chosen = re.findall(r'<option value="(\w+)"( selected)?>(\w+)</option>', page)
    assert [(value, label) for value, _on, label in chosen] == [
        ("yuan", "元"),
        ("wan", "万元"),
        ("yi", "亿元"),
    ]
    assert [value for value, on, _label in chosen if on] == [unit]


def test_csv_and_xlsx_hold_the_same_table(published, reviewer, client):
    client.force_login(reviewer)
    rows = list(
        csv.reader(
            io.StringIO(
                client.get(
                    reverse("reporting:statistics"), {"as_of": "2019-03-29", "format": "csv"}
                ).content.decode("utf-8-sig"),
                newline="",
            )
        )
    )
    assert rows[0] == ["项目内容", "项目数量", "计划投资（万元）", "累计投资（万元）", "完成进度%"]
    assert [(row[0], *map(int, row[1:])) for row in rows[1:]] == [
        (name, *row) for name, row in PUBLISHED.items()
    ]
    content = client.get(reverse("reporting:statistics"), {"as_of": "2019-03-29", "format": "xlsx"}).content
    sheet = load_workbook(io.BytesIO(content)).active
    assert [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)] == [
        (name, *row) for name, row in PUBLISHED.items()
    ]


def test_a_region_row_is_the_length_and_money_of_its_list(published, reviewer, client):
    client.force_login(reviewer)
    for name, region in published.items():
        counts = client.get("/api/v1/projects/counts/", {"region": region.code}).json()
        number, planned, cumulative, progress = PUBLISHED[name]
        assert (counts["total"], counts["progress"]) == (number, progress)
        assert Decimal(counts["planned_yuan"]) == planned * 10_000
        assert Decimal(counts["cumulative_yuan"]) == cumulative * 10_000


def test_who_sees_one_district_gets_its_row_only(published, client):
    planner = user_of(Role.PLANNER, "150207")
    rows = queries.statistics(planner, DAY).rows
    assert [(row.name, row.figures.number) for row in rows] == [("旗县汇总", 180), ("九原区", 180)]


def test_confidential_projects_count_for_who_may_know_of_them(published):
    Project.objects.filter(pk=Project.objects.filter(region="150207").first().pk).update(
        secrecy="confidential"
    )
    assert queries.statistics(user_of(Role.REVIEWER), DAY).rows[0].figures.number == 1293
    assert queries.statistics(user_of(Role.PLANNER, "150200"), DAY).rows[0].figures.number == 1292


def test_the_page_opens_on_the_last_day_of_the_records(published, reviewer, client):
    client.force_login(reviewer)
    assert "制表时间：2019-03-29" in client.get(reverse("reporting:statistics")).content.decode()


def test_a_moment_can_be_fixed_in_the_address(published, reviewer, client):
    client.force_login(reviewer)
    moment = datetime(2019, 3, 28, tzinfo=ZoneInfo("Asia/Shanghai")).isoformat()
    page = client.get(
        reverse("reporting:statistics"), {"as_of": "2019-03-29", "known_at": moment}
    ).content.decode()
    assert "仅含 2019-03-28 00:00:00 前录入的数据" in page
    assert '<td class="num">1,293</td>' not in page


def test_an_unreadable_date_is_told(reviewer, client):
    client.force_login(reviewer)
    answer = client.get(reverse("reporting:statistics"), {"as_of": "gestern"})
    assert answer.status_code == 400
    assert "日期应写作" in answer.content.decode()


def test_who_has_no_role_gets_no_statistics(client):
    client.force_login(UserFactory(roles=[]))
    assert client.get(reverse("reporting:statistics")).status_code == 403


def test_statistics_take_three_questions(published, reviewer, django_assert_num_queries):
    with django_assert_num_queries(2):
        queries.statistics(reviewer, DAY)
