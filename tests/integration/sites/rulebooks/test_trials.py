"""A trial says whose verdict would change, and by which rule: as checking every site anew would."""

from __future__ import annotations

import copy
import random

import pytest
import shapely

from gis_projects.sites.actions import rulebooks as actions
from gis_projects.sites.trials import run_trial
from gis_projects.trail.models import Job
from siting import checks
from siting.engine.verdict import Verdict
from siting.models import RuleBook, Site, SiteVersion
from siting.rulebook import in_force
from siting.rulebook.content import pinned_draft
from siting.rulebook.facts import still_asked
from siting.rulebook.trials import begin, remaining, stale
from siting.versions import stored
from tests.factories import answers, land, rulebooks

pytestmark = pytest.mark.django_db


RED = ("R1", "", shapely.box(109.846, 40.616, 109.848, 40.618))


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
