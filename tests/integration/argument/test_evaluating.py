"""Who evaluates from outside finds the evaluation on their desk and on its page; other batches stay unknown to them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument.actions import campaigns
from gis_projects.argument.queries.campaigns import evaluations_waiting
from gis_projects.library.models import Project
from gis_projects.people.models import Engagement, OrganisationKind
from gis_projects.people.permissions import Role
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, UserFactory, signed_in, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau():
    return user_of(Role.COORDINATOR, "150200")


@pytest.fixture
def projects():
    """One of the unit, one of another."""
    return [ProjectFactory(organisation=OrganisationFactory()) for _ in range(2)]


@pytest.fixture
def owner(projects):
    return UserFactory(roles=[str(Role.OWNER)], region=None, organisation=projects[0].organisation)


@pytest.fixture
def agency(projects):
    """Engaged to evaluate the first project, and to consult for the second one."""
    firm, today = OrganisationFactory(kind=OrganisationKind.INTERMEDIARY), timezone.localdate()
    for project, service in zip(projects, ("evaluation", "consulting"), strict=True):
        Engagement.objects.create(
            project=project.pk,
            organisation=firm,
            phase="late",
            service=service,
            starts_on=today,
            ends_on=today,
        )
    return UserFactory(roles=[str(Role.INTERMEDIARY)], region=None, organisation=firm)


def opened(bureau, kind, *projects):
    return campaigns.open_campaign(
        by=bureau, year=2026, name=f"{kind} {len(projects)}", kind=kind, region=bureau.region,
        projects=Project.objects.filter(pk__in=[row.pk for row in projects]),
    )  # fmt: skip


@pytest.mark.parametrize(("who", "evaluator"), [("owner", "self"), ("agency", "third_party")])
def test_an_evaluator_from_outside_scores_on_the_page(who, evaluator, bureau, projects, request):
    user, (first, other) = request.getfixturevalue(who), projects
    batch = opened(bureau, "evaluation", first, other)
    page = reverse("argument:campaign", args=[batch.pk])
    assert [(one.address, one.project) for one in evaluations_waiting(user)] == [(page, first.pk)]
    client = signed_in(user)
    shown = client.get(page).content.decode()
    assert first.name in shown
    assert client.get(reverse("argument-api:campaign", args=[batch.pk])).status_code == 200
    item = batch.items.get(project=first)
    act = reverse("argument:campaign-act", args=[batch.pk, "assess"])
    client.post(act, {"item": item.pk, "evaluator": evaluator, "score": "88"})
    assert item.assessments.get().score == Decimal(88)
    assert list(evaluations_waiting(user)) == []


def test_a_unit_does_not_know_of_batches_that_it_takes_no_part_in(owner, bureau, projects):
    first, other = projects
    client = signed_in(owner)
    for batch in (opened(bureau, "evaluation", other), opened(bureau, "admission", first)):
        assert client.get(reverse("argument:campaign", args=[batch.pk])).status_code == 404
        assert client.get(reverse("argument-api:campaign", args=[batch.pk])).status_code == 404
    assert list(evaluations_waiting(owner)) == []


def test_who_is_engaged_for_something_else_or_no_longer_is_not_let_in(agency, bureau, projects):
    first, second = projects
    consulted = opened(bureau, "evaluation", second)
    ended = opened(bureau, "evaluation", first, second)
    client = signed_in(agency)
    assert client.get(reverse("argument:campaign", args=[consulted.pk])).status_code == 404
    assert client.get(reverse("argument:campaign", args=[ended.pk])).status_code == 200
    Engagement.objects.update(ended_at=timezone.now())
    assert client.get(reverse("argument:campaign", args=[ended.pk])).status_code == 404
    assert list(evaluations_waiting(agency)) == []


def test_a_batch_that_is_closed_waits_for_nobody(owner, bureau, projects):
    batch = opened(bureau, "evaluation", *projects)
    assert len(list(evaluations_waiting(owner))) == 1
    campaigns.close_campaign(by=bureau, campaign=batch)
    assert list(evaluations_waiting(owner)) == []
