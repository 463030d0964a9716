"""Two at once: nobody is overwritten, and nothing is signed that the signer has not seen."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from gis_projects.sites.actions import reviews as actions
from gis_projects.sites.models import SignOff
from gis_projects.sites.models.reviews import Decision
from gis_projects.sites.queries import reviews as queries
from siting.engine.notices import UnusableInput
from tests.factories import reviews as factory
from tests.factories.reviews import FARMLAND

pytestmark = pytest.mark.django_db


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
