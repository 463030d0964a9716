"""Tables for programs: all or none, and the same again changes nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from gis_projects.library.models import InvestmentRecord, Project
from gis_projects.library.tables import tables
from gis_projects.people.permissions import Role
from tests.factories.library import ProjectFactory
from tests.factories.people import baotou, user_of

pytestmark = pytest.mark.django_db

ROW = {
    "code": "F-1", "name": "泵站改造", "region": "150207", "industry": "N", "level": "city", "stage": "planning",
    "year": 2026, "planned_yuan": "1200000.00", "cumulative_yuan": "0", "recorded_on": "2026-03-01",
}  # fmt: skip


@pytest.fixture
def admin(client):
    baotou()
    user = user_of(Role.ADMINISTRATOR)
    client.force_login(user)
    return user


def sent(client, *rows, name="projects", **more):
    return client.post(
        reverse("library-api:table", args=[name]),
        {"rows": list(rows), **more},
        content_type="application/json",
    )


def test_what_the_fiscal_system_sends_twice_is_written_once(client, admin):
    assert sent(client, ROW).json() == {"new": 1, "changed": 0, "unchanged": 0, "written": True}
    assert sent(client, ROW).json() == {"new": 0, "changed": 0, "unchanged": 1, "written": True}
    more = {"code": "F-1", "cumulative_yuan": "300000.00", "recorded_on": "2026-04-01"}
    assert sent(client, more).json()["changed"] == 1
    assert sent(client, more).json()["unchanged"] == 1
    amounts = InvestmentRecord.objects.order_by("pk").values_list("planned_yuan", "cumulative_yuan")
    assert list(amounts) == [(Decimal(1_200_000), 0), (Decimal(1_200_000), Decimal(300_000))]


def test_one_wrong_row_and_none_is_written(client, admin):
    answer = sent(client, ROW, {**ROW, "code": "F-2", "industry": "?", "surprise": 1})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert {(e["line"], e["field"], e["code"]) for e in answer.json()["errors"]} == {
        (2, None, "row-unknown-field"), (2, "industry", "cell-no-choice"),
    }  # fmt: skip
    assert not Project.objects.exists()


def test_a_dry_run_writes_nothing(client, admin):
    assert sent(client, ROW, dry_run=True).json() == {
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "written": False,
    }
    assert not Project.objects.exists()


@pytest.mark.parametrize("body", [{}, {"rows": 1}, {"rows": [1]}, {"rows": [{}] * 1001}, []])
def test_bodies_that_are_no_rows(client, admin, body):
    answer = client.post(
        reverse("library-api:table", args=["projects"]), body, content_type="application/json"
    )
    assert answer.status_code == 400


def test_rows_are_read_page_by_page(client, admin):
    for number in range(3):
        ProjectFactory(code=f"G-{number}")
    address = reverse("library-api:table", args=["projects"])
    first = client.get(address, {"page_size": 2}).json()
    assert [row["code"] for row in first["rows"]] == ["G-0", "G-1"]
    rest = client.get(address, {"page_size": 2, "after": first["next"]}).json()
    assert ([row["code"] for row in rest["rows"]], rest["next"]) == (["G-2"], None)


def test_no_two_columns_of_a_table_have_one_heading_in_either_language():
    for table in tables().values():
        columns = table.columns({"database": "planned"})
        names = [name for column in columns for name in sorted(column.names())]
        assert len(names) == len(set(names)), table.name
