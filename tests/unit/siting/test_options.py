"""Alternatives compared: scores on scales of their own, ranks, and who is first with another weight."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.engine.notices import UnusableInput
from siting.options import Candidate, compare, criteria, read_weights, usual_weights

MEASURED = [c.code for c in criteria() if c.kind not in ("verdict", "area")]


def candidate(key: int, verdict: str = "clear", area: float = 10_000.0, **values: float | None) -> Candidate:
    figures = {"values": dict.fromkeys(MEASURED, 0.0) | values, "reasons": {}}
    return Candidate(key, f"方案{key}", area, verdict, f"d{key}", figures)


some = st.builds(
    candidate,
    st.integers(1, 10**6),
    st.sampled_from(["clear", "conditional", "restricted", "incomplete", "prohibited"]),
    st.floats(1_000, 1e6),
    **{code: st.none() | st.floats(0, 2_000) for code in MEASURED},
)
weights = st.fixed_dictionaries({c.code: st.floats(0, 100) for c in criteria()}).filter(
    lambda given: sum(given.values()) - given["area"] > 1e-3
)


@given(
    st.lists(some, min_size=1, max_size=6, unique_by=lambda one: one.key),
    weights,
    st.none() | st.floats(1e3, 1e6),
)
def test_sums_and_ranks_are_what_a_plain_sum_says(candidates, weights, required) -> None:
    table = compare(candidates, weights, required)
    assert sum(table.weights.values()) == pytest.approx(1)
    for row in table.rows:
        plain = sum(table.weights[cell.criterion] * (cell.score or 0) for cell in row.cells)
        assert row.score == pytest.approx(plain)
        assert 0 <= row.score <= 1 + 1e-9
        assert all(cell.score is None or 0 <= cell.score <= 1 for cell in row.cells)
        assert all((cell.score is None) == (cell.reason is not None) for cell in row.cells)
    for one, other in itertools.permutations(table.rows, 2):
        late = (one.verdict == "prohibited", other.verdict == "prohibited")
        if late == (True, False):
            assert one.rank > other.rank
        elif late[0] == late[1] and one.score > other.score + 1e-8:
            assert one.rank < other.rank


@given(st.lists(some, min_size=2, max_size=6, unique_by=lambda one: one.key), weights)
def test_nobodys_score_hangs_on_who_else_is_compared(candidates, weights) -> None:
    together = compare(candidates, weights, 50_000.0)
    for one, row in zip(candidates, together.rows, strict=True):
        assert compare([one], weights, 50_000.0).rows[0].cells == row.cells


@given(st.lists(some, min_size=2, max_size=5, unique_by=lambda one: one.key), weights)
def test_sways_are_what_comparing_again_says(candidates, weights) -> None:
    table = compare(candidates, weights, 50_000.0)
    for sway in table.sways:
        changed = {**table.weights, sway.criterion: table.weights[sway.criterion] * sway.factor}
        again = {row.key: row.rank for row in compare(candidates, changed, 50_000.0).rows}
        assert again[sway.first] == 1
        assert sway.changes == (again[table.first.key] != 1)
    assert table.steady == (not any(sway.changes for sway in table.sways))


def test_without_a_known_need_its_criterion_weighs_nothing() -> None:
    table = compare([candidate(1)], usual_weights())
    assert table.weights["area"] == 0
    assert compare([candidate(1)], usual_weights(), 10_000.0).weights["area"] > 0


def test_what_is_not_checked_scores_nothing_and_says_so() -> None:
    cells = {
        cell.criterion: cell for cell in compare([candidate(1, slope=None)], usual_weights()).rows[0].cells
    }
    assert cells["slope"].score is None
    assert cells["slope"].contribution == 0
    assert str(cells["slope"].reason) == "未检查"


def test_scales_run_from_best_to_worst() -> None:
    by_code = {criterion.code: criterion for criterion in criteria()}
    assert by_code["slope"].score(3.0) == 1.0
    assert by_code["slope"].score(9.0) == 0.5
    assert by_code["slope"].score(40.0) == 0.0
    assert by_code["compactness"].score(0.785) == 1.0
    assert all(criterion.best != criterion.worst for criterion in criteria())


@pytest.mark.parametrize(
    "given_weights", [{"gold": 1}, {"slope": -1}, {"slope": 101}, {"slope": "x"}, {"slope": True},
                      {"slope": float("nan")}, dict.fromkeys(usual_weights(), 0)],
)  # fmt: skip
def test_weights_that_can_not_be_used_are_refused(given_weights) -> None:
    with pytest.raises(UnusableInput):
        read_weights(given_weights)
