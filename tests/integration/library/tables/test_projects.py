"""10,000 projects in a table: whole or not at all, once however often, and out again without loss."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.gis.geos import Point
from django.db.models import Value
from django.db.models.functions import Concat
from openpyxl import Workbook, load_workbook

from gis_projects import files
from gis_projects.library.actions import tables as actions
from gis_projects.library.jobs import read_table_file, write_table_file
from gis_projects.library.models import ImportState, InvestmentRecord, Project, TableImport
from gis_projects.library.tables import get, sheets
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Job, JobState, Step
from gis_projects.trail.queries import verify
from siting.models import Site
from tests.factories import libraries as factory
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.factories.people import OrganisationFactory, baotou, user_of

pytestmark = pytest.mark.django_db

HEADER = [
    "项目代码",
    "项目名称",
    "所属地区",
    "所属行业",
    "项目级次",
    "项目状态",
    "入库年度",
    "计划投资（万元）",
    "经度",
    "纬度",
]


@pytest.fixture
def admin():
    baotou()
    return user_of(Role.ADMINISTRATOR)


def workbook(rows, header=HEADER):
    book = Workbook()
    book.active.append(header)
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def row(number, **more):
    values = {
        "项目代码": f"P{number}", "项目名称": f"道路工程 {number}", "所属地区": "九原区",
        "所属行业": "建筑业", "项目级次": "市级",
        "项目状态": "谋划", "入库年度": 2026, "计划投资（万元）": 120.5, "经度": 109.9, "纬度": 40.6,
    } | more  # fmt: skip
    return [values[name] for name in HEADER]


def brought(by, content, name="清单.xlsx", table="projects"):
    """A file as far as its preview."""
    found = actions.bring(by=by, table=get(table), name=name, content=content, options={})
    read_table_file.func(job_id=found.job_id, row=found.pk)
    found.refresh_from_db()
    return found


def written(found):
    actions.confirm(by=found.by, row=found)
    write_table_file.func(job_id=found.job_id, row=found.pk)
    found.refresh_from_db()
    return found


def numbers(found):
    return found.new, found.changed, found.unchanged, found.refused


def test_a_file_is_shown_first_and_written_when_its_owner_says_so(admin):
    found = brought(admin, workbook([row(1), row(2)]))
    assert (found.state, numbers(found)) == (ImportState.READY, (2, 0, 0, 0))
    assert not Project.objects.exists()
    found = written(found)
    assert found.state == ImportState.APPLIED
    project = Project.objects.get(code="P1")
    assert (project.name, project.region_id, project.industry, project.precision) == (
        "道路工程 1", "150207", "E", "exact",
    )  # fmt: skip
    assert project.location.coords == (109.9, 40.6)
    assert project.investments.get().planned_yuan == Decimal("1205000.00")
    steps = Step.objects.filter(subject=f"library.project:{project.pk}")
    assert [(step.verb, step.actor) for step in steps] == [("library.register_project", admin.username)]
    assert verify().broken is None


def test_the_same_file_again_changes_nothing(admin):
    content = workbook([row(1), row(2)])
    written(brought(admin, content))
    steps = Step.objects.count()
    again = brought(admin, content)
    assert numbers(again) == (0, 0, 2, 0)
    written(again)
    assert Project.objects.count() == 2
    assert InvestmentRecord.objects.count() == 2
    assert Step.objects.count() == steps


def test_what_differs_is_revised_with_its_step(admin):
    written(brought(admin, workbook([row(1), row(2)])))
    found = brought(
        admin, workbook([row(1, **{"项目名称": "新名", "计划投资（万元）": 130}), row(2), row(3)])
    )
    assert numbers(found) == (1, 1, 1, 0)
    assert found.problems["changes"][1]["fields"] == [
        ["name", "道路工程 1", "新名"], ["planned_yuan", "1205000.00", "1300000.00"],
    ]  # fmt: skip
    written(found)
    project = Project.objects.get(code="P1")
    verbs = Step.objects.filter(subject=f"library.project:{project.pk}").values_list("verb", "data")
    assert [verb for verb, _ in verbs] == [
        "library.register_project", "library.revise_project", "library.record_investment",
    ]  # fmt: skip
    assert verbs[1][1] == {"before": {"name": "道路工程 1"}, "after": {"name": "新名"}}
    assert [record.planned_yuan for record in project.investments.all()] == [
        Decimal("1300000.00"), Decimal("1205000.00"),
    ]  # fmt: skip


def test_one_wrong_row_and_nothing_is_written_but_the_copy(admin):
    found = brought(admin, workbook([row(1), row(2, 所属行业="建筑行当", 所属地区="某地"), row(3)]))
    assert (found.state, numbers(found)) == (ImportState.REFUSED, (2, 0, 0, 1))
    with pytest.raises(Exception, match="不能导入"):
        actions.confirm(by=admin, row=found)
    sheet = load_workbook(io.BytesIO(files.stored(found.report_sha256))).active
    assert sheet["K1"].value == "导入错误"
    assert sheet["K3"].value.startswith("所属地区：没有名为“某地”的地区；所属行业：没有“建筑行当”这一项")
    assert (sheet["K2"].value, sheet["K4"].value) == (None, None)
    assert not Project.objects.exists()


def test_what_changed_since_the_preview_is_shown_again(admin):
    found = brought(admin, workbook([row(1)]))
    ProjectFactory(code="P1", name="别人刚登记的")
    found = written(found)
    assert found.state == ImportState.READY
    assert found.message == actions.CHANGED_MEANWHILE
    assert numbers(found) == (0, 1, 0, 0)
    assert Project.objects.get(code="P1").name == "别人刚登记的"


def test_a_cancelled_file_is_not_written(admin, monkeypatch):
    found = brought(admin, workbook([row(1)]))
    actions.confirm(by=admin, row=found)
    table = get("projects")
    real = table.write

    def cancelling(by, changes, options):
        real(by, changes, options)
        TableImport.objects.filter(pk=found.pk).update(state=ImportState.CANCELLED)

    monkeypatch.setattr("gis_projects.library.jobs.get", lambda name: replaced(table, write=cancelling))
    write_table_file.func(job_id=found.job_id, row=found.pk)
    assert Project.objects.count() == 0
    assert not Step.objects.filter(verb="library.import_table").exists()


def replaced(table, **changes):
    from dataclasses import replace

    return replace(table, **changes)


def test_a_repeated_run_of_the_job_writes_once(admin):
    found = written(brought(admin, workbook([row(1)])))
    Job.objects.filter(pk=found.job_id).update(state=JobState.RUNNING, finished_at=None)
    write_table_file.func(job_id=found.job_id, row=found.pk)
    found.refresh_from_db()
    assert found.state == ImportState.APPLIED
    assert Project.objects.count() == 1


def test_projects_of_elsewhere_are_neither_read_nor_taken_over(admin):
    ProjectFactory(code="P1", name="别区的", region_id="150202")
    planner = user_of(Role.ADMINISTRATOR, "150207", username="of150207")
    found = brought(planner, workbook([row(1), row(2), row(3, 所属地区="东河区")]))
    problems = {one["line"]: [p["code"] for p in one["problems"]] for one in found.problems["rows"]}
    assert problems == {2: ["row-key-taken"], 4: ["row-out-of-reach"]}
    assert "别区的" not in str(found.problems)


def test_only_those_who_may_enter_this_kind_of_project_bring_new_ones(admin):
    planner = user_of(Role.PLANNER, "150207", organisation=None)
    found = brought(planner, workbook([row(1)]))
    assert [p["code"] for p in found.problems["rows"][0]["problems"]] == ["row-not-entered-here"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"纬度": None}, "cell-half-a-place"),
        ({"经度": 1.0}, "cell-too-small"),
        ({"项目状态": "停工"}, "cell-no-choice"),
        ({"入库年度": 1800}, "cell-too-small"),
        ({"计划投资（万元）": -3}, "cell-negative"),
    ],
)
def test_rows_that_say_what_cannot_be(admin, changes, code):
    found = brought(admin, workbook([row(1, **changes)]))
    assert code in [p["code"] for p in found.problems["rows"][0]["problems"]]


def test_building_does_not_begin_by_a_table(admin):
    ProjectFactory(code="P1", stage="planning")
    found = brought(admin, workbook([row(1, 项目状态="在建")]))
    assert [p["code"] for p in found.problems["rows"][0]["problems"]] == ["cell-starts-otherwise"]


def test_what_is_built_is_neither_completed_nor_put_off_by_a_table(admin):
    factory.built(code="P1", planned_finish=date(2028, 6, 30))
    content = workbook([["P1", "竣工", "2030-01-01"]], ["项目代码", "项目状态", "计划竣工"])
    problems = {(p["column"], p["code"]) for p in brought(admin, content).problems["rows"][0]["problems"]}
    assert problems == {("stage", "cell-completed-otherwise"), ("planned_finish", "cell-changed-otherwise")}


def test_hiding_a_project_withdraws_its_public_copy_and_completing_it_ends_its_site(admin):
    site = Site.objects.create(region_code="150207", is_live=True)
    ProjectFactory(code="P1", disclosed=True, site=site)
    content = workbook([["P1", "涉密", "竣工"]], ["项目代码", "密级", "项目状态"])
    written(brought(admin, content))
    project = Project.objects.get(code="P1")
    assert (project.secrecy, project.disclosed, project.site.is_live) == ("confidential", False, False)


def test_an_empty_secrecy_is_never_lowered(admin):
    ProjectFactory(code="P1", secrecy="confidential")
    content = workbook([["P1", None, "新名"]], ["项目代码", "密级", "项目名称"])
    written(brought(admin, content))
    assert Project.objects.get(code="P1").secrecy == "confidential"


def exported(user, kind="xlsx"):
    table = get("projects")
    columns = table.columns({})
    if kind == "csv":
        return "".join(sheets.csv_export(table.rows(user, {}), columns)).encode("gb18030")
    out = io.BytesIO()
    sheets.xlsx_export("项目", table.rows(user, {}), columns, out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_everything_that_is_exported_comes_back_as_it_was(admin, kind):
    unit = OrganisationFactory(name="城投、建设（集团）公司")
    first = ProjectFactory(
        code="P1", name="=SUM(A1) 工程", credit_code="91150200MA00000001", content="第一行\n'=第二行",
        organisation=unit,
        scale="5 公里",
        intended_yuan=Decimal("123456789.01"), planned_start=date(2026, 3, 1), planned_finish=date(2027, 10, 31),
        location=Point(109.840000001, 40.65, srid=4490), national_code="2605-150207-04-01-123456",
    )  # fmt: skip
    InvestmentFactory(
        project=first, planned_yuan=Decimal("9999999999999999.99"), cumulative_yuan=Decimal("0.10")
    )
    ProjectFactory(code="P2", location=None, precision="unknown", secrecy="confidential")
    content = exported(admin, kind)
    found = brought(admin, content, f"清单.{kind}")
    assert (numbers(found), found.problems.get("file")) == ((0, 0, 2, 0), None)
    before = list(Project.objects.order_by("code").values())
    # out of the way, so that the same file makes them anew
    Project.objects.update(code=Concat(Value("old-"), "code"), national_code="")
    found = written(brought(admin, content, f"清单.{kind}"))
    assert numbers(found) == (2, 0, 0, 0)
    after = list(Project.objects.exclude(code__startswith="old-").order_by("code").values())
    changing = {"id", "created_at", "updated_at"}
    assert [{k: v for k, v in one.items() if k not in changing} for one in after] == [
        {k: v for k, v in one.items() if k not in changing} for one in before
    ]
    assert Project.objects.get(code="P1").investments.get().planned_yuan == Decimal("9999999999999999.99")


def test_a_thousand_rows_ask_the_database_as_often_as_ten(admin, django_assert_max_num_queries):
    few, many = (workbook([row(n) for n in range(count)]) for count in (10, 900))
    for content in (few, many):
        found = brought(admin, content)
        with django_assert_max_num_queries(60):
            written(found)
    assert Project.objects.count() == 900
