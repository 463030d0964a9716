"""Three parties sign or nothing is agreed; what is stuck is somebody's, and another strikes it off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404
from django.utils import timezone

from gis_projects.argument import checklists as lists
from gis_projects.argument.actions import blockers, checklists
from gis_projects.argument.models import Blocker, Checklist, ChecklistParty, Link
from gis_projects.argument.queries.todo import waiting
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import Evidence
from gis_projects.people.permissions import Role
from siting.engine.notices import UnusableInput
from tests.factories import arguments as factory
from tests.factories.people import RegionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return factory.bureau()


@pytest.fixture
def checklist(bureau):
    return checklists.open_checklist(
        by=bureau.coordinator,
        project=factory.project(industry="I"),
        system_lead=bureau.unit("committee_office"),
    )


def answers(party: ChecklistParty, answer: str = "yes") -> dict[str, str]:
    return {point.code: answer for point in lists.read(party.checklist.content).party(party.party).points}


def signed(bureau, party: ChecklistParty, answer: str = "yes", **more):
    by = bureau.person(party.organisation, Role.HANDLER)
    return checklists.sign(by=by, party=party, answers=answers(party, answer), **more)


def test_all_three_sign_before_anything_is_agreed(bureau, checklist):
    parties = list(checklist.parties.select_related("organisation__region", "checklist"))
    assert {party.organisation.department_id for party in parties} == {
        "digital_reform", "big_data", "committee_office",
    }  # fmt: skip
    for count, party in enumerate(parties, start=1):
        assert not Evidence.objects.filter(kind="consultation").exists()
        assert [each.kind for each in waiting(bureau.person(party.organisation, Role.HANDLER))] == [
            "checklist"
        ]
        signed(bureau, party)
        assert Checklist.objects.get(pk=checklist.pk).state == ("passed" if count == 3 else "open")
    assert Evidence.objects.get(kind="consultation").outcome == "passed"
    with pytest.raises(NotNow):
        signed(bureau, parties[0])
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        ChecklistParty.objects.filter(pk=parties[0].pk).update(passes=False)


def test_one_party_that_refuses_fails_it_with_its_reason(bureau, checklist):
    parties = list(checklist.parties.select_related("organisation__region", "checklist"))
    with pytest.raises(UnusableInput) as refusal:
        signed(bureau, parties[0], "no")
    assert [notice.code for notice in refusal.value.notices] == ["reason-missing"]
    signed(bureau, parties[0], "no", remark="与已有应用重复")
    for party in parties[1:]:
        signed(bureau, party)
    assert Checklist.objects.get(pk=checklist.pk).state == "failed"
    assert Evidence.objects.get(kind="consultation").outcome == "failed"


def test_two_signatures_close_nothing_even_by_force(bureau, checklist):
    for party in list(checklist.parties.select_related("organisation__region", "checklist"))[:2]:
        signed(bureau, party)
    with pytest.raises(DatabaseError, match="three signatures"), transaction.atomic():
        Checklist.objects.filter(pk=checklist.pk).update(state="passed", closed_at=timezone.now())


def test_each_signs_for_its_own_unit(bureau, checklist):
    party = checklist.parties.get(party="big_data")
    stranger = bureau.person(bureau.unit("water"), Role.HANDLER)
    with pytest.raises(Http404):
        checklists.sign(by=stranger, party=party, answers=answers(party))
    with pytest.raises(PermissionDenied):
        checklists.sign(by=bureau.coordinator, party=party, answers=answers(party))


def test_every_point_is_answered(bureau, checklist):
    party = checklist.parties.select_related("organisation__region", "checklist").get(party="big_data")
    by = bureau.person(party.organisation, Role.HANDLER)
    with pytest.raises(UnusableInput) as refusal:
        checklists.sign(by=by, party=party, answers={"cloud": "yes"})
    assert len(refusal.value.notices) == 4


def test_the_lead_is_none_of_the_other_two(bureau):
    project = factory.project()
    with pytest.raises(UnusableInput):
        checklists.open_checklist(by=bureau.coordinator, project=project, system_lead=bureau.unit("big_data"))


# --- blockers -------------------------------------------------------------------------------------


def raised(bureau, **more) -> Blocker:
    more = {"link": "site", "title": "用地预审卡在权属", "organisation": bureau.unit("resources"),
            "due_on": timezone.localdate() + timedelta(days=7), **more}  # fmt: skip
    return blockers.raise_blocker(by=bureau.coordinator, project=factory.project(), **more)


def test_the_eight_links_are_those_of_the_committee():
    assert set(Link.values) == {
        "total_structure", "site", "fiscal", "approval", "start", "finish", "settlement", "final_account",
    }  # fmt: skip


def test_a_blocker_is_solved_by_its_unit_and_struck_off_by_another(bureau):
    blocker = raised(bureau)
    solver = bureau.person(bureau.unit("resources"), Role.HANDLER)
    with pytest.raises((Http404, PermissionDenied)):
        blockers.solve(by=bureau.coordinator, blocker=blocker, resolution="已办")
    assert "blocker" in [each.kind for each in waiting(solver)]
    blockers.solve(by=solver, blocker=blocker, resolution="权属已厘清")
    with pytest.raises(NotNow):
        blockers.solve(by=solver, blocker=blocker, resolution="再次")
    blockers.reopen(by=bureau.coordinator, blocker=blocker, reason="缺证明")
    blockers.solve(by=solver, blocker=blocker, resolution="已附证明")
    blockers.close(by=bureau.coordinator, blocker=blocker)
    blocker.refresh_from_db()
    assert (blocker.state, blocker.closed_by) == ("closed", bureau.coordinator)
    with pytest.raises(DatabaseError, match="argument_blocker_two_persons"), transaction.atomic():
        Blocker.objects.filter(pk=blocker.pk).update(solved_by=bureau.coordinator)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"link": "x"}, "blocker-link"),
        ({"title": " "}, "text-missing"),
        ({"due_on": timezone.localdate() - timedelta(days=1)}, "blocker-due"),
    ],
)
def test_what_is_no_blocker_is_refused(bureau, given, code):
    with pytest.raises(UnusableInput) as refusal:
        raised(bureau, **given)
    assert refusal.value.notices[0].code == code


def test_whoever_has_to_solve_a_blocker_reads_it_wherever_the_project_lies(bureau, client):
    blocker = raised(bureau)
    unit = bureau.unit("resources")
    elsewhere = UserFactory(
        username="solver", roles=[str(Role.HANDLER)], region=RegionFactory(code="150202"), organisation=unit
    )
    assert [each.address for each in waiting(elsewhere)] == [f"/arguments/blockers/{blocker.pk}/"]
    client.force_login(elsewhere, backend="gis_projects.people.backends.Accounts")
    page = client.get(f"/arguments/blockers/{blocker.pk}/")
    assert page.status_code == 200
    assert f"/projects/{blocker.project_id}/" not in page.content.decode()  # the project itself is not theirs
    stranger = UserFactory(username="stranger", roles=[str(Role.HANDLER)], region_id="150202")
    client.force_login(stranger, backend="gis_projects.people.backends.Accounts")
    assert client.get(f"/arguments/blockers/{blocker.pk}/").status_code == 404
