"""One project through libraries, arguments, an expert review and the committee together, by whoever may do anything, in
any order: no state without its event, nothing that belongs to nothing, nothing approved twice, no gate passed but on
what was really reached.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from gis_projects.trail.queries import verify
from tests.integration.walking.always import Always
from tests.integration.walking.cases import InCases
from tests.integration.walking.libraries_and_committee import InLibrariesAndCommittee
from tests.integration.walking.world import World
from tests.thorough import THOROUGH, many

pytestmark = pytest.mark.django_db
WALKS, STEPS = many(2, 50), many(40, 200)  # 10,000 steps in the thorough run
AT_ONCE, LEFT_OUT = 8, {"anything"}


class Walk(InLibrariesAndCommittee, InCases, Always):
    """Everything that may be tried, and what is always so.

    Hypothesis leaves most rules out of any one walk, so that walks differ. What needs many others before it (a
    conclusion, an admission, a review's last step) would hardly ever come: `anything` leaves nothing out.
    """

    @rule(data=st.data())
    def anything(self, data: st.DataObject) -> None:
        known = [one for one in self.rules if one.function.__name__ not in LEFT_OUT]
        for _time in range(AT_ONCE):
            one = data.draw(st.sampled_from(known))
            given = {name: data.draw(strategy) for name, strategy in one.arguments_strategies.items()}
            one.function(self, **given)


def test_the_whole_walk_in_any_order(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    Walk.world = World()
    Walk.done.clear()
    Walk.refused.clear()
    run_state_machine_as_test(
        Walk,
        settings=examples(
            max_examples=WALKS, stateful_step_count=STEPS, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert verify().broken is None
    assert Walk.done, Walk.refused
    if THOROUGH:  # it came through everywhere: walks that are always refused would prove nothing
        come = {"apply", "admit", "return_application", "exit_project", "give", "hand_in", "sign", "conclude",
                "withdraw", "escalate", "decide", "meet_claim", "meet_confirm", "meet_refuse", "review_accept",
                "review_plan", "review_panel", "review_evaluation", "resolve", "record", "confirm"}  # fmt: skip
        assert come <= Walk.done.keys(), come - Walk.done.keys()
