"""Intermediaries are let in for a period, declare their interests, deliver, and are out again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions import services
from gis_projects.argument.models import Deliverable, InterestDeclaration
from gis_projects.argument.queries import services as queries
from gis_projects.argument.queries.reviews import reviews
from gis_projects.argument.refusals import NotNow
from gis_projects.people.models import Engagement
from gis_projects.people.permissions import Permission, Role, may
from siting.engine.notices import UnusableInput
from tests.factories import expert_reviews as factory
from tests.factories.people import signed_in, user_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def attached(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def panel():
    return factory.panel()


@pytest.fixture
def firm():
    return factory.intermediary()


def engaged(panel, firm, service="consulting", phase="early", days=30, **more) -> Engagement:
    return services.engage(
        by=panel.owner, project=panel.project, organisation=firm.organisation, phase=phase, service=service,
        purpose="可研编制", starts_on=more.pop("starts_on", TODAY()), ends_on=TODAY() + timedelta(days=days),
    )  # fmt: skip


def delivered(firm, row, **more) -> Deliverable:
    return services.deliver(
        by=firm, engagement=row, title="可研报告", files=[("可研报告.pdf", factory.PDF)], **more
    )


@pytest.mark.parametrize("service", ["consulting", "supervision", "cost_audit", "evaluation"])
@pytest.mark.parametrize("phase", ["early", "middle", "late"])
def test_four_kinds_of_service_in_three_phases_with_deliverables(panel, firm, service, phase):
    row = engaged(panel, firm, service, phase)
    services.declare(by=firm, engagement=row, conflict=False)
    kept = delivered(firm, row)
    assert kept.project == panel.project
    assert panel.project.attachments.get(purpose="deliverable").subject == f"argument.deliverable:{kept.pk}"
    counted = {
        value: (n, m) for value, _label, n, m in queries.by_phase(queries.engagements(panel.organiser))
    }
    assert counted == {each: ((1, 1) if each == phase else (0, 0)) for each in ("early", "middle", "late")}


def test_access_begins_with_the_engagement_and_ends_with_it(panel, firm):
    assert not may(firm, Permission.READ_PROJECTS, panel.project)
    row = engaged(panel, firm)
    assert may(firm, Permission.READ_PROJECTS, panel.project)
    services.end(by=panel.owner, engagement=row, reason="合同解除")
    assert not may(firm, Permission.READ_PROJECTS, panel.project)
    with pytest.raises(PermissionDenied):
        services.declare(by=firm, engagement=row, conflict=False)


@pytest.mark.parametrize("shift", [timedelta(days=-1), timedelta(days=1)])
def test_outside_the_period_nothing_is_delivered(panel, firm, shift):
    row = engaged(panel, firm)
    services.declare(by=firm, engagement=row, conflict=False)
    day = TODAY() + shift
    Engagement.objects.filter(pk=row.pk).update(starts_on=day, ends_on=day)
    client = signed_in(firm)
    answer = client.post(
        reverse("argument:service-act", args=[row.pk, "deliver"]),
        {"title": "可研报告", "files": SimpleUploadedFile("可研报告.pdf", factory.PDF)},
    )
    assert answer.status_code == 403
    assert client.get(reverse("library:project", args=[panel.project.pk])).status_code == 404
    assert client.get(reverse("argument:service", args=[row.pk])).status_code == 200  # for whom it worked
    assert not Deliverable.objects.exists()


def test_nothing_is_delivered_without_a_declaration_or_with_a_conflict(panel, firm):
    row = engaged(panel, firm, "evaluation", "late")
    with pytest.raises(NotNow, match="先作利益冲突声明"):
        delivered(firm, row)
    with pytest.raises(UnusableInput, match="怎样的利益冲突"):
        services.declare(by=firm, engagement=row, conflict=True, text=" ")
    services.declare(by=firm, engagement=row, conflict=True, text="曾为施工单位编制投标文件")
    with pytest.raises(NotNow, match="已声明存在利益冲突"):
        delivered(firm, row)
    with pytest.raises(NotNow, match="已经作过"):
        services.declare(by=firm, engagement=row, conflict=False)


def test_another_units_engagement_is_not_there(panel, firm):
    row = engaged(panel, firm)
    other = factory.intermediary("造价咨询公司")
    engaged(panel, other, "cost_audit", "middle")
    with pytest.raises(PermissionDenied):
        services.declare(by=other, engagement=row, conflict=False)
    assert [each.organisation for each in queries.engagements(other)] == [other.organisation]
    assert signed_in(other).get(reverse("argument:service", args=[row.pk])).status_code == 404


@pytest.mark.parametrize("role", [Role.INTERMEDIARY, Role.JOINT])
def test_the_region_of_an_account_opens_no_other_units_engagement(panel, firm, role):
    """Whoever is let in to a project doesn't read what another unit brings for it, nor its reviews."""
    row = engaged(panel, firm)
    services.declare(by=firm, engagement=row, conflict=False)
    delivered(firm, row)
    file = panel.project.attachments.get(purpose="deliverable")
    panel.open()
    other = user_of(role, "150207", organisation=factory.intermediary("造价咨询公司").organisation)
    Engagement.objects.create(
        project=panel.project.pk, organisation=other.organisation, phase="early", starts_on=TODAY(),
        service="cost_audit" if role == Role.INTERMEDIARY else "referral", ends_on=TODAY(),
    )  # fmt: skip
    assert may(other, Permission.READ_ARGUMENTS, panel.project)
    assert row not in queries.engagements(other)
    assert not reviews(other).exists()
    client = signed_in(other)
    address = reverse("argument:deliverable-file", args=[row.pk, file.pk])
    assert client.get(address).status_code == 404
    assert client.get(reverse("argument:service", args=[row.pk])).status_code == 404
    assert signed_in(panel.organiser).get(address).status_code == 200


def test_a_post_elsewhere_opens_no_other_units_engagement(panel, firm):
    """A supervising body's account that also has a post in another region reads what was referred to it, no more."""
    row = engaged(panel, firm)
    panel.open()
    body = user_of(
        Role.JOINT,
        "150223",
        organisation=factory.intermediary("监督机构").organisation,
        username="supervising",
    )
    body.roles = ["joint", "monitor"]
    body.save()
    Engagement.objects.create(
        project=panel.project.pk, organisation=body.organisation, phase="early", starts_on=TODAY(),
        service="referral", ends_on=TODAY(),
    )  # fmt: skip
    assert may(body, Permission.READ_ARGUMENTS, panel.project)
    assert not queries.engagements(body).exists()
    assert not reviews(body).exists()
    assert signed_in(body).get(reverse("argument:service", args=[row.pk])).status_code == 404


def test_who_engages_accepts_or_returns_with_the_reason_and_once(panel, firm):
    row = engaged(panel, firm)
    services.declare(by=firm, engagement=row, conflict=False)
    first, second = delivered(firm, row), delivered(firm, row)
    with pytest.raises(PermissionDenied):
        services.receive(by=firm, deliverable=first, accepted=True)
    with pytest.raises(UnusableInput, match="退回原因"):
        services.receive(by=panel.owner, deliverable=first, accepted=False)
    services.receive(by=panel.owner, deliverable=first, accepted=False, reason="缺少投资估算表")
    services.receive(by=panel.owner, deliverable=second, accepted=True)
    with pytest.raises(NotNow, match="已经验收或退回"):
        services.receive(by=panel.owner, deliverable=first, accepted=True)


def test_an_engagement_that_can_not_be_is_refused(panel, firm):
    with pytest.raises(ValidationError, match="抽取产生"):
        engaged(panel, firm, "review")
    with pytest.raises(ValidationError):
        engaged(panel, firm, days=-1)
    with pytest.raises(ValidationError):
        engaged(panel, panel.owner)  # no intermediary
    with pytest.raises(PermissionDenied):
        services.engage(
            by=firm, project=panel.project, organisation=firm.organisation, phase="early", service="consulting",
            purpose="", starts_on=TODAY(), ends_on=TODAY(),
        )  # fmt: skip


def test_what_was_declared_and_delivered_stays(panel, firm):
    row = engaged(panel, firm)
    services.declare(by=firm, engagement=row, conflict=False)
    delivered(firm, row)
    for change in (
        lambda: InterestDeclaration.objects.update(conflict=True),
        lambda: Deliverable.objects.update(title="别的"),
        lambda: Deliverable.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_pages_of_a_service(panel, firm):
    owner, served = signed_in(panel.owner), signed_in(firm)
    form = {
        "organisation": firm.organisation.pk, "phase": "early", "service": "consulting", "purpose": "可研编制",
        "starts_on": TODAY().isoformat(), "ends_on": TODAY().isoformat(),
    }  # fmt: skip
    address = reverse("argument:service-new", args=[panel.project.pk])
    assert owner.get(address).status_code == 200
    refused = owner.post(address, {**form, "ends_on": "昨天"})
    assert (refused.status_code, "请填写日期" in refused.content.decode()) == (400, True)
    assert owner.post(address, form).status_code == 302
    row = Engagement.objects.get()
    page = reverse("argument:service", args=[row.pk])
    assert "作出声明" in served.get(page).content.decode()
    assert (
        served.post(reverse("argument:service-act", args=[row.pk, "declare"]), {"conflict": "0"}).status_code
        == 302
    )
    files = SimpleUploadedFile("可研报告.pdf", factory.PDF)
    answer = served.post(
        reverse("argument:service-act", args=[row.pk, "deliver"]), {"title": "可研报告", "files": files}
    )
    assert answer.status_code == 302
    [kept] = Deliverable.objects.all()
    file = panel.project.attachments.get(purpose="deliverable")
    for client in (owner, served):
        download = client.get(reverse("argument:deliverable-file", args=[row.pk, file.pk]))
        assert download.content == factory.PDF
    accepted = {"deliverable": kept.pk, "answer": "accept"}
    assert owner.post(reverse("argument:service-act", args=[row.pk, "receive"]), accepted).status_code == 302
    assert "验收通过" in served.get(page).content.decode()
    for client in (owner, served):
        csv = client.get(reverse("argument:services"), {"phase": "early", "format": "csv"})
        assert "净水厂工程" in csv.content.decode("utf-8-sig")
