"""What a review may and may not become: said by the database, whoever writes."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
import shapely
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from gis_projects import files
from gis_projects.people.permissions import Role
from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.actions.boundaries import run_check
from gis_projects.sites.models import Attachment, Mark, Review, SignOff, SignOffWithdrawal
from gis_projects.sites.models.reviews import Decision, ReviewState
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing import sign_offs
from gis_projects.sites.reviewing.items import Overtaken
from gis_projects.trail.models import Step
from siting import certificates, keys
from siting.documents import canonical
from siting.engine.notices import UnusableInput
from siting.models import Check
from tests.factories import reviews as factory
from tests.factories.people import user_of
from tests.factories.reviews import FARMLAND, GENERAL, PDF, RED_LINE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SIGNING_KEY_PATH = tmp_path / "key.pem"


@pytest.fixture
def case(tmp_path):
    return factory.case(tmp_path)


def state(case) -> str:
    return Review.objects.get(answer=case.check).state


def codes(refusal) -> list[str]:
    return [notice.code for notice in refusal.value.notices]


# --- marks ----------------------------------------------------------------------------------------


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
        assert codes(refusal) == [code]
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


# --- the signature --------------------------------------------------------------------------------


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
    assert codes(refusal) == ["undecided"]  # a rule that was not checked needs one too
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


# --- at once --------------------------------------------------------------------------------------


def at_once(*works):
    together = Barrier(len(works), timeout=30)

    def run(work):
        try:
            together.wait()
            return work()
        except UnusableInput as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_who_mark_at_once_both_stay(tmp_path):
    case = factory.case(tmp_path)
    results = at_once(
        *(
            lambda by=by, decision=decision: actions.mark(
                by=by, check=case.check, rule=FARMLAND, decision=decision, text="理由"
            )
            for by, decision in ((case.reviewer, Decision.ACCEPTED), (case.second, Decision.DISMISSED))
        )
    )
    marks = case.marks()
    assert {mark.pk for mark in marks} == {result.pk for result in results}
    assert queries.earlier_answers(case.check)[FARMLAND].pk == max(mark.pk for mark in marks)
    assert case.revision() == 2
    assert queries.verification(case.check) == []


@pytest.mark.django_db(transaction=True)
def test_a_mark_and_a_signature_at_once_leave_no_mark_unsigned(tmp_path):
    case = factory.case(tmp_path)
    case.decide_all()
    seen = case.revision()
    at_once(
        lambda: actions.mark(
            by=case.second, check=case.check, rule=FARMLAND, decision="opinion", text="且慢"
        ),
        lambda: actions.sign(by=case.reviewer, check=case.check, revision=seen),
    )
    signed = SignOff.objects.filter(answer=case.check).first()
    if signed is None:
        assert len(case.marks()) == 3
    else:
        assert len(case.marks()) == len(json.loads(signed.canonical)["marks"]) == 2
    assert queries.verification(case.check) == []


# --- tampering ------------------------------------------------------------------------------------


@contextmanager
def tampered(sql: str) -> Iterator[None]:
    """Write past the triggers, as someone with the database in their hands would; undone in the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        assert cursor.rowcount > 0
        yield
        transaction.set_rollback(True)


TAMPERED = [
    ("UPDATE sites_mark SET text = text || '。' WHERE decision = 'dismissed'", "marks["),
    ("UPDATE sites_mark SET decision = 'accepted' WHERE decision = 'dismissed'", "marks["),
    ("UPDATE sites_mark SET by_id = (SELECT id FROM people_user WHERE username = 'second')", "marks["),
    ("UPDATE sites_mark SET at = at - interval '1 day'", "marks["),
    ("DELETE FROM sites_mark WHERE decision = 'dismissed'", "marks["),
    ("UPDATE sites_attachment SET sha256 = repeat('0', 64)", "attachments["),
    ("UPDATE sites_signoff SET signer_id = (SELECT id FROM people_user WHERE username = 'second')", "signer"),
    ("UPDATE sites_signoff SET at = at - interval '1 day'", "signed_at"),
    ("UPDATE sites_signoff SET canonical = replace(canonical, '已人工核对', '没有核对过')", "digest"),
    ("UPDATE sites_signoff SET digest = repeat('0', 64)", "digest"),
    ("UPDATE siting_check SET digest = repeat('0', 64)", "check"),
    ("UPDATE siting_check SET verdict = 'clear'", "check"),
]


def test_a_changed_row_shows(case):
    actions.attach(by=case.reviewer, check=case.check, rule=FARMLAND, name="核查表.pdf", content=PDF)
    case.decide_all()
    case.sign()
    for sql, where in TAMPERED:
        assert queries.verification(case.check) == []
        with tampered(sql):
            found = queries.verification(Check.objects.get(pk=case.check.pk))
            assert any(difference.where.startswith(where) for difference in found), (sql, found)


def test_a_changed_mark_shows_before_anybody_signs(case):
    case.decide_all()
    assert queries.verification(case.check) == []
    with tampered("UPDATE sites_mark SET text = '不同意' WHERE decision = 'dismissed'"):
        assert [d.where for d in queries.verification(case.check)] == [f"marks[{case.marks()[1].pk}]"]


def test_a_changed_file_shows(case):
    row = actions.attach(by=case.reviewer, check=case.check, name="核查表.pdf", content=PDF)
    case.decide_all()
    case.sign()
    files.path_of(row.sha256).write_bytes(PDF + b" ")
    assert [d.where for d in queries.verification(case.check)] == [f"attachments[{row.pk}]"]
    files.path_of(row.sha256).unlink()
    assert [d.where for d in queries.verification(case.check)] == [f"attachments[{row.pk}]"]


def test_one_changed_character_anywhere_in_the_record_shows(case):
    case.decide_all()
    text = canonical(sign_offs.sealed(case.sign(opinion="同意")))
    chance, tried = random.Random(4), 0
    while tried < 300:
        at = chance.randrange(len(text))
        changed = text[:at] + chance.choice("0aZ甲") + text[at + 1 :]
        try:
            document = json.loads(changed)
        except ValueError:
            continue
        if document == json.loads(text) or not isinstance(document, dict):
            continue
        if _same_signature(document, json.loads(text)):
            continue
        tried += 1
        assert certificates.verify(document), changed[max(0, at - 40) : at + 40]


def _same_signature(document, original) -> bool:
    """The last base64 letter has bits that mean nothing."""
    rest = {k: v for k, v in document.items() if k != "signature"} == {
        k: v for k, v in original.items() if k != "signature"
    }
    try:
        return rest and base64.b64decode(document["signature"]) == base64.b64decode(original["signature"])
    except ValueError:
        return False


def test_attachments_are_stored_once_and_for_the_platform_only(case):
    rows = [
        actions.attach(by=case.reviewer, check=case.check, rule=rule, name=f"{n}.pdf", content=PDF)
        for n, rule in enumerate((FARMLAND, ""))
    ]
    assert Attachment.objects.count() == 2
    path = files.path_of(rows[0].sha256)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [rows[0].sha256]
