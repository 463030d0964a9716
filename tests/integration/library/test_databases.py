"""The ten databases: what is in them adds up, by an independent count; registers; plans and planning lists."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from openpyxl import load_workbook

from gis_projects.library import databases
from gis_projects.library.actions import databases as actions
from gis_projects.library.actions import planning
from gis_projects.library.actions.projects import set_kinds
from gis_projects.library.actions.tables import write_objects
from gis_projects.library.models import (
    DevelopmentPlan,
    Expert,
    Membership,
    PlanItem,
    PlanningList,
    PlanningRow,
    Policy,
    ProjectKind,
)
from gis_projects.library.queries import databases as queries
from gis_projects.library.queries import planning as planning_queries
from gis_projects.library.queries.overviews import overview
from gis_projects.library.queries.projects import projects
from gis_projects.library.tables import get
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import RegionFactory, baotou, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    baotou()
    return user_of(Role.ADMINISTRATOR)


@pytest.fixture
def placed(admin):
    """Five projects in several databases and parts; one confidential, one of another district."""
    made = [
        ProjectFactory(
            code=f"A{n}", region_id="150202" if n == 5 else "150207",
            secrecy="confidential" if n == 4 else "internal",
        )
        for n in range(1, 6)
    ]  # fmt: skip
    for project, database, parts, stage in (
        (0, "planned", ("overall", "special"), "implementation"),
        (1, "planned", (), ""),
        (2, "planned", ("special",), "adoption"),
        (0, "key", (), "concept"),
        (3, "key", (), "supervision"),
        (4, "key", (), ""),
        (4, "reserve", ("central", "major"), ""),
        (1, "central", (), "application"),
        (2, "special_funds", (), "construction"),
        (2, "city_funds", (), "acceptance"),
        (0, "filed", ("filing",), ""),
    ):
        actions.place(by=admin, project=made[project], database=database, parts=parts, stage=stage)
    return made


def test_seven_and_three_are_ten_with_the_parts_and_stages_that_the_city_names():
    assert [(d.number, d.code) for d in databases.project_databases().values()] == [
        (1, "planned"), (2, "reserve"), (3, "central"), (4, "special_funds"), (5, "city_funds"), (6, "key"),
        (7, "filed"),
    ]  # fmt: skip
    assert [(d.number, d.code) for d in databases.registers().values()] == [
        (8, "experts"), (9, "policies"), (10, "resources"),
    ]  # fmt: skip
    sizes = {d.code: (len(d.parts), len(d.stages)) for d in databases.project_databases().values()}
    assert sizes == {
        "planned": (3, 4), "reserve": (3, 0), "central": (0, 6), "special_funds": (0, 5), "city_funds": (0, 5),
        "key": (0, 5), "filed": (3, 0),
    }  # fmt: skip
    assert [len(d.parts) for d in databases.registers().values()] == [3, 3, 8]
    every = [*databases.project_databases().values(), *databases.registers().values()]
    assert all(term.name and term.name_en for d in every for term in (d, *d.parts, *d.stages))


def counted(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def test_the_numbers_reconcile_with_an_independent_count(admin, placed):
    found = {one.database.code: one for one in queries.overview(admin)}
    assert len(found) == 10
    for code, database in databases.project_databases().items():
        sql = "SELECT count(DISTINCT project_id) FROM library_membership WHERE kind = %s"
        assert found[code].number == counted(sql, code)
        for term in database.parts:
            assert found[code].parts[term.code] == counted(f"{sql} AND part = %s", code, term.code)
        for term in database.stages:
            assert found[code].stages[term.code] == counted(f"{sql} AND stage = %s", code, term.code)
        assert sum(found[code].stages.values()) == found[code].number
        assert queries.members(admin, code).count() == found[code].number


def test_who_may_set_a_kind_may_place_it_and_the_other_way_round():
    """The field of a project and the database are one thing: nobody is let in by one door and refused at the other."""
    baotou()
    project = ProjectFactory(region_id="150207", region=None)
    keeper, manager = user_of(Role.PLANNER, "150207"), user_of(Role.ADMISSION, "150207")
    reader, elsewhere = user_of(Role.MONITOR, "150207"), user_of(Role.ADMISSION, "150202", username="east")
    for by in (keeper, manager):
        actions.place(by=by, project=project, database="key")
        actions.leave(by=by, project=project, database="key", reason="不再列入")
        set_kinds(by=by, project=project, kinds=["key"])
        set_kinds(by=by, project=project, kinds=[])
    for by in (reader, elsewhere):
        with pytest.raises(PermissionDenied):
            actions.place(by=by, project=project, database="key")
        with pytest.raises(PermissionDenied):
            set_kinds(by=by, project=project, kinds=["key"])
    with pytest.raises(PermissionDenied):
        actions.place(by=keeper, project=project, database="central")
    actions.place(by=manager, project=project, database="central")
    assert list(project.memberships.values_list("kind", flat=True)) == ["central"]


def test_a_reader_counts_only_what_they_may_know_of(placed):
    planner = user_of(Role.PLANNER, "150207")
    found = {one.database.code: one.number for one in queries.overview(planner)}
    assert found["key"] == 1  # one is confidential, one of another district
    assert found["reserve"] == 0


def test_the_toggles_of_the_one_map_are_the_databases_of_that_name(admin, placed):
    every = projects(admin)
    counts = overview(every).kinds
    found = {one.database.code: one.number for one in queries.overview(admin)}
    for kind in ("key", "planned", "reserve"):
        assert counts[kind] == found[kind]
    assert set(ProjectKind.values) - set(found) == {"government"}
    # of two parts, still one
    assert every.get(code="A1").kinds == ["key", "planned"]


def test_a_project_is_in_a_part_once_and_only_in_what_there_is(admin, placed):
    for more in ({"kind": "key", "part": "overall"}, {"kind": "key", "stage": "acceptance"}, {"kind": "new"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(project=placed[1], **more)
    with pytest.raises(ValidationError):
        actions.place(by=admin, project=placed[0], database="key", parts=("overall",))
    with pytest.raises(ValidationError):
        actions.place(by=admin, project=placed[0], database="key", stage="acceptance")


def test_moving_on_and_leaving_are_recorded(admin, placed):
    actions.place(by=admin, project=placed[0], database="key", stage="promotion")
    actions.place(by=admin, project=placed[0], database="key", stage="promotion")
    with pytest.raises(ValidationError):
        actions.leave(by=admin, project=placed[0], database="key", reason=" ")
    actions.leave(by=admin, project=placed[0], database="key", reason="不再是重点")
    steps = Step.objects.filter(subject=f"library.project:{placed[0].pk}", data__code="key")
    assert list(steps.values_list("verb", flat=True)) == [
        "library.enter_database", "library.move_in_database", "library.leave_database",
    ]  # fmt: skip
    assert not placed[0].memberships.filter(kind="key").exists()


def test_only_who_keeps_the_libraries_places_projects_in_what_is_no_kind(placed):
    planner = user_of(Role.PLANNER, "150207")
    for database in set(databases.project_databases()) - set(ProjectKind.values):
        with pytest.raises(PermissionDenied):
            actions.place(by=planner, project=placed[0], database=database)


def test_the_table_of_a_database_comes_back_as_it_went_out(admin, placed):
    table = get("memberships")
    for code in databases.project_databases():
        options = {"database": code}
        columns = {column.key: column for column in table.columns(options)}
        rows = [
            {name: value for name, value in row.items() if name in columns and not columns[name].only_out}
            for row in table.rows(admin, options)
        ]
        sent = [{name: list(v) if isinstance(v, tuple) else v for name, v in row.items()} for row in rows]
        outcome = write_objects(by=admin, table=table, rows=sent, options=options, dry_run=False)
        assert (outcome.new, outcome.changed, outcome.unchanged, outcome.problems) == (0, 0, len(rows), {})
    sent = [{"code": "A2", "parts": ["专项规划", "区域规划"], "stage": "评估规划"}]
    outcome = write_objects(by=admin, table=table, rows=sent, options={"database": "planned"}, dry_run=False)
    assert outcome.changed == 1
    assert sorted(placed[1].memberships.filter(kind="planned").values_list("part", "stage")) == [
        ("regional", "assessment"), ("special", "assessment"),
    ]  # fmt: skip


def test_pages_of_the_databases(admin, placed, client):
    client.force_login(admin)
    page = client.get(reverse("library:databases")).content.decode()
    assert '<b data-database="planned">3</b>' in page
    page = client.get(reverse("library:database", args=["planned"]), {"part": "special"}).content.decode()
    assert "A1" in page
    assert "A3" in page
    assert "A2" not in page
    answer = client.get(reverse("library:database", args=["planned"]), {"part": "special", "format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [row[0].value for row in sheet.iter_rows()] == ["项目代码", "A1", "A3"]
    client.post(reverse("library:database-place", args=["key"]), {"code": "A2", "stage": "concept"})
    assert placed[1].memberships.get(kind="key").stage == "concept"
    client.post(reverse("library:database-leave", args=["key"]), {"code": "A2", "reason": "误列"})
    assert not placed[1].memberships.filter(kind="key").exists()


def test_the_api_has_all_ten(admin, placed, client):
    client.force_login(admin)
    found = client.get(reverse("library-api:databases")).json()
    assert [one["members"] for one in found] == [3, 1, 1, 1, 1, 3, 1, 0, 0, 0]
    found = client.get(reverse("library-api:database", args=["planned"]), {"stage": "-"}).json()
    assert (found["total"], [one["code"] for one in found["projects"]]) == (1, ["A2"])


# Registers.

POLICY = {
    "code": "GJ-712", "title": "政府投资条例", "number": "国务院令第712号", "level": "national", "kind": "regulation",
    "issuer": "国务院", "issued_on": "2019-04-14", "effective_from": "2019-07-01", "effective_to": "", "region": "",
    "topics": "投资；概算", "text": "", "interpretation": "概算超过可研估算 10% 的，应当报告。", "source": "",
}  # fmt: skip


def test_a_policy_is_entered_shown_searched_and_ends(admin, client):
    client.force_login(admin)
    answer = client.post(reverse("library:register-new", args=["policies"]), POLICY)
    policy = Policy.objects.get()
    assert answer.url == reverse("library:register-entry", args=["policies", policy.pk])
    assert (policy.topics, policy.effective_from) == (["投资", "概算"], date(2019, 7, 1))
    assert "应当报告" in client.get(answer.url).content.decode()
    listed = reverse("library:register", args=["policies"])
    for query, there in (
        ({"words": "概算超过"}, True), ({"part": "city"}, False), ({"more": "valid"}, True), ({"more": "ended"}, False),
    ):  # fmt: skip
        assert ("政府投资条例" in client.get(listed, query).content.decode()) is there
    again = client.post(reverse("library:register-new", args=["policies"]), POLICY)
    assert again.status_code == 422
    assert "已经有了" in again.content.decode()
    wrong = client.post(
        reverse("library:register-edit", args=["policies", policy.pk]),
        POLICY | {"effective_to": "2018-01-01"},
    )
    assert "不能早于施行日期" in wrong.content.decode()
    client.post(
        reverse("library:register-edit", args=["policies", policy.pk]),
        POLICY | {"effective_to": "2020-01-01"},
    )
    assert "政府投资条例" in client.get(listed, {"more": "ended"}).content.decode()
    steps = Step.objects.filter(verb="library.save_policy")
    assert [step.data.get("before") for step in steps] == [None, {"effective_to": None}]


def expert(code="ZJ-1", region="150200", **more):
    return Expert.objects.create(
        code=code, name="王工", region=RegionFactory(code=region), source="research", unit="设计院",
        phone="13900000000",
        **{"specialities": ["water"]} | more,
    )  # fmt: skip


def test_an_experts_telephone_is_told_only_to_those_who_keep_or_draw(admin, client):
    found = expert()
    address = reverse("library:register-entry", args=["experts", found.pk])
    client.force_login(admin)
    assert "13900000000" in client.get(address).content.decode()
    client.force_login(user_of(Role.REVIEWER))
    page = client.get(address).content.decode()
    assert "王工" in page
    assert "13900000000" not in page
    assert client.get(reverse("library:register", args=["experts"]), {"format": "csv"}).status_code == 403
    client.force_login(user_of(Role.PLANNER, "150207"))
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "more", [{"specialities": []}, {"specialities": ["astrology"]}, {"purposes": ["fun"]}]
)
def test_experts_know_what_is_on_the_list(more):
    with pytest.raises(IntegrityError), transaction.atomic():
        expert(**more)


# Planning lists.


@pytest.fixture
def planned(admin):
    found = PlanningList.objects.create(code="QD-1", name="谋划清单", region_id="150200", year=2026)
    names = [
        "九原区污水处理厂提标改造工程",
        "东河区第一中学迁建项目",
        "稀土新材料研发中心建设项目",
        "不再建的项目",
    ]
    for number, name in enumerate(names, start=1):
        PlanningRow.objects.create(
            list=found, number=number, name=name, region_id="150207", planned_yuan=Decimal(10**7),
            code="M-9" if number == 3 else "",
        )  # fmt: skip
    return found


def test_rows_are_matched_by_code_or_likeness_and_confirmed_by_a_person(admin, planned):
    alike = ProjectFactory(code="M-1", name="九原区污水处理厂提标改造一期工程", region_id="150207")
    ProjectFactory(code="M-2", name="九原区污水处理厂提标改造工程", region_id="150202")  # elsewhere
    coded = ProjectFactory(code="M-9", name="完全不同的名字", region_id="150207")
    rows = list(PlanningRow.objects.filter(list=planned))
    (first,) = planning_queries.candidates(admin, rows[0])
    assert (first.project, first.by_code) == (alike, False)
    assert 60 < first.likeness < 100
    assert planning_queries.candidates(admin, rows[1]) == []
    (third,) = planning_queries.candidates(admin, rows[2])
    assert (third.project, third.likeness, third.by_code) == (coded, 100, True)
    planning.match(by=admin, row=rows[0], project=alike, likeness=first.likeness)
    with pytest.raises(ValidationError):
        planning.match(by=admin, row=rows[1], project=alike)
    with pytest.raises(ValidationError):
        planning.match(by=admin, row=rows[0], project=coded)
    planning.match(by=admin, row=rows[2], project=coded, likeness=100)
    planning.drop(by=admin, row=rows[3], reason="停止谋划")
    (numbers,) = planning_queries.lists(admin)
    assert (numbers.listed, numbers.matched, numbers.dropped) == (4, 2, 1)
    # two of the three that are to be recorded
    assert planning_queries.coverage(numbers.matched, numbers.listed - numbers.dropped) == 67
    planning.reopen(by=admin, row=rows[0])
    assert PlanningRow.objects.get(pk=rows[0].pk).project is None


def test_the_page_of_a_list_shows_what_is_unmatched_and_where_to_register_it(admin, planned, client):
    client.force_login(admin)
    address = reverse("library:planning-list", args=[planned.pk])
    page = client.get(address, {"state": "open"}).content.decode()
    row = PlanningRow.objects.get(number=2)
    assert f"?planning={row.pk}" in page
    assert '<b id="coverage">0%</b>' in page
    project = ProjectFactory(code="M-7", name="东河区第一中学迁建项目", region_id="150207")
    client.post(reverse("library:planning-row", args=[row.pk, "match"]), {"code": "M-7", "likeness": "100"})
    row.refresh_from_db()
    assert (row.project, row.state, row.settled_by) == (project, "matched", admin)
    assert '<b id="coverage">25%</b>' in client.get(address).content.decode()


def test_rows_come_in_as_a_table_and_go_out_the_same(admin, planned):
    table = get("planning-rows")
    options = {"list": str(planned.pk)}
    rows = [dict(row) for row in table.rows(admin, options)]
    sent = [{**row, "planned_yuan": str(row["planned_yuan"])} for row in rows]
    outcome = write_objects(by=admin, table=table, rows=sent, options=options, dry_run=False)
    assert (outcome.unchanged, outcome.problems) == (4, {})
    more = [{"number": 5, "name": "新增的", "region": "150207", "planned_yuan": "3000万元"}]
    outcome = write_objects(by=admin, table=table, rows=more, options=options, dry_run=False)
    assert outcome.new == 1
    assert PlanningRow.objects.get(number=5).planned_yuan == Decimal("30000000.00")


# Plans.


def test_a_plan_counts_what_realises_it_and_what_realises_none_is_found(admin, placed):
    plan = DevelopmentPlan.objects.create(
        code="GH-1",
        name="十四五规划",
        kind="overall",
        level="city",
        region_id="150200",
        first_year=2021,
        last_year=2025,
    )
    first, second = (PlanItem.objects.create(plan=plan, number=str(n), title=f"任务 {n}") for n in (1, 2))
    done = ProjectFactory(code="B1", stage="completed", region_id="150207")
    for project, planned_yuan, cumulative in ((done, 100, 100), (placed[0], 300, 50)):
        InvestmentFactory(project=project, planned_yuan=planned_yuan, cumulative_yuan=cumulative)
        planning.realise(by=admin, item=first, project=project)
    with pytest.raises(ValidationError):
        planning.realise(by=admin, item=first, project=done)
    found = queries.completion(admin, plan)
    assert (found.items, found.items_realised, found.projects, found.completed) == (2, 1, 2, 1)
    assert (found.rate, found.invested) == (50, 38)  # 150 of 400 is 37.5 %, half-up
    assert done.memberships.get().part == "overall"  # realising an item puts it into the plan's database
    assert sorted(queries.orphans(admin).values_list("code", flat=True)) == ["A2", "A3"]
    assert [(item, len(projects)) for item, projects in queries.items(admin, plan)] == [
        (first, 2),
        (second, 0),
    ]
    planning.release(by=admin, item=first, project=placed[0])
    assert sorted(queries.orphans(admin).values_list("code", flat=True)) == ["A1", "A2", "A3"]
