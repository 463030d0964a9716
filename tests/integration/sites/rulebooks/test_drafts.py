"""A draft begins as the version, and is refused with the place where it could not run."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gis_projects.sites.actions import rulebooks as actions
from gis_projects.sites.models import RulebookRevision
from layers.models import Layer
from siting.engine.notices import UnusableInput
from siting.models import RuleBook, RulebookDraft
from siting.rulebook.content import content_of
from tests.factories import land, rulebooks
from tests.refusals import codes

pytestmark = pytest.mark.django_db


class TestDrafts:
    @pytest.fixture(autouse=True)
    def _rules(self, tmp_path):
        land.publish_land(tmp_path)

    def test_it_begins_as_the_version_and_never_in_the_past(self, planner):
        newest = RuleBook.objects.order_by("-version")[0]
        draft = actions.begin_draft(by=planner, rulebook=newest)
        today = timezone.localdate().isoformat()
        assert draft.content == {
            **content_of(newest),
            "valid_from": max(today, newest.valid_from.isoformat()),
        }
        assert (draft.revision, draft.base_id) == (1, newest.pk)

    def test_of_two_who_save_the_second_is_told_and_gets_the_first_s(self, planner):
        draft = actions.begin_draft(by=planner, rulebook=RuleBook.objects.order_by("-version")[0])
        first = rulebooks.saved(draft, planner, lambda content: content["rule"].pop())
        with pytest.raises(actions.DraftMoved) as moved:
            actions.save_draft(by=planner, draft=draft, content=draft.content, based_on=1)
        assert moved.value.draft.content == first.content
        draft.refresh_from_db()
        assert (draft.revision, draft.content) == (2, first.content)
        assert draft.revisions.count() == 2

    def test_what_can_not_run_is_not_saved_and_said_with_its_place(self, planner):
        draft = rulebooks.drafted(planner)
        with pytest.raises(UnusableInput) as refusal:
            rulebooks.saved(
                draft, planner, lambda content: content["rule"][3].update(layer="NONE", tolerance_m2=-1)
            )
        assert {notice.field for notice in refusal.value.notices} == {"rule[3].layer", "rule[3].tolerance_m2"}
        draft.refresh_from_db()
        assert draft.revision == 2

    def test_a_field_that_the_layer_lacks_is_refused(self, planner):
        draft = rulebooks.drafted(planner)
        where = [{"field": "级别", "op": "is", "values": ["一级"]}]
        with pytest.raises(UnusableInput) as refusal:
            rulebooks.saved(draft, planner, lambda content: content["rule"][0].update(where=where))
        assert codes(refusal) == {"rule-field-unknown"}

    def test_a_rule_about_a_layer_that_one_may_not_know_of_stays(self, planner):
        Layer.objects.filter(code="WWBH").update(secrecy="confidential")
        draft = rulebooks.drafted(planner)
        with pytest.raises(UnusableInput) as refusal:
            rulebooks.saved(
                draft,
                planner,
                lambda content: rulebooks.rule(content, "heritage-control").update(severity="I"),
            )
        assert "rule-layer-unknown" in codes(refusal)
        with pytest.raises(UnusableInput) as refusal:
            rulebooks.saved(
                draft,
                planner,
                lambda content: content["rule"].remove(rulebooks.rule(content, "heritage-control")),
            )
        assert codes(refusal) == {"rule-hidden-removed"}
        assert rulebooks.saved(draft, planner, lambda content: content["rule"].reverse()).revision == 3

    def test_the_list_asks_as_much_for_many_drafts_as_for_one(self, planner, client):
        client.force_login(planner)

        def asked():
            with CaptureQueriesContext(connection) as questions:
                assert client.get(reverse("sites:rulebooks")).status_code == 200
            return len(questions)

        rulebooks.drafted(planner)
        asked()
        one = asked()
        for _ in range(3):
            actions.propose(
                by=planner, draft=rulebooks.drafted(planner), based_on=2, trial=None, reason="急需"
            )
        assert asked() == one
        page = client.get(reverse("sites:rulebooks")).content.decode()
        assert page.count("待批准") == 3

    def test_the_same_content_is_no_new_revision(self, planner):
        draft = rulebooks.drafted(planner)
        assert rulebooks.saved(draft, planner, lambda content: None).revision == 2

    @pytest.mark.parametrize(
        "change",
        [
            lambda draft: RulebookDraft.objects.filter(pk=draft.pk).delete(),
            lambda draft: RulebookDraft.objects.filter(pk=draft.pk).update(revision=1),
            lambda draft: RulebookDraft.objects.filter(pk=draft.pk).update(content={}, sha256="x"),
            lambda draft: RulebookRevision.objects.filter(draft=draft).update(content={}),
            lambda draft: RulebookRevision.objects.filter(draft=draft).delete(),
        ],
        ids=["gone", "back", "unrecorded", "rewritten", "forgotten"],
    )
    def test_a_draft_only_goes_forward(self, planner, change):
        draft = rulebooks.drafted(planner)
        with pytest.raises(DatabaseError), transaction.atomic():
            change(draft)

    def test_a_discarded_draft_is_closed(self, planner):
        draft = rulebooks.drafted(planner)
        actions.discard_draft(by=planner, draft=draft)
        with pytest.raises(UnusableInput) as refusal:
            rulebooks.saved(draft, planner, lambda content: content["rule"].pop())
        assert codes(refusal) == {"draft-closed"}
        with pytest.raises(DatabaseError), transaction.atomic():
            RulebookDraft.objects.filter(pk=draft.pk).update(discarded_at=None)
