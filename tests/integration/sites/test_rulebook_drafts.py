"""From a draft through its trial to a published rulebook: two persons, nothing overwritten, nothing untried."""

from __future__ import annotations

import copy
import datetime as dt
import random

import pytest
import shapely
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gis_projects.people.permissions import Role
from gis_projects.sites.actions import rulebooks as actions
from gis_projects.sites.models import PublicationState, RulebookPublication, RulebookRevision
from gis_projects.sites.queries import rulebooks as queries
from gis_projects.sites.trials import run_trial
from gis_projects.trail.models import Job, Step
from layers.models import Layer
from siting import checks
from siting.engine.notices import UnusableInput
from siting.engine.verdict import Verdict
from siting.models import Rule, RuleBook, RulebookDraft, RulebookTrial, Site, SiteVersion, TriedSite
from siting.rulebook import in_force, pinned, publish_defaults
from siting.rulebook.content import content_of, pinned_draft
from siting.rulebook.facts import still_asked
from siting.rulebook.trials import begin, remaining, stale
from siting.versions import stored
from tests.factories import answers, land, rulebooks
from tests.factories.people import user_of

pytestmark = pytest.mark.django_db

RED = ("R1", "", shapely.box(109.846, 40.616, 109.848, 40.618))


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def planner():
    return user_of(Role.PLANNER)


@pytest.fixture
def reviewer():
    return user_of(Role.REVIEWER)


def codes(refusal) -> set[str]:
    return {notice.code for notice in refusal.value.notices}


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


_CONCERNED = {"STBHHX", "YJJBNT", "DLTB", "HHAX", "HJGK"}


def _changed_at_random(content, rng):
    """Something that a bureau might do to a rule, of those that this land can tell."""
    entry = rng.choice(
        [rule for rule in content["rule"] if rng.random() < 0.2 or rule["layer"] in _CONCERNED]
    )
    what = rng.choice(
        [
            "severity",
            "severity",
            "remove",
            "tolerance",
            "required",
            "clauses",
            "copy",
            "distance",
            "share",
            "words",
        ]
    )
    if what == "severity":
        entry["severity"] = rng.choice("PRCI")
        for clause in entry.get("clauses", ()):
            clause.setdefault("approval", "批准")
    elif what == "remove" and len(content["rule"]) > 3:
        content["rule"].remove(entry)
    elif what == "tolerance" and entry["relation"] in ("overlaps", "inside"):
        entry["tolerance_m2"] = rng.choice([0.0, 1.0, 5_000.0, 1e7])
    elif what == "required":
        entry["required"] = not entry.get("required", True)
    elif what == "clauses":
        entry["clauses"] = [
            {
                "fact": "land_supply",
                "values": ["granted"],
                "severity": rng.choice(["", "R", "I"]),
                "approval": "批准",
            }
        ]
    elif what == "copy":
        content["rule"].append(
            copy.deepcopy(entry) | {"code": f"copy-{rng.randrange(10**6)}", "severity": "C"}
        )
    elif what == "distance" and entry["relation"] == "within_distance":
        entry["distances_m"] = dict.fromkeys(entry["distances_m"], rng.choice([1.0, 300.0, 1500.0]))
    elif what == "share" and entry["relation"] == "overlaps":
        entry["relation"], entry["share"] = "share_at_most", rng.choice([0.05, 0.5])
    else:
        entry["advice"] = "另行说明"


class TestTrials:
    @pytest.fixture(autouse=True)
    def _ground(self, tmp_path):
        land.publish_land(
            tmp_path,
            {
                "STBHHX": [RED],
                "YJJBNT": [("Y1", "", shapely.box(109.852, 40.615, 109.853, 40.619))],
                "HHAX": [("H", "", shapely.box(109.894, 40.60, 109.896, 40.65))],
                "DLTB": [
                    ("P1", "0701", shapely.box(land.WEST, land.SOUTH, 109.85, land.NORTH)),
                    ("P2", "0101", shapely.box(109.85, land.SOUTH, land.EAST, land.NORTH)),
                ],
            },
        )
        self.sites = [
            answers.live_site(national_key_project="no", limited_human_activity="no"),
            answers.live_site(shapely.box(109.8515, 40.616, 109.8525, 40.618), land_supply="granted"),
            answers.live_site(shapely.box(109.83, 40.61, 109.84, 40.62), national_key_project="yes"),
            answers.live_site(shapely.box(109.899, 40.61, 109.905, 40.62)),  # beyond what the layers cover
            answers.live_site(shapely.box(109.82, 40.61, 109.822, 40.612)),
            answers.live_site(shapely.box(109.855, 40.61, 109.857, 40.612)),
        ]

    @pytest.mark.parametrize("answered", [False, True])
    def test_it_says_what_whole_checks_under_both_would(self, planner, answered):
        if answered:
            answers.revalidate()
        rng = random.Random(20 + answered)
        seen = set()
        for _ in range(10):
            draft = actions.begin_draft(by=planner, rulebook=RuleBook.objects.order_by("-version")[0])

            def change(content):
                for _ in range(rng.randint(1, 4)):
                    _changed_at_random(content, rng)

            draft = rulebooks.saved(draft, planner, change)
            trial = rulebooks.tried(draft)
            old, new = in_force("default", trial.on), pinned_draft(draft.content, trial.on)
            for row in trial.tried.select_related("site_version__site"):
                boundary, facts = stored(row.site_version), row.site_version.site.facts
                before, after = (
                    checks.run(boundary, facts=still_asked(book, facts), rulebook=book) for book in (old, new)
                )
                assert (row.before, row.after) == (before.verdict, after.verdict), draft.content
                assert bool(row.causes) == (row.before != row.after)
                ended = [
                    {item.rule.code: item for item in result.results if item.outcome != "clear"}
                    for result in (before, after)
                ]
                for code in {*ended[0], *ended[1]}:
                    told = next((rule for rule in row.rules if rule["code"] == code), None)
                    for side, results in zip(("before", "after"), ended, strict=True):
                        if told and code in results:
                            item = results[code]
                            assert told[side] == [item.severity, item.outcome, item.rule.required]
                        elif not told:
                            assert {code in each for each in ended} == {True}
                seen.add((row.before, row.after))
        assert len({pair for pair in seen if pair[0] != pair[1]}) >= 2  # the random drafts do change verdicts

    def test_the_cause_is_the_rule_that_alone_gives_the_stricter_verdict(self, planner):
        draft = rulebooks.drafted(planner)  # the red line from prohibited to conditional
        trial = rulebooks.tried(draft)
        row = trial.tried.get(site_version=self.sites[0].current_id)
        assert (row.before, row.after, row.causes) == ("prohibited", "conditional", ["ecological-red-line"])
        assert (trial.sites, trial.changed, trial.evaluated) == (6, 1, 6)
        assert trial.verdicts["prohibited>conditional"] == 1

    def test_only_words_change_nothing(self, planner):
        answers.revalidate()
        draft = rulebooks.drafted(planner, lambda content: content["rule"][0].update(advice="另行说明"))
        trial = rulebooks.tried(draft)
        assert (trial.changed, trial.evaluated) == (0, 6)
        assert all(row.rules == [] for row in trial.tried.all())

    def test_a_site_that_can_not_be_tried_is_named_and_fails_no_other(self, planner, monkeypatch):
        broken = self.sites[1].current_id
        real = checks.run

        def run(boundary, **more):
            if boundary.area_m2 == stored(self.sites[1].current).area_m2:
                raise ValueError("no such ground")
            return real(boundary, **more)

        def run_many(*args, **more):
            raise ValueError("no such ground")

        monkeypatch.setattr(checks, "run", run)
        monkeypatch.setattr(checks, "run_many", run_many)
        trial = rulebooks.tried(rulebooks.drafted(planner))
        assert [row.site_version_id for row in trial.tried.exclude(problem="")] == [broken]
        assert (trial.sites, trial.evaluated, trial.changed) == (6, 5, 1)

    def test_a_boundary_that_can_not_be_read_is_named_and_fails_no_other(self, planner):
        with land.without_triggers():
            SiteVersion.objects.filter(pk=self.sites[1].current_id).update(declared={})
        trial = rulebooks.tried(rulebooks.drafted(planner))
        assert [row.site_version_id for row in trial.tried.exclude(problem="")] == [self.sites[1].current_id]
        assert (trial.sites, trial.evaluated, trial.changed) == (6, 5, 1)

    def test_a_job_that_comes_back_goes_on_where_it_was(self, planner, monkeypatch):
        from siting.rulebook import trials

        monkeypatch.setattr(trials, "AT_ONCE", 1)
        draft = rulebooks.drafted(planner)
        trial = begin(draft)
        trials.attempt(trial, remaining(trial)[:2])
        job = Job.objects.create(kind="sites.rulebook_trial", subject="x", limit_seconds=60)
        run_trial.func(job_id=job.pk, trial=trial.pk)
        job.refresh_from_db()
        trial.refresh_from_db()
        assert (job.state, job.result) == ("done", {"sites": 6, "changed": 1})
        assert trial.tried.count() == 6
        assert trial.finished_at is not None
        run_trial.func(job_id=job.pk, trial=trial.pk)  # delivered twice
        assert trial.tried.count() == 6

    def test_dead_sites_are_not_tried(self, planner):
        Site.objects.filter(pk=self.sites[0].pk).update(is_live=False)
        trial = rulebooks.tried(rulebooks.drafted(planner))
        assert (trial.sites, trial.changed) == (5, 0)

    def test_a_saved_draft_leaves_the_running_trial_as_it_began(self, planner):
        draft = rulebooks.drafted(planner)
        trial = begin(draft)
        draft = rulebooks.saved(
            draft,
            planner,
            lambda content: rulebooks.rule(content, "ecological-red-line").update(severity="P"),
        )
        from siting.rulebook import trials

        trial.refresh_from_db()
        trials.attempt(trial, remaining(trial))
        assert trials.finish(trial).changed == 1
        assert [notice.code for notice in stale(trial, draft)] == ["trial-of-other-revision"]


def test_the_verdicts_are_in_the_order_in_which_one_rule_gives_them():
    from siting.rulebook.trials import _STRICTNESS

    assert sorted(_STRICTNESS, key=_STRICTNESS.__getitem__) == [
        Verdict.CLEAR, Verdict.CONDITIONAL, Verdict.RESTRICTED, Verdict.INCOMPLETE, Verdict.PROHIBITED,
    ]  # fmt: skip


def test_both_versions_of_the_platform_s_rulebook_are_published_once():
    newest = RuleBook.objects.get(pk=publish_defaults().pk)
    assert publish_defaults().pk == newest.pk
    assert [book.version for book in RuleBook.objects.order_by("version")] == [1, 2]
    assert in_force("default", newest.valid_from - dt.timedelta(days=1)).version == 1
    assert in_force("default", newest.valid_from).version == 2
