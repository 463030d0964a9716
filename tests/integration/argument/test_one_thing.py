"""One project through the eight links (F198): one number, nothing entered twice, and each link as its room has it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from gis_projects.argument.actions import campaigns
from gis_projects.argument.models import Assessment, CampaignKind
from gis_projects.argument.queries.one_thing import Link, links
from gis_projects.library.actions import building, completion, libraries, permits
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from gis_projects.trail.queries import of_subject
from tests.factories import expert_reviews as reviewing
from tests.factories import libraries as factory
from tests.factories.people import signed_in, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def follows_every_address(user, project) -> set[str]:
    """Whoever is told of a page may open it."""
    found = links(user, project)
    addresses = {one.address for one in found} | {event.address for one in found for event in one.events}
    browser = signed_in(user)
    for address in addresses - {""}:
        assert browser.get(address).status_code == 200, address
    return addresses


def standings(user, project) -> dict[str, str]:
    return {one.link: one.standing.value for one in links(user, project)}


def test_a_part_to_be_put_right_is_not_forgotten_and_what_was_taken_back_did_not_happen():
    project = factory.built()
    owner = factory.owner_of(project)
    bureau = user_of(Role.COORDINATOR, "150200", username="bureau")
    change = building.apply_change(by=owner, project=project, kind="content", text="桥改隧", reason="地质")
    building.withdraw_change(by=owner, change=change)
    assert standings(bureau, project)[Link.CHANGE] == "not_needed"
    for about, concludes in (
        ("消防", lambda row: building.demand_rectification(by=bureau, acceptance=row, opinion="喷淋不足")),
        ("人防", lambda row: building.accept(by=bureau, acceptance=row, number="验1号")),
    ):
        concludes(building.apply_acceptance(by=owner, project=project, kind="special", about=about))
    assert standings(bureau, project)[Link.ACCEPTANCE] == "back"
    again = building.apply_acceptance(by=owner, project=project, kind="special", about="消防")
    building.accept(by=bureau, acceptance=again, number="验2号")
    assert standings(bureau, project)[Link.ACCEPTANCE] == "under_way"


def test_what_a_ledger_brought_as_completed_is_accepted_and_its_review_told_without_a_page():
    project = factory.in_library(factory.project_for_catalogue(stage="completed"), "implementation")
    owner = factory.owner_of(project)
    factory.proven(project, "review")
    assert standings(owner, project)[Link.ACCEPTANCE] == "not_yet"
    completion.register_completion(
        by=None, project=project, completed_on=date(2024, 5, 1), source="竣工验收备案表"
    )
    found = {one.link: one for one in links(owner, project)}
    assert found[Link.ACCEPTANCE].standing == "done"
    assert [(event.on, event.text) for event in found[Link.ACCEPTANCE].events] == [
        (date(2024, 5, 1), "竣工验收备案表")
    ]
    assert found[Link.ACCEPTANCE_APPLICATION].standing == "not_needed"
    assert found[Link.REVIEW].standing == "done"
    assert [event.address for event in found[Link.REVIEW].events] == [""]


def test_one_number_spans_the_eight_links(client):
    project = factory.project_for_catalogue(name="滨河路改造")
    owner, admitter = factory.owner_of(project), factory.admission()
    bureau = user_of(Role.COORDINATOR, "150200", username="bureau")
    told = lambda: {one.link: one.standing.value for one in links(bureau, project)}  # noqa: E731

    assert set(told().values()) == {"not_yet", "not_needed"}
    application = libraries.apply(by=owner, project=project, to="catalogue")
    assert told()[Link.APPLICATION] == "under_way"
    libraries.return_application(by=admitter, application=application, reason="补充规模")
    assert told()[Link.APPLICATION] == "back"
    factory.in_library(project, "implementation")
    assert told()[Link.APPLICATION] == "done"

    panel = reviewing.Panel(project, owner, bureau, [])
    panel.open()
    assert told()[Link.REVIEW] == "under_way"

    approval = permits.start_approval(by=bureau, project=project, item="setup")
    assert told()[Link.SETUP] == "under_way"
    permits.grant_approval(by=admitter, approval=approval, number="发改审1号")
    permits.start_construction(by=None, project=project)
    project = Project.objects.get(pk=project.pk)
    assert [told()[link] for link in (Link.SETUP, Link.BUILDING, Link.CHANGE)] == [
        "done",
        "under_way",
        "not_needed",
    ]
    change = building.apply_change(
        by=owner, project=project, kind="content", text="桥改隧", reason="地质条件"
    )
    assert told()[Link.CHANGE] == "under_way"
    building.approve_change(by=bureau, change=change)
    assert told()[Link.CHANGE] == "done"

    applied = building.apply_acceptance(by=owner, project=project, kind="own")
    assert applied.facts["name"] == "滨河路改造", "what the record says is not asked again"
    assert applied.facts["changes"] == 1
    assert [told()[link] for link in (Link.ACCEPTANCE_APPLICATION, Link.ACCEPTANCE)] == ["done", "under_way"]
    building.demand_rectification(by=bureau, acceptance=applied, opinion="排水不畅")
    assert told()[Link.ACCEPTANCE] == "back"
    applied = building.apply_acceptance(by=owner, project=project, kind="own")
    building.accept(by=bureau, acceptance=applied, number="自验1号")
    project.refresh_from_db()
    assert [told()[link] for link in (Link.BUILDING, Link.ACCEPTANCE)] == ["done", "done"]

    batch = campaigns.open_campaign(
        by=bureau, year=2026, name="绩效评价", kind=CampaignKind.EVALUATION, region=project.region,
        projects=Project.objects.filter(pk=project.pk),
    )  # fmt: skip
    item = batch.items.get()
    campaigns.assess(by=bureau, item=item, evaluator="department", score=Decimal(88))
    assert told()[Link.EVALUATION] == "under_way"
    campaigns.close_campaign(by=bureau, campaign=batch)
    assert told()[Link.EVALUATION] == "under_way", "two of three evaluators have said nothing"
    for evaluator in ("self", "third_party"):
        Assessment.objects.create(item=item, evaluator=evaluator, score=Decimal(80), by=bureau)
    assert told()[Link.EVALUATION] == "done"

    follows_every_address(owner, project)
    client.force_login(bureau)
    page = client.get(reverse("argument:one-thing", args=[project.pk])).content.decode()
    assert project.code in page
    assert all(str(link.label) in page for link in Link)
    found = client.get(reverse("argument-api:one-thing", args=[project.pk])).json()
    assert found["case"] == project.code
    assert [one["link"] for one in found["links"]] == [link.value for link in Link]
    assert {one["standing"] for one in found["links"]} == {"done", "under_way"}  # the review goes on
    assert any("campaigns" in address for address in follows_every_address(bureau, project))
    listed = client.get(reverse("argument:one-thing", args=[project.pk]), {"format": "csv"}).content.decode()
    assert "自验1号" in listed
    verbs = {step.verb for step in of_subject(f"library.project:{project.pk}")}
    assert verbs >= {"library.approve_change", "library.accept", "library.complete_project"}
