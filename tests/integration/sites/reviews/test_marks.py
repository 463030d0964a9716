"""What a review may and may not become: said by the database, whoever writes."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from gis_projects import files
from gis_projects.people.permissions import Role
from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.models import Attachment, Mark, Review, SignOff, SignOffWithdrawal
from gis_projects.sites.models.reviews import ReviewState
from gis_projects.sites.queries import reviews as queries
from gis_projects.trail.models import Step
from siting.engine.notices import UnusableInput
from tests.factories.people import user_of
from tests.factories.reviews import FARMLAND, GENERAL, PDF, RED_LINE
from tests.refusals import codes

pytestmark = pytest.mark.django_db


def state(case) -> str:
    return Review.objects.get(answer=case.check).state


def test_the_database_knows_which_rules_a_check_left_open(case):
    document = json.loads(case.check.canonical)
    assert case.check.not_checked == [item["rule"] for item in document["not_checked"]]
    assert RED_LINE in case.check.not_checked


def test_a_later_answer_stands_and_the_earlier_one_stays(case):
    for decision, text in (
        ("seen", ""),
        ("accepted", ""),
        ("dismissed", "地块已调出"),
        ("opinion", "另行说明"),
    ):
        actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision=decision, text=text)
    assert [mark.decision for mark in case.marks()] == ["seen", "accepted", "dismissed", "opinion"]
    assert queries.earlier_answers(case.check)[FARMLAND].decision == "dismissed"
    verbs = list(Step.objects.order_by("-number").values_list("verb", flat=True)[:4])
    assert verbs == ["sites.mark_finding"] * 4


def test_a_review_goes_through_its_states(case):
    assert queries.review(case.check).state == ReviewState.WAITING
    actions.mark(by=case.planner, check=case.check, decision="submitted", text="请复核")
    assert state(case) == ReviewState.WAITING
    actions.take(by=case.reviewer, check=case.check)
    assert state(case) == ReviewState.REVIEWING
    actions.release(by=case.reviewer, check=case.check)
    assert state(case) == ReviewState.WAITING
    actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision="change", text="请避让基本农田")
    assert state(case) == ReviewState.CHANGE
    case.decide_all()
    assert state(case) == ReviewState.READY
    actions.mark(by=case.reviewer, check=case.check, rule=GENERAL, decision="change", text="请说明")
    assert state(case) == ReviewState.CHANGE  # also of what needs no decision
    actions.mark(by=case.reviewer, check=case.check, rule=GENERAL, decision="seen")
    sign_off = case.sign()
    assert state(case) == ReviewState.SIGNED
    actions.withdraw(by=case.second, sign_off=sign_off, reason="依据有误")
    assert state(case) == ReviewState.WITHDRAWN


SAYS_NOTHING = [
    (FARMLAND, "dismissed", "  \n", "reason-missing"),
    (FARMLAND, "change", "", "reason-missing"),
    (FARMLAND, "opinion", "\u3000", "reason-missing"),
    (FARMLAND, "burnt", "x", "no-such-decision"),
    (FARMLAND, "submitted", "", "decision-elsewhere"),
    ("", "accepted", "", "decision-elsewhere"),
    ("slope", "accepted", "", "no-such-finding"),  # the rule is clear
    ("nonsense", "accepted", "", "no-such-finding"),
    (FARMLAND, "accepted", "长" * 4001, "text-too-long"),
]


def test_a_mark_that_says_nothing_is_refused_by_the_action_and_by_the_database(case):
    for rule, decision, text, code in SAYS_NOTHING:
        with pytest.raises(UnusableInput) as refusal:
            actions.mark(by=case.reviewer, check=case.check, rule=rule, decision=decision, text=text)
        assert codes(refusal) == {code}
    Review.objects.create(answer=case.check)
    for rule, decision, text, code in SAYS_NOTHING:
        if code != "text-too-long":  # a length that is right today needs no guard for ever
            with pytest.raises(IntegrityError), transaction.atomic():
                Mark.objects.create(
                    answer=case.check, rule=rule, decision=decision, text=text, by=case.reviewer
                )
    assert not Mark.objects.exists()


def test_reviewers_decide_and_planners_reply(case):
    other = user_of(Role.PLANNER, "150202", username="elsewhere")
    surveyor = user_of(Role.SURVEYOR)
    for user in (case.planner, other, surveyor):
        with pytest.raises(PermissionDenied):
            actions.mark(by=user, check=case.check, rule=FARMLAND, decision="accepted")
        with pytest.raises(PermissionDenied):
            actions.take(by=user, check=case.check)
    for user in (other, surveyor):
        for decision in ("reply", "submitted"):
            with pytest.raises(PermissionDenied):
                actions.mark(by=user, check=case.check, decision=decision, text="x")
        with pytest.raises(PermissionDenied):
            actions.attach(by=user, check=case.check, name="a.pdf", content=PDF)
    with pytest.raises(PermissionDenied):
        actions.mark(by=case.reviewer, check=case.check, decision="submitted")
    actions.mark(by=case.planner, check=case.check, rule=FARMLAND, decision="reply", text="已缩小用地")


def test_rows_are_only_added(case):
    actions.attach(by=case.reviewer, check=case.check, rule=FARMLAND, name="核查表.pdf", content=PDF)
    case.decide_all()
    actions.withdraw(by=case.second, sign_off=case.sign(), reason="重审")
    for model in (Mark, Attachment, SignOff, SignOffWithdrawal):
        assert model.objects.exists()
        for write in (lambda rows: rows.update(at=timezone.now()), lambda rows: rows._raw_delete("default")):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                write(model.objects.all())


def test_attachments_are_stored_once_and_for_the_platform_only(case):
    rows = [
        actions.attach(by=case.reviewer, check=case.check, rule=rule, name=f"{n}.pdf", content=PDF)
        for n, rule in enumerate((FARMLAND, ""))
    ]
    assert Attachment.objects.count() == 2
    path = files.path_of(rows[0].sha256)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [rows[0].sha256]
