"""An expert review goes through its eleven steps, in order, with everything there that a step asks for."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gis_projects import files
from gis_projects.argument import archiving
from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.actions import review_records, reviews
from gis_projects.argument.models import ExpertReview, ReviewStep, ScoreItem, ScoreSheet, Seat, SeatState
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.models import Engagement
from gis_projects.people.permissions import Permission, may
from gis_projects.trail.models import Step
from gis_projects.trail.queries import verify
from siting.engine.notices import UnusableInput
from tests.factories import expert_reviews as factory
from tests.factories.expert_reviews import held

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def attached(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def panel():
    return factory.panel()


def test_a_review_goes_through_all_eleven_steps(panel):
    review = panel.go_to(11, panel.open(procedure="whole"))
    assert [(row.number, row.code, row.state) for row in review.steps.all()] == [
        (step.number, step.code, "done") for step in workflow.steps()
    ]
    assert len(workflow.steps()) == 11
    assert review.state == "closed"
    assert review.score == Decimal("86.30")  # 80 × 40 % + 90.5 × 60 %, of all three alike
    assert (review.use, review.approved_yuan, review.cut_yuan) == (
        "cut",
        Decimal(9_000_000),
        Decimal(3_000_000),
    )
    evidence = Evidence.objects.get(project=panel.project, kind="review")
    assert (evidence.outcome, evidence.reference) == ("passed", f"argument.review:{review.pk}")
    connection.check_constraints()


def test_the_archive_holds_everything_with_its_hash(panel):
    review = panel.go_to(11, panel.open(procedure="whole"))
    content = files.stored(review.archive.sha256)
    assert archiving.faults(content) == []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        told = json.loads(archive.read("review.json"))
        for row in review.archive.manifest:
            assert hashlib.sha256(archive.read(row["name"])).hexdigest() == row["sha256"]
    assert {"review.json", "trail.json", "report.pdf", "manifest.json"} < set(names)
    assert sum(name.startswith("files/") for name in names) == 2  # one to read, one photo
    assert told["score"] == "86.30"
    assert [sheet["total"] for sheet in told["sheets"]] == ["86.30"] * 3
    assert all(draw["holds"] for draw in told["draws"])


def test_an_archive_that_was_changed_says_where():
    content, _manifest = archiving.packed({"a.txt": b"one", "b.txt": b"two"})
    assert archiving.faults(content) == []
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"three" if name == "b.txt" else old.read(name))
        new.writestr("c.txt", b"more")
    assert archiving.faults(out.getvalue()) == ["b.txt", "c.txt"]
    assert archiving.packed({"b.txt": b"two", "a.txt": b"one"})[0] == content  # the same bytes again


def test_a_lost_file_is_not_archived_over(panel):
    review = panel.go_to(10)
    row = review.project.attachments.filter(purpose="material").get()
    files.path_of(row.sha256).unlink()
    with pytest.raises(NotNow, match="可研报告"):
        reviews.close(by=panel.organiser, review=review)
    review.refresh_from_db()
    assert review.reached == 10


def test_the_whole_review_stands_in_the_trail_of_its_project(panel):
    review = panel.go_to(5)
    reviews.skip(by=panel.organiser, review=review, code="statement", reason="资料已经写明。")
    review.refresh_from_db()
    review = panel.go_to(7, review)
    reviews.skip(by=panel.organiser, review=review, code="visit", reason="现场情况已有影像。")
    review.refresh_from_db()
    review = panel.go_to(11, review)
    steps = Step.objects.filter(subject=f"library.project:{panel.project.pk}", data__review=review.pk)
    assert steps.filter(verb="argument.review_step").count() == 9
    assert steps.filter(verb="argument.skip_review_step").count() == 2
    assert steps.filter(verb="argument.open_review_file").count() == 3
    fixed, drawn = (steps.get(verb=f"argument.{verb}") for verb in ("fix_candidates", "draw_experts"))
    assert fixed.number < drawn.number  # the candidates stood before there was a seed
    assert fixed.data["candidates_sha256"] == drawn.data["candidates_sha256"]
    assert verify().broken is None


@pytest.mark.parametrize("step", workflow.steps()[1:], ids=lambda step: step.code)
def test_a_mandatory_step_is_not_skipped(panel, step):
    review = panel.go_to(step.number - 1, panel.open(procedure="whole"))
    with pytest.raises(NotNow, match="必经环节"):
        reviews.skip(by=panel.organiser, review=review, code=step.code, reason="来不及")
    # … nor in the database, whoever writes there
    with pytest.raises(IntegrityError, match="mandatory"), transaction.atomic():
        ReviewStep.objects.create(
            review=review, number=step.number, code=step.code, state="skipped", note="来不及"
        )


@pytest.mark.parametrize("code", ["statement", "questions", "visit"])
def test_an_optional_step_is_skipped_with_its_reason(panel, code):
    number = workflow.by_code()[code].number
    review = panel.go_to(5, panel.open(procedure="online"))
    for before in workflow.steps()[5 : number - 1]:
        reviews.skip(by=panel.organiser, review=review, code=before.code, reason="网上评审，不安排。")
        review.refresh_from_db()
    with pytest.raises(UnusableInput, match="请填写说明"):
        reviews.skip(by=panel.organiser, review=review, code=code, reason="  ")
    reviews.skip(by=panel.organiser, review=review, code=code, reason="网上评审，不安排。")
    row = review.steps.get(code=code)
    assert (row.state, row.note, row.by) == ("skipped", "网上评审，不安排。", panel.organiser)


@pytest.mark.parametrize("reached", range(1, 10))
def test_no_step_comes_before_its_turn_or_twice(panel, reached):
    review = panel.go_to(reached, panel.open(procedure="whole"))
    for step in workflow.steps()[1:]:
        if step.number == reached + 1:
            continue
        with pytest.raises(NotNow):
            workflow.expect(review.reached, step.code)
    for code in ("panel", "materials", "statement", "questions", "visit"):
        if workflow.by_code()[code].number != reached + 1:
            with pytest.raises(NotNow):
                reviews.complete(by=panel.organiser, review=review, code=code)


def test_the_database_takes_no_step_out_of_turn(panel):
    review = panel.go_to(2)
    for number, code in ((2, "accept"), (4, "panel")):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReviewStep.objects.create(review=review, number=number, code=code, state="done")


def test_a_review_does_not_move_without_its_step(panel):
    review = panel.go_to(2)

    def move_alone():
        ExpertReview.objects.filter(pk=review.pk).update(reached=3)
        connection.check_constraints()

    with pytest.raises(IntegrityError, match="has not come as far"), transaction.atomic():
        move_alone()


def test_what_is_recorded_is_never_changed(panel):
    review = panel.go_to(10, panel.open(procedure="whole"))
    sheet = ScoreSheet.objects.filter(review=review).first()
    attempts = [
        lambda: review.steps.first().delete(),
        lambda: ReviewStep.objects.filter(review=review).update(note="别的"),
        lambda: review.draws.all().delete(),
        lambda: review.messages.update(text="别的"),
        lambda: review.visits.update(text="别的"),
        lambda: review.criteria.update(weight=1),
        lambda: review.seats.all().delete(),
        lambda: ScoreSheet.objects.filter(pk=sheet.pk).update(total=1),
        lambda: ScoreItem.objects.filter(sheet=sheet).update(score=1),
        lambda: ScoreItem.objects.filter(sheet=sheet).delete(),
        lambda: ExpertReview.objects.filter(pk=review.pk).update(score=1),
        lambda: ExpertReview.objects.filter(pk=review.pk).update(requested_yuan=1),
        lambda: ExpertReview.objects.filter(pk=review.pk).update(mandatory=[]),
        lambda: ExpertReview.objects.filter(pk=review.pk).delete(),
    ]
    for attempt in attempts:
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()


def test_only_the_organiser_goes_on(panel):
    review = panel.open()
    for by in (panel.owner, panel.experts[0].user):
        with pytest.raises(PermissionDenied):
            reviews.accept(by=by, review=review, starts_on=timezone.localdate(), ends_on=timezone.localdate())


def test_a_drawn_expert_is_let_in_until_the_review_ends(panel):
    review = panel.go_to(3)
    drawn_user = panel.experts[0].user
    assert not may(drawn_user, Permission.READ_PROJECTS, panel.project)
    review = panel.go_to(4, review)
    seat = held(review)[0]
    assert may(seat.expert.user, Permission.READ_PROJECTS, panel.project)
    assert (seat.engagement.ends_on, seat.engagement.service) == (review.ends_on, "review")
    Engagement.objects.filter(pk=seat.engagement.pk).update(
        starts_on=timezone.localdate() - timedelta(days=9), ends_on=timezone.localdate() - timedelta(days=1)
    )
    assert not may(seat.expert.user, Permission.READ_PROJECTS, panel.project)
    with pytest.raises(PermissionDenied):
        review_records.ask(by=seat.expert.user, review=review, text="还能问吗？")


def test_access_ends_when_the_review_is_archived(panel):
    review = panel.go_to(11)
    for seat in Seat.objects.filter(review=review, state=SeatState.ACCEPTED).select_related("expert__user"):
        assert not may(seat.expert.user, Permission.READ_PROJECTS, panel.project)


def test_an_extension_lets_the_experts_in_until_the_new_day(panel):
    review = panel.go_to(4)
    later = review.ends_on + timedelta(days=10)
    reviews.extend(by=panel.organiser, review=review, ends_on=later, reason="专家补充勘查")
    review.refresh_from_db()
    assert review.ends_on == later
    assert {seat.engagement.ends_on for seat in held(review)} == {later}
    assert Engagement.objects.filter(project=panel.project.pk).current().count() == 3
