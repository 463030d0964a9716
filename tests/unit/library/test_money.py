from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.library.money import Rounding, Unit, in_unit, percent, share, show


@pytest.mark.parametrize(
    ("yuan", "unit", "places", "shown"),
    [
        ("110687020000", Unit.WAN, None, "11,068,702"),
        ("110687020000", Unit.YI, None, "1,106.87"),
        ("110687020000", Unit.YUAN, None, "110,687,020,000.00"),
        ("5000", Unit.WAN, 0, "1"),  # a half goes up, also where the digit before is even
        ("25000", Unit.WAN, 0, "3"),
        ("4999.99", Unit.WAN, 0, "0"),
        ("-5000", Unit.WAN, 0, "-1"),
        ("0.005", Unit.YUAN, 2, "0.01"),
        ("0", Unit.YI, None, "0.00"),
    ],
)
def test_amounts_are_shown_half_up(yuan, unit, places, shown):
    assert show(Decimal(yuan), unit, places=places) == shown


@pytest.mark.parametrize(
    ("yuan", "unit", "shown"), [("19999.99", Unit.WAN, "1"), ("199999999", Unit.YI, "1.99")]
)
def test_amounts_can_be_cut_off_instead(yuan, unit, shown):
    assert show(Decimal(yuan), unit, truncate=True) == shown


@pytest.mark.parametrize(
    ("part", "whole", "half_up", "cut"),
    [("1", "8", 13, 12), ("5", "1000", 1, 0), ("4", "1000", 0, 0), ("3", "2", 150, 150), ("0", "7", 0, 0)],
)
def test_progress_is_half_up_or_cut_off(part, whole, half_up, cut):
    assert percent(Decimal(part), Decimal(whole)) == half_up
    assert percent(Decimal(part), Decimal(whole), truncate=True) == cut


def test_progress_of_nothing_planned_is_unknown():
    assert percent(Decimal(3), Decimal(0)) is None


fen = st.integers(0, 10**16).map(lambda n: Decimal(n) / 100)


@given(st.lists(fen, max_size=30))
def test_sums_in_fen_lose_nothing_by_the_unit(parts):
    total = sum(parts, Decimal(0))
    for unit in Unit:
        assert sum((in_unit(part, unit, places=10) for part in parts), Decimal(0)) * unit.yuan == total


@given(fen)
def test_a_shown_amount_is_within_half_a_unit(yuan):
    assert abs(in_unit(yuan, Unit.WAN) * 10_000 - yuan) <= 5_000


@pytest.mark.parametrize(
    ("part", "whole", "half_up", "truncated"),
    [
        ("3.53", "5.87", "60.14", "60.13"),  # the cut rate of the source material: it cuts off
        ("28", "33", "84.85", "84.84"),
        ("35", "42", "83.33", "83.33"),
        ("39", "46", "84.78", "84.78"),
        ("62", "184", "33.70", "33.69"),
        ("-1", "3", "-33.33", "-33.33"),
        ("1", "0", None, None),
    ],
)
def test_a_share_is_rounded_once_half_up_or_cut_off(part, whole, half_up, truncated):
    for rounding, expected in ((Rounding.HALF_UP, half_up), (Rounding.TRUNCATE, truncated)):
        found = share(Decimal(part), Decimal(whole), rounding=rounding)
        assert (None if found is None else str(found)) == expected


def test_the_completion_of_a_programme_is_a_whole_per_cent():
    assert share(Decimal(194), Decimal(160), places=0) == 121
    assert share(Decimal(194), Decimal(160)) == Decimal("121.25")


@given(
    st.integers(-(10**16), 10**16), st.integers(1, 10**16), st.integers(0, 4), st.sampled_from(list(Rounding))
)
def test_a_share_is_the_exact_quotient_cut_to_its_digits(part, whole, places, rounding):
    found = share(Decimal(part).scaleb(-2), Decimal(whole).scaleb(-2), places=places, rounding=rounding)
    exact = Fraction(part, whole) * 100
    off = abs(Fraction(found) - exact)
    step = Fraction(1, 10**places)
    assert found is not None
    if rounding is Rounding.HALF_UP:
        assert off <= step / 2
    else:
        assert off < step
        assert abs(Fraction(found)) <= abs(exact)
