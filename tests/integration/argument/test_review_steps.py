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
from gis_projects.argument.actions import draws, review_records, reviews, score_sheets, seats
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


# --- order ------------------------------------------------------------------------------------------------


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


# --- each step's own conditions ---------------------------------------------------------------------------


def test_a_second_review_of_the_same_purpose_waits_for_the_first(panel):
    panel.open()
    with pytest.raises(NotNow, match="已有同一用途"):
        panel.open()
    assert panel.open(purpose="consultation").reached == 1


def test_a_review_that_is_not_taken_on_ends_with_the_reason(panel):
    review = panel.open()
    reviews.send_back(by=panel.organiser, review=review, reason="资料不全")
    review.refresh_from_db()
    assert review.state == "returned"
    with pytest.raises(NotNow, match="已退回"):
        panel.accept(review)
    assert panel.open().reached == 1  # and may be applied for again


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"criteria": [("甲", "", Decimal(50)), ("乙", "", Decimal("49.99"))]}, "99.99"),
        ({"criteria": []}, "1 至 20"),
        ({"criteria": [("甲", "", Decimal(50)), ("甲", "", Decimal(50))]}, "重复"),
        ({"criteria": [("甲", "", Decimal(150)), ("乙", "", Decimal(-50))]}, "大于 0"),
        ({"criteria": [("甲", "", Decimal("NaN"))]}, "大于 0"),
        ({"wanted": {"water": 2}}, "3 至 30"),
        ({"wanted": {"water": 2, "astrology": 1}}, "astrology"),
        ({"method": " "}, "请填写说明"),
        ({"averaging": "best"}, "best"),
    ],
)
def test_a_plan_that_does_not_add_up_is_refused(panel, change, says):
    review = panel.go_to(2)
    plan = {"method": "会议", "criteria": factory.CRITERIA, "wanted": factory.WANTED, **change}
    with pytest.raises(UnusableInput, match=says):
        reviews.settle_plan(by=panel.organiser, review=review, **plan)
    review.refresh_from_db()
    assert (review.reached, review.criteria.count()) == (2, 0)


def test_the_panel_stands_when_everybody_has_accepted(panel):
    review = panel.go_to(3)
    with pytest.raises(NotNow, match="还没有抽取"):
        reviews.complete(by=panel.organiser, review=review, code="panel")
    draws.draw(by=panel.organiser, review=review)
    with pytest.raises(NotNow, match="3 位专家没有答复"):
        reviews.complete(by=panel.organiser, review=review, code="panel")


def test_every_expert_opens_every_file(panel):
    review = panel.go_to(4)
    with pytest.raises(NotNow, match="没有上传"):
        reviews.complete(by=panel.organiser, review=review, code="materials")
    row = review_records.bring_material(by=panel.owner, review=review, name="可研.pdf", content=factory.PDF)
    first, *others = held(review)
    for seat in others:
        review_records.open_file(by=seat.expert.user, review=review, attachment=row)
    with pytest.raises(NotNow) as refusal:
        reviews.complete(by=panel.organiser, review=review, code="materials")
    assert [notice.params["expert"] for notice in refusal.value.notices] == [first.expert.name]


def test_every_question_has_its_answer(panel):
    review = panel.go_to(6, panel.open(procedure="whole"))
    seat = held(review)[0]
    with pytest.raises(NotNow, match="还没有专家提问"):
        reviews.complete(by=panel.organiser, review=review, code="questions")
    question = review_records.ask(by=seat.expert.user, review=review, text="运行费由谁承担？")
    with pytest.raises(NotNow, match="1 个问题没有答复"):
        reviews.complete(by=panel.organiser, review=review, code="questions")
    review_records.reply(by=panel.owner, question=question, text="由水务局。")
    reviews.complete(by=panel.organiser, review=review, code="questions")


def test_a_visit_needs_a_photo_with_a_position(panel):
    review = panel.go_to(7, panel.open(procedure="whole"))
    seat = held(review)[0]

    def visit(**photo):
        review_records.record_visit(
            by=seat.expert.user, review=review, visited_on=timezone.localdate(), attended="专家组", text="已看。",
            photos=[review_records.Photo("现场.jpg", factory.jpeg(), **photo)],
        )  # fmt: skip

    visit()
    with pytest.raises(NotNow, match="带位置的照片"):
        reviews.complete(by=panel.organiser, review=review, code="visit")
    visit(lon=109.85, lat=40.61, accuracy_m=12.5, source="device")
    photo = review.visits.last().photos.get()
    assert (photo.location.coords, photo.source, photo.accuracy_m) == ((109.85, 40.61), "device", 12.5)
    reviews.complete(by=panel.organiser, review=review, code="visit")


def test_a_photos_own_position_goes_before_the_phones(panel):
    review = panel.go_to(7, panel.open(procedure="whole"))
    seat = held(review)[0]
    photo = review_records.Photo("现场.jpg", factory.jpeg(exif=True), 1.0, 2.0, 5.0, "device")
    row = review_records.record_visit(
        by=seat.expert.user, review=review, visited_on=timezone.localdate(), attended="专家组", text="已看。",
        photos=[photo],
    )  # fmt: skip
    kept = row.photos.get()
    assert kept.source == "exif"
    assert kept.location.coords == pytest.approx((109.8475, 40.617))


@pytest.mark.parametrize(
    "photo",
    [
        {"lon": 181, "lat": 0, "source": "device"},
        {"lon": 0, "lat": 90.1, "source": "typed"},
        {"lon": 109, "lat": 40, "source": "exif"},
        {"lon": 109, "lat": 40, "source": "device", "accuracy_m": -1},
        {"lon": 109, "lat": 40, "source": "device", "accuracy_m": float("nan")},
    ],
)
def test_a_position_that_can_not_be_is_refused(panel, photo):
    review = panel.go_to(7, panel.open(procedure="whole"))
    with pytest.raises(UnusableInput):
        review_records.record_visit(
            by=held(review)[0].expert.user, review=review, visited_on=timezone.localdate(), attended="专家", text="看",
            photos=[review_records.Photo("现场.jpg", factory.jpeg(), **photo)],
        )  # fmt: skip
    assert not review.visits.exists()


def test_a_review_is_not_concluded_before_all_have_scored(panel):
    review = panel.go_to(8)
    first, *others = held(review)
    for seat in others:
        panel.score(seat)
    with pytest.raises(NotNow, match=first.expert.name):
        reviews.conclude(by=panel.organiser, review=review, conclusion="passed", opinion="好")
    panel.score(first)
    reviews.conclude(by=panel.organiser, review=review, conclusion="failed", opinion="不宜建设。")
    assert Evidence.objects.get(project=panel.project).outcome == "failed"


def test_scores_are_submitted_whole_and_once(panel):
    review = panel.go_to(8)
    seat = held(review)[0]
    one, two = review.criteria.all()
    by = seat.expert.user
    score_sheets.save_draft(by=by, review=review, scores={one.pk: Decimal(70), two.pk: None}, opinion="待写")
    with pytest.raises(UnusableInput) as refusal:
        score_sheets.submit(by=by, review=review, scores={one.pk: Decimal(70)}, recommendation="", opinion="")
    assert {notice.field for notice in refusal.value.notices} == {
        f"score-{two.pk}",
        "recommendation",
        "opinion",
    }
    for wrong in ("100.01", "-0.01", "70.005", "NaN", "Infinity"):
        with pytest.raises(UnusableInput):
            score_sheets.submit(
                by=by, review=review, scores={one.pk: Decimal(wrong), two.pk: Decimal(1)},
                recommendation="passed", opinion="好",
            )  # fmt: skip
    panel.score(seat)
    with pytest.raises(NotNow, match="已经提交"):
        panel.score(seat)
    with pytest.raises(NotNow, match="已经提交"):
        seats.answer(by=by, seat=seat, accepts=False, reason="有冲突")


def test_who_organised_may_have_left_when_an_expert_declines(panel):
    """The next of the draw is let in, in the organiser's name; the trail says that nobody did it by hand."""
    review = panel.go_to(3)
    draws.draw(by=panel.organiser, review=review)
    panel.organiser.is_active = False
    panel.organiser.save()
    seat = review.seats.filter(speciality="water").select_related("expert__user", "engagement").first()
    seats.answer(by=seat.expert.user, seat=seat, accepts=False, reason="出差")
    seat.engagement.refresh_from_db()
    assert seat.engagement.ended_at is not None
    follower = review.seats.get(replaces=seat)
    assert follower.engagement.engaged_by == panel.organiser
    steps = Step.objects.filter(subject__in=[f"people.engagement:{seat.engagement_id}",
                                             f"people.engagement:{follower.engagement_id}"])  # fmt: skip
    assert dict(steps.filter(actor="").values_list("subject", "verb")) == {
        f"people.engagement:{seat.engagement_id}": "people.end_engagement",
        f"people.engagement:{follower.engagement_id}": "people.engage",
    }


def test_an_expert_without_an_account_scores_on_paper(panel):
    review = panel.go_to(3)
    for expert in panel.experts:
        expert.user = None
        expert.save()
    draws.draw(by=panel.organiser, review=review)
    for seat in held(review):
        assert seat.engagement is None
        seats.answer(by=panel.organiser, seat=seat, accepts=True)
    reviews.complete(by=panel.organiser, review=review, code="panel")
    review.refresh_from_db()
    seat = held(review)[0]
    sheet = score_sheets.submit_paper(
        by=panel.organiser, seat=seat, scores={row.pk: Decimal(80) for row in review.criteria.all()},
        recommendation="conditional", opinion="同意。", name="评分表.pdf", content=factory.PDF,
    )  # fmt: skip
    assert (sheet.total, sheet.by) == (Decimal("80.00"), panel.organiser)
    assert panel.project.attachments.filter(purpose="score_sheet").count() == 1


@pytest.mark.parametrize(
    ("use", "given", "approved", "cut"),
    [("approve", None, "12000000.00", "0"), ("cut", "0.01", "0.01", "11999999.99"), ("suspend", None, "0", "12000000"),
     ("stop", "5", "0", "12000000")],
)  # fmt: skip
def test_what_becomes_of_the_money(panel, use, given, approved, cut):
    review = panel.go_to(9)
    reviews.use_result(
        by=panel.organiser,
        review=review,
        use=use,
        approved_yuan=Decimal(given) if given else None,
        remark="按评审意见。",
    )
    review.refresh_from_db()
    assert (review.approved_yuan, review.cut_yuan) == (Decimal(approved), Decimal(cut))


@pytest.mark.parametrize(
    "wrong",
    [
        {"use": "cut", "approved_yuan": Decimal("12000000.00")},
        {"use": "cut", "approved_yuan": None},
        {"use": "cut", "approved_yuan": Decimal("-1")},
        {"use": "cut", "approved_yuan": Decimal("1.005")},
        {"use": "stop", "applied": True},
        {"use": "burn"},
    ],
)
def test_a_use_that_does_not_fit_is_refused(panel, wrong):
    review = panel.go_to(9)
    with pytest.raises(UnusableInput):
        reviews.use_result(by=panel.organiser, review=review, remark="按评审意见。", **wrong)


# --- who may ------------------------------------------------------------------------------------------------


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
