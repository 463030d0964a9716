"""The feature table: filtered, sorted, paged; what it links to; what it answers to nonsense."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from gis_projects.people.actions import tokens as actions
from gis_projects.people.permissions import Role
from tests.factories.layers import ORIGIN, STEP, grid_table, published
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db
PATH = "/layers/DLTB/features/"


@pytest.fixture
def table(db):
    published(
        "DLTB", grid_table(10, 12, names=[f"图斑<b>{n}" for n in range(120)]), name="国土调查地类图斑",
        class_names={"01": "耕地", "02": "园地"}, notice="演示数据,非真实界线",
    )  # fmt: skip


@pytest.fixture
def client(table):
    client = Client()
    client.force_login(user_of(Role.PLANNER))
    return client


def keys(answer):
    return [row["key"] for row in answer.context["rows"]]


def follow(client, answer, rel):
    found = re.search(rf'rel="{rel}" href="([^"]+)"', answer.content.decode())
    return client.get(PATH + found.group(1).replace("&amp;", "&")) if found else None


def test_pages_lead_forwards_and_back(client):
    first = client.get(PATH)
    assert keys(first) == [f"K{n:04d}" for n in range(50)]
    assert "共 120 个要素" in first.content.decode()
    second = follow(client, first, "next")
    third = follow(client, second, "next")
    assert keys(third) == [f"K{n:04d}" for n in range(100, 120)]
    assert follow(client, third, "next") is None
    assert keys(follow(client, third, "prev")) == keys(second)
    assert follow(client, client.get(PATH), "prev") is None


def test_sorting_goes_on_over_pages_and_says_its_direction(client):
    first = client.get(PATH, {"sort": "-key"})
    assert keys(first)[0] == "K0119"
    assert 'aria-sort="descending"' in first.content.decode()
    assert keys(follow(client, first, "next"))[0] == "K0069"
    areas = [row["area_m2"] for row in client.get(PATH, {"sort": "-area_m2"}).context["rows"]]
    assert areas == sorted(areas, reverse=True)


def test_filters_narrow_together(client):
    assert len(keys(client.get(PATH, {"class": "01", "q": "K001"}))) == 5
    assert keys(client.get(PATH, {"field": "TBMJ", "value": "4.50"})) == ["K0003"]
    assert len(keys(client.get(PATH, {"q": "耕地"}))) == 50
    box = f"{ORIGIN[0]},{ORIGIN[1]},{ORIGIN[0] + 0.5 * STEP},{ORIGIN[1] + 0.5 * STEP}"
    assert keys(client.get(PATH, {"bbox": box})) == ["K0000"]
    assert keys(client.get(PATH, {"least": "1e9"})) == []
    assert "没有符合条件的要素" in client.get(PATH, {"least": "1e9"}).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"least": "x"},
        {"most": "-1"},
        {"bbox": "1,2,3"},
        {"bbox": "5,2,3,4"},
        {"field": "nothing", "value": "1"},
    ],
)
def test_what_cannot_be_understood_is_said_and_lists_nothing(client, query):
    answer = client.get(PATH, query)
    assert answer.status_code == 400
    assert keys(answer) == []
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"after": "["}, {"after": '["\\u0000", "x"]'}, {"after": "[1, 2]"}, {"after": "[[],[]]"}, {"sort": "; DROP"},
        {"after": '["K0001", "K0001"]', "sort": "area_m2"}, {"after": "[NaN, \"x\"]", "sort": "area_m2"},
        {"after": '["\\ud800", "x"]'}, {"before": f"[{'9' * 400}, \"x\"]", "sort": "area_m2"}, {"after": "[" * 60_000},
        {"q": "\0"}, {"class": "\0"}, {"column": "nothing"}, {"before": "{}"}, {"field": "TBMJ", "value": "nan"},
    ],
)  # fmt: skip
def test_nonsense_in_the_address_breaks_nothing(client, query):
    assert client.get(PATH, query).status_code == 200


def test_names_of_the_data_are_no_markup(client):
    page = client.get(PATH).content.decode()
    assert "图斑&lt;b&gt;0" in page
    assert "图斑<b>" not in page


def test_columns_are_chosen(client):
    page = client.get(PATH, {"column": "TBMJ"})
    assert page.context["columns"] == [("TBMJ", "")]
    assert page.context["rows"][1]["values"] == ["1.5"]


def test_a_row_leads_to_its_place_on_the_map(client):
    place = client.get(PATH).context["rows"][0]["place"]
    zoom, lat, lon = re.match(r"#(\d+)/([\d.]+)/([\d.]+)/layers=DLTB/at=DLTB:K0000$", place).groups()
    assert (float(lon), float(lat)) == pytest.approx((ORIGIN[0] + STEP / 2, ORIGIN[1] + STEP / 2))
    assert 10 <= int(zoom) <= 18


def test_old_versions_are_asked_by_number(client):
    published("DLTB", grid_table(2, 2))
    assert len(keys(client.get(PATH))) == 4
    old = client.get(PATH, {"version": "1"})
    assert len(keys(old)) == 50
    assert "已被取代" in old.content.decode()
    assert "layers=DLTB:1/" in old.context["rows"][0]["place"]
    for missing in ("3", "x", "99999999999"):
        assert client.get(PATH, {"version": missing}).status_code == 404


def test_who_may_not_export_sees_no_form(client):
    assert 'name="format"' not in client.get(PATH).content.decode()
    reviewer = Client()
    reviewer.force_login(user_of(Role.REVIEWER))
    assert 'name="format"' in reviewer.get(PATH).content.decode()


# --- the API --------------------------------------------------------------------------------------

API = "/api/v1/layers/DLTB/features/"


def test_the_api_pages_by_place(client):
    first = client.get(API, {"class": "01", "limit": 40, "sort": "-key"}).json()
    assert (first["count"], first["count_is_exact"], first["version"]) == (60, True, 1)
    assert first["features"][0]["key"] == "K0119"
    second = client.get(API, {"class": "01", "limit": 40, "sort": "-key", "after": first["next"]}).json()
    assert [row["key"] for row in second["features"]] == [f"K{n:04d}" for n in range(39, 0, -2)]
    assert second["next"] is None
    assert second["features"][0]["attributes"] == {"QSXZ": "20", "TBMJ": 58.5}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0}, {"limit": 1001}, {"sort": "x"}, {"after": "["}, {"after": "[1]"},
        {"after": '["a", "b"]', "sort": "area_m2"},
        {"after": '["\\udc00", "b"]'}, {"after": f"[{'9' * 400}, \"x\"]", "sort": "area_m2"},
        {"after": '[1, "b"]'}, {"version": "x"}, {"bbox": "1"}, {"field": "x"}, {"most": "-1"},
    ],
)  # fmt: skip
def test_the_api_refuses_with_a_problem(client, query):
    answer = client.get(API, query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_the_api_takes_a_token(table):
    _token, word = actions.create_token(by=user_of(Role.PLANNER), name="x")
    program = Client(headers={"authorization": f"Bearer {word}"})
    assert program.get(API).json()["count"] == 120
    assert Client(headers={"authorization": "Bearer gp-x"}).get(API).status_code == 403
