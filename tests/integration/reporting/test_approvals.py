"""How approvals get on, counted by hand; the two centres against each other; the programme by its numbers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import chinese_calendar
import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions import cases
from gis_projects.library.actions.investment import record_investment
from gis_projects.library.actions.libraries import take_over
from gis_projects.library.actions.projects import register_project, set_kinds
from gis_projects.library.models import Approval, Project
from gis_projects.people.models import Region
from gis_projects.people.permissions import Role
from gis_projects.reporting import approvals, centres, programme
from gis_projects.reporting.approvals import Wanted
from tests.factories import arguments as factory
from tests.factories.library import ProjectFactory
from tests.factories.people import UserFactory, baotou, user_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)  # a Friday


def moment(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


def worked(start: date, end: date) -> int:
    """Working days after ``start`` up to and with ``end``, counted one by one by another library's calendar."""
    days = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    return sum(chinese_calendar.is_workday(day) for day in days)


def found(user, group: str, name: str, **wanted):
    rows = approvals.statistics(user, Wanted(**wanted), today=TODAY)
    [row] = [row for row in rows if (row.group, row.name) == (group, name)]
    return row


# --- approvals ------------------------------------------------------------------------------------


@pytest.fixture
def granted():
    """Approvals of one kind: four granted after known days, two under way, one elsewhere, one confidential."""
    baotou()
    reader, second = user_of(Role.LEADER), UserFactory(username="second")
    spans = [
        (date(2026, 4, 28), date(2026, 5, 21)), (date(2026, 9, 25), date(2026, 10, 12)),
        (date(2026, 11, 2), date(2026, 11, 2)), (date(2025, 12, 30), date(2026, 1, 5)), (date(2026, 10, 9), None),
        (date(2026, 11, 18), None),
    ]  # fmt: skip
    for n, (began, ended) in enumerate(spans):
        project = ProjectFactory(region_id="150202" if n == 2 else "150207", region=None)
        approve(project, began, ended, second)
    approve(
        ProjectFactory(region_id="150207", region=None, secrecy="confidential"),
        date(2026, 3, 2),
        None,
        second,
    )
    return reader, spans


def approve(project, began, ended, by) -> None:
    given = {"number": "批复1号", "granted_on": ended, "granted_by_id": by.pk} if ended else {}
    with connection.cursor() as cursor:  # its gates have tests of their own
        cursor.execute("SET LOCAL session_replication_role = replica")
        Approval.objects.create(project=project, item="setup", started_at=moment(began), **given)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_days_and_counts_equal_those_counted_one_by_one(granted):
    reader, spans = granted
    row = found(reader, "项目审批", "立项审批")
    took = sorted(worked(began, ended) for began, ended in spans if ended)
    assert took == [0, 3, 7, 15]  # over the May and the October holidays, over New Year, on the same day
    assert (row.begun, row.under_way, row.passed, row.sent_back) == (6, 2, 4, 0)
    assert (row.mean_days, row.median_days, row.longest_days) == (round(sum(took) / 4, 1), (3 + 7) / 2, 15)
    assert row.oldest_days == worked(date(2026, 10, 9), TODAY)
    nothing = found(reader, "项目审批", "初步设计审批")
    assert (nothing.begun, nothing.mean_days, nothing.median_days, nothing.oldest_days) == (
        0,
        None,
        None,
        None,
    )


def test_a_year_and_a_region_are_chosen(granted):
    reader, _spans = granted
    assert approvals.years(reader) == [2026, 2025]
    assert found(reader, "项目审批", "立项审批", year=2025).begun == 1
    assert found(reader, "项目审批", "立项审批", region="150202").begun == 1
    assert found(reader, "项目审批", "立项审批", region="150200").begun == 6
    assert found(reader, "项目审批", "立项审批", year=2026, region="150207").begun == 4
    assert found(user_of(Role.REVIEWER), "项目审批", "立项审批").begun == 7  # may read what is confidential
    assert found(user_of(Role.MONITOR, "150202", username="east"), "项目审批", "立项审批").begun == 1


def test_arguments_are_counted_by_what_became_of_them():
    bureau = factory.bureau()
    reader = user_of(Role.LEADER)
    began = date(2026, 11, 2)
    ended, withdrawn, _open = (
        factory.opened(bureau, factory.project(name=name), starts_on=began) for name in ("甲", "乙", "丙")
    )
    bureau.give_all(ended)
    cases.conclude(by=bureau.coordinator, case=ended, text="通过")
    cases.withdraw_case(by=bureau.coordinator, case=withdrawn, reason="调整")
    row = found(reader, "三项论证", "总量结构论证")
    assert (row.begun, row.under_way, row.passed, row.sent_back) == (3, 1, 1, 1)
    tasks = found(reader, "三项论证", "部门意见")
    each = ended.tasks.count()
    assert (tasks.begun, tasks.passed, tasks.sent_back, tasks.under_way) == (3 * each, each, each, each)


def test_the_page_says_the_same_and_exports_it(client, granted, django_assert_max_num_queries):
    reader, _spans = granted
    client.force_login(reader)
    address = reverse("reporting:approvals")
    with django_assert_max_num_queries(35):
        page = client.get(address, {"year": "2026", "region": "150207"}).content.decode()
    assert "立项审批" in page
    lines = client.get(address, {"format": "csv", "year": "2026"}).content.decode("utf-8-sig").splitlines()
    [row] = [line.split(",") for line in lines if "立项审批" in line]
    assert row[:6] == ["项目审批", "立项审批", "5", "2", "3", "0"]
    for wrong in ("x", "99999", "²"):
        assert client.get(address, {"year": wrong, "region": "' OR 1"}).status_code == 200


# --- the two centres ------------------------------------------------------------------------------


@pytest.fixture
def kept():
    """Projects that came in by actions, moved, were told anew of their money, argued."""
    baotou()
    admin = user_of(Role.ADMINISTRATOR)
    region = Region.objects.get(code="150207")
    made = []
    for n in range(5):
        project = register_project(
            by=admin, name=f"工程{n}", region=region, industry="E", level="city", stage="planning", year=2026,
            kinds=["government"], planned_yuan=Decimal(1000 + n), cumulative_yuan=Decimal(0),
            recorded_on=date(2026, 1, 31), secrecy="confidential" if n == 4 else "internal",
        )  # fmt: skip
        made.append(project)
    take_over(by=admin, projects=made[:3], library="catalogue", source="旧台账")
    record_investment(
        by=admin, project=made[0], planned_yuan=Decimal("5000.05"), cumulative_yuan=Decimal(7),
        recorded_on=date(2026, 2, 28),
    )  # fmt: skip
    set_kinds(by=admin, project=made[1], kinds=["key", "reserve"])
    return made


def test_both_centres_count_alike_what_came_in_by_actions(client, kept, django_assert_max_num_queries):
    reader = user_of(Role.LEADER)
    with django_assert_max_num_queries(25):
        rows = centres.reconciled(reader)
    assert [row.name for row in rows if row.difference] == []
    counted = {row.name: row.application for row in rows}
    assert (counted["登记项目数"], counted["目录库"], counted["重点项目"]) == (4, 3, 1)
    assert counted["计划投资（元）"] == Decimal("5000.05") + 1001 + 1002 + 1003
    client.force_login(reader)
    assert f"{len(rows)} 项全部一致" in client.get(reverse("reporting:centres")).content.decode()


@pytest.mark.parametrize(
    ("past", "name"),
    [
        ("UPDATE library_project SET library = 'reserve' WHERE id = %s", "目录库"),
        ("DELETE FROM library_librarymove WHERE project_id = %s", "目录库"),
        ("DELETE FROM trail_step WHERE subject = 'library.project:' || %s", "登记项目数"),
    ],
)
def test_what_was_written_past_the_actions_shows(client, kept, past, name):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the actions left to be asked is asked before
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(past, [kept[1].pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    reader = user_of(Role.LEADER)
    assert name in [row.name for row in centres.reconciled(reader) if row.difference]
    client.force_login(reader)
    page = client.get(reverse("reporting:centres"), {"apart": "1"}).content.decode()
    assert name in page
    assert "计划投资" not in page


# --- five, eight, ten -----------------------------------------------------------------------------


@pytest.mark.django_db(databases=["default", "public"])
def test_menu_and_api_name_five_systems_eight_functions_and_ten_databases(client):
    reader = user_of(Role.ADMINISTRATOR)  # may open every page
    ProjectFactory(region=reader.region)
    client.force_login(reader)
    said = client.get("/api/v1/programme/").json()
    assert [len(said[name]) for name in ("systems", "functions", "databases")] == [5, 8, 10]
    assert [row["number"] for row in said["functions"]] == list(range(1, 9))
    assert [row["number"] for row in said["functions"] if row["for_leaders"]] == [1, 2, 3, 4, 5]
    assert [row["number"] for row in said["databases"]] == list(range(1, 11))
    page = client.get(reverse("reporting:programme")).content.decode()
    for rows in said.values():
        for row in rows:
            assert row["name"] in page
            assert f'href="{row["pages"][0]}"' in page
            for address in row["pages"]:
                assert client.get(address).status_code == 200, address
    lines = (
        client.get(reverse("reporting:programme"), {"format": "csv"}).content.decode("utf-8-sig").splitlines()
    )
    assert len(lines) == 1 + 5 + 8 + 10
    assert {part.code for part in programme.systems()} == {row["code"] for row in said["systems"]}


def test_databases_count_what_the_list_of_each_shows(client):
    baotou()
    reader = user_of(Role.LEADER)
    for n in range(3):
        project = ProjectFactory(
            region_id="150207", region=None, secrecy="confidential" if n == 2 else "internal"
        )
        set_kinds(by=None, project=project, kinds=["key"])
    client.force_login(reader)
    said = {row["code"]: row["count"] for row in client.get("/api/v1/programme/").json()["databases"]}
    assert said["key"] == 2 == client.get("/api/v1/projects/counts/?database=key").json()["total"]
    assert Project.objects.count() == 3
