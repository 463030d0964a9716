"""Drawing experts: what was drawn can be drawn again, nobody is favoured, all seats are filled whenever they can be."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis_projects.argument.drawing import Candidate, TooFew, committed, draw, order, place, successor

SPECIALITIES = ("water", "cost", "law")
candidates_ = st.lists(
    st.builds(
        Candidate,
        st.from_regex(r"ZJ[0-9]{1,4}", fullmatch=True),
        st.sets(st.sampled_from(SPECIALITIES), min_size=1).map(lambda found: tuple(sorted(found))),
    ),
    unique_by=lambda each: each.key,
    max_size=9,
)
wanted_ = st.dictionaries(st.sampled_from(SPECIALITIES), st.integers(0, 3), max_size=3)
seeds = st.binary(min_size=32, max_size=32).map(bytes.hex)


def most(wanted: dict[str, int], candidates: list[Candidate]) -> int:
    """How many seats can be filled at the utmost, by trying every way: an independent witness."""
    seats = [speciality for speciality, number in wanted.items() for _ in range(number)]
    best = 0

    def fill(at: int, taken: frozenset[str], filled: int) -> None:
        nonlocal best
        best = max(best, filled)
        if at == len(seats) or filled + len(seats) - at <= best:
            return
        for each in candidates:
            if each.key not in taken and seats[at] in each.specialities:
                fill(at + 1, taken | {each.key}, filled + 1)
        fill(at + 1, taken, filled)

    fill(0, frozenset(), 0)
    return best


@settings(max_examples=300, deadline=None)
@given(wanted_, candidates_, seeds)
def test_all_seats_are_filled_whenever_they_can_be(wanted, candidates, seed):
    needed = sum(wanted.values())
    try:
        chosen = draw(wanted, candidates, seed)
    except TooFew as refusal:
        assert most(wanted, candidates) < needed
        assert sum(refusal.missing.values()) == needed - most(wanted, candidates)  # noqa: PT017
        return
    known = {each.key: each.specialities for each in candidates}
    assert Counter(chosen.values()) == {code: number for code, number in wanted.items() if number}
    assert all(speciality in known[key] for key, speciality in chosen.items())


@settings(max_examples=200, deadline=None)
@given(wanted_, candidates_, seeds, st.randoms(use_true_random=False))
def test_the_same_seed_draws_the_same_whatever_the_list_was_sorted_by(wanted, candidates, seed, random):
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert committed(shuffled) == committed(candidates)
    try:
        expected = draw(wanted, candidates, seed)
    except TooFew:
        return
    assert draw(wanted, shuffled, seed) == expected
    assert list(draw(wanted, shuffled, seed)) == list(expected)


@settings(max_examples=200, deadline=None)
@given(candidates_.filter(bool), seeds, st.data())
def test_whoever_is_left_out_is_never_drawn(candidates, seed, data):
    gone = data.draw(st.sampled_from(candidates))
    rest = [each for each in candidates if each != gone]
    for wanted in ({code: 1} for code in SPECIALITIES):
        try:
            assert gone.key not in draw(wanted, rest, seed)
        except TooFew:
            assert not any(next(iter(wanted)) in each.specialities for each in rest)
    for code in SPECIALITIES:
        follower = successor(code, candidates, seed, {gone.key})
        assert follower != gone


def test_every_expert_is_as_likely_as_any_other():
    """Chi-square over 6,000 draws of 3 out of 12 with the seeds 0 … 5999: 11 degrees of freedom, 31.26 at 0.001."""
    pool = [Candidate(f"ZJ{n:03d}", ("water",)) for n in range(12)]
    counts: Counter[str] = Counter()
    for n in range(6_000):
        counts.update(draw({"water": 3}, pool, f"{n:064x}").keys())
    expected = 6_000 * 3 / 12
    statistic = sum((counts[each.key] - expected) ** 2 / expected for each in pool)
    # Three are drawn without replacement: the counts vary (12 - 3) / (12 - 1) as much as independent ones.
    assert statistic / ((12 - 3) / (12 - 1)) < 31.26


def test_every_pair_is_as_likely_as_any_other():
    """The 15 pairs out of 6, with the seeds 0 … 2999: 14 degrees of freedom, 36.12 at 0.001."""
    pool = [Candidate(f"ZJ{n}", ("law",)) for n in range(6)]
    counts = Counter(frozenset(draw({"law": 2}, pool, f"{n:064x}")) for n in range(3_000))
    pairs = [frozenset((a.key, b.key)) for a, b in itertools.combinations(pool, 2)]
    expected = 3_000 / len(pairs)
    assert sum((counts[pair] - expected) ** 2 / expected for pair in pairs) < 36.12


def test_the_draw_is_what_its_description_says():
    """Done again with nothing but hashlib."""
    pool = [Candidate(f"ZJ{n}", ("water",)) for n in range(8)]
    seed = "5a" * 32
    by_hand = sorted(pool, key=lambda each: hashlib.sha256(f"{seed}:{each.key}".encode()).hexdigest())
    assert [each.key for each in order(pool, seed)] == [each.key for each in by_hand]
    assert list(draw({"water": 3}, pool, seed)) == [each.key for each in by_hand[:3]]
    assert place(seed, "ZJ0") == hashlib.sha256(f"{seed}:ZJ0".encode()).hexdigest()
    assert successor("water", pool, seed, {each.key for each in by_hand[:3]}) == by_hand[3]
    rows = json.dumps([["ZJ0", ["law", "water"]]], separators=(",", ":"))
    assert committed([Candidate("ZJ0", ("water", "law"))]) == hashlib.sha256(rows.encode()).hexdigest()


def test_somebody_of_two_specialities_makes_room():
    both, water = Candidate("A", ("cost", "water")), Candidate("B", ("water",))
    for n in range(50):
        assert draw({"water": 1, "cost": 1}, [both, water], f"{n:064x}") == {"A": "cost", "B": "water"}


def test_too_few_say_which():
    with pytest.raises(TooFew) as refusal:
        draw({"water": 2, "law": 1}, [Candidate("A", ("water",))], "00" * 32)
    assert refusal.value.missing == {"water": 1, "law": 1}
    assert successor("water", [Candidate("A", ("law",))], "00" * 32, ()) is None
