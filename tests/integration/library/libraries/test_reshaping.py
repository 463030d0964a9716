"""Projects come out, are merged and split."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gis_projects.library.actions import libraries, reshaping
from gis_projects.library.models import InvestmentRecord, LibraryMove, Project, Succession
from gis_projects.library.refusals import Refused
from siting.models import Site
from tests.factories.libraries import (
    answered,
    in_library,
    ready_for_reserve,
)
from tests.factories.library import InvestmentFactory, ProjectFactory
from tests.refusals import codes

pytestmark = pytest.mark.django_db


def test_a_project_comes_out_with_a_reason_and_may_begin_again(project, owner, admitter):
    in_library(project, "catalogue")
    with pytest.raises(Refused):
        reshaping.exit_project(by=admitter, project=project, reason=" ")
    answered(project)
    reshaping.exit_project(by=admitter, project=project, reason="不再实施")
    project.refresh_from_db()
    assert project.library == "exited"
    assert Site.objects.get(pk=project.site_id).is_live is False
    again = libraries.apply(by=owner, project=project, to="catalogue")
    libraries.admit(by=admitter, application=again)
    project.refresh_from_db()
    assert project.library == "catalogue"


def test_an_open_application_is_decided_before_a_project_comes_out(project, owner, admitter):
    in_library(project, "catalogue")
    ready_for_reserve(project)
    libraries.apply(by=owner, project=Project.objects.get(pk=project.pk), to="reserve")
    with pytest.raises(Refused) as refused:
        reshaping.exit_project(by=admitter, project=project, reason="不再实施")
    assert codes(refused) == {"application-open"}


def test_merging_leaves_one_project_with_all_the_money(project, admitter):
    survivor = in_library(project, "reserve")
    others = [in_library(ProjectFactory(region_id="150207", region=None), "catalogue") for _ in range(2)]
    for one, planned in zip((survivor, *others), ("100.10", "200.20", "300.30"), strict=True):
        InvestmentFactory(project=one, planned_yuan=Decimal(planned), cumulative_yuan=Decimal("10.00"))
    total = sum(row.planned_yuan for row in InvestmentRecord.objects.all())
    reshaping.merge(by=admitter, projects=others, into=survivor, reason="同一工程分期登记")
    assert {Project.objects.get(pk=one.pk).library for one in others} == {"exited"}
    latest = survivor.investments.first()
    assert (latest.planned_yuan, latest.cumulative_yuan) == (total, Decimal("30.00"))
    assert set(Succession.objects.values_list("predecessor", "successor")) == {
        (one.pk, survivor.pk) for one in others
    }
    with pytest.raises(Refused):
        reshaping.merge(by=admitter, projects=[survivor], into=survivor, reason="自己")


def test_a_split_adds_up_to_the_fen(project, admitter):
    in_library(project, "implementation")
    InvestmentFactory(project=project, planned_yuan=Decimal("100.01"), cumulative_yuan=Decimal("50.00"))
    parts = [
        reshaping.PartOf("2026-A", "一期", Decimal("60.00"), Decimal("50.00")),
        reshaping.PartOf("2026-B", "二期", Decimal("40.00")),
    ]
    with pytest.raises(Refused) as refused:
        reshaping.split(by=admitter, project=project, parts=parts, reason="分期")
    assert codes(refused) == {"split-adds-up"}
    parts[1] = reshaping.PartOf("2026-B", "二期", Decimal("40.01"))
    made = reshaping.split(by=admitter, project=project, parts=parts, reason="分期")
    assert [one.library for one in Project.objects.filter(pk__in=[one.pk for one in made])] == [
        "implementation"
    ] * 2
    assert Project.objects.get(pk=project.pk).library == "exited"
    assert {move.way for move in LibraryMove.objects.filter(project__in=made)} == {"split_off"}
