from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

import pytest
from django.contrib.gis.geos import Point
from django.urls import reverse
from openpyxl import load_workbook

from gis_projects.library.models import Membership, SavedView
from gis_projects.people.permissions import Role
from siting.models import Site
from tests.factories.layers import grid_table, published
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def projects():
    jiuyuan, donghe = RegionFactory(code="150207"), RegionFactory(code="150202")
    made = [
        ProjectFactory(
            code="A1", name="九原大道改造", region=jiuyuan, kinds=["key"], year=2018, industry="E"
        ),
        ProjectFactory(
            code="A2", name="奥林匹克公园", region=jiuyuan, kinds=["key", "government"], stage="planning"
        ),
        ProjectFactory(
            code="A3",
            name="=污水处理厂",
            region=donghe,
            kinds=["reserve"],
            level="county",
            content="提标改造",
        ),
        ProjectFactory(code="A4", name="涉密工程", region=jiuyuan, kinds=["key"], secrecy="confidential"),
    ]
    for project, planned, cumulative in zip(made, (300, 100, 200, 400), (30, 90, 20, 0), strict=True):
        InvestmentFactory(
            project=project,
            planned_yuan=Decimal(planned * 10_000),
            cumulative_yuan=Decimal(cumulative * 10_000),
        )
    return made


@pytest.fixture
def reviewer(client, projects):
    client.force_login(user_of(Role.REVIEWER))
    return client


def codes(client, **params):
    page = client.get(reverse("library:projects"), params).content.decode()
    return re.findall(r'<td class="text-nowrap">(A\d)</td>', page)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["A1", "A2", "A3", "A4"]),
        ({"kind": "key"}, ["A1", "A2", "A4"]),
        ({"kind": ["government", "reserve"]}, ["A2", "A3"]),
        ({"region": "150202"}, ["A3"]),
        ({"region": ["150202", "150207"]}, ["A1", "A2", "A3", "A4"]),
        ({"industry": "E", "year": "2018"}, ["A1"]),
        ({"level": "county"}, ["A3"]),
        ({"stage": "planning"}, ["A2"]),
        ({"q": "改造"}, ["A1", "A3"]),
        ({"q": "改造 污水"}, ["A3"]),
        ({"q": "a2"}, ["A2"]),
        ({"sort": "-planned"}, ["A4", "A1", "A3", "A2"]),
        ({"sort": "progress"}, ["A4", "A1", "A3", "A2"]),
        ({"sort": "region"}, ["A3", "A1", "A2", "A4"]),
        ({"sort": "nonsense"}, ["A1", "A2", "A3", "A4"]),
        ({"kind": "nonsense"}, []),  # what can't be understood selects nothing
        ({"year": "zwei"}, []),
        ({"has_site": "true"}, []),
        ({"has_site": "false"}, ["A1", "A2", "A3", "A4"]),
    ],
)
def test_filters_and_order(reviewer, params, found):
    assert codes(reviewer, **params) == found


def test_a_site_without_a_boundary_is_none_yet(reviewer, projects):
    projects[0].site = Site.objects.create()
    projects[0].save()
    assert codes(reviewer, has_site="true") == []


def test_everyone_sees_their_own_region_and_no_secrets(client, projects):
    client.force_login(user_of(Role.PLANNER, "150207"))
    assert codes(client) == ["A1", "A2"]
    for project, status in zip(projects, (200, 200, 404, 404), strict=True):
        assert client.get(reverse("library:project", args=[project.pk])).status_code == status


def test_counts_beside_the_kinds_are_the_lengths_of_their_lists(reviewer):
    page = reviewer.get(
        reverse("library:projects"), {"region": "150207", "kind": "government"}
    ).content.decode()
    counts = {kind: int(number) for kind, number in re.findall(r'data-kind="(\w+)">(\d+)<', page)}
    assert counts == {"key": 3, "government": 1, "planned": 0, "reserve": 0, "none": 0}
    for kind, number in counts.items():
        assert len(codes(reviewer, region="150207", kind=kind)) == number


def test_money_of_the_selection_is_summed(reviewer):
    page = reviewer.get(reverse("library:projects"), {"kind": "key"}).content.decode()
    assert "共 3 个项目，计划投资 800 万元，累计投资 120 万元，完成进度 15%" in page


def test_an_invalid_filter_is_told(reviewer):
    page = reviewer.get(reverse("library:projects"), {"kind": "nonsense"}).content.decode()
    assert "筛选条件有误" in page


def test_nothing_found_and_nothing_there_say_different_things(reviewer, client):
    assert "没有符合条件的项目" in reviewer.get(reverse("library:projects"), {"q": "不存在"}).content.decode()
    client.force_login(UserFactory(roles=["planner"], region=RegionFactory(code="150222")))
    assert "您的区划内还没有项目" in client.get(reverse("library:projects")).content.decode()


def test_the_same_selection_is_carried_to_the_map(reviewer):
    page = reviewer.get(
        reverse("library:projects"), {"kind": ["key", "reserve"], "q": "路", "page": "2"}
    ).content
    assert b"?q=%E8%B7%AF&amp;kind=key&amp;kind=reserve" in page


def test_pages(reviewer):
    region = RegionFactory(code="150207")
    ProjectFactory.create_batch(60, region=region)
    first = reviewer.get(reverse("library:projects"))
    assert len(first.context["page"].object_list) == 50
    second = reviewer.get(reverse("library:projects"), {"page": 2, "region": "150207"})
    assert len(second.context["page"].object_list) == 13
    assert "region=150207" in second.content.decode()
    assert (
        len(reviewer.get(reverse("library:projects"), {"page": "nonsense"}).context["page"].object_list) == 50
    )


def test_the_list_asks_as_many_questions_for_many_projects_as_for_few(
    reviewer, django_assert_max_num_queries, django_assert_num_queries
):
    region = RegionFactory(code="150207")
    for project in ProjectFactory.create_batch(45, region=region, kinds=["key", "planned"]):
        InvestmentFactory(project=project)
    reviewer.get(reverse("library:projects"))  # notices are cached
    # session, user, their region; count for pages, rows, per-kind counts, total, sum; regions twice
    with django_assert_max_num_queries(14):
        reviewer.get(reverse("library:projects"))


def test_the_project_page_shows_what_is_known(reviewer, projects):
    InvestmentFactory(project=projects[0], planned_yuan=Decimal("123456789.12"), recorded_on="2020-01-01")
    page = reviewer.get(reverse("library:project", args=[projects[0].pk])).content.decode()
    for text in (
        "九原大道改造",
        "重点项目",
        "123,456,789.12",
        "12,345.68",
        "109.900000",
        "准确点位",
        "还没有选址边界",
    ):
        assert text in page


# --- exports --------------------------------------------------------------------------------------


def test_csv_holds_the_whole_selection_with_exact_money(reviewer):
    response = reviewer.get(reverse("library:projects"), {"format": "csv", "region": "150202"})
    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))
    assert rows[0][:3] == ["项目代码", "项目名称", "项目类别"]
    assert rows[1][:4] == ["A3", "'=污水处理厂", "储备项目", "东河区"]
    assert rows[1][8:10] == ["2000000.00", "200000.00"]
    assert len(rows) == 2


def test_csv_in_gb18030(reviewer):
    response = reviewer.get(
        reverse("library:projects"), {"format": "csv", "encoding": "gb18030", "q": "九原"}
    )
    assert "九原大道改造" in response.getvalue().decode("gb18030")


def test_xlsx(reviewer):
    response = reviewer.get(reverse("library:projects"), {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(response.getvalue())).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["A1", "A2", "A3", "A4"]
    assert sheet["B4"].data_type == "s"


def test_exports_hold_only_what_may_be_known(client, projects):
    client.force_login(user_of(Role.PLANNER, "150207"))
    content = client.get(reverse("library:projects"), {"format": "csv"}).getvalue().decode("utf-8-sig")
    assert "涉密工程" not in content
    assert "污水" not in content
    assert "九原大道改造" in content


# --- what stands around and beside ----------------------------------------------------------------


def test_a_project_that_stands_in_another_region_is_flagged(reviewer, projects):
    published("XZQ", grid_table(1, 1, keys=["150202"], names=["东河区"]))  # the square around 109.905, 40.605
    location = Point(109.905, 40.605, srid=4490)
    for project, flagged in ((projects[0], True), (projects[2], False)):  # declared: 九原区, 东河区
        project.location = location
        project.save()
        page = reviewer.get(reverse("library:project", args=[project.pk])).content.decode()
        assert ("与登记的九原区不一致" in page) is flagged


def test_what_layers_ask_to_be_said_is_on_every_page(reviewer, client):
    published("A", notice="演示数据,非真实界线")
    published("B", notice="演示数据,非真实界线")
    published("C", notice="某保密图层", secrecy="confidential")
    page = reviewer.get(reverse("library:projects")).content.decode()
    assert page.count("演示数据,非真实界线") == 1
    assert "某保密图层" not in page


def test_columns_are_those_that_are_asked_for_in_their_order_on_the_page_and_in_the_export(reviewer):
    address = reverse("library:projects")
    asked = {"columns": ["year", "name", "nonsense", "library"], "kind": "government"}
    page = reviewer.get(address, asked).content.decode()
    heads = re.findall(r"<th scope=\"col\"[^>]*>(?:<a[^>]*>)?([^<▲▼]+)", page)
    assert [head.strip() for head in heads] == ["年度", "项目名称", "所在库"]
    response = reviewer.get(address, {**asked, "format": "csv"})
    assert response.streaming
    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"), newline="")))
    assert rows == [["入库年度", "项目名称", "所在库"], ["2019", "奥林匹克公园", "未入库"]]


def test_a_view_is_kept_shared_in_ones_organisation_and_dropped_by_its_owner(client, projects):
    unit, other = OrganisationFactory(), OrganisationFactory()
    mine, colleague, stranger = (
        user_of(Role.REVIEWER, username=name, organisation=of)
        for name, of in (("mine", unit), ("colleague", unit), ("stranger", other))
    )
    address = reverse("library:projects")
    client.force_login(mine)
    query = "kind=key&columns=name&columns=year&page=3"
    client.post(reverse("library:project-view-save"), {"name": "重点", "query": query, "shared": "on"})
    client.post(reverse("library:project-view-save"), {"name": "自己的", "query": "q=x"})
    view = SavedView.objects.get(name="重点")
    assert (view.query, view.columns) == ("kind=key&columns=name&columns=year", ["name", "year"])
    for user, shown in ((mine, {"重点", "自己的"}), (colleague, {"重点"}), (stranger, set())):
        client.force_login(user)
        page = client.get(address).content.decode()
        assert {name for name in ("重点", "自己的") if f">{name}</a>" in page} == shown
    client.force_login(stranger)
    assert client.post(reverse("library:project-view-drop", args=[view.pk])).status_code == 404
    client.force_login(colleague)
    assert client.post(reverse("library:project-view-drop", args=[view.pk])).status_code == 403
    client.force_login(mine)
    client.post(reverse("library:project-view-drop", args=[view.pk]))
    assert not SavedView.objects.filter(name="重点").exists()


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"database": "key"}, ["A1", "A2", "A4"]),
        ({"database": "key", "dbstage": "concept"}, ["A1"]),
        ({"database": "key", "dbstage": "-"}, ["A2", "A4"]),
        ({"dbpart": "special"}, ["A3"]),
        ({"planned_from": "2000000"}, ["A1", "A3", "A4"]),
        ({"planned_from": "2000000", "planned_to": "3000000"}, ["A1", "A3"]),
        ({"year_to": "2018"}, ["A1"]),
        ({"plan_item": "true"}, []),
        ({"verdict": "prohibited"}, []),
    ],
)
def test_more_filters_select_the_same_on_the_list_and_on_the_map(reviewer, projects, params, found):
    projects[0].memberships.filter(kind="key").update(stage="concept")
    Membership.objects.create(project=projects[2], kind="planned", part="special")
    assert codes(reviewer, **params) == found
    points = reviewer.get(reverse("library-api:projects-map"), params).json()["features"]
    assert sorted(one["properties"]["code"] for one in points) == found
