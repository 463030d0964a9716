"""A project's timeline: all that is about it, in words, and to each reader what they may be told."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from gis_projects.library.actions.projects import revise_project
from gis_projects.library.actions.sharing import note_export, note_reading
from gis_projects.library.queries import timeline
from gis_projects.library.queries.timeline import Wanted
from gis_projects.people.permissions import Role
from gis_projects.trail.actions import record
from gis_projects.trail.models import Step
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return ProjectFactory(
        region=RegionFactory(code="150207"), organisation=OrganisationFactory(name="城投公司")
    )


@pytest.fixture
def owner(project):
    return user_of(Role.OWNER, None, username="owner", organisation=project.organisation, full_name="王五")


@pytest.fixture
def planner():
    return user_of(Role.PLANNER, "150207", full_name="赵六", organisation=OrganisationFactory(name="规划局"))


@pytest.fixture
def leader():
    return user_of(Role.LEADER, "150207", full_name="钱七")


def said(user, project, **wanted):
    rows = timeline.steps(user, project, Wanted(**wanted))
    return [(line.who, line.said) for line in timeline.lines(user, project, rows)]


def test_it_holds_what_is_about_the_project_in_whatever_room(project, leader, planner):
    other = ProjectFactory(region=project.region)
    about = f"library.project:{project.pk}"
    record(by=planner, verb="library.attach_site", subject=about)
    record(by=planner, verb="argument.confirm_minutes", subject="argument.meeting:1",
           data={"title": "会议", "projects": [other.pk, project.pk], "documents": ["1号"]})  # fmt: skip
    record(by=planner, verb="library.attach_site", subject=f"library.project:{other.pk}")
    record(by=planner, verb="library.attach_site", subject=f"library.project:{project.pk}0")
    assert [line[1] for line in said(leader, project)] == ["确认会议“会议”的纪要，决议文号 1号", "建立选址"]


def test_names_are_for_readers_of_the_trail_and_units_for_the_others(project, owner, planner, leader):
    revise_project(by=planner, project=project, content="新建两座水厂")
    record(by=owner, verb="library.attach_site", subject=f"library.project:{project.pk}")
    record(by=None, verb="library.attach_site", subject=f"library.project:{project.pk}")
    assert [who for who, _ in said(leader, project)] == ["系统", "王五", "赵六"]
    assert [who for who, _ in said(owner, project)] == [
        "系统",
        "王五",
        "规划局",
    ]  # one's own name is no secret
    assert all(
        not line.digest for line in timeline.lines(owner, project, timeline.steps(owner, project, Wanted()))
    )
    assert all(
        line.digest for line in timeline.lines(leader, project, timeline.steps(leader, project, Wanted()))
    )


def test_what_colleagues_say_before_it_is_decided_is_not_the_units(project, owner, leader):
    record(by=leader, verb="argument.cast_votes", subject="argument.meeting:1",
           data={"title": "议题", "projects": [project.pk], "before": {}, "after": {"a": "for"}})  # fmt: skip
    assert len(said(leader, project)) == 1
    assert said(owner, project) == []


def test_a_file_beside_what_is_not_told_yet_is_not_named(project, owner, leader, planner):
    for beside in (f"library.project:{project.pk}", "argument.opinion:1", "argument.review:1:2"):
        record(by=planner, verb="library.attach_file", subject=f"library.project:{project.pk}",
               data={"beside": beside, "name": f"{beside}.pdf", "sha256": "a" * 64})  # fmt: skip
    assert len(said(leader, project)) == 3
    assert [line[1] for line in said(owner, project)] == [f"上传附件“library.project:{project.pk}.pdf”"]


def test_a_leaders_word_to_departments_is_not_the_units(project, owner, leader):
    record(by=leader, verb="desk.instruct", subject=f"library.project:{project.pk}",
           data={"instruction": 1, "text": "尽快核查", "organisations": "发改委"})  # fmt: skip
    assert len(said(leader, project)) == 1
    assert said(owner, project) == []


def test_it_is_narrowed_down(project, planner, leader):
    about = f"library.project:{project.pk}"
    record(
        by=planner, verb="library.attach_file", subject=about, data={"name": "批复.pdf", "sha256": "a" * 64}
    )
    record(by=leader, verb="sites.take_review", subject=about, data={"check": 1})
    assert [line[1] for line in said(leader, project, files=True)] == ["上传附件“批复.pdf”"]
    assert [line[1] for line in said(leader, project, room="sites")] == ["承接检查复核"]
    assert [line[0] for line in said(leader, project, who="规划局")] == ["赵六"]
    assert said(planner, project, who="赵六") == []  # who isn't told names can't ask by them
    day = Step.objects.first().at.date()
    assert len(said(leader, project, since=day)) == 2
    assert said(leader, project, until=day.replace(year=2020)) == []


def test_reading_a_confidential_project_is_written_down_once_in_a_while(project, leader):
    assert note_reading(by=leader, project=project, what="timeline") is None
    project.secrecy = "confidential"
    project.save()
    assert note_reading(by=leader, project=project, what="timeline") is not None
    assert note_reading(by=leader, project=project, what="timeline") is None
    note_export(by=leader, project=project, what="timeline", form="csv")
    assert list(Step.objects.order_by("number").values_list("verb", flat=True)) == [
        "library.read_confidential", "library.export_project",
    ]  # fmt: skip


def test_the_page_and_its_export_say_the_same(
    client, project, leader, planner, django_assert_max_num_queries
):
    revise_project(by=planner, project=project, content="新建两座水厂")
    client.force_login(leader)
    address = reverse("library:project-timeline", args=[project.pk])
    with django_assert_max_num_queries(25):
        page = client.get(address).content.decode()
    assert "修改项目信息" in page
    assert "新建两座水厂" in page
    assert "赵六" in page
    table = client.get(address, {"format": "csv"}).content.decode("utf-8-sig")
    assert "修改项目信息" in table
    assert "建设内容 — → 新建两座水厂" in table
    assert Step.objects.filter(verb="library.export_project").count() == 1


def test_a_database_is_called_by_the_readers_language(project, planner, leader):
    record(
        by=planner, verb="library.enter_database", subject=f"library.project:{project.pk}",
        data={"database": "发展规划项目库", "part": ["总体规划", "专项规划"], "stage": "落实规划", "code": "plan"},
    )  # fmt: skip
    assert said(leader, project)[0][1] == "列入发展规划项目库：总体规划、专项规划 落实规划"
    with translation.override("en"):
        assert said(leader, project)[0][1].endswith(
            "Development plan projects: Overall plan, Special plan Adoption"
        )
