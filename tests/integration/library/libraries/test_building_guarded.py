"""What is built, past its forms and its time: which change is decided, what completes a project, what waits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from gis_projects.library.actions import building, completion, reshaping
from gis_projects.library.actions.projects import revise_project
from gis_projects.library.acts import ACTS
from gis_projects.library.models import Acceptance, BuildingChange, Completion, Project
from gis_projects.library.queries.todo import waiting
from gis_projects.library.refusals import Refused
from gis_projects.people.models import User
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from gis_projects.trail.words import sentence
from tests.factories import libraries as factory
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, user_of

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


def accepting(owner, project, kind="own", about=""):
    return building.apply_acceptance(by=owner, project=project, kind=kind, about=about)


def code_of(work):
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.notices[0].code


def refused_by_database(work, match):
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        work()


def concluded(by, state, **more):
    return {"state": state, "decided_by": by, "decided_at": timezone.now(), **more}


def passed(by):
    return concluded(by, "passed", number="验1号", accepted_on=timezone.localdate())


def kinds(user):
    return {one.kind for one in waiting(User.objects.get(pk=user.pk))}


def act(client, project, name, **said):
    address = reverse("library-api:library-act", args=[project.pk, name])
    return client.post(address, said, content_type="application/json").status_code


def test_only_the_change_that_was_read_is_decided(client, project, owner, bureau):
    read = change(owner, project)
    client.force_login(bureau)
    page = client.get(reverse("library:standing", args=[project.pk])).content.decode()
    assert f'<input type="hidden" name="change" value="{read.pk}"' in page
    assert act(client, project, "decide-change", approves="yes") == 400
    building.withdraw_change(by=owner, change=read)
    other = change(owner, project, text="增加两座桥")
    assert act(client, project, "decide-change", approves="yes", change=read.pk) == 409
    assert act(client, project, "decide-change", approves="yes", change=other.pk + 1) == 409
    client.force_login(owner)
    assert act(client, project, "withdraw-change", change=read.pk) == 409
    other.refresh_from_db()
    assert other.state == "applied"
    assert act(client, project, "withdraw-change", change=other.pk) == 200


def test_of_several_acceptances_the_one_that_is_named_is_concluded(client, project, owner, bureau):
    fire, air = accepting(owner, project, "special", "消防"), accepting(owner, project, "special", "人防")
    client.force_login(bureau)
    said = {"passes": "yes", "number": "验1号"}
    assert act(client, project, "accept", **said) == 400
    assert act(client, project, "accept", acceptance=air.pk, **said) == 200
    assert act(client, project, "accept", acceptance=air.pk, **said) == 409
    assert dict(Acceptance.objects.values_list("pk", "state")) == {fire.pk: "applied", air.pk: "passed"}
    another = accepting(owner, project, "special", "环保")
    client.force_login(owner)
    assert act(client, project, "withdraw-acceptance") == 400
    assert act(client, project, "withdraw-acceptance", acceptance=another.pk) == 200
    assert act(client, project, "withdraw-acceptance") == 200  # the only one left


def test_nothing_changes_behind_an_acceptance(project, owner, bureau):
    part = accepting(owner, project, "special", "消防")
    behind = change(owner, project)
    assert code_of(lambda: building.accept(by=bureau, acceptance=part, number="验1号")) == "change-open"
    rows = Acceptance.objects.filter(pk=part.pk)
    refused_by_database(lambda: rows.update(**passed(bureau)), "open change")
    building.withdraw_change(by=owner, change=behind)
    refused_by_database(lambda: rows.update(**passed(bureau) | {"number": " "}), "has_its_number")
    building.accept(by=bureau, acceptance=part, number="验1号")
    accepting(owner, project)
    assert code_of(lambda: change(owner, project)) == "acceptance-open"
    assert not ACTS["change"].offered(owner, project)
    said = {"kind": "content", "text": "x", "reason": "x", "applied_by": owner}
    refused_by_database(lambda: BuildingChange.objects.create(project=project, **said), "being accepted")


def test_what_began_here_is_completed_by_its_acceptance_and_for_good(project, owner, bureau):
    def to(stage):
        return revise_project(by=None, project=project, stage=stage)

    rows = Project.objects.filter(pk=project.pk)
    for between in ("construction", "suspended"):
        to(between)
        with pytest.raises(ValidationError):
            to("completed")
        refused_by_database(lambda: rows.update(stage="completed"), "without an acceptance")
    to("construction")
    building.accept(by=bureau, acceptance=accepting(owner, project), number="验1号")
    with pytest.raises(ValidationError):
        to("construction")
    refused_by_database(lambda: rows.update(stage="suspended"), "day that is registered")
    completed = {"by": None, "project": project, "completed_on": date(2026, 1, 1), "source": "备案表"}
    assert (
        code_of(lambda: completion.register_completion(**completed, reason="更正"))
        == "completed-by-acceptance"
    )
    with connection.cursor() as cursor:  # one that went back before the database refused that
        cursor.execute("SET LOCAL session_replication_role = replica")
        rows.update(stage="construction")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    again = accepting(owner, project, "joint")
    assert code_of(lambda: building.accept(by=bureau, acceptance=again, number="验2号")) == "completion-there"


def test_a_completion_is_of_its_own_acceptance_of_the_whole(project, owner, bureau):
    whole = building.accept(by=bureau, acceptance=accepting(owner, project), number="验1号")
    ledger = factory.in_library(ProjectFactory(organisation=project.organisation), "implementation")
    special = accepting(owner, ledger, "special", "消防")
    special = building.accept(by=bureau, acceptance=special, number="验2号")
    failed = building.demand_rectification(by=bureau, acceptance=accepting(owner, ledger), opinion="漏水")
    revise_project(by=None, project=ledger, stage="completed")
    today = timezone.localdate()
    for day, acceptance, match in (
        (today, whole, "does not complete"),
        (today, special, "does not complete"),
        (today, failed, "does not complete"),
        (today + timedelta(days=1), None, "day to come"),
    ):
        refused_by_database(
            lambda day=day, acceptance=acceptance: Completion.objects.create(
                project=ledger, completed_on=day, acceptance=acceptance, source="x"
            ),
            match,
        )
    completion.register_completion(by=None, project=ledger, completed_on=today, source="备案表")


def test_who_moves_to_another_unit_is_told_no_more(project, owner, bureau):
    building.return_change(by=bureau, change=change(owner, project), opinion="请补充论证")
    part = accepting(owner, project, "special", "消防")
    building.demand_rectification(by=bureau, acceptance=part, opinion="喷淋不足")
    assert kinds(owner) == {"library.change_returned", "library.rectify"}
    owner.organisation = OrganisationFactory()
    owner.save()
    assert kinds(owner) == set()


def test_what_is_open_keeps_a_project_in_and_who_is_out_is_asked_for_nothing(project, owner, bureau):
    def out():
        return reshaping.exit_project(by=None, project=project, reason="取消")

    row = change(owner, project)
    assert code_of(out) == "at-work-open"
    building.return_change(by=bureau, change=row, opinion="请补充论证")
    part = accepting(owner, project, "special", "消防")
    assert code_of(out) == "at-work-open"
    building.demand_rectification(by=bureau, acceptance=part, opinion="喷淋不足")
    out()
    assert kinds(owner) == set()


def test_the_whole_is_applied_for_again_in_whichever_way(project, owner, bureau):
    building.demand_rectification(
        by=bureau, acceptance=accepting(owner, project, "joint"), opinion="排水不畅"
    )
    accepting(owner, project, "special", "消防")
    assert "library.rectify" in kinds(owner)
    building.withdraw_acceptance(by=owner, acceptance=project.acceptances.first())
    accepting(owner, project, "own", "全部工程")
    assert "library.rectify" not in kinds(owner)


def test_what_a_change_decides_is_edited_by_nobody(project, owner, bureau):
    def to(day):
        revise_project(by=None, project=project, planned_finish=day)

    first = timezone.localdate() + timedelta(days=300)
    to(first)  # it wasn't known
    with pytest.raises(ValidationError, match="工期变更"):
        to(first + timedelta(days=1))
    row = change(owner, project, kind="schedule", to_finish=first + timedelta(days=90))
    Project.objects.filter(pk=project.pk).update(planned_finish=first + timedelta(days=1))
    assert code_of(lambda: building.approve_change(by=bureau, change=row)) == "record-moved"
    building.return_change(by=bureau, change=row, opinion="请重新申请")
    revise_project(by=None, project=project, stage="suspended")
    with pytest.raises(ValidationError, match="工期变更"):
        to(first + timedelta(days=90))
    Project.objects.filter(pk=project.pk).update(planned_finish=None)
    with pytest.raises(ValidationError, match="工期变更"):  # asked for, and refused
        to(first + timedelta(days=90))


def test_a_trail_says_what_was_approved(project, owner, bureau):
    building.approve_change(by=bureau, change=change(owner, project))
    step = Step.objects.get(verb="library.approve_change")
    assert sentence(step) == "批准变更（建设内容和规模）：桥梁改为隧道"


def test_lists_hold_what_their_reader_reaches(client, project, owner, bureau):
    change(owner, project)
    for name, more in (
        ("密级桥", {"secrecy": "confidential"}),
        ("外地路", {"region": RegionFactory(code="150203")}),
    ):
        row = factory.in_library(
            ProjectFactory(**{"region": project.region, "name": name, **more}), "implementation"
        )
        said = {"project": row, "applied_by": owner}
        BuildingChange.objects.create(kind="content", text="x", reason="x", **said)
        special = ProjectFactory(**{"region": project.region, "name": name, **more})
        said["project"] = factory.in_library(special, "implementation")
        Acceptance.objects.create(kind="special", subject="消防", **said)
    client.force_login(bureau)
    for name, whole in (("changes", 1), ("acceptances", 0)):
        answer = client.get(reverse("library:building"), {"list": name})
        assert answer.context["page"].paginator.count == whole
        listed = client.get(reverse("library:building"), {"list": name, "format": "csv"}).content.decode()
        for text in (answer.content.decode(), listed):
            assert "密级桥" not in text
            assert "外地路" not in text
            assert (project.name in text) is bool(whole)
