"""Dealing with patches: from open to done, by whom it concerns, and nobody overwritten."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from gis_projects.people.permissions import Role
from gis_projects.sites.actions.comparisons import ChangedMeanwhile
from gis_projects.sites.models import HandlingState, PatchHandling, Yields
from gis_projects.sites.queries import comparisons as queries
from gis_projects.sites.queries.comparisons import Filter
from gis_projects.trail.models import Step
from siting.models import ConflictPatch
from tests.factories.layers import published
from tests.factories.people import OrganisationFactory, user_of
from tests.factories.plans import kept, plan_table, settle

pytestmark = pytest.mark.django_db


def test_a_patch_walks_from_open_to_done_and_the_trail_tells(comparison, reviewer):
    department = OrganisationFactory(name="九原区自然资源分局")
    settle(reviewer, comparison, [1, 2], state=HandlingState.NEGOTIATING, organisation=department)
    settle(reviewer, comparison, [1], 1, state=HandlingState.SETTLED, yields=Yields.B, note="以现状为准")
    settle(reviewer, comparison, [1], 2, state=HandlingState.DONE)
    row = PatchHandling.objects.get(patch__comparison=comparison, patch__number=1)
    assert (row.state, row.yields, row.version, row.organisation) == ("done", "b", 3, department)
    steps = queries.history(comparison, 1)
    assert [step.data["state"] for step in steps] == ["done", "settled", "negotiating"]
    assert queries.history(comparison, 2).count() == 1
    assert queries.patches(comparison, Filter(state="done")).count() == 1
    assert queries.patches(comparison, Filter(organisation=department.pk)).count() == 2
    done = sum(town.done for town in queries.progress(comparison))
    assert done == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": HandlingState.NEGOTIATING}, "organisation"),
        ({"state": HandlingState.SETTLED, "yields": Yields.A, "note": "x"}, "state"),
        ({"state": HandlingState.DONE}, "state"),
        ({"yields": Yields.A}, "yields"),
    ],
)
def test_a_step_that_does_not_follow_is_refused_with_the_place(comparison, reviewer, change, field):
    with pytest.raises(ValidationError) as refusal:
        settle(reviewer, comparison, [1], **change)
    assert list(refusal.value.error_dict) == [field]
    assert not PatchHandling.objects.exists()


def test_settling_asks_who_yields_and_why(comparison, reviewer):
    settle(reviewer, comparison, [1], state=HandlingState.NEGOTIATING, organisation=OrganisationFactory())
    for change, field in (({"note": "x"}, "yields"), ({"yields": Yields.BOTH}, "note")):
        with pytest.raises(ValidationError) as refusal:
            settle(reviewer, comparison, [1], 1, state=HandlingState.SETTLED, **change)
        assert list(refusal.value.error_dict) == [field]


def test_negotiating_again_takes_back_who_yields(comparison, reviewer):
    settle(reviewer, comparison, [1], state=HandlingState.NEGOTIATING, organisation=OrganisationFactory())
    settle(reviewer, comparison, [1], 1, state=HandlingState.SETTLED, yields=Yields.A, note="让")
    (row,) = settle(reviewer, comparison, [1], 2, state=HandlingState.NEGOTIATING)
    assert row.yields == ""


def test_of_two_who_change_a_patch_the_second_is_told_and_nothing_is_overwritten(comparison, reviewer):
    settle(reviewer, comparison, [1], note="第一人")
    steps = Step.objects.count()
    with pytest.raises(ChangedMeanwhile) as late:
        settle(reviewer, comparison, [1, 2], note="第二人")
    assert [patch.number for patch in late.value.patches] == [1]
    assert PatchHandling.objects.get().note == "第一人"
    assert Step.objects.count() == steps


def test_a_planner_deals_with_the_patches_of_their_region(comparison):
    planner = user_of(Role.PLANNER, "150207")
    towns = dict(ConflictPatch.objects.filter(comparison=comparison).values_list("number", "town"))
    own = next(number for number, town in towns.items() if town == "150207")
    foreign = next(number for number, town in towns.items() if town == "150202")
    settle(planner, comparison, [own], note="本区")
    with pytest.raises(PermissionDenied):
        settle(planner, comparison, [foreign], note="他区")
    with pytest.raises(PermissionDenied):
        settle(user_of(Role.SURVEYOR), comparison, [own], 1, note="无权")
    mine = set(queries.settleable(planner, queries.patches(comparison)).values_list("town", flat=True))
    assert mine <= {"150207", ""}


def test_a_comparison_with_a_confidential_layer_is_for_who_may_read_it(land, reviewer):
    published("SECRET", plan_table(0.2), secrecy="confidential")
    row = kept("ATTR", "SECRET", reviewer)
    planner = user_of(Role.PLANNER, "150207")
    assert queries.comparisons(reviewer).filter(pk=row.pk).exists()
    assert not queries.comparisons(planner).filter(pk=row.pk).exists()
    assert not queries.runs(planner).filter(comparison=row).exists()
    assert "SECRET" not in {one.layer.code for one in queries.versions(planner)}
