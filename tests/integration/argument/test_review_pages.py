"""The pages of expert reviews: who sees what, what is refused and how it is said."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions import draws, review_records, seats
from gis_projects.argument.models import ExpertReview, Reading
from gis_projects.argument.queries.reviews import reviews_waiting
from gis_projects.library.actions.attachments import attach
from gis_projects.people.models import Engagement
from gis_projects.people.permissions import Role
from gis_projects.sentences import filled
from tests.factories import expert_reviews as factory
from tests.factories.expert_reviews import held
from tests.factories.people import signed_in, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def attached(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def panel():
    return factory.panel()


def act(client, review, name, **form):
    return client.post(reverse("argument:review-act", args=[review.pk, name]), form)


def text(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("reached", range(1, 12))
def test_every_step_has_its_page_for_everybody_who_takes_part(panel, reached):
    review = panel.go_to(reached, panel.open(procedure="whole"))
    people = {"owner": panel.owner, "organiser": panel.organiser}
    if 4 <= reached < 11:
        people["expert"] = held(review)[0].expert.user
    for name, user in people.items():
        client = signed_in(user)
        answer = client.get(reverse("argument:review", args=[review.pk]))
        assert answer.status_code == 200, name
        assert text(answer).count("<li class=") >= 11
        assert client.get(reverse("argument:reviews")).status_code == 200
    assert ("作出结论" in text(signed_in(panel.organiser).get(f"/expert-reviews/{review.pk}/"))) == (
        reached == 8
    )


def test_a_review_walks_through_the_pages(panel):
    owner, organiser = signed_in(panel.owner), signed_in(panel.organiser)
    answer = owner.post(
        reverse("argument:review-new"),
        {"project": panel.project.pk, "title": "净水厂评审", "requested_yuan": "12,000,000.00", "purpose": "argument",
         "procedure": "online", "basis": "年度计划"},
    )  # fmt: skip
    review = ExpertReview.objects.get()
    assert answer["Location"] == f"/expert-reviews/{review.pk}/"
    today = timezone.localdate()
    done = [
        ("accept", {"starts_on": today, "ends_on": today}),
        (
            "plan",
            {"method": "网上评审", "averaging": "trimmed", "criterion": ["必要性", "可行性", ""],
             "guide": ["", "", ""], "weight": ["40", "60.00", ""], "wanted-water": "2", "wanted-cost": "1"},
        ),
        ("draw", {}),
    ]  # fmt: skip
    for name, form in done:
        assert act(organiser, review, name, **form).status_code == 302, name
    for seat in held(review):
        assert (
            act(signed_in(seat.expert.user), review, "answer", seat=seat.pk, answer="accept").status_code
            == 302
        )
    assert act(organiser, review, "complete", step="panel").status_code == 302
    paper = SimpleUploadedFile("可研.pdf", factory.PDF)
    assert act(owner, review, "material", file=paper).status_code == 302
    refused = act(organiser, review, "complete", step="materials")
    assert refused.status_code == 409
    assert "还有 1 份资料没有打开" in text(refused)
    [file] = panel.project.attachments.filter(purpose="material")
    for seat in held(review):
        address = reverse("argument:review-file", args=[review.pk, file.pk])
        assert signed_in(seat.expert.user).get(address).content == factory.PDF
    assert Reading.objects.filter(review=review).count() == 3
    assert act(organiser, review, "complete", step="materials").status_code == 302
    skipped = act(organiser, review, "skip", step="evaluation", reason="赶时间")
    assert skipped.status_code == 409
    for code in ("statement", "questions", "visit"):
        assert act(organiser, review, "skip", step=code, reason="网上评审不安排").status_code == 302
    one, two = review.criteria.all()
    for seat in held(review):
        form = {
            f"score-{one.pk}": "80",
            f"score-{two.pk}": "90.5",
            "recommendation": "passed",
            "opinion": "同意",
        }
        assert act(signed_in(seat.expert.user), review, "submit", **form).status_code == 302
    assert act(organiser, review, "conclude", conclusion="conditional", opinion="压减管网").status_code == 302
    assert (
        act(
            organiser, review, "use", use="cut", approved_yuan="9000000", applied="1", remark="核减"
        ).status_code
        == 302
    )
    assert act(organiser, review, "archive").status_code == 302
    review.refresh_from_db()
    assert (review.state, review.score, review.cut_yuan) == ("closed", Decimal("86.30"), Decimal(3_000_000))
    report = organiser.get(reverse("argument:review-report", args=[review.pk, "pdf"]))
    assert report.content.startswith(b"%PDF-")
    word = organiser.get(reverse("argument:review-report", args=[review.pk, "docx"]))
    with zipfile.ZipFile(io.BytesIO(word.content)) as document:
        assert "压减管网" in document.read("word/document.xml").decode()
    assert organiser.get(reverse("argument:review-archive", args=[review.pk])).status_code == 200
    assert owner.get(reverse("argument:review-archive", args=[review.pk])).status_code == 404


def test_what_is_refused_is_said_and_what_was_typed_stays(panel):
    review = panel.go_to(2)
    answer = act(
        signed_in(panel.organiser), review, "plan", method="会议评审法", averaging="mean",
        criterion=["甲"], guide=[""], weight=["99"], **{"wanted-water": "3"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert "合计应为 100%" in text(answer)
    assert "会议评审法" in text(answer)


@pytest.mark.parametrize(
    ("name", "form"),
    [("accept", {"starts_on": "明天", "ends_on": ""}), ("nonsense", {}), ("answer", {"seat": "x"}),
     ("answer", {"seat": "999999999999"}), ("draw", {}), ("complete", {"step": "burn"}), ("material", {}),
     ("reply", {"question": "1"}), ("use", {"use": "cut", "approved_yuan": "many", "remark": "x"})],
)  # fmt: skip
def test_nonsense_is_refused_without_a_fault(panel, name, form):
    review = panel.open()
    assert act(signed_in(panel.organiser), review, name, **form).status_code in (400, 404, 409)


def test_experts_scores_are_hidden_until_all_have_submitted(panel):
    review = panel.go_to(8)
    first, second, third = held(review)
    panel.score(first, Decimal("71.23"), Decimal("71.23"))
    for user in (second.expert.user, panel.organiser, panel.owner):
        assert "71.23" not in text(signed_in(user).get(f"/expert-reviews/{review.pk}/"))
    assert "71.23" in text(signed_in(first.expert.user).get(f"/expert-reviews/{review.pk}/"))
    panel.score(second)
    panel.score(third)
    assert "71.23" in text(signed_in(panel.organiser).get(f"/expert-reviews/{review.pk}/"))
    assert "71.23" not in text(signed_in(panel.owner).get(f"/expert-reviews/{review.pk}/"))


def test_the_owner_does_not_learn_the_experts_before_the_conclusion(panel):
    review = panel.go_to(8)
    names = [seat.expert.name for seat in held(review)]
    page = text(signed_in(panel.owner).get(f"/expert-reviews/{review.pk}/"))
    assert not any(name in page for name in names)
    review = panel.go_to(9, review)
    page = text(signed_in(panel.owner).get(f"/expert-reviews/{review.pk}/"))
    assert all(name in page for name in names)


@pytest.mark.parametrize("beside", ["review:1", "review:1:2", "visit:1", "deliverable:1"])
def test_files_of_reviews_and_services_have_no_other_door(panel, beside):
    file = attach(
        by=None, project=panel.project, purpose="material", name="a.pdf", content=b"%PDF-1.4\n%%EOF\n",
        subject=f"argument.{beside}",
    )  # fmt: skip
    address = reverse("argument:attachment", args=[file.pk])
    assert [signed_in(user).get(address).status_code for user in (panel.owner, panel.organiser)] == [404, 404]


def test_who_does_not_take_part_finds_nothing(panel):
    review = panel.go_to(4)
    seated = {seat.expert_id for seat in held(review)}
    spare = next(expert.user for expert in panel.experts if expert.pk not in seated)
    others = [
        (spare, 404),
        (user_of(Role.COORDINATOR, "150202", username="elsewhere"), 404),
        (user_of(Role.PLANNER, "150207"), 200),
        (user_of(Role.UNIT_ADMIN, None), 403),
    ]
    for user, code in others:
        assert signed_in(user).get(f"/expert-reviews/{review.pk}/").status_code == code, user
        answer = act(signed_in(user), review, "complete", step="materials")
        assert answer.status_code == (403 if code == 200 else code), user


def test_an_experts_period_ends_with_its_last_day(panel):
    review = panel.go_to(5)
    seat = held(review)[0]
    client = signed_in(seat.expert.user)
    assert client.get(f"/expert-reviews/{review.pk}/").status_code == 200
    yesterday = timezone.localdate() - timezone.timedelta(days=1)
    Engagement.objects.filter(pk=seat.engagement_id).update(starts_on=yesterday, ends_on=yesterday)
    assert client.get(f"/expert-reviews/{review.pk}/").status_code == 404
    assert client.get(reverse("argument:expert-desk")).status_code == 200


def test_the_desk_of_an_expert_says_what_to_do(panel):
    review = panel.go_to(3)
    draws.draw(by=panel.organiser, review=review)
    seat = held(review)[0]
    user = seat.expert.user
    assert [row.kind for row in reviews_waiting(user)] == ["review_invitation"]
    assert "评审邀请待答复" in text(signed_in(user).get(reverse("argument:expert-desk")))
    for each in held(review):
        seats.answer(by=each.expert.user, seat=each, accepts=True)
    assert [row.kind for row in reviews_waiting(user)] == []
    assert [row.kind for row in reviews_waiting(panel.organiser)] == ["review_step"]
    review.refresh_from_db()
    panel.go_to(5, _completed(panel, review))
    assert [row.kind for row in reviews_waiting(user)] == ["review_scores"]
    assert [row.kind for row in reviews_waiting(panel.owner)] == ["review_statement"]
    question = review_records.ask(by=user, review=review, text="水价？")
    assert "review_questions" in [row.kind for row in reviews_waiting(panel.owner)]
    review_records.reply(by=panel.owner, question=question, text="按阶梯。")
    assert "review_questions" not in [row.kind for row in reviews_waiting(panel.owner)]
    for row in reviews_waiting(panel.organiser):
        assert "%(" not in filled(row.template, row.params)


def _completed(panel, review):
    from gis_projects.argument.actions import reviews

    return reviews.complete(by=panel.organiser, review=review, code="panel")


def test_the_register_and_a_draw_are_shown_to_the_organiser(panel):
    review = panel.go_to(4)
    client = signed_in(panel.organiser)
    page = text(client.get(reverse("argument:experts"), {"speciality": "water"}))
    assert "water0" in page
    assert "cost0" not in page
    assert client.get(reverse("argument:experts"), {"format": "xlsx"}).status_code == 200
    shown = client.get(reverse("argument:draw", args=[review.pk, 1]))
    assert "结果一致" in text(shown)
    told = client.get(reverse("argument:draw-data", args=[review.pk, 1])).json()
    assert told["holds"] is True
    assert sum(row["chosen_for"] is not None for row in told["candidates"]) == 3
    assert signed_in(panel.owner).get(reverse("argument:draw", args=[review.pk, 1])).status_code == 404


def test_the_list_of_reviews_is_taken_away_as_a_table(panel):
    panel.go_to(2)
    client = signed_in(panel.organiser)
    csv = client.get(reverse("argument:reviews"), {"format": "csv", "step": "plan"}).content.decode(
        "utf-8-sig"
    )
    assert "净水厂工程评审" in csv
    assert (
        "净水厂"
        not in client.get(reverse("argument:reviews"), {"format": "csv", "step": "use"}).content.decode()
    )
