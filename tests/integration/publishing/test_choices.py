"""What is chosen of a project is what the public gets: fields, place, days, timeline, results."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from gis_projects.disclosure.models import (
    DisclosedEvent,
    DisclosedProject,
    DisclosedResult,
    Edition,
    PublicChange,
)
from gis_projects.library.actions.diary import write_diary
from gis_projects.library.actions.projects import revise_project
from gis_projects.publishing import copying
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.models import PerformanceResult, PublicationRecord
from gis_projects.publishing.queries import milestones
from gis_projects.trail.models import Step
from gis_projects.trail.words import changes
from tests.factories.disclosed import approved, project_with_site, shown, two_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return two_people()


@pytest.fixture
def project():
    return project_with_site(name="三环路改造", content="改造道路 3 公里")


def test_only_chosen_fields_are_copied(project, people):
    public = shown(project, people, fields=("industry", "completed_yuan"))
    assert public.industry == project.industry
    assert public.completed_yuan is not None
    assert (public.code, public.content, public.level, public.stage) == ("", "", "", "")
    assert (public.year, public.planned_yuan) == (None, None)
    assert (public.name, public.region_code, public.kinds) == ("三环路改造", "150207", ["key"])


def test_fields_that_can_not_be_chosen_are_refused(project, people):
    with pytest.raises(ValidationError, match="legal_person"):
        shown(project, people, fields=("legal_person",))
    assert not DisclosedProject.objects.exists()


def test_a_place_may_be_kept_back(project, people):
    public = shown(project, people, form="none", township="哈林格尔镇")
    assert public.geometry is None
    assert public.township == "哈林格尔镇"


def test_a_correction_that_drops_a_field_drops_it(project, people):
    shown(project, people)
    actions.correct_project(
        by=people[0], approved_by=people[1], project=project, reason="x", fields=("industry",), form="none"
    )
    public = DisclosedProject.objects.get()
    assert (public.code, public.content, public.planned_yuan, public.geometry) == ("", "", None, None)


def test_a_correction_says_what_changed(project, people):
    shown(project, people)
    revise_project(by=people[0], project=project, content="改造道路 4 公里")
    actions.correct_project(
        by=people[0], approved_by=people[1], project=project, reason="里程有误", precision_m=200
    )
    step = Step.objects.get(verb="disclosure.correct_project")
    told = {change.field: (change.before, change.after) for change in changes(step)}
    assert told["建设内容"] == ("改造道路 3 公里", "改造道路 4 公里")
    assert set(told) == {"建设内容", "公开位置"}


def test_a_copy_is_the_same_in_every_language(project):
    copies = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            copies.append(copying.would_be(project, copying.Choice()))
    assert copies[0] == copies[1]


# --- what was seen --------------------------------------------------------------------------------


def test_an_approval_is_of_what_was_seen(project, people):
    proposal = actions.propose(by=people[0], project=project)
    revise_project(by=people[0], project=project, content="改造道路 9 公里")
    with pytest.raises(ValidationError, match="已变化") as refused:
        approved(proposal, people[1])
    assert refused.value.code == "changed"
    assert not DisclosedProject.objects.exists()
    project.refresh_from_db()
    now = copying.digest(copying.would_be(project, copying.Choice.of(proposal)))
    actions.approve(by=people[1], proposal=proposal, seen=now)
    assert DisclosedProject.objects.get().content == "改造道路 9 公里"
    record = PublicationRecord.objects.get()
    assert record.digest == now == copying.digest(record.content)


def test_what_the_copy_leaves_out_may_change(project, people):
    proposal = actions.propose(by=people[0], project=project, fields=("industry",))
    revise_project(by=people[0], project=project, content="改造道路 9 公里")
    assert approved(proposal, people[1]) is not None


def test_days_that_can_not_be_are_refused(project, people):
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(ValidationError, match="早于"):
        actions.propose(by=people[0], project=project, until=yesterday)
    with pytest.raises(ValidationError, match="早于"):
        actions.propose(
            by=people[0],
            project=project,
            starts_at=timezone.now() + timedelta(days=9),
            until=timezone.localdate(),
        )


# --- the timeline and the results -----------------------------------------------------------------


def test_the_timeline_holds_what_was_chosen_by_hand(project, people):
    for day, text in ((1, "路基开挖"), (2, "王五 13800000000 到场"), (3, "铺设沥青")):
        write_diary(by=people[0], project=project, text=text, on=date(2026, 3, day))
    offered = {one.text: one.key for one in milestones.offered(project)}
    shown(project, people, milestones=(offered["路基开挖"], offered["铺设沥青"]))
    assert list(DisclosedEvent.objects.values_list("on", "text")) == [
        (date(2026, 3, 1), "路基开挖"),
        (date(2026, 3, 3), "铺设沥青"),
    ]


def test_a_line_of_another_project_is_none_of_this_one(project, people):
    other = project_with_site(name="别处")
    entry = write_diary(by=people[0], project=other, text="别处的事")
    shown(project, people, milestones=(f"diary:{entry.pk}",))
    assert not DisclosedEvent.objects.exists()


def test_a_result_is_shown_once_it_is_released(project, people):
    row = PerformanceResult.objects.create(
        project=project, year=2026, target="通车 3 公里", result="按期通车", grade="优", written_by=people[0]
    )
    shown(project, people, results=(row.pk,))
    public = DisclosedResult.objects.get()
    assert (public.target, public.result, public.grade) == ("通车 3 公里", "", "")
    row.released_on, row.released_by = timezone.localdate(), people[1]
    row.save()
    actions.correct_project(by=people[0], approved_by=people[1], project=project, reason="结果公开")
    public = DisclosedResult.objects.get()
    assert (public.result, public.grade, public.released_on) == ("按期通车", "优", timezone.localdate())


def test_nobody_releases_what_they_wrote(project, people):
    with pytest.raises(IntegrityError, match="released_by_another"), transaction.atomic():
        PerformanceResult.objects.create(
            project=project, year=2026, target="x", result="y", written_by=people[0],
            released_by=people[0], released_on=timezone.localdate(),
        )  # fmt: skip


# --- change log and editions ----------------------------------------------------------------------


def test_a_withdrawal_leaves_an_id_and_nothing_else(project, people):
    slug = shown(project, people).slug
    actions.withdraw_project(by=people[1], project=project, reason="用地调整")
    rows = list(PublicChange.objects.order_by("pk").values_list("subject", "kind", "title"))
    assert rows == [(f"project:{slug}", "published", ""), (f"project:{slug}", "withdrawn", "")]
    assert not Edition.objects.exists()


def test_a_corrected_name_is_corrected_in_the_log_too(project, people):
    shown(project, people)
    revise_project(by=people[0], project=project, name="三环路改造工程")
    actions.correct_project(by=people[0], approved_by=people[1], project=project, reason="更名")
    assert set(PublicChange.objects.values_list("title", flat=True)) == {"三环路改造工程"}


def test_what_was_withdrawn_keeps_no_title_when_it_is_shown_again(project, people):
    shown(project, people)
    actions.withdraw_project(by=people[1], project=project, reason="x")
    shown(project, people)
    assert list(PublicChange.objects.order_by("pk").values_list("kind", "title")) == [
        ("published", ""),
        ("withdrawn", ""),
        ("published", "三环路改造"),
    ]


def test_a_correction_of_the_same_day_replaces_that_days_edition(project, people):
    shown(project, people)
    revise_project(by=people[0], project=project, content="改")
    actions.correct_project(by=people[0], approved_by=people[1], project=project, reason="x")
    edition = Edition.objects.get()
    assert (edition.from_day, edition.until_day) == (timezone.localdate(), None)
    assert edition.content["content"] == "改"
    assert edition.content["geometry"]["type"] == "MultiPolygon"
    assert edition.content["planned_yuan"] == "123456789.10"


def test_a_later_correction_ends_the_edition_before(project, people):
    slug = shown(project, people).slug
    today = timezone.localdate()
    Edition.objects.update(from_day=today - timedelta(days=5))
    actions.correct_project(by=people[0], approved_by=people[1], project=project, reason="x")
    assert list(Edition.objects.values_list("slug", "from_day", "until_day")) == [
        (slug, today - timedelta(days=5), today),
        (slug, today, None),
    ]
