from itertools import combinations_with_replacement, product

import pytest

from siting.engine.verdict import Outcome, Severity, Verdict, decide

ENTRIES = list(product(Severity, Outcome, (True, False)))

# Written from the rulebook's sentence as a ladder: each rule alone reaches a rung, the highest rung counts.
# Rungs: clear 0, conditional 1, restricted 2, incomplete 3, prohibited 4.
LADDER = {
    ("P", "hit"): 4,
    ("P", "suspect"): 2,
    ("P", "clear"): 0,
    ("R", "hit"): 2,
    ("R", "suspect"): 1,
    ("R", "clear"): 0,
    ("C", "hit"): 1,
    ("C", "suspect"): 0,
    ("C", "clear"): 0,
}
RUNGS = ["clear", "conditional", "restricted", "incomplete", "prohibited"]


def oracle(results):
    rung = 0
    for severity, outcome, required in results:
        if severity == "I":
            continue
        reached = (3 if required else 0) if outcome == "not_checked" else LADDER[severity, outcome]
        rung = max(rung, reached)
    return RUNGS[rung]


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_verdict_over_all_combinations(size):
    for results in combinations_with_replacement(ENTRIES, size):
        assert decide(results) == oracle(results), results


def test_order_does_not_matter_and_any_iterable_does():
    results = [
        (Severity.CONDITIONAL, Outcome.HIT, True),
        (Severity.RESTRICTED, Outcome.NOT_CHECKED, True),
        (Severity.PROHIBITED, Outcome.HIT, False),
    ]
    assert decide(iter(results)) is decide(reversed(results)) is Verdict.PROHIBITED


def test_not_checked_is_never_clear():
    for severity in (Severity.PROHIBITED, Severity.RESTRICTED, Severity.CONDITIONAL):
        assert decide([(severity, Outcome.NOT_CHECKED, True)]) is Verdict.INCOMPLETE
