"""What is shown at a set time, and what goes when its days are over or it becomes sensitive."""

import errno
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library.actions import disclosure as library
from gis_projects.library.actions.projects import revise_project
from gis_projects.library.models import Project
from gis_projects.management.commands import run_jobs
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.publishing import jobs
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.actions.sensitive import mark_sensitive
from gis_projects.publishing.models import Act, Proposal, PublicationRecord
from gis_projects.trail.models import Job, Step
from tests.factories.disclosed import approved, project_with_site, shown, two_people
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def project():
    return project_with_site(name="三环路改造", content="改造道路 3 公里")


@pytest.fixture
def scheduled(project, people):
    proposal = actions.propose(by=people[0], project=project, starts_at=timezone.now() + timedelta(hours=2))
    assert approved(proposal, people[1]) is None
    proposal.refresh_from_db()
    return proposal


def its_time_comes(proposal):
    Proposal.objects.filter(pk=proposal.pk).update(starts_at=timezone.now() - timedelta(seconds=1))


def verbs(project):
    steps = Step.objects.filter(subject=f"library.project:{project.pk}", verb__startswith="disclosure.")
    return [step.verb.removeprefix("disclosure.") for step in steps.order_by("number")]


def test_nothing_is_shown_before_its_time_and_once_after(scheduled, project):
    assert jobs.tick() == 0
    assert not DisclosedProject.objects.exists()
    its_time_comes(scheduled)
    assert jobs.tick() == 1
    assert DisclosedProject.objects.get().name == "三环路改造"
    assert jobs.tick() == 0
    assert PublicationRecord.objects.count() == 1
    assert verbs(project) == ["propose", "schedule", "publish_project"]


def test_who_proposed_and_who_approved_stand_in_the_record(scheduled, people):
    its_time_comes(scheduled)
    jobs.tick()
    record = PublicationRecord.objects.get()
    assert (record.by, record.approved_by) == people


def test_what_changed_since_its_approval_is_not_shown(scheduled, project, people):
    revise_project(by=people[0], project=project, content="另一回事")
    its_time_comes(scheduled)
    assert jobs.tick() == 0
    scheduled.refresh_from_db()
    assert scheduled.lapsed_at is not None
    assert "已变化" in scheduled.outcome
    assert verbs(project)[-1] == "lapse"
    assert not DisclosedProject.objects.exists()


def test_a_scheduled_one_is_called_off(scheduled, project, people):
    actions.reject(by=people[1], proposal=scheduled, reason="再议")
    its_time_comes(scheduled)
    assert jobs.tick() == 0
    assert not DisclosedProject.objects.exists()
    with pytest.raises(ValidationError, match="已处理"):
        actions.reject(by=people[1], proposal=scheduled)


@pytest.mark.parametrize("whose", [0, 1])
def test_a_right_that_went_voids_one_and_holds_up_no_other(scheduled, project, people, whose):
    others = (user_of(Role.PLANNER, username="another"), user_of(Role.REVIEWER, username="one more"))
    later = actions.propose(
        by=others[0],
        project=project_with_site(name="环城水系"),
        starts_at=timezone.now() + timedelta(hours=3),
    )
    approved(later, others[1])
    User.objects.filter(pk=people[whose].pk).update(is_active=False)
    its_time_comes(scheduled)
    its_time_comes(later)
    assert jobs.tick() == 1
    assert DisclosedProject.objects.get().name == "环城水系"
    scheduled.refresh_from_db()
    assert "无权" in scheduled.outcome
    assert verbs(project)[-1] == "lapse"


def test_what_can_not_be_done_holds_up_no_other_and_is_tried_again(scheduled, people, monkeypatch, caplog):
    later = actions.propose(
        by=people[0],
        project=project_with_site(name="环城水系"),
        starts_at=timezone.now() + timedelta(hours=3),
    )
    approved(later, people[1])
    its_time_comes(scheduled)
    its_time_comes(later)
    show = actions.show

    def full(*, project, **how):
        if project.name == "三环路改造":
            raise OSError(errno.ENOSPC, "full")
        return show(project=project, **how)

    with monkeypatch.context() as patched:
        patched.setattr(actions, "show", full)
        assert jobs.tick() == 1
    assert "carry_out" in caplog.text
    assert jobs.tick() == 1
    assert DisclosedProject.objects.count() == 2


def test_one_whose_files_can_not_be_read_lapses(scheduled, monkeypatch, caplog):
    its_time_comes(scheduled)

    def gone(**how):
        raise FileNotFoundError("a.jpg")

    monkeypatch.setattr(actions, "show", gone)
    assert jobs.tick() == 0
    scheduled.refresh_from_db()
    assert (scheduled.done_at, "不能读写" in scheduled.outcome) == (None, True)


def test_a_withdrawal_voids_what_was_scheduled(project, people):
    shown(project, people)
    proposal = actions.propose(by=people[0], project=project, starts_at=timezone.now() + timedelta(hours=2))
    approved(proposal, people[1])
    actions.withdraw_project(by=people[1], project=project, reason="用地调整")
    its_time_comes(proposal)
    assert jobs.tick() == 0
    assert not DisclosedProject.objects.exists()


def test_what_has_expired_is_withdrawn_once(project, people):
    today = timezone.localdate()
    shown(project, people, until=today)
    assert jobs.tick() == 0  # its last day
    DisclosedProject.objects.update(until=today - timedelta(days=1))
    assert jobs.tick() == 1
    assert jobs.tick() == 0
    record = PublicationRecord.objects.first()
    assert (record.act, record.by, record.reason) == (Act.WITHDRAWN, None, "公开期限已满。")
    project.refresh_from_db()
    assert not project.disclosed


def test_the_supervisor_asks_what_is_due(scheduled):
    its_time_comes(scheduled)
    assert jobs.tick in run_jobs.FOLLOWERS
    jobs.tick()
    jobs.tick()
    assert Job.objects.filter(kind="publishing.sweep_media").count() == 1


# --- sensitive ------------------------------------------------------------------------------------


def test_a_sensitive_project_goes_at_once_and_does_not_come_back(project, people):
    shown(project, people)
    mark_sensitive(by=people[1], project=project, sensitive=True, reason="涉及军事设施周边")
    assert not DisclosedProject.objects.exists()
    project.refresh_from_db()
    assert (project.sensitive, project.disclosed) == (True, False)
    with pytest.raises(ValidationError, match="军事设施"):
        shown(project, people)
    with pytest.raises(ValidationError, match="军事设施"):
        actions.propose(by=people[0], project=project)
    step = Step.objects.get(verb="library.mark_sensitive")
    assert (step.actor, step.data["reason"]) == (people[1].username, "涉及军事设施周边")


def test_the_database_refuses_a_sensitive_project_too(project):
    with pytest.raises(IntegrityError, match="library_sensitive_is_not_disclosed"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(sensitive=True, sensitive_reason="x", disclosed=True)
    with pytest.raises(IntegrityError, match="library_sensitive_has_a_reason"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(sensitive=True)


def test_a_mark_made_below_is_followed_through_the_trail(project, people):
    shown(project, people)
    library.mark_sensitive(by=people[1], project=project, sensitive=True, reason="敏感")
    assert DisclosedProject.objects.exists()
    assert jobs.follow_trail() == 1
    assert not DisclosedProject.objects.exists()
    assert PublicationRecord.objects.first().reason == "项目已标记为敏感。"


def test_what_waits_or_is_scheduled_is_void(scheduled, project, people):
    waiting = actions.propose(by=people[0], project=project)
    mark_sensitive(by=people[1], project=project, sensitive=True, reason="敏感")
    mark_sensitive(by=people[1], project=project, sensitive=False, reason="已脱敏")
    its_time_comes(scheduled)
    assert jobs.tick() == 0
    with pytest.raises(ValidationError, match="已处理"):
        approved(waiting, people[1])
    assert shown(project, people).name == "三环路改造"  # anew, by two people


def test_only_who_discloses_marks_and_with_a_reason(project, people):
    with pytest.raises(PermissionDenied):
        mark_sensitive(by=people[0], project=project, sensitive=True, reason="敏感")
    with pytest.raises(ValidationError, match="原因"):
        mark_sensitive(by=people[1], project=project, sensitive=True, reason=" ")
    project.refresh_from_db()
    assert not project.sensitive
