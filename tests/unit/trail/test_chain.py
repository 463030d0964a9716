from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.trail import chain

STEP = {
    "number": 2,
    "at": datetime(2026, 3, 1, 9, 30, 0, 120, tzinfo=timezone(timedelta(hours=8))),
    "actor": "张三",
    "actor_id": "7",
    "verb": "library.register_project",
    "subject": "library.project:12",
    "data": {"b": 1, "a": [1.5, None, True, "值"]},
    "previous": "0" * 64,
}


def test_digest_is_of_the_documented_form():
    text = (
        '{"actor":"张三","actor_id":"7","at":"2026-03-01T01:30:00.000120Z","data":{"a":[1.5,null,true,"值"],"b":1},'
        f'"number":2,"previous":"{"0" * 64}","subject":"library.project:12","verb":"library.register_project"}}'
    )
    import hashlib

    assert chain.digest(**STEP) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", 3),
        ("at", datetime(2026, 3, 1, 1, 30, 0, 121, tzinfo=UTC)),
        ("actor", "李四"),
        ("actor_id", "8"),
        ("verb", "library.revise_project"),
        ("subject", "library.project:13"),
        ("data", {"b": 1, "a": [1.5, None, True, "他"]}),
        ("previous", "1" * 64),
    ],
)
def test_every_part_of_a_step_moves_its_digest(name, value):
    assert chain.digest(**{**STEP, name: value}) != chain.digest(**STEP)


def test_order_of_keys_does_not_matter():
    assert chain.digest(**{**STEP, "data": {"a": [1.5, None, True, "值"], "b": 1}}) == chain.digest(**STEP)


@pytest.mark.parametrize(("value", "same"), [(1e22, 10**22), (-0.0, 0), (3.0, 3), ((1, 2), [1, 2])])
def test_what_the_database_would_change_is_changed_before_hashing(value, same):
    found = chain.canonical(value)
    assert found == same
    assert type(found) is type(same)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "a\0b", {"k": ["\0"]}])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match=r"U\+0000|not a JSON number"):
        chain.canonical(value)


@pytest.mark.parametrize("value", [datetime(2026, 1, 1), {1: "a"}, {"a": object()}])
def test_what_is_not_json_is_refused(value):
    with pytest.raises(TypeError):
        chain.canonical(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc值", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_canonical_form_is_a_fixed_point_and_survives_json(value):
    once = chain.canonical(value)
    assert chain.canonical(once) == once
    assert chain.canonical(json.loads(json.dumps(once))) == once
