"""Changes while a project is built, and its acceptance: who may, when, once, and what the record says afterwards."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from gis_projects.library.actions import building
from gis_projects.library.models import Acceptance, BuildingChange, Project
from gis_projects.library.queries.building import plan_behind, planned_yuan
from gis_projects.library.queries.todo import waiting
from gis_projects.library.refusals import NotThisPerson, Refused
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from tests.factories import libraries as factory
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return factory.built()


@pytest.fixture
def owner(project):
    return factory.owner_of(project)


@pytest.fixture
def bureau(project):
    return user_of(Role.COORDINATOR, factory.REGION, username="bureau", organisation=factory.bureau())


def change(owner, project, **more):
    said = {"kind": "content", "text": "桥梁改为隧道", "reason": "地质条件", **more}
    return building.apply_change(by=owner, project=project, **said)


def test_nothing_changes_or_is_accepted_before_building(owner, bureau):
    planned = factory.project_for_catalogue()
    by = factory.owner_of(planned, username="other")
    for work in (
        lambda: change(by, planned),
        lambda: building.apply_acceptance(by=by, project=planned, kind="own"),
    ):
        with pytest.raises(Refused) as refused:
            work()
        assert refused.value.notices[0].code == "not-built"
    # ... nor past the actions
    for model, given in (
        (BuildingChange, {"kind": "content", "text": "x", "reason": "x"}),
        (Acceptance, {"kind": "own", "subject": "x"}),
    ):
        with pytest.raises(IntegrityError, match="under construction"), transaction.atomic():
            model.objects.create(project=planned, applied_by=by, **given)


def test_a_change_is_decided_once_by_another_person(project, owner, bureau):
    row = change(owner, project)
    assert row.from_yuan == factory.TOTAL
    with pytest.raises(Refused):
        change(owner, project)
    with pytest.raises(PermissionDenied):
        building.approve_change(by=owner, change=row)
    building.return_change(by=bureau, change=row, opinion="请补充论证")
    with pytest.raises(Refused):
        building.approve_change(by=bureau, change=row)
    with pytest.raises(IntegrityError), transaction.atomic():
        BuildingChange.objects.filter(pk=row.pk).update(state="approved")
    with pytest.raises(IntegrityError), transaction.atomic():
        BuildingChange.objects.filter(pk=row.pk).delete()
    assert [one.kind for one in waiting(owner) if one.kind.startswith("library.change")] == [
        "library.change_returned"
    ]


def test_nobody_decides_what_they_applied_for(project):
    everything = user_of(Role.ADMINISTRATOR, factory.REGION, username="everything")
    row = change(everything, project)
    with pytest.raises(NotThisPerson):
        building.approve_change(by=everything, change=row)
    with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
        BuildingChange.objects.filter(pk=row.pk).update(
            state="approved", decided_by=everything, decided_at=timezone.now()
        )


def test_a_change_of_time_is_written_into_the_record(project, owner, bureau):
    with pytest.raises(ValidationError):
        change(owner, project, kind="schedule")
    until = timezone.localdate() + timedelta(days=400)
    row = change(owner, project, kind="schedule", to_finish=until)
    project.refresh_from_db()
    assert project.planned_finish != until
    building.approve_change(by=bureau, change=row)
    project.refresh_from_db()
    assert project.planned_finish == until
    step = Step.objects.get(verb="library.approve_change")
    assert step.data["after"] == {"planned_finish": until.isoformat()}


def test_a_change_of_money_asks_for_the_next_plan(project, owner, bureau):
    with pytest.raises(ValidationError):
        change(owner, project, kind="investment", to_yuan=factory.TOTAL)
    approved = factory.TOTAL + Decimal("0.01")
    row = change(owner, project, kind="investment", to_yuan=approved)
    building.approve_change(by=bureau, change=row)
    assert plan_behind(project) == row
    assert planned_yuan(project) == approved, "what was approved holds before a plan says it"
    building.apply_acceptance(by=owner, project=project, kind="special", about="消防")
    building.withdraw_acceptance(by=owner, acceptance=project.acceptances.get())
    with pytest.raises(Refused) as refused:
        building.apply_acceptance(by=owner, project=project, kind="own")
    assert refused.value.notices[0].code == "plan-behind"
    with pytest.raises(ValidationError, match="30,000,000"):  # not by a plan of another total
        factory.planned(project, definite=True)
    assert plan_behind(project) == row
    factory.planned(project, definite=True, total=approved)
    assert plan_behind(project) is None
    building.apply_acceptance(by=owner, project=project, kind="own")


def test_acceptance_takes_what_the_record_says_and_completes_the_project(project, owner, bureau):
    open_change = change(owner, project)
    with pytest.raises(Refused) as refused:
        building.apply_acceptance(by=owner, project=project, kind="own")
    assert refused.value.notices[0].code == "change-open"
    building.withdraw_change(by=owner, change=open_change)
    with pytest.raises(ValidationError):
        building.apply_acceptance(by=owner, project=project, kind="special")
    fire = building.apply_acceptance(by=owner, project=project, kind="special", about="消防")
    with pytest.raises(Refused):  # the whole waits for its parts
        building.apply_acceptance(by=owner, project=project, kind="joint")
    building.accept(by=bureau, acceptance=fire, number="消验1号", surveyed_on=timezone.localdate())
    project.refresh_from_db()
    assert project.stage == "construction"
    whole = building.apply_acceptance(by=owner, project=project, kind="joint")
    assert whole.facts["setup_number"] == "发改审〔2026〕1号"
    assert whole.facts["planned_yuan"] == str(factory.TOTAL)
    assert whole.facts["started_on"] == timezone.localdate().isoformat()
    assert {one.kind for one in waiting(bureau)} >= {"library.acceptance"}
    building.demand_rectification(by=bureau, acceptance=whole, opinion="排水不畅")
    assert [one.kind for one in waiting(owner)] == ["library.rectify"]
    again = building.apply_acceptance(by=owner, project=project, kind="joint")
    assert "library.rectify" not in [one.kind for one in waiting(owner)]
    with pytest.raises(ValidationError):
        building.accept(by=bureau, acceptance=again, number=" ")
    building.accept(by=bureau, acceptance=again, number="联验1号")
    project.refresh_from_db()
    assert project.stage == "completed"
    with pytest.raises(Refused):
        building.apply_acceptance(by=owner, project=project, kind="own")
    with pytest.raises(Refused):
        building.accept(by=bureau, acceptance=again, number="联验2号")
    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.filter(pk=again.pk).update(number="另一号")


def test_pages_and_api_offer_the_same(client, project, owner, bureau):
    address = reverse("library:standing", args=[project.pk])
    client.force_login(owner)
    page = client.get(address).content.decode()
    assert reverse("library:library-act", args=[project.pk, "change"]) in page
    assert reverse("library:library-act", args=[project.pk, "accept"]) not in page
    wrong = client.post(reverse("library:library-act", args=[project.pk, "acceptance"]), {"kind": "special"})
    assert wrong.status_code == 302  # refused with its reason above the page
    assert not Acceptance.objects.exists()
    done = client.post(
        reverse("library-api:library-act", args=[project.pk, "acceptance"]),
        {"kind": "own"},
        content_type="application/json",
    )
    assert done.status_code == 200, done.content
    refused = client.post(
        reverse("library-api:library-act", args=[project.pk, "accept"]),
        {"passes": "yes", "number": "自验1号"},
        content_type="application/json",
    )
    assert refused.status_code == 403
    client.force_login(bureau)
    concluded = client.post(
        reverse("library:library-act", args=[project.pk, "accept"]), {"passes": "yes", "number": "自验1号"}
    )
    assert concluded.status_code == 302
    assert Project.objects.get(pk=project.pk).stage == "completed"
    listed = client.get(reverse("library:building"), {"list": "acceptances", "format": "csv"})
    assert "自验1号" in listed.content.decode()
    assert project.name in client.get(reverse("library:building"), {"list": "acceptances"}).content.decode()
    assert client.get(reverse("library:building"), {"list": "changes", "state": "applied"}).status_code == 200
