"""Numbers and moments of the open data files: written as they are."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

import pytest

from gis_projects.disclosure.open_data import oc4ids
from gis_projects.disclosure.open_data.exact import dumps


def test_an_exact_number_is_written_as_it_is():
    assert dumps({"a": Decimal("123456789012345678.90"), "b": "\u0001x", "c": Decimal("-0.5")}) == (
        '{"a":123456789012345678.90,"b":"\\u0001x","c":-0.5}'
    )
    with pytest.raises(TypeError):
        dumps({"a": Decimal("NaN")})
    with pytest.raises(TypeError):
        dumps({"a": object()})


def test_moments_carry_the_offset_of_china():
    at = datetime.fromisoformat("2026-01-01T20:00:00+00:00")
    assert oc4ids.moment(at) == "2026-01-02T04:00:00+08:00"
    assert re.fullmatch(r"2026-07-01T00:00:00\+08:00", oc4ids.day(date(2026, 7, 1)))
