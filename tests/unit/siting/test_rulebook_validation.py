"""A rule that can't run is refused with its place."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.browsing.fields import Field
from siting.engine.notices import UnusableInput
from siting.engine.rules import RuleSpec
from siting.rulebook import DEFAULT_PATHS, parse, read
from siting.rulebook.catalogue import CataloguedLayer
from siting.rulebook.content import as_toml, ordered
from siting.rulebook.draft_validation import check_draft
from siting.rulebook.validation import check

RULE = {
    "code": "one", "name": "规则", "layer": "ROADS", "relation": "overlaps", "severity": "P",
    "basis": "《法》", "authority": "主管部门",
}  # fmt: skip
FACT = {"name": "national", "question": "是否为国家重点项目？"}
CATALOGUE = {
    "ROADS": CataloguedLayer(
        "ROADS", "公路用地", "vector", class_system="roads", class_names={"national": "国道", "county": "县道"},
        attributes=(Field("等级", "text"), Field("车道数", "integer"), Field("收费", "boolean")),
    ),
    "LAND": CataloguedLayer("LAND", "地", "vector"),
    "NEW": CataloguedLayer("NEW", "新图层", "vector", published=False),
    "SLOPE": CataloguedLayer("SLOPE", "坡度", "raster"),
}  # fmt: skip


def book(*rules, **head):
    return {
        "code": "b",
        "name": "库",
        "valid_from": "2030-01-01",
        "fact": [FACT],
        "rule": list(rules),
        **head,
    }


def with_(**changes):
    return {name: value for name, value in {**RULE, **changes}.items() if value is not None}


def places(data, how=check):
    return [(notice.field, notice.code) for notice in how(data)]


def test_what_can_run_is_not_complained_about():
    assert check(book(RULE)) == []
    assert check_draft(book(RULE), CATALOGUE) == []


@pytest.mark.parametrize("path", DEFAULT_PATHS, ids=lambda path: path.stem)
def test_the_platform_s_own_rulebook_can_run_and_be_written_and_read_again(path):
    data = read(path.read_bytes())
    assert check(data) == []
    assert parse(as_toml(data, version=data["version"]).encode()) == {
        **ordered(data),
        "version": data["version"],
    }


@pytest.mark.parametrize(
    "text",
    [b'name = "a\\u0000b"', b'"a\\u0000b" = 1', b"a = " + b"[" * 20_000, b"a = 1" + b"0" * 5_000, b"\xff"],
    ids=["nul", "nul-name", "deep", "long-number", "no-utf8"],
)
def test_a_file_that_can_not_be_stored_is_refused(text):
    with pytest.raises(UnusableInput) as refusal:
        parse(text)
    assert [notice.code for notice in refusal.value.notices] == ["rulebook-unreadable"]


@pytest.mark.parametrize(("entry", "value"), [("name", "规" * 121), ("code", "a" * 41)])
def test_a_head_longer_than_what_is_stored_is_refused_with_the_place(entry, value):
    data = {**read(DEFAULT_PATHS[-1].read_bytes()), entry: value}
    assert [notice.field for notice in check(data)] == [entry]


def test_the_newest_names_an_approval_wherever_prohibited_becomes_less():
    data = read(DEFAULT_PATHS[-1].read_bytes())
    for rule in data["rule"]:
        for clause in rule.get("clauses", ()):
            lowered = rule["severity"] == "P" and clause["severity"] not in ("", "P")
            assert not lowered or clause["approval"], rule["code"]
        assert RuleSpec.from_json(rule).basis_status in {"verified", "to-confirm"}


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"code": None}, "code", "rule-entry-missing"),
        ({"code": "不行"}, "code", "rule-code"),
        ({"basis": ""}, "basis", "rule-entry-missing"),
        ({"relation": "near"}, "relation", "rule-relation"),
        ({"relation": ["overlaps"]}, "relation", "rule-entry-shape"),
        ({"severity": "X"}, "severity", "rule-severity"),
        ({"tolerence_m2": 1.0}, "tolerence_m2", "rule-entry-unknown"),
        ({"tolerance_m2": -1}, "tolerance_m2", "rule-limit"),
        ({"tolerance_m2": "x"}, "tolerance_m2", "rule-limit"),
        ({"tolerance_m2": True}, "tolerance_m2", "rule-limit"),
        ({"tolerance_share": 1.5}, "tolerance_share", "rule-share"),
        ({"sliver_width_m": float("nan")}, "sliver_width_m", "rule-limit"),
        ({"required": "yes"}, "required", "rule-entry-yes-no"),
        ({"classes": ["01", ""]}, "classes", "rule-entry-list"),
        ({"valid_from": "2026-13-01"}, "valid_from", "rule-dates"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-02-01"}, "valid_to", "rule-dates"),
        ({"basis_status": "sure"}, "basis_status", "rule-basis-status"),
        ({"relation": "within_distance"}, "distances_m", "rule-distance-missing"),
        ({"relation": "within_distance", "distances_m": {"": 0}}, "distances_m.", "rule-distance"),
        ({"relation": "within_distance", "distances_m": {"a": -5}}, "distances_m.a", "rule-distance"),
        ({"relation": "within_distance", "distances_m": {"": 60000}}, "distances_m.", "rule-too-far"),
        ({"distances_m": {"": 5}}, "distances_m", "rule-setting-elsewhere"),
        ({"relation": "share_at_most"}, "share", "rule-share-missing"),
        ({"relation": "share_at_most", "share": 1}, "share", "rule-never-hit"),
        ({"relation": "share_at_least", "share": 0}, "share", "rule-never-hit"),
        ({"relation": "share_at_least", "share": 50}, "share", "rule-share"),
        ({"relation": "nearest_distance"}, "nearest_at_most_m", "rule-bound-missing"),
        (
            {"relation": "nearest_distance", "nearest_at_least_m": 9, "nearest_at_most_m": 5},
            "nearest_at_most_m",
            "rule-bounds-crossed",
        ),
        ({"relation": "nearest_distance", "nearest_at_most_m": 1e9}, "nearest_at_most_m", "rule-too-far"),
        ({"relation": "count"}, "count_at_most", "rule-bound-missing"),
        ({"relation": "count", "count_at_least": 0}, "count_at_least", "rule-never-hit"),
        ({"relation": "count", "count_at_most": 1.5}, "count_at_most", "rule-count"),
        ({"relation": "raster_share"}, "raster_threshold", "rule-threshold-missing"),
        ({"relation": "raster_mean", "raster_threshold": "steep"}, "raster_threshold", "rule-threshold"),
        ({"relation": "compatible_use", "use_fact": "national"}, "crosswalk", "rule-crosswalk-missing"),
        (
            {"relation": "compatible_use", "crosswalk": {"07": ["07"]}, "use_fact": "none"},
            "use_fact",
            "rule-fact",
        ),
        ({"where": [{"op": "is", "values": ["1"]}]}, "where[0].field", "rule-where-field"),
        ({"where": [{"field": "等级", "op": "like", "values": ["1"]}]}, "where[0].op", "rule-where-op"),
        ({"where": [{"field": "等级", "op": "is", "values": []}]}, "where[0].values", "rule-where-values"),
        (
            {"where": [{"field": "等级", "op": "is", "values": [None]}]},
            "where[0].values",
            "rule-where-values",
        ),
        (
            {"where": [{"field": "等级", "op": "is", "values": [["1"]]}]},
            "where[0].values",
            "rule-where-values",
        ),
        (
            {"where": [{"field": "等级", "op": "ge", "values": [10**400]}]},
            "where[0].values",
            "rule-where-values",
        ),
        ({"tolerance_m2": 10**400}, "tolerance_m2", "rule-limit"),
        (
            {"where": [{"field": "等级", "op": "gt", "values": ["高"]}]},
            "where[0].values",
            "rule-where-number",
        ),
        ({"where": "等级"}, "where", "rule-entry-shape"),
        ({"where": [3]}, "where[0]", "rule-entry-shape"),
        ({"clauses": [{"fact": "none", "values": ["yes"], "severity": "R"}]}, "clauses[0].fact", "rule-fact"),
        (
            {"clauses": [{"fact": "national", "values": ["perhaps"], "severity": "R"}]},
            "clauses[0].values",
            "rule-fact-value",
        ),
        (
            {"clauses": [{"fact": "national", "values": ["yes"], "severity": "S"}]},
            "clauses[0].severity",
            "rule-clause-severity",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(changes, place, code):
    found = places(book(RULE | {"code": "other"}, with_(**changes)))
    assert (f"rule[1].{place}", code) in found
    assert {field.split(".")[0] for field, _ in found} == {"rule[1]"}
    assert all("2" in str(notice) for notice in check(book(RULE | {"code": "other"}, with_(**changes))))


@pytest.mark.parametrize(
    ("data", "place", "code"),
    [
        (book(), "rule", "rulebook-without-rules"),
        (book(RULE, RULE), "rule[1].code", "rule-code-twice"),
        (book(RULE, code="B!"), "code", "rulebook-code"),
        (book(RULE, valid_from="soon"), "valid_from", "rulebook-dates"),
        (book(RULE, valid_to="2029-01-01"), "valid_to", "rulebook-dates"),
        (book(RULE, rules=[]), "rules", "rulebook-entry-unknown"),
        (book(RULE, rule="x"), "rule", "rulebook-not-a-list"),
        (book(RULE, fact=[{"name": "a"}]), "fact[0]", "fact-incomplete"),
        (book(RULE, fact=[FACT, FACT]), "fact[1].name", "fact-twice"),
        (
            book(RULE, fact=[{**FACT, "choices": [["a", "甲"], ["a", "乙"]]}]),
            "fact[0].choices",
            "fact-choices",
        ),
        (book(RULE, fact=[{**FACT, "choices": [["a"]]}]), "fact[0]", "fact-shape"),
    ],
)
def test_a_fault_of_the_rulebook_itself_is_named(data, place, code):
    assert (place, code) in places(data)


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"layer": "NONE"}, "layer", "rule-layer-unknown"),
        ({"layer": "SLOPE"}, "relation", "rule-relation-kind"),
        ({"relation": "raster_mean", "raster_threshold": 5}, "relation", "rule-relation-kind"),
        ({"classes": ["national", "provincial"]}, "classes", "rule-class-unknown"),
        ({"layer": "LAND", "classes": ["1"]}, "classes", "rule-layer-without-classes"),
        (
            {"relation": "within_distance", "distances_m": {"motorway": 5}},
            "distances_m.motorway",
            "rule-class-unknown",
        ),
        ({"where": [{"field": "级别", "op": "is", "values": ["1"]}]}, "where[0].field", "rule-field-unknown"),
        (
            {"layer": "NEW", "where": [{"field": "级别", "op": "is", "values": ["1"]}]},
            "where[0].field",
            "rule-layer-unpublished",
        ),
        ({"where": [{"field": "收费", "op": "gt", "values": ["1"]}]}, "where[0].op", "rule-field-no-number"),
        (
            {"clauses": [{"fact": "national", "values": ["yes"], "severity": "R"}]},
            "clauses[0].approval",
            "rule-approval-missing",
        ),
    ],
)
def test_a_draft_that_the_layers_can_not_answer_is_refused_with_the_place(changes, place, code):
    assert places(book(with_(**changes)), lambda data: check_draft(data, CATALOGUE)) == [
        (f"rule[0].{place}", code)
    ]


def test_a_rule_about_a_layer_that_the_writer_may_not_know_of_stays_word_for_word_only():
    hidden = with_(layer="SECRET")
    assert check_draft(book(hidden), CATALOGUE, kept=[copy.deepcopy(hidden)]) == []
    changed = hidden | {"severity": "I"}
    assert places(book(changed), lambda data: check_draft(data, CATALOGUE, kept=[hidden])) == [
        ("rule[0].layer", "rule-layer-unknown")
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from([*RuleSpec.__dataclass_fields__]), value=JSON)
def test_whatever_an_entry_is_it_is_answered_and_what_passes_makes_a_rule(name, value):
    data = book({**RULE, name: value})
    if not check_draft(data, CATALOGUE):
        assert RuleSpec.from_json(data["rule"][0]).code


@settings(max_examples=100, deadline=None)
@given(JSON, JSON)
def test_whatever_the_file_is_it_is_answered(rule, fact):
    assert check({"rule": rule, "fact": fact})
    assert check(book(rule) if isinstance(rule, dict) else {"rule": [rule]})
