"""Lists go out as they are narrowed: checklists, batches, a to-do of a review with its name."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from gis_projects.argument.actions import committee, meeting_tasks, quotas
from gis_projects.argument.actions.campaigns import open_campaign
from gis_projects.argument.actions.checklists import open_checklist
from gis_projects.argument.models import AnnualPlan, AnnualPlanLine
from gis_projects.desk.queries.todo import kinds, waiting
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from tests.factories import arguments as factory
from tests.factories.committee import meeting, sitting
from tests.factories.expert_reviews import panel
from tests.factories.people import OrganisationFactory, user_of

pytestmark = pytest.mark.django_db


def lines(client, user, address, **asked):
    client.force_login(user, backend="gis_projects.people.backends.Accounts")
    answer = client.get(address, {**asked, "format": "csv"})
    assert answer.status_code == 200
    return answer.content.decode("utf-8-sig").splitlines()


def test_checklists_go_out_by_their_state(client):
    bureau = factory.bureau()
    open_checklist(
        by=bureau.coordinator,
        project=factory.project(name="政务云", industry="I"),
        system_lead=bureau.unit("committee_office"),
    )
    header, row = lines(client, bureau.coordinator, "/arguments/checklists/")
    assert header.startswith("项目代码,项目,地区,状态,已签")
    assert ",政务云,九原区,会商中,0/3," in row
    assert len(lines(client, bureau.coordinator, "/arguments/checklists/", state="passed")) == 1


def test_batches_go_out_by_year_and_kind(client):
    project = factory.project()
    admin = user_of(Role.ADMINISTRATOR)
    year = timezone.localdate().year
    open_campaign(
        by=admin, year=year, name="春季入库", kind="admission", region=project.region,
        projects=Project.objects.filter(pk=project.pk),
    )  # fmt: skip
    _header, row = lines(client, admin, "/campaigns/", year=year)
    assert row.startswith(f"{year},春季入库,集中入库,九原区,1,")
    assert len(lines(client, admin, "/campaigns/", year=year - 1)) == 1
    assert len(lines(client, admin, "/campaigns/", kind="evaluation")) == 1


def test_every_to_do_of_a_review_has_a_name():
    made = panel()
    named, found = kinds(), set()
    review = made.open()
    for reached in range(1, 9):
        made.go_to(reached, review)
        for person in (made.owner, made.organiser, *(expert.user for expert in made.experts)):
            found |= {one.kind for one in waiting(person)}
    assert {"review_step", "review_reading", "review_scores", "review_statement"} <= found
    assert found <= set(named)


def test_a_ledger_of_a_quota_goes_out_as_it_is_narrowed(client):
    bureau = factory.bureau()
    finance = user_of(Role.FINANCE, factory.DISTRICT, username="finance")
    account = quotas.grant(
        by=finance, kind="land", region=bureau.unit("ndrc").region, year=timezone.localdate().year,
        granted=Decimal("5000"), source="指标文件",
    )  # fmt: skip
    case = factory.opened(bureau, factory.project(name="净水厂"))
    opinion = bureau.give(factory.task_of(case, "ndrc"))
    quotas.reserve(by=finance, opinion=opinion, kind="land", amount=Decimal("120"))
    address = f"/arguments/quotas/{account.pk}/"
    header, row = lines(client, finance, address)
    assert header == "项目代码,项目名称,类型,数额,时间,经办人"
    assert ",净水厂,预占,120" in row
    assert len(lines(client, finance, address, kind="release")) == 1
    assert len(lines(client, finance, address, q="净水")) == 2
    assert len(lines(client, finance, address, q="别的")) == 1
    assert "没有符合条件的记录" in client.get(address, {"q": "别的"}).content.decode()


def test_plans_members_and_tasks_of_the_committee_go_out(client):
    of = sitting()
    project = factory.project()
    held = meeting(of)
    for year in (2025, 2026):
        committee.draw_up_plan(
            by=of.clerk, committee=of.committee, year=year, amounts={project.pk: Decimal(100)}
        )
    for title, unit in (("落实资金", "甲局"), ("办理用地", "乙局")):
        meeting_tasks.assign(
            by=of.clerk, meeting=held, title=title, due_on=timezone.localdate(),
            organisation=OrganisationFactory(kind="department", region=project.region, name=unit),
        )  # fmt: skip
    assert len(lines(client, of.clerk, "/committee/plans/")) == 3
    _head, row = lines(client, of.clerk, "/committee/plans/", of_year="2025")
    assert row.startswith("2025,1,")
    seats = lines(client, of.clerk, "/committee/members/", committee=of.committee.pk)
    assert [row.split(",")[0] for row in seats] == ["职务", "主任", "常务副主任", "副主任"]
    assert [row.split(",")[1] for row in lines(client, of.clerk, "/committee/tasks/", q="乙局")[1:]] == [
        "办理用地"
    ]
    assert len(lines(client, of.clerk, "/committee/tasks/", q="乙局", state="closed")) == 1


def test_all_plans_go_out_and_their_page_turns(client, django_assert_max_num_queries):
    """101 versions, each with a line that the reader may know of and one that they may not."""
    of = sitting()
    known, secret = (factory.project(secrecy=each) for each in ("internal", "confidential"))
    rows = AnnualPlan.objects.bulk_create(
        AnnualPlan(committee=of.committee, year=2025, version=number, by=of.clerk) for number in range(1, 102)
    )
    AnnualPlanLine.objects.bulk_create(
        AnnualPlanLine(plan=row, project=project, amount_yuan=row.version)
        for row in rows
        for project in (known, secret)
    )
    AnnualPlan.objects.create(committee=of.committee, year=2024, version=1, by=of.clerk)
    with django_assert_max_num_queries(30):
        _head, *plans = lines(client, of.clerk, "/committee/plans/")
    assert [line.split(",")[:2] + line.split(",")[3:5] for line in plans] == [
        *(["2025", str(n), "1", f"{n}.00"] for n in range(101, 0, -1)), ["2024", "1", "0", "0"],
    ]  # fmt: skip
    shown = []
    for number in (1, 2, 3):
        with django_assert_max_num_queries(40):
            answer = client.get("/committee/plans/", {"page": number, "of_year": "2025"})
        shown += [(row.version, n, total) for row, n, total in answer.context["plans"]]
        assert ("?of_year=2025&amp;page=2" in answer.content.decode()) == (number != 2)
    assert shown == [(n, 1, n) for n in range(101, 0, -1)]
