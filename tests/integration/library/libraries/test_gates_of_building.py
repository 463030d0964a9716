"""No building, approval or purchase past the libraries: each where its gate is open, and by two persons."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gis_projects.library.actions import permits, reshaping
from gis_projects.library.actions.projects import revise_project
from gis_projects.library.models import (
    Approval,
    ConstructionStart,
    ProcurementConsent,
    ProcurementSlip,
    Project,
)
from gis_projects.library.refusals import NotThisPerson, Refused
from gis_projects.people.permissions import Role
from tests.factories.libraries import (
    admission,
    bureau,
    in_library,
    project_for_catalogue,
)
from tests.factories.library import ProjectFactory
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 1, 5)


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


def set_up(project):
    approval = permits.start_approval(by=None, project=project, item="setup")
    return permits.grant_approval(by=None, approval=approval, number="批复1号", granted_on=TODAY)


def test_building_begins_in_the_implementation_library_and_after_setup(project):
    """F192."""
    in_library(project, "reserve")
    start = lambda day=TODAY: permits.start_construction(by=None, project=project, started_on=day)  # noqa: E731
    with pytest.raises(Refused) as refused:
        start()
    assert code_of(refused) == "not-in-implementation"
    reshaping.exit_project(by=None, project=project, reason="重新登记")
    project = in_library(project_for_catalogue(name="另一条路"), "implementation")
    with pytest.raises(Refused) as refused:
        start()
    assert code_of(refused) == "not-set-up"
    refused_by_database(lambda: ConstructionStart.objects.create(project=project, started_on=TODAY))
    with pytest.raises(ValidationError):
        revise_project(by=None, project=project, stage="construction")
    refused_by_database(lambda: Project.objects.filter(pk=project.pk).update(stage="construction"))
    set_up(project)
    with pytest.raises(Refused) as refused:
        start(date(2026, 1, 4))  # the day before the approval
    assert code_of(refused) == "not-set-up"
    start()
    project.refresh_from_db()
    assert project.stage == "construction"


@pytest.mark.parametrize("between", ["suspended", "completed"])
def test_building_does_not_begin_by_way_of_another_stage(project, between):
    revise_project(by=None, project=project, stage=between)
    with pytest.raises(ValidationError):
        revise_project(by=None, project=project, stage="construction")
    refused_by_database(lambda: Project.objects.filter(pk=project.pk).update(stage="construction"))
    refused_by_database(
        lambda: Project.objects.filter(pk=project.pk).update(stage="construction", begun=True)
    )
    Project.objects.filter(pk=project.pk).update(begun=True)  # nobody says so: the database does
    project.refresh_from_db()
    assert not project.begun


def test_what_a_ledger_brought_as_suspended_goes_on():
    project = ProjectFactory(stage="suspended")
    revise_project(by=None, project=project, stage="construction")
    revise_project(by=None, project=project, stage="suspended")
    revise_project(by=None, project=project, stage="construction")
    assert Project.objects.get(pk=project.pk).stage == "construction"
    assert Project.objects.get(pk=project.pk).begun


@pytest.mark.parametrize(
    ("walk", "begun"),
    [
        (["planning"], False), (["planning", "suspended"], False), (["planning", "suspended", "completed"], False),
        (["suspended"], True), (["completed"], True), (["construction", "preparation"], True),
        (["suspended", "planning"], True),
    ],
)  # fmt: skip
def test_whether_a_project_had_begun_is_read_out_of_an_older_trail(walk, begun):
    """What the column's migration does for a database that was there before."""
    project = ProjectFactory(stage=walk[0])
    for stage in walk[1:]:
        revise_project(by=None, project=project, stage=stage)
    backfill = import_module("gis_projects.library.migrations.0013_project_begun").FORWARD.partition(";")[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # as before there was the trigger
        cursor.execute("UPDATE library_project SET begun = NOT begun")
        cursor.execute(backfill)
    assert Project.objects.get(pk=project.pk).begun is begun


def test_who_begins_an_approval_does_not_grant_it(project):
    in_library(project, "reserve")
    one, two = admission(), admission(username="second")
    approval = permits.start_approval(by=one, project=project, item="setup")
    with pytest.raises(NotThisPerson):
        permits.grant_approval(by=one, approval=approval, number="批复1号")
    refused_by_database(
        lambda: Approval.objects.filter(pk=approval.pk).update(
            number="批复1号", granted_on=timezone.localdate(), granted_by=one
        )
    )
    permits.grant_approval(by=two, approval=approval, number="批复1号")
    refused_by_database(lambda: Approval.objects.filter(pk=approval.pk).update(number="另一号"))


def test_no_purchase_without_a_slip(project):
    """F195: numbered, signed, of this project, used once, and within it."""
    in_library(project, "implementation")
    set_up(project)
    issuer = user_of(Role.HANDLER, "150207", username="issuer", organisation=bureau("big_data"))
    with pytest.raises(PermissionDenied):
        permits.issue_slip(
            by=user_of(Role.HANDLER, "150207", username="other", organisation=bureau("water")),
            project=project, number="采1", content="服务器", amount_yuan=Decimal(100),
        )  # fmt: skip
    consent = lambda number, amount="100.00": permits.consent_procurement(  # noqa: E731
        by=None, project=project, slip_number=number, amount_yuan=Decimal(amount)
    )
    with pytest.raises(Refused) as refused:
        consent("采1")
    assert code_of(refused) == "no-slip"
    slip = permits.issue_slip(
        by=issuer, project=project, number="采1", content="服务器", amount_yuan=Decimal("100.00")
    )
    assert permits.slip_verifies(slip)
    with pytest.raises(Refused) as refused:
        consent("采1", "100.01")
    assert code_of(refused) == "over-the-slip"
    other = in_library(project_for_catalogue(name="别的项目"), "implementation")
    with pytest.raises(Refused):
        permits.consent_procurement(by=None, project=other, slip_number="采1", amount_yuan=Decimal(1))
    refused_by_database(lambda: ProcurementConsent.objects.create(project=other, slip=slip, amount_yuan=1))
    consent("采1")
    with pytest.raises(Refused) as refused:
        consent("采1", "1.00")
    assert code_of(refused) == "slip-used"
    slip.amount_yuan = Decimal("999.00")
    assert not permits.slip_verifies(slip)
    slip.refresh_from_db()
    slip.signature = slip.signature[:-8] + "AAAAAA=="
    assert not permits.slip_verifies(slip)
    refused_by_database(lambda: ProcurementSlip.objects.update(amount_yuan=1))
