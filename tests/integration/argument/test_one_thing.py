"""One project through the eight links (F198): one number, nothing entered twice, and each link as its room has it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from gis_projects.argument.actions import campaigns
from gis_projects.argument.models import CampaignKind
from gis_projects.argument.queries.one_thing import Link, links
from gis_projects.library.actions import building, libraries, permits
from gis_projects.library.models import Project
from gis_projects.people.permissions import Role
from gis_projects.trail.queries import of_subject
from tests.factories import expert_reviews as reviewing
from tests.factories import libraries as factory
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


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
    campaigns.assess(by=bureau, item=batch.items.get(), evaluator="department", score=Decimal(88))
    assert told()[Link.EVALUATION] == "under_way"
    campaigns.close_campaign(by=bureau, campaign=batch)
    assert told()[Link.EVALUATION] == "done"

    client.force_login(bureau)
    page = client.get(reverse("argument:one-thing", args=[project.pk])).content.decode()
    assert project.code in page
    assert all(str(link.label) in page for link in Link)
    found = client.get(reverse("argument-api:one-thing", args=[project.pk])).json()
    assert found["case"] == project.code
    assert [one["link"] for one in found["links"]] == [link.value for link in Link]
    assert {one["standing"] for one in found["links"]} == {"done", "under_way"}  # the review goes on
    addresses = {one["address"] for one in found["links"]}
    addresses |= {event["address"] for one in found["links"] for event in one["events"]} - {""}
    for address in addresses:
        assert client.get(address).status_code == 200, address
    listed = client.get(reverse("argument:one-thing", args=[project.pk]), {"format": "csv"}).content.decode()
    assert "自验1号" in listed
    verbs = {step.verb for step in of_subject(f"library.project:{project.pk}")}
    assert verbs >= {"library.approve_change", "library.accept", "library.complete_project"}
