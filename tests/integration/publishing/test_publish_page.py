"""The page inside on which a project is proposed, approved, turned down and taken back."""

import re

import pytest
from django.test import Client

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library.actions.projects import revise_project
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from gis_projects.publishing.models import DisclosureRule, Proposal
from tests.factories.disclosed import SECRET, project_with_site, shown, two_people
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db(databases=["default", "public"])
FORM = {
    "step": "propose",
    "form": "outline",
    "precision_m": "100",
    "township": "",
    "review_number": "",
    "reason": "",
}


def approval(proposal):
    """What the button below the proposal sends."""
    return {"step": "approve", "proposal": proposal.pk, "seen": proposal.digest}


@pytest.fixture
def project():
    return project_with_site(name="三环路改造")


@pytest.fixture
def address(project):
    return f"/projects/{project.pk}/disclosure/"


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def clients(people):
    found = []
    for person in people:
        client = Client()
        client.force_login(person)
        found.append(client)
    return found


def test_two_people_show_a_project_and_one_takes_it_back(address, clients):
    planner, reviewer = clients
    assert planner.post(address, FORM).status_code == 302
    page = planner.get(address).content.decode()
    assert "待审批的公开申请" in page
    assert "批准公开" not in page
    assert "批准公开" in reviewer.get(address).content.decode()
    proposal = Proposal.objects.get()
    assert reviewer.post(address, approval(proposal)).status_code == 302
    public = DisclosedProject.objects.get()
    assert public.precision_m == 100
    assert f"/public/projects/{public.slug}/" in reviewer.get(address).content.decode()
    assert reviewer.post(address, {"step": "withdraw", "reason": "用地调整"}).status_code == 302
    assert not DisclosedProject.objects.exists()
    assert "用地调整" in planner.get(address).content.decode()


def test_the_page_shows_what_would_be_copied_and_nothing_more(address, clients):
    page = clients[0].get(address).content.decode()
    for words in ("三环路改造", "123,456,789.10", "九原区"):
        assert words in page
    assert SECRET not in page


def test_nobody_approves_their_own(address, clients):
    _planner, reviewer = clients
    reviewer.post(address, FORM)
    page = reviewer.get(address).content.decode()
    assert "申请人本人不能批准" in page
    answer = reviewer.post(address, approval(Proposal.objects.get()))
    assert answer.status_code == 400
    assert "另一人" in answer.content.decode()
    assert not DisclosedProject.objects.exists()


def test_a_planner_neither_approves_nor_withdraws(address, clients, project, people):
    other = Client()
    other.force_login(user_of(Role.PLANNER, username="other"))
    clients[0].post(address, FORM)
    assert other.post(address, approval(Proposal.objects.get())).status_code == 403
    clients[0].post(address, {"step": "reject", "proposal": Proposal.objects.get().pk})
    shown(project, people)
    assert other.post(address, {"step": "withdraw", "reason": "x"}).status_code == 403
    assert DisclosedProject.objects.exists()


def test_an_approval_is_of_the_proposal_that_was_read(address, clients):
    planner, reviewer = clients
    planner.post(address, FORM)
    read = Proposal.objects.get().pk
    planner.post(address, {"step": "reject", "proposal": read})
    planner.post(address, {**FORM, "precision_m": "10"})
    assert reviewer.post(address, {"step": "approve", "proposal": read}).status_code == 400
    assert reviewer.post(address, {"step": "approve"}).status_code == 400
    assert not DisclosedProject.objects.exists()


@pytest.mark.parametrize("wrong", [{"precision_m": "5"}, {"precision_m": "x"}, {"form": "exact"}])
def test_a_proposal_that_can_not_be_is_refused_with_its_reason(address, clients, wrong):
    answer = clients[0].post(address, {**FORM, **wrong})
    assert answer.status_code == 400
    assert "alert" in answer.content.decode()
    assert not Proposal.objects.exists()


def test_withdrawing_needs_a_reason(address, clients, project, people):
    shown(project, people)
    assert clients[1].post(address, {"step": "withdraw", "reason": ""}).status_code == 400
    assert DisclosedProject.objects.exists()


def test_a_confidential_project_offers_nothing(address, clients, project):
    Project.objects.filter(pk=project.pk).update(secrecy="confidential")
    assert clients[0].get(address).status_code == 404  # a planner may not know of it
    page = clients[1].get(address).content.decode()
    assert "涉密项目不能公开" in page
    assert "申请公开" not in page


@pytest.mark.parametrize(
    ("role", "region", "status"),
    [
        (Role.PLANNER, "150200", 200),
        (Role.REVIEWER, "150207", 200),
        (Role.ADMINISTRATOR, "150200", 200),
        (Role.SURVEYOR, "150200", 403),
        (Role.PLANNER, "150202", 404),
    ],
)
def test_who_reaches_the_page(address, role, region, status):
    client = Client()
    client.force_login(user_of(role, region=region, username="someone"))
    assert client.get(address).status_code == status
    assert client.post(address, FORM).status_code == (302 if status == 200 else status)


def test_who_is_not_signed_in_is_asked_to(address, client):
    assert client.get(address).status_code == 302
    assert client.post(address, FORM).status_code == 302
    assert not Proposal.objects.exists()


def test_an_unknown_step_is_none(address, clients):
    assert clients[0].post(address, {"step": "publish"}).status_code == 404


def test_who_approves_sees_what_changed_and_looks_again(address, clients, project, people):
    planner, reviewer = clients
    planner.post(address, {**FORM, "fields_shown": ["content"]})
    proposal = Proposal.objects.get()
    seen = re.search(r'name="seen" value="(\w{64})"', reviewer.get(address).content.decode())[1]
    assert seen == proposal.digest
    revise_project(by=people[0], project=project, content="改造道路 9 公里")
    answer = reviewer.post(address, approval(proposal))
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "请核对差异" in page
    assert "<ins>改造道路 9 公里</ins>" in page
    assert not DisclosedProject.objects.exists()
    now = re.search(r'name="seen" value="(\w{64})"', page)[1]
    assert now != seen
    assert reviewer.post(address, approval(proposal) | {"seen": now}).status_code == 302
    assert DisclosedProject.objects.get().content == "改造道路 9 公里"


def test_the_preview_is_the_public_page_of_what_nobody_shows_yet(address, clients, project):
    planner, reviewer = clients
    preview = f"{address}preview/"
    assert reviewer.get(preview).status_code == 404  # nothing is proposed
    draft = {**FORM, "step": "preview", "fields_shown": ["content"], "township": "哈林格尔镇"}
    page = planner.post(preview, draft).content.decode()
    for words in ("三环路改造", "哈林格尔镇", "预览"):
        assert words in page
    assert project.code not in page  # wasn't chosen
    assert SECRET not in page
    planner.post(address, draft | {"step": "propose"})
    assert "哈林格尔镇" in reviewer.get(preview).content.decode()
    assert not DisclosedProject.objects.exists()
    assert planner.post(preview, draft | {"precision_m": "1"}).status_code == 400


def test_a_rule_fills_the_form_in(address, clients):
    rule = DisclosureRule.objects.create(
        name="只公开行业", basis="条例第二十条", document="国务院令第711号", fields=["industry"], form="none"
    )
    page = clients[0].get(f"{address}?rule={rule.pk}").content.decode()
    ticked = re.findall(r'name="fields_shown" value="(\w+)"[^>]*checked', page)
    assert ticked == ["industry"]
    assert '<option value="none" selected>' in page


def test_sensitive_blocks_and_withdraws_from_the_page(address, clients, project, people):
    shown(project, people)
    mark = {"step": "sensitive", "sensitive": "1", "reason": "军事设施周边"}
    assert clients[0].post(address, mark).status_code == 403
    assert clients[1].post(address, mark | {"reason": ""}).status_code == 400
    assert clients[1].post(address, mark).status_code == 302
    assert not DisclosedProject.objects.exists()
    page = clients[0].get(address).content.decode()
    assert "军事设施周边" in page
    assert "申请公开" not in page
    assert clients[0].post(address, FORM).status_code == 400


def test_a_scheduled_disclosure_is_called_off(address, clients):
    planner, reviewer = clients
    planner.post(address, {**FORM, "starts_at": "2099-01-01T08:00"})
    reviewer.post(address, approval(Proposal.objects.get()))
    assert "2099-01-01 08:00" in planner.get(address).content.decode()
    off = {"step": "call-off", "proposal": Proposal.objects.get().pk}
    assert reviewer.post(address, off).status_code == 400  # without a reason
    assert reviewer.post(address, off | {"reason": "再议"}).status_code == 302
    assert Proposal.objects.get().outcome == "再议"
