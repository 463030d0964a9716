"""What looks like a person's data, and what doesn't."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.publishing.personal_data import Sort, find, is_id_number


@pytest.mark.parametrize(
    ("text", "sort", "hit"),
    [
        ("请打13800000000找我", Sort.MOBILE, "13800000000"),
        ("请打 138 0000 0000 找我", Sort.MOBILE, "138 0000 0000"),
        ("请打+8613800000000", Sort.MOBILE, "+8613800000000"),
        ("全角１３８００００００００也算", Sort.MOBILE, "１３８００００００００"),
        ("证号11010519491231002X。", Sort.ID_CARD, "11010519491231002X"),
        ("证号110105 19491231 002x。", Sort.ID_CARD, "110105 19491231 002x"),
        ("座机0472-5123456", Sort.TELEPHONE, "0472-5123456"),
        ("座机（0472）5123456", Sort.TELEPHONE, "（0472）5123456"),
        ("车牌蒙B12345停在路边", Sort.PLATE, "蒙B12345"),
        ("新能源蒙BD12345", Sort.PLATE, "蒙BD12345"),
        ("邮箱a.b-c@mail.example.com，", Sort.EMAIL, "a.b-c@mail.example.com"),
    ],
)
def test_it_is_found_where_it_stands(text, sort, hit):
    (found,) = find(text)
    assert (found.sort, found.text) == (sort, hit)
    assert text[found.start : found.end] == hit


@pytest.mark.parametrize(
    "text",
    [
        "项目代码 2611-150207-04-01-123456",
        "投资 13800000000000 元",
        "面积 1380.5 平方米，2026 年 11 月",
        "110105194912310021 的校验码不对",
        "110105199902300021 没有这一天",
        "经度 109.843217，纬度 40.657613",
        "内蒙古包头市",
    ],
)
def test_what_is_none_is_not_found(text):
    assert find(text) == []


@given(st.integers(100000, 659999), st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 999))
def test_the_check_character_is_that_of_iso_7064(area, born, order):
    """Independent witness: read as a number in base 2 modulo 11, a right number leaves 1 (MOD 11-2)."""
    body = f"{area}{born:%Y%m%d}{order:03d}"
    right = [last for last in "0123456789X" if is_id_number(body + last)]
    assert len(right) == 1
    total = 0
    for digit in body:
        total = (total + int(digit)) * 2 % 11
    assert (total + (10 if right[0] == "X" else int(right[0]))) % 11 == 1
