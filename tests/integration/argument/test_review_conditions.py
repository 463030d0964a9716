"""What each step of an expert review asks before it goes on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from gis_projects.argument.actions import draws, review_records, reviews, score_sheets, seats
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.trail.models import Step
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
