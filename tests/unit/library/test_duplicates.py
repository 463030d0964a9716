"""How alike two projects are: properties of the score, and the Dice coefficient by counting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.library.duplicates import Aspect, places_alike, similarity, texts_alike

words = st.text(st.sampled_from("包头市九原区道路改造工程（一期）二期污水处理厂新建Aa1 ,，"), max_size=30)
texts = st.tuples(words, words)
distances = st.none() | st.floats(0, 1e6)


@given(texts, texts, distances)
def test_it_is_the_same_both_ways_round_and_between_nothing_and_all(one, other, distance) -> None:
    score = similarity(one, other, distance)
    assert score == similarity(other, one, distance)
    assert 0 <= score.score <= 100
    assert sum(part.points for part in score.parts) == pytest.approx(score.score, abs=1e-5)


@given(texts.filter(lambda it: any(sign.isalnum() for sign in it[0])))
def test_equal_projects_at_one_place_are_wholly_alike(one) -> None:
    assert similarity(one, one, 0.0).score == 100.0


@given(texts, texts, st.floats(0, 1e6), st.floats(0, 1e6))
def test_farther_apart_is_never_more_alike(one, other, near, far) -> None:
    near, far = sorted((near, far))
    assert similarity(one, other, near).score >= similarity(one, other, far).score


def test_the_coefficient_by_counting() -> None:
    # ^道 道路 路工 工程 程$ against ^道 道路 路改 改造 造$: two of five and five
    assert texts_alike("道路工程", "道路改造") == pytest.approx(2 * 2 / 10)
    assert texts_alike("aaa", "aa") == pytest.approx(2 * 3 / 7)
    assert texts_alike("ＡＢ－１", "ab1") == 1.0
    assert texts_alike("甲", "乙") == 0.0
    assert texts_alike("", "乙") is None
    assert texts_alike("（），", "乙") is None
    assert places_alike(0) == 1
    assert places_alike(250) == pytest.approx(0.5)


def test_what_is_not_known_counts_nothing() -> None:
    score = similarity(("道路工程", ""), ("道路工程", "改造路面"), None)
    assert [(part.aspect, part.likeness is None) for part in score.parts] == [
        (Aspect.NAME, False), (Aspect.CONTENT, True), (Aspect.PLACE, True),
    ]  # fmt: skip
    assert score.score == 100.0
    assert similarity(("", ""), ("", ""), None).score == 0.0


def test_two_near_identical_projects_within_fifty_metres_pass_the_threshold(settings) -> None:
    one = ("九原区滨河路道路改造工程", "改造道路 3.2 公里，铺设雨污管网，安装路灯")
    other = ("九原区滨河路道路改造工程（一期）", "改造道路3.2公里，铺设雨、污水管网")
    limits = settings.SITE_PLAUSIBILITY
    assert similarity(one, other, 50.0).score > limits["duplicate_likely"]
    unlike = ("青山区第三小学教学楼", "新建教学楼 8000 平方米")
    assert similarity(one, unlike, 0.0).score < limits["duplicate_possible"]
