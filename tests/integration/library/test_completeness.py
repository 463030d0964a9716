"""How complete and how stale a record is, counted again by a plain function of the test's own."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_projects.library.actions.codes import load_defaults
from gis_projects.library.actions.plans import Source, set_land, set_plan
from gis_projects.library.actions.upkeep import set_threshold
from gis_projects.library.models import Attachment, Project
from gis_projects.library.queries import completeness, staleness
from tests.factories.library import InvestmentFactory, ProjectFactory, department
from tests.factories.people import OrganisationFactory

pytestmark = pytest.mark.django_db

FIELDS = {
    "content": "堤防", "intended_yuan": Decimal(1), "division_id": "division:76", "source_kind_id": "source_kind:unit",
    "source_basis": "纪要", "address": "九原区",
    "policy_id": "policy:sewage",
    "industry_type_id": "industry_type:water",
    "project_type_id": "project_type:building", "construction_mode_id": "construction_mode:epc",
    "investment_mode_id": "investment_mode:direct", "nature_id": "nature:new", "legal_person": "李四",
    "credit_code": "91350100M000100Y43", "scale": "12 公里",
    "planned_start": "2026-03-01", "planned_finish": "2027-03-01",
    "goals": "防洪",
}  # fmt: skip


def witness(project):
    """Whole per cent, half-up, of the 31 things that every record should have: asked of the tables one by one."""
    row = Project.objects.get(pk=project.pk)
    there = [bool(getattr(row, name)) for name in ("name", "industry", "national_code", *FIELDS)]
    there += [row.authority_id is not None, row.organisation_id is not None]
    plan = row.plans.order_by("-number").first()
    there += [
        plan is not None,
        plan is not None and plan.years.exists(),
        plan is not None and plan.parts.exists(),
    ]
    there += [row.investments.exists(), row.land_statements.exists()]
    there += [row.site is not None and row.site.current_id is not None]
    beside = Attachment.objects.filter(subject=f"library.project:{row.pk}")
    there += [beside.filter(purpose=purpose).exists() for purpose in ("proposal", "site_file")]
    assert len(there) == 31
    return int((Decimal(100 * sum(there)) / len(there)).quantize(Decimal(1), rounding="ROUND_HALF_UP"))


@pytest.fixture
def project():
    load_defaults()
    return ProjectFactory(stage="planning")


def test_the_score_is_the_share_of_what_is_there(project):
    assert completeness.of(project).score == witness(project)
    for name, value in FIELDS.items():
        before = completeness.of(project)
        Project.objects.filter(pk=project.pk).update(**{name: value})
        project = Project.objects.get(pk=project.pk)
        after = completeness.of(project)
        field = name.removesuffix("_id")
        assert field in [item.field for item in before.missing], name
        assert field not in [item.field for item in after.missing], name
        assert after.score == witness(project)
    Project.objects.filter(pk=project.pk).update(
        organisation=OrganisationFactory(), authority=department("water")
    )
    InvestmentFactory(project=project)
    set_plan(
        by=None, project=project, total_yuan=Decimal(2), sources=[Source("city-budget", Decimal(2))],
        years={2026: Decimal(2)},
    )  # fmt: skip
    set_land(by=None, project=project, total_m2=Decimal(1), parts={"unused": Decimal(1)})
    project = Project.objects.get(pk=project.pk)
    found = completeness.of(project)
    assert found.score == witness(project)
    assert {item.field for item in found.missing} == {
        "parts",
        "site",
        "proposal",
        "site_file",
        "national_code",
    }


def test_a_field_taken_away_drops_the_score_and_is_listed_with_its_page(project):
    Project.objects.filter(pk=project.pk).update(policy="policy:sewage")
    project = Project.objects.get(pk=project.pk)
    full = completeness.of(project)
    project.policy = None
    project.save()
    less = completeness.of(project)
    assert less.score < full.score
    lost = next(item for item in less.missing if item.field == "policy")
    assert lost.address == f"/projects/{project.pk}/edit/#id_policy"


def test_what_a_project_did_not_choose_is_not_counted(project):
    every = completeness.of(project)
    project.functions = ["basics", "owner"]
    chosen = completeness.of(project)
    assert chosen.counted < every.counted
    assert "land" not in {item.field for item in chosen.missing}
    assert "legal_person" in {item.field for item in chosen.missing}


def test_many_projects_take_as_many_queries_as_one(project):
    others = [ProjectFactory(region=project.region) for _ in range(6)]
    with CaptureQueriesContext(
        connection,
    ) as one:
        completeness.of(project)
    with CaptureQueriesContext(connection) as many:
        found = completeness.of_many(others)
    assert len(many) == len(one) <= 5
    assert {key: value.score for key, value in found.items()} == {
        other.pk: witness(other) for other in others
    }


@pytest.mark.parametrize(
    ("days", "lamp"), [(0, "green"), (59, "green"), (60, "yellow"), (119, "yellow"), (120, "red")]
)
def test_an_untouched_record_turns_yellow_and_red(project, days, lamp):
    at = timezone.now() - timedelta(days=days)
    Project.objects.filter(pk=project.pk).update(updated_at=at)
    project.refresh_from_db()
    assert (staleness.of(project).days, staleness.of(project).lamp) == (days, lamp)
    for one in ("green", "yellow", "red"):
        assert staleness.of_lamp(Project.objects.all(), one).exists() is (one == lamp)


def test_the_limits_are_the_bureaus_own(project):
    Project.objects.filter(pk=project.pk).update(updated_at=timezone.now() - timedelta(days=10))
    project.refresh_from_db()
    set_threshold(by=None, stage="planning", yellow_days=5, red_days=9)
    assert staleness.of(project).lamp == "red"


def test_the_aspects_cover_every_item():
    assert {item.aspect for item in completeness.ITEMS} == set(completeness.ASPECTS)
    for one, other in combinations(completeness.ITEMS, 2):
        assert one.field != other.field
