"""What a signature is bound to, and what stops it."""

from __future__ import annotations

import json

import pytest
import shapely
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from gis_projects.people.permissions import Role
from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.actions.boundaries import run_check
from gis_projects.sites.models import Mark, Review, SignOff, SignOffWithdrawal
from gis_projects.sites.models.reviews import ReviewState
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing import sign_offs
from gis_projects.sites.reviewing.items import Overtaken
from siting import certificates, keys
from siting.engine.notices import UnusableInput
from siting.models import Check
from tests.factories.people import user_of
from tests.factories.reviews import FARMLAND, GENERAL, PDF, RED_LINE, tampered
from tests.refusals import codes

pytestmark = pytest.mark.django_db


def state(case) -> str:
    return Review.objects.get(answer=case.check).state


def test_a_sign_off_is_bound_to_the_check_and_to_all_that_was_said(case):
    file = actions.attach(by=case.reviewer, check=case.check, rule=FARMLAND, name="核查表.pdf", content=PDF)
    case.decide_all()
    sign_off = case.sign(opinion="同意，按意见办理。")
    document = json.loads(json.dumps(sign_offs.sealed(sign_off)))
    assert certificates.verify(document) == []  # offline, by the published key
    assert document["check"] == case.check.digest
    assert document["opinion"] == "同意，按意见办理。"
    decided = {entry["rule"]: entry["decision"] for entry in document["decisions"]}
    assert decided == {FARMLAND: "accepted", RED_LINE: "dismissed", GENERAL: None}
    assert [mark["text"] for mark in document["marks"]][-1] == "同意，按意见办理。"
    assert document["attachments"][0]["sha256"] == file.sha256
    assert document["signer"]["username"] == "reviewer"
    assert document["boundary_by"]["username"] == document["check_by"]["username"] == "planner"
    assert queries.verification(case.check) == []


def test_an_old_sign_off_verifies_after_a_change_of_keys(case):
    case.decide_all()
    sign_off = case.sign()
    keys.rotate()
    assert certificates.verify(sign_offs.sealed(sign_off)) == []
    assert queries.verification(case.check) == []


def test_the_command_verifies_a_sign_off_alone_and_against_what_is_stored(case, tmp_path, capsys):
    case.decide_all()
    file = tmp_path / "sign-off.json"
    file.write_text(json.dumps(sign_offs.sealed(case.sign()), ensure_ascii=False))
    call_command("verify_check", file)
    call_command("verify_check", file, recompute=True)
    assert case.check.verdict in capsys.readouterr().out
    with tampered("UPDATE sites_mark SET text = '不同意' WHERE decision = 'dismissed'"):
        call_command("verify_check", file)  # the file itself is good
        with pytest.raises(SystemExit):
            call_command("verify_check", file, recompute=True)
    with tampered("DELETE FROM sites_signoff"), pytest.raises(SystemExit):
        call_command("verify_check", file, recompute=True)
    file.write_text(file.read_text().replace("已人工核对", "没有核对过"))
    with pytest.raises(SystemExit):
        call_command("verify_check", file)


def test_nothing_is_signed_while_a_finding_lacks_its_decision(case):
    actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision="accepted")
    with pytest.raises(UnusableInput) as refusal:
        case.sign()
    assert codes(refusal) == {"undecided"}  # a rule that was not checked needs one too
    actions.mark(by=case.reviewer, check=case.check, rule=RED_LINE, decision="change", text="请补充图层")
    with pytest.raises(UnusableInput):
        case.sign()
    assert not SignOff.objects.exists()


def test_an_opinion_that_came_with_a_refused_signature_is_not_kept(case):
    actions.mark(by=case.reviewer, check=case.check, rule=FARMLAND, decision="accepted")
    with pytest.raises(UnusableInput):
        case.sign(opinion="同意")
    assert len(case.marks()) == 1


def test_neither_the_drawer_nor_the_checker_signs(case):
    everything = user_of(Role.ADMINISTRATOR)
    run_check(by=everything, project=case.project, site_version=case.project.site.current)
    case.check = Check.objects.order_by("-pk").first()
    case.decide_all()
    for person in (everything, case.planner):
        person.roles = [str(Role.ADMINISTRATOR)]
        person.save()
        with pytest.raises(actions.TwoPersons):
            case.sign(by=person)
    assert case.sign().signer == case.reviewer


def unsaved(case, **more):
    values = {
        "answer": case.check,
        "signer": case.reviewer,
        "boundary_by": case.planner,
        "check_by": case.planner,
        "canonical": "{}",
        "digest": "0" * 64,
        "signature": "x",
        "key_id": "x",
        "at": timezone.now(),
    }
    return SignOff(**values | more)


def test_the_database_refuses_one_person_in_two_parts_and_a_lie_about_it(case):
    case.decide_all()
    lies = {
        "the signer drew": {"signer": case.planner},
        "the signer checked": {"signer": case.planner, "boundary_by": case.second},
        "another one drew": {"boundary_by": case.second},
        "another one checked": {"check_by": case.second},
        "nobody checked": {"check_by": None},
    }
    for lie in lies.values():
        row = unsaved(case, **lie)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
    unsaved(case).save()  # the truth is taken


def test_the_database_refuses_a_signature_under_open_findings(case):
    case.decide_all()
    actions.mark(by=case.reviewer, check=case.check, rule=RED_LINE, decision="seen")
    with pytest.raises(IntegrityError), transaction.atomic():
        unsaved(case).save()
    actions.mark(by=case.reviewer, check=case.check, rule=RED_LINE, decision="accepted")
    actions.mark(by=case.reviewer, check=case.check, rule=GENERAL, decision="change", text="请说明")
    with pytest.raises(IntegrityError), transaction.atomic():
        unsaved(case).save()


def test_a_signed_check_takes_nothing_more(case):
    case.decide_all()
    sign_off = case.sign()
    for say in (
        lambda: actions.mark(by=case.second, check=case.check, rule=FARMLAND, decision="dismissed", text="x"),
        lambda: actions.attach(by=case.second, check=case.check, name="a.pdf", content=PDF),
        lambda: actions.take(by=case.second, check=case.check),
        lambda: case.sign(by=case.second),
    ):
        with pytest.raises(Overtaken):
            say()
    with pytest.raises(DatabaseError), transaction.atomic():
        Mark.objects.create(answer=case.check, rule=FARMLAND, decision="accepted", by=case.second)
    with pytest.raises(IntegrityError), transaction.atomic():
        unsaved(case).save()
    actions.withdraw(by=case.second, sign_off=sign_off, reason="依据有误")
    with pytest.raises(Overtaken):
        actions.withdraw(by=case.second, sign_off=sign_off, reason="再来")
    with pytest.raises(Overtaken):
        case.sign(by=case.second)  # one sign-off per check
    assert queries.verification(case.check) == []


def test_a_sign_off_is_withdrawn_with_a_reason_only(case):
    case.decide_all()
    sign_off = case.sign()
    with pytest.raises(UnusableInput):
        actions.withdraw(by=case.second, sign_off=sign_off, reason=" ")
    with pytest.raises(IntegrityError), transaction.atomic():
        SignOffWithdrawal.objects.create(sign_off=sign_off, by=case.second, reason="")
    with pytest.raises(PermissionDenied):
        actions.withdraw(by=case.planner, sign_off=sign_off, reason="我反对")


@pytest.mark.parametrize("step", ["mark", "file", "boundary", "check"])
def test_what_came_since_the_signer_looked_stops_the_signature(case, step):
    case.decide_all()
    seen = case.revision()
    if step == "mark":
        actions.mark(by=case.second, check=case.check, decision="opinion", text="且慢")
    elif step == "file":
        actions.attach(by=case.second, check=case.check, name="新证据.pdf", content=PDF)
    elif step == "boundary":
        case.save(shapely.box(109.848, 40.615, 109.852, 40.619))
    else:
        case.check_again()
    with pytest.raises(Overtaken):
        actions.sign(by=case.reviewer, check=case.check, revision=seen)
    assert not SignOff.objects.exists()


def test_who_looks_after_a_check_stops_no_signature(case):
    case.decide_all()
    seen = case.revision()
    actions.take(by=case.second, check=case.check)
    actions.sign(by=case.reviewer, check=case.check, revision=seen)


def test_a_newer_check_outdates_a_sign_off_and_leaves_it(case):
    case.decide_all()
    case.sign()
    assert list(queries.inbox(case.reviewer, queries.Wanted(state="outdated"))) == []
    newer = case.check_again(shapely.box(109.848, 40.615, 109.852, 40.619))
    assert SignOff.objects.filter(answer=case.check).exists()
    assert list(queries.inbox(case.reviewer, queries.Wanted(state="outdated"))) == [case.check]
    assert list(queries.inbox(case.reviewer, queries.Wanted())) == [newer]
    assert queries.review(newer).state == ReviewState.WAITING  # earlier marks don't count
