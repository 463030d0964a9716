import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.engine.attributes import AttributeClause, Comparison, matching


def objects(*values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@pytest.mark.parametrize(
    ("op", "values", "value", "holds"),
    [
        ("is", ("国道", "省道"), "省道", True),
        ("is", ("国道",), "县道", False),
        ("is", ("10",), "10.0", True),
        ("is", ("1",), "01", False),  # a code is no number
        ("is_not", ("国道",), "县道", True),
        ("is_not", ("国道",), "国道", False),
        ("starts_with", ("01", "02"), "0203", True),
        ("starts_with", ("01",), "0203", False),
        ("contains", ("水库",), "昆都仑水库", True),
        ("contains", ("水库",), "黄河", False),
        ("lt", ("10",), "9.99", True),
        ("lt", ("10",), "10", False),
        ("le", ("10",), "10", True),
        ("gt", ("10",), "10", False),
        ("gt", ("10",), "10.01", True),
        ("ge", ("10",), "10", True),
        ("ge", ("10",), "很高", None),
        ("is", ("国道",), "", None),
        ("is_not", ("国道",), "", None),
        ("gt", ("10",), "nan", None),
    ],
)
def test_a_value_holds_or_does_not_or_does_not_tell(op, values, value, holds):
    assert AttributeClause("F", Comparison(op), values).holds(value) is holds


@pytest.mark.parametrize(
    ("field", "op", "values"),
    [
        ("", "is", ("1",)),
        ("F", "is", ()),
        ("F", "lt", ("1", "2")),
        ("F", "ge", ("高",)),
        ("F", "gt", ("inf",)),
    ],
)
def test_clauses_that_make_no_sense_are_refused(field, op, values):
    with pytest.raises(ValueError, match=r"attribute clause|one number"):
        AttributeClause(field, Comparison(op), values)


def test_a_feature_counts_by_all_clauses_and_one_that_fails_settles_it():
    clauses = [
        AttributeClause("A", Comparison.IS, ("x",)),
        AttributeClause("B", Comparison.AT_LEAST, ("5",)),
    ]
    attributes = {"A": objects("x", "x", "y", None, "x"), "B": objects("7", "3", None, "9", None)}
    selected, unknown = matching(clauses, attributes, 5)
    assert selected.tolist() == [True, False, False, False, False]
    assert unknown.tolist() == [False, False, False, True, True]


def test_a_field_that_the_layer_lacks_is_said_by_no_feature():
    selected, unknown = matching([AttributeClause("A", Comparison.IS, ("x",))], {}, 3)
    assert not selected.any()
    assert unknown.all()


@given(
    st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(-5, 5).map(str)), max_size=20),
    st.sampled_from(list(Comparison)),
    st.integers(-5, 5),
)
def test_selected_unknown_and_left_out_are_told_one_by_one(values, op, limit):
    clause = AttributeClause("F", op, (str(limit),))
    selected, unknown = matching([clause], {"F": objects(*values)}, len(values))
    for place, value in enumerate(values):
        holds = clause.holds(value.strip()) if value is not None else None
        assert (bool(selected[place]), bool(unknown[place])) == (holds is True, holds is None)


def test_a_clause_survives_json():
    for clause in (
        AttributeClause("等级", Comparison.IS, ("国道", "省道")),
        AttributeClause("面积", Comparison.MORE, ("2.5",)),
    ):
        assert AttributeClause.from_json(clause.to_json()) == clause
    assert AttributeClause.from_json({"field": "A", "op": "gt", "values": [10.0]}).values == ("10",)


def test_a_large_whole_number_keeps_its_digits():
    clause = AttributeClause.from_json({"field": "容量", "op": "ge", "values": [1234567.0]})
    assert clause.values == ("1234567",)
    assert clause.holds("1234567") is True
    assert clause.holds("1234566") is False


def test_yes_and_no_are_as_attributes_have_them():
    clause = AttributeClause.from_json({"field": "在用", "op": "is", "values": [True]})
    assert clause.holds("true") is True
    assert clause.holds("false") is False
