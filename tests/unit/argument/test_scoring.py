"""Scores as one figure: against fractions, which round nothing before the end."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.argument.scoring import together, total

scores_ = st.integers(0, 10_000).map(lambda hundredths: Decimal(hundredths) / 100)


def rounded(value: Fraction) -> Decimal:
    """Half-up to two decimals, by whole numbers."""
    hundredths = value * 100
    return Decimal((2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)) / 100


@st.composite
def sheets(draw):
    cuts = sorted(draw(st.sets(st.integers(1, 9_999), max_size=5)))
    weights = [Decimal(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    return {n: draw(scores_) for n in range(len(weights))}, dict(enumerate(weights))


@given(sheets())
def test_a_total_is_the_weighted_sum(sheet):
    scores, weights = sheet
    exact = sum((Fraction(scores[n]) * Fraction(weights[n]) for n in weights), Fraction(0)) / 100
    assert total(scores, weights) == rounded(exact)
    assert 0 <= total(scores, weights) <= 100


@given(st.lists(scores_, min_size=1, max_size=9), st.booleans())
def test_together_is_the_mean_of_what_is_kept(totals, trimmed):
    kept = sorted(totals)[1:-1] if trimmed and len(totals) > 2 else totals
    assert together(totals, trimmed=trimmed) == rounded(sum(map(Fraction, kept), Fraction(0)) / len(kept))
    assert min(totals) <= together(totals, trimmed=trimmed) <= max(totals)


def test_one_highest_and_one_lowest_are_left_out():
    assert together([Decimal(10), Decimal(80), Decimal(90), Decimal(100)], trimmed=True) == Decimal("85.00")
    assert together([Decimal(10), Decimal(80)], trimmed=True) == Decimal("45.00")  # nothing would remain
    assert together([Decimal("80.00"), Decimal("80.01")], trimmed=False) == Decimal(
        "80.01"
    )  # 80.005, half-up


@pytest.mark.parametrize(
    ("scores", "weights"),
    [
        ({1: Decimal(80)}, {1: Decimal(50), 2: Decimal(50)}),
        ({1: Decimal(80), 2: Decimal(80)}, {1: Decimal(100)}),
        ({1: Decimal(80)}, {1: Decimal("99.99")}),
    ],
)
def test_what_does_not_add_up_has_no_total(scores, weights):
    with pytest.raises(ValueError):  # noqa: PT011 - any of the two reasons
        total(scores, weights)
    with pytest.raises(ValueError, match="nobody"):
        together([], trimmed=False)
