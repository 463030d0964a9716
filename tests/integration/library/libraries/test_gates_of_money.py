"""The three refusals, the budget and what else only projects of the libraries get: by action and by database."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from gis_projects.library import fund_packages
from gis_projects.library.actions import budget, funds, permits, reshaping
from gis_projects.library.models import (
    Appropriation,
    Approval,
    BudgetLine,
    Evidence,
    FundApplication,
    Monitoring,
    Project,
)
from gis_projects.library.refusals import Refused
from tests.factories.libraries import (
    admission,
    answered,
    finance,
    in_library,
    owner_of,
    project_for_catalogue,
    proven,
)
from tests.factories.library import ProjectFactory
from tests.factories.people import RegionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def project():
    return project_for_catalogue(name="滨河路改造")


def code_of(error) -> str:
    return error.value.notices[0].code


def refused_by_database(work) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        work()


def line_of(project, amount="100.00", **more):
    return budget.add_line(
        by=None,
        project=project,
        year=2026,
        instrument="budget",
        amount_yuan=Decimal(amount),
        reference="预字1号",
        **more,
    )


def test_nothing_for_a_project_outside_the_libraries(project):
    """F250, F036: refused by the action, and by the database whoever asks it."""
    report = proven(project, "review")
    by = owner_of(project)
    outside = [
        (lambda: permits.assign_code(by=None, project=project, code="2611-150207-04-01-123456"),
         lambda: Project.objects.filter(pk=project.pk).update(national_code="2611-150207-04-01-123456")),
        (lambda: permits.start_approval(by=None, project=project, item="setup"),
         lambda: Approval.objects.create(project=project, item="setup")),
        (lambda: funds.declare_funds(
            by=by, project=project, flow="central", year=2026, amount_yuan=Decimal(1), purpose="路"),
         lambda: FundApplication.objects.create(
             project=project, flow="central", year=2026, amount_yuan=1, purpose="路", declared_by=by)),
        (lambda: line_of(project),
         lambda: BudgetLine.objects.create(
             project=project, year=2026, instrument="budget", amount_yuan=1, reference="预", review=report)),
    ]  # fmt: skip
    for action, row in outside:
        with pytest.raises(Refused) as refused:
            action()
        assert code_of(refused) == "outside-the-libraries"
        refused_by_database(row)
    in_library(project, "catalogue")
    for action, _row in outside:
        action()


def test_a_project_that_came_out_is_paid_no_more(project):
    in_library(project, "implementation")
    proven(project, "review")
    line = line_of(project)
    with pytest.raises(Refused) as refused:
        reshaping.exit_project(by=None, project=project, reason="停止")
    assert code_of(refused) == "balance-left"
    budget.change_line(by=None, line=line, delta_yuan=Decimal("-100.00"), reason="收回")
    reshaping.exit_project(by=None, project=project, reason="停止")
    with pytest.raises(Refused) as refused:
        budget.appropriate(by=None, line=line, amount_yuan=Decimal("0.01"), reference="拨1")
    assert code_of(refused) == "outside-the-libraries"
    refused_by_database(lambda: Appropriation.objects.create(line=line, amount_yuan=1, reference="拨1"))


def test_a_budget_rests_on_a_review_report_that_stands(project):
    """F102: none, one that failed, one that a newer one took back, another project's."""
    in_library(project, "implementation")
    with pytest.raises(Refused) as refused:
        line_of(project)
    assert code_of(refused) == "no-review-report"
    passed = proven(project, "review")
    proven(project, "review", "failed")
    with pytest.raises(Refused):
        line_of(project)

    def with_report(report: Evidence):
        BudgetLine.objects.create(
            project=project, year=2026, instrument="budget", amount_yuan=1, reference="预", review=report
        )

    refused_by_database(lambda: with_report(passed))
    theirs = proven(in_library(ProjectFactory(region=RegionFactory(code="150207")), "reserve"), "review")
    refused_by_database(lambda: with_report(theirs))
    proven(project, "review", "conditional")
    assert line_of(project).review.outcome == "conditional"


def test_a_line_is_never_overdrawn(project):
    in_library(project, "implementation")
    proven(project, "review")
    line = line_of(project, "100.00")
    pay = lambda amount, number: budget.appropriate(  # noqa: E731
        by=None, line=line, amount_yuan=Decimal(amount), reference=number
    )
    pay("60.00", "拨1")
    with pytest.raises(Refused) as refused:
        pay("40.01", "拨2")
    assert code_of(refused) == "overdrawn"
    refused_by_database(
        lambda: Appropriation.objects.create(line=line, amount_yuan=Decimal("40.01"), reference="拨2")
    )
    pay("40.00", "拨2")
    with pytest.raises(Refused) as refused:
        budget.change_line(by=None, line=line, delta_yuan=Decimal("-0.01"), reason="调减")
    assert code_of(refused) == "less-than-paid"
    budget.change_line(by=None, line=line, delta_yuan=Decimal("10.00"), reason="调增")
    pay("10.00", "拨3")
    with pytest.raises(ValidationError):
        pay("0.00", "拨4")


def test_only_finance_of_the_region_arranges_money(project):
    in_library(project, "implementation")
    proven(project, "review")
    for person in (finance("150202", "elsewhere"), admission()):
        with pytest.raises(PermissionDenied):
            budget.add_line(
                by=person,
                project=project,
                year=2026,
                instrument="budget",
                amount_yuan=Decimal(1),
                reference="预",
            )
    line = budget.add_line(
        by=finance(), project=project, year=2026, instrument="budget", amount_yuan=Decimal(1), reference="预"
    )
    assert line.by.username == "finance"


def test_a_code_is_assigned_once_and_has_a_codes_form(project):
    in_library(project, "catalogue")
    with pytest.raises(ValidationError):
        permits.assign_code(by=None, project=project, code="12345")
    permits.assign_code(by=None, project=project, code="2611-150207-04-01-123456")
    with pytest.raises(Refused) as refused:
        permits.assign_code(by=None, project=project, code="2611-150207-04-01-123457")
    assert code_of(refused) == "has-code"
    other = in_library(project_for_catalogue(name="别的项目"), "catalogue")
    with pytest.raises(ValidationError):
        permits.assign_code(by=None, project=other, code="2611-150207-04-01-123456")


def test_of_160_reviewed_projects_22_are_applied_and_only_those_are_monitored():
    """F021."""
    projects = [
        in_library(ProjectFactory(region=RegionFactory(code="150207")), "reserve") for _ in range(160)
    ]
    for project in projects:
        proven(project, "review")
    for project in projects[:22]:
        permits.monitor(by=None, project=project)
    assert set(Monitoring.objects.values_list("project", flat=True)) == {
        project.pk for project in projects[:22]
    }
    with pytest.raises(Refused) as refused:
        permits.monitor(by=None, project=project_for_catalogue(name="没有评审"))
    assert code_of(refused) == "no-review-report"


def test_money_from_above_is_declared_assessed_and_recommended_by_another(project):
    """F381, and F102 for the recommendation."""
    in_library(project, "reserve")
    owner, bureau_one = owner_of(project), admission()
    declared = funds.declare_funds(
        by=owner, project=project, flow="central", year=2026, amount_yuan=Decimal("500.00"), purpose="管网"
    )
    with pytest.raises(Refused) as refused:
        funds.recommend_funds(by=bureau_one, application=declared)
    assert code_of(refused) == "not-the-next-step"
    with pytest.raises(Refused) as refused:
        funds.assess_funds(by=bureau_one, application=declared)
    assert code_of(refused) == "no-review-report"
    proven(project, "review")
    funds.assess_funds(by=bureau_one, application=declared)
    proven(project, "review", "failed")
    with pytest.raises(Refused) as refused:
        funds.recommend_funds(by=bureau_one, application=declared)
    assert code_of(refused) == "no-review-report"
    with pytest.raises(Refused):
        funds.declare_funds(
            by=owner, project=project, flow="central", year=2026, amount_yuan=Decimal(1), purpose="再次"
        )
    funds.return_funds(by=bureau_one, application=declared, reason="重新评审")
    proven(project, "review")
    again = funds.declare_funds(
        by=owner, project=project, flow="central", year=2026, amount_yuan=Decimal("500.00"), purpose="管网"
    )
    funds.assess_funds(by=bureau_one, application=again)
    assert funds.recommend_funds(by=bureau_one, application=again).state == "recommended"
    refused_by_database(lambda: FundApplication.objects.filter(pk=again.pk).update(state="declared"))


def test_the_package_holds_form_files_and_the_sites_evidence(project):
    """F030."""
    from gis_projects.library.actions.attachments import attach

    in_library(project, "reserve")
    answered(project)
    attach(by=None, project=project, purpose="proposal", name="建议书.pdf", content=b"%PDF-1.4\n%%EOF\n")
    declared = funds.declare_funds(
        by=owner_of(project),
        project=project,
        flow="city",
        year=2026,
        amount_yuan=Decimal("500.00"),
        purpose="管网",
    )
    project.refresh_from_db()
    declared = FundApplication.objects.get(pk=declared.pk)
    with zipfile.ZipFile(io.BytesIO(fund_packages.fund_package(declared, with_site=True))) as archive:
        names = archive.namelist()
        assert any(name.endswith("建议书.pdf") for name in names)
        assert "选址依据/界址点坐标.txt" in names
        assert b"[" in archive.read("选址依据/界址点坐标.txt")
        sheet = openpyxl.load_workbook(io.BytesIO(archive.read("资金申报.xlsx"))).active
        assert ("申请资金（元）", 500) in [tuple(row) for row in sheet.iter_rows(values_only=True)]
    with zipfile.ZipFile(io.BytesIO(fund_packages.fund_package(declared, with_site=False))) as archive:
        assert not any(name.startswith("选址依据/") for name in archive.namelist())
