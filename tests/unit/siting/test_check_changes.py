"""Two checks of one site held against each other: nothing is invented, nothing missed, and both ways round agree."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.check_changes import Kind, compare, rules_to_answer

RULES = ["R1", "R2", "R3", "R4"]
SQUARE = {"type": "Polygon", "coordinates": [[[110.0, 40.0], [110.1, 40.0], [110.1, 40.1], [110.0, 40.0]]]}

# Sizes are whole metres, so that every difference is past the steps of rounding.
ANSWERS = st.one_of(
    st.just(("absent",)),
    st.just(("clear",)),
    st.tuples(st.just("not_checked"), st.sampled_from(["missing", "timeout"])),
    st.tuples(
        st.sampled_from(["hit", "suspect"]),
        st.sampled_from("PRCI"),
        st.integers(0, 3).map(float),
        st.integers(0, 3).map(float),
        st.sampled_from(["a", "b"]),
    ),
)


def finding(rule, outcome, severity="P", area=0.0, length=0.0, key="a"):
    return {
        "rule": rule,
        "name": f"规则 {rule}",
        "layer": f"L-{rule}",
        "severity": severity,
        "outcome": outcome,
        "area_m2": area if outcome == "hit" else 0.0,
        "raw_area_m2": area,
        "share": area / 10,
        "length_m": length,
        "count": 1,
        "classes": [],
        "features": [key],
        "questions": [],
        "reason": None,
        "basis": "某条例",
        "authority": "某局",
        "advice": "避让",
        "geometry": SQUARE if area else None,
    }


def document(answers, *, versions=None, facts=None, book=1, boundary="s", area=10.0, engine="1"):
    return {
        "verdict": "prohibited" if any(answer[0] == "hit" for answer in answers.values()) else "clear",
        "site": {"area_m2": area},
        "boundary": {"sha256": boundary},
        "findings": [
            finding(rule, *answer) for rule, answer in answers.items() if answer[0] in ("hit", "suspect")
        ],
        "clear": [rule for rule, answer in answers.items() if answer[0] == "clear"],
        "not_checked": [
            {"rule": rule, "layer": f"L-{rule}", "required": True, "reason": {"code": answer[1]}}
            for rule, answer in answers.items()
            if answer[0] == "not_checked"
        ],
        "facts": facts or {},
        "rulebook": {"code": "demo", "version": book, "sha256": f"b{book}"},
        "manifest": {
            code: {"version": number, "root_hash": f"h{number}"} for code, number in (versions or {}).items()
        },
        "versions": {"engine": engine},
    }


ALL_ANSWERS = st.fixed_dictionaries(dict.fromkeys(RULES, ANSWERS))
DOCUMENTS = st.builds(
    document,
    ALL_ANSWERS,
    versions=st.dictionaries(st.sampled_from("XYZ"), st.integers(1, 3)),
    facts=st.dictionaries(st.sampled_from(["use", "key"]), st.sampled_from(["a", "b"])),
    book=st.integers(1, 2),
    boundary=st.sampled_from("st"),
    area=st.sampled_from([10.0, 20.0]),
    engine=st.sampled_from("12"),
)


@given(DOCUMENTS)
def test_a_check_has_not_changed_against_itself(one):
    changes = compare(one, copy.deepcopy(one))
    assert not changes
    assert changes.findings == ()


@given(DOCUMENTS, DOCUMENTS)
def test_the_other_way_round_is_the_reverse(one, other):
    there, back = compare(one, other), compare(other, one)
    assert back == there.reversed()
    assert there.reversed().reversed() == there
    assert bool(there) == bool(back)
    assert [change.grown_m2 for change in back.findings] == [-change.grown_m2 for change in there.findings]


def told(before, after):
    """What should be told of one rule, worked out from how the two answers were made up."""
    asks = [answer[0] in ("hit", "suspect", "not_checked") for answer in (before, after)]
    if asks == [False, False] or before == after:
        return None
    if asks != [True, True]:
        return Kind.NEW if asks[1] else Kind.GONE
    if before[0] != after[0] or (before[0] != "not_checked" and before[1] != after[1]):
        return Kind.TURNED
    if before[0] == "not_checked":
        return Kind.ALTERED
    size = before[2:4], after[2:4]
    if size[0] == size[1]:
        return Kind.ALTERED
    return Kind.GROWN if size[1] > size[0] else Kind.SHRUNK  # by area first, then by length


@given(ALL_ANSWERS, ALL_ANSWERS)
def test_every_rule_is_told_as_what_it_is(one, other):
    changes = compare(document(one), document(other))
    expected = {rule: kind for rule in RULES if (kind := told(one[rule], other[rule])) is not None}
    assert {change.rule: change.kind for change in changes.findings} == expected
    asked = [{rule for rule, answer in answers.items() if answer[0] != "absent"} for answers in (one, other)]
    assert set(changes.rules_added) == asked[1] - asked[0]
    assert set(changes.rules_removed) == asked[0] - asked[1]


@given(DOCUMENTS)
def test_what_must_be_answered_is_what_is_not_clear(one):
    answered = {item["rule"] for item in one["findings"]} | {item["rule"] for item in one["not_checked"]}
    assert set(rules_to_answer(one)) == answered
    assert answered.isdisjoint(one["clear"])


def test_layers_facts_rules_and_the_boundary_are_told_with_both_values():
    before = document({"R1": ("clear",)}, versions={"X": 1, "Y": 4}, facts={"use": "a"})
    after = document(
        {"R1": ("clear",)},
        versions={"X": 2, "Z": 1},
        facts={"use": "b", "key": "a"},
        book=2,
        boundary="t",
        area=12.5,
    )
    changes = compare(before, after)
    assert [(c.name, c.before, c.after) for c in changes.layers] == [
        ("X", 1, 2),
        ("Y", 4, None),
        ("Z", None, 1),
    ]
    assert [(c.name, c.before, c.after) for c in changes.facts] == [("key", None, "a"), ("use", "a", "b")]
    assert changes.rulebook is not None
    assert (changes.rulebook.before, changes.rulebook.after) == ("demo 1", "demo 2")
    assert changes.area is not None
    assert (changes.area.before, changes.area.after) == (10.0, 12.5)
    assert changes.boundary is not None
    assert changes.findings == ()


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [(100.0, 100.01, None), (100.0, 100.02, Kind.GROWN), (5e6, 5e6 + 4.9, None), (5e6 + 6, 5e6, Kind.SHRUNK)],
)
def test_a_last_digit_or_another_library_is_no_change(before, after, kind):
    one, other = (
        document({"R1": ("hit", "P", area)}, engine=engine) for area, engine in ((before, "1"), (after, "2"))
    )
    found = compare(one, other).of_rule("R1")
    assert (found.kind if found else None) == kind


def test_a_shape_moved_by_another_library_is_the_same_and_one_moved_by_a_metre_is_not():
    one = document({"R1": ("hit", "P", 50.0)}, engine="1")
    for step, kind in ((5e-8, None), (1e-5, Kind.ALTERED)):
        other = copy.deepcopy(one) | {"versions": {"engine": "2"}}
        other["findings"][0]["geometry"]["coordinates"][0][1][0] += step
        found = compare(one, other).of_rule("R1")
        assert (found.kind if found else None) == kind
    other = copy.deepcopy(one)  # the same libraries give the same shape to the last digit
    other["findings"][0]["geometry"]["coordinates"][0][1][0] += 5e-8
    assert compare(one, other).of_rule("R1").kind == Kind.ALTERED
