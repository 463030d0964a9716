"""The routing table against what the rows say, written out by hand."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects import library
from gis_projects.argument import statements
from gis_projects.argument.routing import reading
from gis_projects.argument.routing.planning import (
    Found,
    ProjectFacts,
    When,
    asked_by,
    concerns,
    plan,
    touched,
)
from siting.engine.notices import UnusableInput

TABLE = reading.default()
FUND_SOURCES = Path(library.__file__).parent / "data" / "codes" / "09_fund_source.toml"
GOVERNMENT = ProjectFacts(
    "government", "county", "N", Decimal("80000000"), ("special-bond", "central-budget")
)
SOCIAL = ProjectFacts("social", "county", "C", Decimal("80000000"), ("own-funds",))
#: Row → kind, function.
ROWS = {
    "F270": ("total_structure", "ndrc"),
    "F272": ("total_structure", "water"),
    "F273": ("total_structure", "ecology"),
    "F274": ("site", "resources"),
    "F271": ("fiscal", "finance"),
    "F279": ("fiscal", "ndrc"),
    "F280": ("fiscal", "@sector"),
    "F281": ("fiscal", "finance"),
    "F343": ("fiscal", "ndrc"),
}


def asked(kind: str, project: ProjectFacts, *found: Found) -> dict[str, set[str]]:
    return {each.function: set(each.items) for each in plan(TABLE, kind, project, found)}


def test_each_row_has_its_item():
    by_row = {item.row: (item.kind, item.function) for item in TABLE.items if item.row in ROWS}
    assert by_row == ROWS
    assert {item.function for item in TABLE.items if item.row == "F275"} == {
        "housing", "construction", "water", "culture",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "project", "functions"),
    [
        ("total_structure", GOVERNMENT, {"ndrc", "water", "ecology"}),
        ("total_structure", SOCIAL, {"ndrc", "water", "ecology"}),
        ("site", GOVERNMENT, {"resources", "housing", "construction", "water", "culture"}),
        ("fiscal", GOVERNMENT, {"finance", "ndrc", "water"}),  # N: the water bureau is the sector's
        ("fiscal", SOCIAL, {"finance", "ndrc", "industry"}),
    ],
)
def test_who_is_asked(kind, project, functions):
    assert set(asked(kind, project)) == functions


def test_debt_risk_is_argued_for_government_projects_alone():
    assert "debt_risk" in asked("fiscal", GOVERNMENT)["finance"]
    assert "debt_risk" not in asked("fiscal", SOCIAL)["finance"]


def test_support_is_asked_where_there_is_money_to_support():
    assert "support_area" in asked("fiscal", GOVERNMENT)["ndrc"]
    assert "support_area" not in asked("fiscal", SOCIAL)["ndrc"]


@pytest.mark.parametrize(
    ("least", "total", "asks"),
    [
        ("50000", "50000.00", True),
        ("50000", "49999.99", False),
        ("50000", "50000.01", True),
        ("50000", None, True),
    ],
)
def test_a_threshold_includes_its_figure_and_an_unstated_total_counts_as_large(least, total, asks):
    facts = ProjectFacts("government", "county", "I", None if total is None else Decimal(total))
    assert concerns(When(at_least_yuan=Decimal(least)), facts) is asks


FOUND = Found("heritage-control", "WWBH", "hit", "R", 12.5, "文物主管部门", ("住房和城乡建设主管部门",))


def test_a_finding_asks_its_authority_and_whom_to_consult():
    assert asked_by(TABLE, FOUND) == (("culture", "construction"), ())


@pytest.mark.parametrize(
    ("authority", "functions"),
    [
        ("水务、生态环境主管部门", ("water", "ecology")),
        ("自然资源、生态环境、林业和草原主管部门", ("resources", "ecology", "forestry")),
        ("水行政主管部门", ("water",)),
    ],
)
def test_joined_authorities_are_each_asked(authority, functions):
    assert asked_by(TABLE, Found("r", "X", "suspect", "P", 1, authority))[0] == functions


def test_a_name_that_nobody_knows_goes_to_the_fallback_and_is_told():
    assert asked_by(TABLE, Found("r", "X", "not_checked", "R", 0, "某某局")) == (("resources",), ("某某局",))
    assert asked_by(TABLE, Found("r", "X", "hit", "R", 1, "自然资源主管部门", ("矿业权人",))) == (
        ("resources",), ("矿业权人",),
    )  # fmt: skip


def test_what_only_informs_asks_nobody_and_clear_rules_neither():
    assert asked_by(TABLE, Found("r", "X", "hit", "I", 1, "文物主管部门")) == ((), ())
    assert asked_by(TABLE, Found("r", "X", "clear", "P", 0, "文物主管部门")) == ((), ())


def test_every_authority_of_the_default_rulebooks_is_known():
    from siting.rulebook import DEFAULT_PATHS

    for path in DEFAULT_PATHS:
        for rule in tomllib.loads(path.read_text("utf-8"))["rule"]:
            found = Found(
                rule["code"], rule["layer"], "hit", "P", 1, rule["authority"], tuple(rule.get("consult", ()))
            )
            functions, unnamed = asked_by(TABLE, found)
            assert functions
            assert set(unnamed) <= {"矿业权人"}, rule["code"]


outcomes = st.sampled_from(["hit", "suspect", "not_checked"])
names = st.sampled_from([*TABLE.authorities, "某某局", "水务、生态环境主管部门", ""])
found_things = st.builds(
    Found, st.sampled_from(["a", "b", "c"]), st.sampled_from(["YYSBHQ", "WWBH", "X"]), outcomes,
    st.sampled_from(["P", "R", "C"]), st.floats(0, 1e6), names, st.lists(names, max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(found_things, max_size=6))
def test_no_finding_is_lost_and_nobody_is_asked_twice(found):
    planned = plan(TABLE, "site", GOVERNMENT, found)
    functions = [each.function for each in planned]
    assert len(functions) == len(set(functions))
    told = {each for department in planned for each in department.findings}
    assert told == set(found)


@given(st.lists(found_things, max_size=4))
def test_the_same_ground_touches_nobody(found):
    planned = plan(TABLE, "site", GOVERNMENT, found)
    assert not any(touched(each, each, TABLE, boundary_changed=False) for each in planned)
    moved = {each.function for each in planned if touched(each, each, TABLE, boundary_changed=True)}
    assert moved == {"resources"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe", "routing-encoding"),
        (b"name = ", "routing-toml"),
        (b"name = 'x'", "routing-shape"),
    ],
)
def test_what_is_no_table_is_refused(content, code):
    with pytest.raises(UnusableInput) as refusal:
        reading.read(content)
    assert refusal.value.notices[0].code == code


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("working_days = 15 ", "working_days = 0 ", "routing-days"),
        ('timeout = "none" ', 'timeout = "maybe" ', "routing-timeout"),
        ('code = "water_resources"', 'code = "energy_supply"', "routing-item-twice"),
        ('function = "@sector"', 'function = "@nobody"', "routing-function"),
        ('numerator = "revenue"', 'numerator = "nothing"', "routing-field-ratio"),
        ('quota = "land", name', 'quota = "sea", name', "routing-field-quota"),
        ('function = "@finding"', 'function = "ndrc"', "routing-no-finding-item"),
        ('follows = "boundary"', 'follows = "x"', "routing-follows"),
    ],
)
def test_each_fault_is_named(before, after, code):
    text = reading.DEFAULT_PATH.read_text("utf-8")
    assert before in text
    with pytest.raises(UnusableInput) as refusal:
        reading.read(text.replace(before, after, 1).encode())
    assert code in {notice.code for notice in refusal.value.notices}


# --- what opinions state ----------------------------------------------------------------------------


def stated(**given_values: str) -> dict[str, str]:
    given_values = {f"fund_authenticity.{name}": value for name, value in given_values.items()}
    kept, _problems = statements.stated(TABLE, ["fund_authenticity"], (), given_values, complete=False)
    return kept


@pytest.mark.parametrize(
    ("revenue", "service", "ratio"),
    [("120", "100", "1.2000"), ("1", "3", "0.3333"), ("2", "3", "0.6667"), ("1,000.50", "1", "1000.5000"),
     ("0", "5", "0.0000"), ("5", "0", None)],
)  # fmt: skip
def test_the_balance_is_revenue_over_debt_service(revenue, service, ratio):
    assert stated(revenue=revenue, debt_service=service).get("fund_authenticity.balance") == ratio


@given(st.decimals(0, 10**9, places=2), st.decimals("0.01", 10**9, places=2))
def test_the_balance_is_off_by_half_a_place_at_most(revenue, service):
    found = Decimal(stated(revenue=str(revenue), debt_service=str(service))["fund_authenticity.balance"])
    assert abs(found * service - revenue) <= Decimal("0.00005") * service


@pytest.mark.parametrize("value", ["-1", "1.001", "NaN", "1e30", "Infinity", "十", "1;DROP"])
def test_what_is_no_amount_is_refused(value):
    _kept, problems = statements.stated(
        TABLE, ["fund_authenticity"], (), {"fund_authenticity.revenue": value}, complete=False
    )
    assert [notice.code for notice in problems] == ["field-number"]


def test_support_is_stated_once_for_each_source():
    keys = [
        each.key
        for each in statements.asked(TABLE, ["support_area"], ("central-budget", "bank-loan", "special-bond"))
    ]
    assert keys == ["support_area.supported.central-budget", "support_area.supported.special-bond"]


def test_sources_that_narrow_a_row_are_codes_of_the_list_of_fund_sources():
    listed = {code[0] for code in tomllib.loads(FUND_SOURCES.read_text())["codes"]}
    table = tomllib.loads(reading.DEFAULT_PATH.read_text())
    named = {code for row in table["item"] for code in row.get("when", {}).get("sources", [])}
    named |= {entry["source"] for entry in table["support"]}
    assert len(named) > 3
    assert named <= listed
