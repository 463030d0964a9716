"""Bodies of the joint meeting (人大、政协、纪委监委) read what was referred to them, while it is, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions import meetings, referrals
from gis_projects.argument.queries import referrals as queries
from gis_projects.argument.queries import services
from gis_projects.argument.refusals import NotNow
from gis_projects.desk.jobs import follow_trail
from gis_projects.desk.models import Notice
from gis_projects.desk.wording import sentence
from gis_projects.library.models import Project
from gis_projects.people.models import Engagement
from gis_projects.people.permissions import Permission, Role, may, visible
from gis_projects.trail.models import Step
from siting.engine.notices import UnusableInput
from tests.factories.committee import meeting, sitting
from tests.factories.library import ProjectFactory, department
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, signed_in, user_of
from tests.refusals import codes

pytestmark = pytest.mark.django_db
READING = (Permission.READ_PROJECTS, Permission.READ_ARGUMENTS, Permission.READ_SITES)


@pytest.fixture
def of():
    return sitting()


@pytest.fixture
def body():
    """The discipline body of 九原区; its account has its region, as the accounts of departments do."""
    there = department("supervision", "九原区纪委监委")
    there.region = RegionFactory(code="150207")
    there.save()
    return UserFactory(username="discipline", roles=[Role.JOINT], organisation=there, region=there.region)


@pytest.fixture
def project():
    return ProjectFactory(region=RegionFactory(code="150207"), organisation=OrganisationFactory())


def item_of(of, project, kind="joint", **more):
    row = meeting(of, kind=kind)
    return meetings.add_item(
        by=of.clerk, meeting=row, kind="fiscal", title="财力论证", project=project, **more
    )


def refer(of, item, body, days=30, **more):
    until = timezone.localdate() + timedelta(days=days)
    return referrals.refer(
        **{
            "by": of.clerk,
            "item": item,
            "organisation": body.organisation,
            "ends_on": until,
            "text": "联动监督",
        }
        | more
    )


def reads(user, project) -> bool:
    answers = {may(user, permission, project) for permission in READING}
    answers |= {
        visible(user, permission, Project.objects.filter(pk=project.pk)).exists()
        for permission in READING[:1]
    }
    assert len(answers) == 1, "the question and the filter say the same, for each permission"
    return answers.pop()


def test_the_bodies_read_what_was_referred_and_nothing_else(of, body, project):
    beside = ProjectFactory(region=project.region)
    assert not reads(body, project)
    row = refer(of, item_of(of, project), body)
    assert reads(body, project)
    assert not reads(body, beside)
    assert not may(body, Permission.EDIT_PROJECTS, project)
    assert not may(body, Permission.READ_TRAIL, project)
    step = Step.objects.get(verb="argument.refer_project")
    assert (step.subject, step.data["name"]) == (f"library.project:{project.pk}", body.organisation.name)
    colleague = UserFactory(
        username="monitor", roles=[Role.HANDLER], organisation=body.organisation, region=None
    )
    assert not reads(colleague, project), "the role is what lets one in, not the desk in the unit"
    assert [each.pk for each in queries.referrals(body)] == [row.pk]


def test_whom_it_was_referred_to_is_told_to_readers_of_the_trail_only(of, body, project):
    """A project's own unit isn't told that it is watched, nor by whom, nor why."""
    row = refer(of, item_of(of, project), body, text="群众举报线索核查")
    referrals.end(by=of.clerk, referral=row, reason="线索已核查")
    owner = user_of(Role.OWNER, None, username="owner", organisation=project.organisation)
    leader = user_of(Role.LEADER, "150207", username="leader")
    address = reverse("library:project-timeline", args=[project.pk])
    for reader, told in ((owner, False), (leader, True)):
        client = signed_in(reader)
        page, exported = client.get(address), client.get(address, {"format": "csv"})
        assert (page.status_code, exported.status_code) == (200, 200)
        for text in (page.content.decode(), exported.content.decode("utf-8-sig")):
            for word in (body.organisation.name, "群众举报线索核查", "线索已核查"):
                assert (word in text) == told


def test_it_ends_with_its_last_day_or_before(of, body, project):
    row = refer(of, item_of(of, project), body)
    Engagement.objects.filter(pk=row.pk).update(
        starts_on=timezone.localdate() - timedelta(days=9), ends_on=timezone.localdate() - timedelta(days=1)
    )
    assert not reads(body, project)
    assert not queries.referrals(body).exists()
    again = refer(of, item_of(of, project), body)
    with pytest.raises(PermissionDenied):
        referrals.end(by=body, referral=again, reason="不需要")
    referrals.end(by=of.clerk, referral=again, reason="事项已办结")
    assert not reads(body, project)
    with pytest.raises(NotNow):
        referrals.end(by=of.clerk, referral=again, reason="再次终止")
    assert Step.objects.filter(verb="argument.end_referral").count() == 1


def test_a_region_of_the_account_reaches_nothing_by_this_role(body, project):
    both = UserFactory(username="both", roles=[Role.JOINT, Role.UNIT_ADMIN], region=body.region)
    assert not reads(both, project)
    monitor = UserFactory(username="watching", roles=[Role.JOINT, Role.MONITOR], region=body.region)
    assert reads(monitor, project), "who monitors the region too reads it by that"


def test_what_is_refused(of, body, project):
    other = item_of(of, project, kind="committee")
    item = item_of(of, project)
    secret = item_of(of, ProjectFactory(region=project.region, secrecy="internal"))
    Project.objects.filter(pk=secret.project_id).update(secrecy="confidential")
    water = department("water")
    for given, refused, code in (
        ({"item": other}, NotNow, "not-joint"),
        ({"item": item, "organisation": water}, UnusableInput, "referral-body"),
        ({"item": item, "days": -1}, UnusableInput, "referral-past"),
        ({"item": secret}, UnusableInput, "referral-project"),
    ):
        with pytest.raises(refused) as refusal:
            refer(of, given.pop("item"), body, **given)
        assert codes(refusal) == {code}
    with pytest.raises(PermissionDenied):
        refer(of, item, body, by=user_of(Role.COORDINATOR, "150207"))
    refer(of, item, body)
    with pytest.raises(NotNow) as refusal:
        refer(of, item, body)
    assert codes(refusal) == {"referred-already"}


def test_a_referral_is_told_in_words_of_its_own_to_those_whom_it_lets_in(of, body, project):
    """None of it says 委托 or 服务, and a colleague who reads arguments by another role is told nothing."""
    colleague = user_of(Role.HANDLER, "150207", organisation=body.organisation)
    row = refer(of, item_of(of, project), body)
    follow_trail()
    [told] = Notice.objects.filter(kind="engagement")
    address = reverse("library:project", args=[project.pk])
    assert (told.user, told.project, told.address) == (body, project, address)
    assert sentence(told) == "有项目移送本单位知悉，请登录平台查看。"
    referrals.end(by=of.clerk, referral=row, reason="线索已核查")
    follow_trail()
    [ended] = Notice.objects.filter(kind="engagement").exclude(pk=told.pk)
    assert (ended.user, ended.project, ended.address) == (body, None, reverse("desk:home"))
    assert sentence(ended) == "一项向本单位的移送已终止。"
    assert not Notice.objects.filter(user=colleague).exists()


def test_it_is_no_service(of, body, project):
    refer(of, item_of(of, project), body)
    assert not services.engagements(body).exists()
    assert not services.engagements(of.clerk).exists()


def test_through_the_pages(of, body, project, client):
    item = item_of(of, project)
    beside = ProjectFactory(region=project.region)
    client.force_login(of.clerk)
    page = reverse("argument:meeting", args=[item.meeting_id])
    assert body.organisation.name in client.get(page).content.decode()
    form = {"item": item.pk, "organisation": body.organisation_id, "text": "请了解情况"}
    act = reverse("argument:refer", args=[item.meeting_id])
    assert client.post(act, {**form, "ends_on": "昨天"}).status_code == 400
    until = timezone.localdate() + timedelta(days=9)
    assert client.post(act, {**form, "ends_on": str(until)}).status_code == 302
    follow_trail()
    assert Notice.objects.filter(user=body, kind="engagement", project=project).exists()

    client.force_login(body)
    listed = client.get(reverse("argument:referrals")).content.decode()
    assert project.name in listed
    assert "终止移送" not in listed
    exported = client.get(reverse("argument:referrals"), {"format": "csv", "q": project.code}).content.decode(
        "utf-8-sig"
    )
    assert exported.splitlines()[1].startswith(f"{project.code},{project.name},九原区纪委监委")
    assert client.get(reverse("library:project", args=[project.pk])).status_code == 200
    assert client.get(reverse("library:project", args=[beside.pk])).status_code == 404
    assert client.get(page).status_code == 404
    row = Engagement.objects.get(service="referral")
    end = reverse("argument:referral-end", args=[row.pk])
    assert client.post(end, {"reason": "自行终止"}).status_code == 403
    client.force_login(of.clerk)
    assert client.post(end, {"reason": "已办结"}).status_code == 302
    client.force_login(body)
    assert client.get(reverse("library:project", args=[project.pk])).status_code == 404
    assert "还没有向本单位移送的项目" in client.get(reverse("argument:referrals")).content.decode()
