"""From a draft to a published rulebook: two persons, nothing overwritten, nothing untried."""

from __future__ import annotations

import datetime as dt

import pytest
import shapely
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from gis_projects.people.permissions import Role
from gis_projects.sites.actions import rulebooks as actions
from gis_projects.sites.models import PublicationState, RulebookPublication
from gis_projects.sites.queries import rulebooks as queries
from gis_projects.trail.models import Step
from layers.models import Layer
from siting.engine.notices import UnusableInput
from siting.models import Rule, RuleBook, RulebookTrial, Site, TriedSite
from siting.rulebook import in_force, pinned, publish_defaults
from siting.rulebook.trials import stale
from tests.factories import answers, land, rulebooks
from tests.factories.people import user_of
from tests.refusals import codes

pytestmark = pytest.mark.django_db


RED = ("R1", "", shapely.box(109.846, 40.616, 109.848, 40.618))


class TestPublication:
    @pytest.fixture(autouse=True)
    def _ground(self, tmp_path):
        land.publish_land(tmp_path, {"STBHHX": [RED]})
        answers.live_site()

    def test_a_second_person_publishes_what_was_tried(self, planner, reviewer):
        draft = rulebooks.drafted(planner)
        trial = rulebooks.tried(draft)
        publication = actions.propose(by=planner, draft=draft, based_on=2, trial=trial)
        rulebook = actions.approve(by=reviewer, publication=publication)
        assert (rulebook.version, rulebook.rules.get(code="ecological-red-line").spec["severity"]) == (3, "C")
        assert in_force("default", timezone.localdate()).id == rulebook.pk
        publication.refresh_from_db()
        assert (publication.state, publication.trial_id) == (PublicationState.PUBLISHED, trial.pk)
        assert set(Step.objects.values_list("verb", flat=True)) >= {
            "sites.begin_rulebook_draft",
            "sites.save_rulebook_draft",
            "sites.propose_rulebook",
            "sites.publish_rulebook",
        }

    def test_yesterday_is_still_checked_by_yesterday_s_rules(self, planner, reviewer):
        before = in_force("default", timezone.localdate() - dt.timedelta(days=1))
        draft = rulebooks.drafted(planner)
        actions.approve(
            by=reviewer,
            publication=actions.propose(by=planner, draft=draft, based_on=2, trial=rulebooks.tried(draft)),
        )
        assert in_force("default", timezone.localdate() - dt.timedelta(days=1)).id == before.id
        assert pinned("default", before.version, before.on).sha256 == before.sha256

    def test_the_proposer_and_the_writer_may_not_publish(self, planner):
        both = user_of(Role.ADMINISTRATOR)
        draft = rulebooks.drafted(both)
        publication = actions.propose(by=both, draft=draft, based_on=2, trial=None, reason="急需")
        with pytest.raises(PermissionDenied):
            actions.approve(by=both, publication=publication)
        actions.withdraw(by=both, publication=publication)
        publication = actions.propose(by=planner, draft=draft, based_on=2, trial=None, reason="急需")
        with pytest.raises(PermissionDenied):
            actions.approve(by=both, publication=publication)
        with pytest.raises(PermissionDenied):
            actions.approve(by=planner, publication=publication)
        with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
            RulebookPublication.objects.filter(pk=publication.pk).update(approver=publication.proposer)

    def test_untried_needs_a_reason(self, planner):
        draft = rulebooks.drafted(planner)
        with pytest.raises(UnusableInput) as refusal:
            actions.propose(by=planner, draft=draft, based_on=2, trial=None)
        assert codes(refusal) == {"rulebook-untried"}
        assert actions.propose(by=planner, draft=draft, based_on=2, trial=None, reason="试运行").trial is None
        with pytest.raises(IntegrityError, match="trial_or_a_reason"), transaction.atomic():
            RulebookPublication.objects.update(reason="")

    @pytest.mark.parametrize(
        ("move", "code"),
        [
            ("layer", "trial-layers-changed"),
            ("site", "trial-sites-changed"),
            ("facts", "trial-sites-changed"),
            ("rulebook", "trial-against-other-rulebook"),
        ],
    )
    def test_a_trial_of_other_data_needs_a_reason(self, planner, reviewer, move, code):
        draft = rulebooks.drafted(planner)
        trial = rulebooks.tried(draft)
        assert stale(trial, draft) == []
        publication = actions.propose(by=planner, draft=draft, based_on=2, trial=trial)
        match move:
            case "layer":
                land.publish_layer("STBHHX", [])
            case "site":
                answers.live_site(shapely.box(109.85, 40.62, 109.851, 40.621))
            case "facts":
                Site.objects.update(facts={"intended_use": "08"})
            case _:
                other = rulebooks.drafted(planner, lambda content: content["rule"].pop())
                sent = actions.propose(by=planner, draft=other, based_on=2, trial=None, reason="先行")
                actions.approve(by=reviewer, publication=sent)
        assert [notice.code for notice in stale(trial, draft)] == [code]
        with pytest.raises(UnusableInput) as refusal:
            actions.approve(by=reviewer, publication=publication)
        assert codes(refusal) == {code}
        assert actions.approve(by=reviewer, publication=publication, words="影响已人工核对").version >= 3

    def test_a_confidential_layer_that_moved_is_not_named(self, planner, reviewer):
        draft = rulebooks.drafted(planner)
        trial = rulebooks.tried(draft)
        Layer.objects.filter(code="WWBH").update(secrecy="confidential", name="某设施保护区")
        land.publish_layer("WWBH", [])
        land.publish_layer("STBHHX", [])
        with pytest.raises(UnusableInput) as refusal:
            actions.propose(by=planner, draft=draft, based_on=2, trial=trial)
        said = [str(notice) for notice in refusal.value.notices]
        assert "有涉密图层已更新" in said
        assert len(said) == 2
        assert not any("某设施保护区" in text or "WWBH" in text for text in said)
        assert any("某设施保护区" in str(notice) for notice in queries.stale_for(reviewer, trial, draft))

    def test_what_was_changed_after_the_proposal_is_not_published(self, planner, reviewer):
        draft = rulebooks.drafted(planner)
        publication = actions.propose(by=planner, draft=draft, based_on=2, trial=rulebooks.tried(draft))
        rulebooks.saved(draft, planner, lambda content: content["rule"].pop())
        with pytest.raises(UnusableInput) as refusal:
            actions.approve(by=reviewer, publication=publication, words="无妨")
        assert "rulebook-changed-since" in codes(refusal)
        assert RuleBook.objects.count() == 2

    def test_one_that_begins_in_the_past_is_refused(self, planner):
        draft = rulebooks.drafted(planner, lambda content: content.update(valid_from="2020-01-01"))
        with pytest.raises(UnusableInput) as refusal:
            actions.propose(by=planner, draft=draft, based_on=2, trial=None, reason="急需")
        assert codes(refusal) == {"rulebook-begins-in-the-past"}

    def test_refused_with_words_and_open_again(self, planner, reviewer):
        draft = rulebooks.drafted(planner)
        publication = actions.propose(by=planner, draft=draft, based_on=2, trial=None, reason="急需")
        with pytest.raises(UnusableInput):
            actions.refuse(by=reviewer, publication=publication, words=" ")
        actions.refuse(by=reviewer, publication=publication, words="依据不足")
        with pytest.raises(DatabaseError), transaction.atomic():
            RulebookPublication.objects.filter(pk=publication.pk).update(words="")
        assert (
            actions.propose(by=planner, draft=draft, based_on=2, trial=None, reason="已补充").pk
            != publication.pk
        )

    def test_published_rules_and_finished_trials_never_change(self, planner, reviewer):
        draft = rulebooks.drafted(planner)
        trial = rulebooks.tried(draft)
        for change in (
            lambda: Rule.objects.filter(code="ecological-red-line").update(spec={}),
            lambda: RulebookTrial.objects.update(changed=0, sites=0),
            lambda: TriedSite.objects.update(after="clear"),
            lambda: TriedSite.objects.all().delete(),
            lambda: TriedSite.objects.create(trial=trial, site_version_id=1, problem="x"),
            lambda: RulebookTrial.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


def test_both_versions_of_the_platform_s_rulebook_are_published_once():
    newest = RuleBook.objects.get(pk=publish_defaults().pk)
    assert publish_defaults().pk == newest.pk
    assert [book.version for book in RuleBook.objects.order_by("version")] == [1, 2]
    assert in_force("default", newest.valid_from - dt.timedelta(days=1)).version == 1
    assert in_force("default", newest.valid_from).version == 2
