"""A changed row, mark, file or character shows."""

from __future__ import annotations

import base64
import json
import random

import pytest

from gis_projects import files
from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.queries import reviews as queries
from gis_projects.sites.reviewing import sign_offs
from siting import certificates
from siting.documents import canonical
from siting.models import Check
from tests.factories.reviews import FARMLAND, PDF, tampered

pytestmark = pytest.mark.django_db


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
