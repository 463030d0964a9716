"""Sensitive conditions of a siting report: the worst rule answers, and what nobody asked is said to be open."""

import pytest

from gis_projects.sites.reports.sensitive import conditions
from siting.engine.verdict import Outcome


def finding(rule: str, outcome: str = "hit", severity: str = "P") -> dict[str, str]:
    return {"rule": rule, "outcome": outcome, "severity": severity}


def stands(name: str, **document: object) -> tuple[Outcome | None, tuple[str, ...]]:
    found = conditions({"clear": [], "not_checked": [], "findings": []} | document)
    return next((item.outcome, item.rules) for item in found if item.name == name)


def test_without_a_rule_a_condition_is_open_not_clear():
    assert stands("历史文化保护") == (None, ())


def test_clear_only_where_every_rule_is():
    clear = ["heritage-protection", "heritage-control"]
    assert stands("历史文化保护", clear=clear)[0] is Outcome.CLEAR
    missing = [{"rule": "heritage-control"}]
    assert stands("历史文化保护", clear=clear[:1], not_checked=missing) == (
        Outcome.NOT_CHECKED,
        ("heritage-control",),
    )


@pytest.mark.parametrize(
    ("findings", "worst"),
    [
        ([finding("minerals-other", "suspect")], Outcome.SUSPECT),
        ([finding("minerals-other", "suspect"), finding("minerals-strategic", "hit")], Outcome.HIT),
        ([finding("minerals-other", "hit", "I")], Outcome.CLEAR),
    ],
)
def test_the_worst_rule_answers_and_what_only_informs_does_not(findings, worst):
    assert stands("矿产资源", findings=findings)[0] is worst


def test_a_hit_outweighs_what_was_not_checked():
    outcome, rules = stands(
        "矿产资源", findings=[finding("minerals-other")], not_checked=[{"rule": "minerals-strategic"}]
    )
    assert (outcome, rules) == (Outcome.HIT, ("minerals-other",))
