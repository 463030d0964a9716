"""Shares, attributes, nearest features, numbers, means: each at its threshold, and what nobody can tell."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.overlap import overlay
from siting.engine.rules import AttributeClause, Comparison, FactClause, Relation, RuleSpec, evaluate, stands
from siting.engine.verdict import Outcome, Severity
from tests.unit.siting.engine.scenes import SITE, around, asked, ground, layer, rectangle, rule

P, R, C = Severity.PROHIBITED, Severity.RESTRICTED, Severity.CONDITIONAL
HALF = ground(rectangle(0, -10, 500, 1020))
BOW_TIE = shapely.Polygon([(115.04, 30.17), (115.07, 30.19), (115.07, 30.17), (115.04, 30.19)])


def point(x, y):
    return shapely.centroid(ground(rectangle(x - 0.5, y - 0.5, 1, 1)))


def line(x, y, to_x, to_y):
    return shapely.LineString([point(x, y), point(to_x, to_y)])


class TestShares:
    @pytest.mark.parametrize(("limit", "hit"), [(0.6, False), (0.49, True), (0.1, True)])
    def test_at_most(self, limit, hit):
        result = asked(rule(Relation.SHARE_AT_MOST, share=limit), [HALF])
        assert result.outcome is (Outcome.HIT if hit else Outcome.CLEAR)
        assert result.measure.value == pytest.approx(0.5, rel=1e-3)
        assert (result.measure.unit, result.measure.at_most) == ("share", limit)
        if hit:
            assert result.share == pytest.approx(
                0.5, rel=1e-3
            )  # all of it is shown, not only what is too much

    @pytest.mark.parametrize(("limit", "hit"), [(0.4, False), (0.51, True), (1.0, True)])
    def test_at_least(self, limit, hit):
        result = asked(rule(Relation.SHARE_AT_LEAST, share=limit), [HALF])
        assert result.outcome is (Outcome.HIT if hit else Outcome.CLEAR)
        assert result.measure.value == pytest.approx(0.5, rel=1e-3)
        if hit:
            assert result.share == pytest.approx(0.5, rel=1e-3)  # what lies outside
            assert not shapely.intersects(result.geometry, shapely.buffer(HALF, -1e-6))

    def test_nothing_there_is_a_share_of_nothing(self):
        assert asked(rule(Relation.SHARE_AT_MOST, share=0.1), []).measure.value == 0
        assert asked(rule(Relation.SHARE_AT_LEAST, share=0.1), []).outcome is Outcome.HIT

    def test_at_least_all_is_inside_and_at_most_nothing_is_overlaps(self):
        inside, all_of_it = (
            asked(rule(relation, **more), [HALF])
            for relation, more in ((Relation.INSIDE, {}), (Relation.SHARE_AT_LEAST, {"share": 1.0}))
        )
        assert replace(all_of_it, rule=inside.rule, measure=None) == inside
        overlaps, nothing = (
            asked(rule(relation, **more), [HALF])
            for relation, more in ((Relation.OVERLAPS, {}), (Relation.SHARE_AT_MOST, {"share": 0.0}))
        )
        assert replace(nothing, rule=overlaps.rule, measure=None) == overlaps

    @pytest.mark.parametrize(
        ("more", "hit"), [({}, True), ({"tolerance_share": 0.05}, False), ({"tolerance_m2": 1e6}, False)]
    )
    def test_the_tolerance_is_beyond_the_limit(self, more, hit):
        result = asked(rule(Relation.SHARE_AT_MOST, share=0.46, **more), [HALF])
        assert result.outcome is (Outcome.HIT if hit else Outcome.CLEAR)

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
    def test_at_most_and_at_least_are_each_other_s_complement(self, part, limit):
        strip = ground(rectangle(0, -10, 1000 * part, 1020))
        if abs(part - limit) < 1e-3:
            return
        most = asked(rule(Relation.SHARE_AT_MOST, share=limit), [strip]).outcome
        least = asked(rule(Relation.SHARE_AT_LEAST, share=limit), [strip]).outcome
        assert (most is Outcome.HIT) == (part > limit)
        assert (least is Outcome.HIT) == (part < limit)

    def test_a_feature_that_fails_may_be_what_is_missing_but_not_what_is_enough(self):
        assert asked(rule(Relation.SHARE_AT_LEAST, share=0.9), [HALF, BOW_TIE]).outcome is Outcome.NOT_CHECKED
        assert asked(rule(Relation.SHARE_AT_LEAST, share=0.4), [HALF, BOW_TIE]).outcome is Outcome.CLEAR
        assert asked(rule(Relation.SHARE_AT_MOST, share=0.9), [HALF, BOW_TIE]).outcome is Outcome.NOT_CHECKED
        assert asked(rule(Relation.SHARE_AT_MOST, share=0.4), [HALF, BOW_TIE]).outcome is Outcome.HIT


def test_a_share_is_tolerated_as_a_sum():
    spec = rule(tolerance_share=0.06)
    tenth = [ground(rectangle(0, y, 1000, 10)) for y in (0, 100, 200, 300, 400)]
    assert asked(spec, tenth).outcome is Outcome.CLEAR
    assert asked(spec, [*tenth, ground(rectangle(0, 500, 1000, 15))]).outcome is Outcome.HIT


class TestNearest:
    MOST = rule(Relation.NEAREST_DISTANCE, R, nearest_at_most_m=500)
    LEAST = rule(Relation.NEAREST_DISTANCE, P, nearest_at_least_m=200)

    @pytest.mark.parametrize(
        ("x", "outcome"), [(1499, "clear"), (1501, "hit"), (500, "clear"), (9000, "hit")]
    )
    def test_too_far(self, x, outcome):
        result = asked(self.MOST, [point(x, 500)])
        assert result.outcome == outcome
        expected = max(x - 1000, 0)
        assert result.measure.value == (pytest.approx(expected, abs=0.5) if expected <= 500 else None)

    @pytest.mark.parametrize(("x", "outcome"), [(1199, "hit"), (1201, "clear"), (500, "hit")])
    def test_too_near(self, x, outcome):
        result = asked(self.LEAST, [("near", point(x, 500)), ("far", point(1900, 500))])
        assert result.outcome == outcome
        if outcome == "hit":
            assert result.keys == ("near",)

    def test_lines_and_areas_count_as_they_stand(self):
        for feature in (line(1100, -500, 1100, 1500), ground(rectangle(1100, 0, 50, 50)), point(1100, 10)):
            result = asked(self.LEAST, [feature])
            assert result.outcome is Outcome.HIT
            assert result.measure.value == pytest.approx(100, rel=2e-3)

    def test_a_feature_in_pieces_is_one(self):
        result = asked(self.LEAST, [("road", point(1150, 0)), ("road", point(1100, 0))])
        assert (result.count, result.keys) == (1, ("road",))
        assert result.measure.value == pytest.approx(100, rel=2e-3)

    def test_nothing_within_reach_is_too_far_and_never_too_near(self):
        assert asked(self.MOST, []).outcome is Outcome.HIT
        assert asked(self.LEAST, []).outcome is Outcome.CLEAR

    def test_what_can_not_be_placed_may_be_the_nearest(self):
        lost = shapely.Point()
        assert asked(self.MOST, [lost]).outcome is Outcome.NOT_CHECKED
        assert asked(self.MOST, [lost, point(1100, 0)]).outcome is Outcome.CLEAR
        assert asked(self.LEAST, [lost, point(1900, 0)]).outcome is Outcome.NOT_CHECKED
        assert asked(self.LEAST, [lost, point(1100, 0)]).outcome is Outcome.HIT

    def test_the_search_is_bounded(self):
        assert (self.MOST.reach_m, self.LEAST.reach_m) == (500, 200)


class TestCount:
    WELLS = (point(200, 200), point(800, 800), point(1300, 500))

    @pytest.mark.parametrize(
        ("more", "outcome", "count"),
        [
            ({"count_at_most": 2}, "clear", 2),
            ({"count_at_most": 1}, "hit", 2),
            ({"count_at_least": 2}, "clear", 2),
            ({"count_at_least": 3}, "hit", 2),
            ({"count_at_most": 2, "within_m": 350}, "hit", 3),
            ({"count_at_least": 3, "within_m": 350}, "clear", 3),
            ({"count_at_least": 3, "within_m": 250}, "hit", 2),
        ],
    )
    def test_within_and_on_the_site(self, more, outcome, count):
        result = asked(rule(Relation.COUNT, R, **more), self.WELLS)
        assert (result.outcome, result.measure.value) == (outcome, count)

    def test_an_area_that_touches_is_not_on_the_site(self):
        neighbours = [ground(rectangle(1000, 0, 100, 1000)), ground(rectangle(990, 0, 100, 100))]
        result = asked(rule(Relation.COUNT, R, count_at_most=0), neighbours)
        assert (result.outcome, result.keys) == (Outcome.HIT, ("f001",))

    def test_pieces_of_one_feature_are_one(self):
        spec = rule(Relation.COUNT, R, count_at_most=1)
        pieces = [("a", ground(rectangle(0, 0, 100, 100))), ("a", ground(rectangle(100, 0, 100, 100)))]
        assert asked(spec, pieces).measure.value == 1

    def test_what_fails_counts_for_none_or_one(self):
        assert (
            asked(rule(Relation.COUNT, R, count_at_most=1), [BOW_TIE, self.WELLS[0]]).outcome
            is Outcome.NOT_CHECKED
        )
        assert (
            asked(rule(Relation.COUNT, R, count_at_most=2), [BOW_TIE, self.WELLS[0]]).outcome is Outcome.CLEAR
        )
        assert (
            asked(rule(Relation.COUNT, R, count_at_most=0), [BOW_TIE, self.WELLS[0]]).outcome is Outcome.HIT
        )
        assert (
            asked(rule(Relation.COUNT, R, count_at_least=1), [BOW_TIE, self.WELLS[0]]).outcome
            is Outcome.CLEAR
        )
        assert (
            asked(rule(Relation.COUNT, R, count_at_least=2), [BOW_TIE, self.WELLS[0]]).outcome
            is Outcome.NOT_CHECKED
        )


@pytest.mark.parametrize(
    ("mean", "outcome"),
    [(25.0, "clear"), (25.01, "hit"), (None, "not_checked"), (float("nan"), "not_checked")],
)
def test_a_mean_above_the_threshold(mean, outcome):
    result = evaluate(rule(Relation.RASTER_MEAN, C, raster_threshold=25.0), SITE, raster_mean=mean)
    assert result.outcome == outcome
    if outcome != "not_checked":
        assert (result.measure.value, result.measure.at_most) == (mean, 25.0)


def with_attributes(spec, features, attributes, *, classes=None, **more):
    pieces = replace(
        layer(features, classes=classes),
        attributes={name: np.array(values, dtype=object) for name, values in attributes.items()},
    )
    return evaluate(spec, SITE, overlay=overlay(SITE.geometry, pieces), pieces=pieces, **more)


class TestWhere:
    HIGH = (AttributeClause("等级", Comparison.IS, ("一级",)),)
    TWO = (ground(rectangle(0, 0, 100, 100)), ground(rectangle(500, 500, 100, 100)))

    @pytest.mark.parametrize(
        ("levels", "outcome", "keys"),
        [
            (["一级", "二级"], "hit", ("f000",)),
            (["二级", "二级"], "clear", ()),
            (["二级", None], "not_checked", ()),
            (["一级", None], "hit", ("f000",)),
        ],
    )
    def test_only_features_that_say_so_count(self, levels, outcome, keys):
        result = with_attributes(rule(where=self.HIGH), self.TWO, {"等级": levels})
        assert (result.outcome, result.keys) == (outcome, keys)
        if None in levels:
            assert "f001" in str(result.reason)

    def test_a_field_that_the_layer_lacks_leaves_it_unanswered_where_features_are(self):
        assert with_attributes(rule(where=self.HIGH), self.TWO, {}).reason.code == "features-unknown"
        assert with_attributes(rule(where=self.HIGH), [around(5000)][:0], {}).outcome is Outcome.CLEAR

    def test_a_neighbour_that_only_touches_leaves_nothing_open(self):
        beside = ground(rectangle(1000, 0, 100, 1000))
        assert with_attributes(rule(where=self.HIGH), [beside], {"等级": [None]}).outcome is Outcome.CLEAR

    def test_another_class_leaves_nothing_open(self):
        spec = rule(where=self.HIGH, classes=("1",))
        assert (
            with_attributes(spec, self.TWO, {"等级": [None, "一级"]}, classes=["2", "2"]).outcome
            is Outcome.CLEAR
        )

    def test_what_may_cover_the_rest_is_not_known(self):
        spec = rule(Relation.INSIDE, where=self.HIGH)
        halves = [HALF, ground(rectangle(499, -10, 520, 1020))]
        assert with_attributes(spec, halves, {"等级": ["一级", "一级"]}).outcome is Outcome.CLEAR
        assert with_attributes(spec, halves, {"等级": ["一级", "二级"]}).outcome is Outcome.HIT
        assert with_attributes(spec, halves, {"等级": ["一级", None]}).outcome is Outcome.NOT_CHECKED

    @pytest.mark.parametrize("relation", ["within_distance", "nearest_distance", "count"])
    def test_rules_that_search(self, relation):
        more = {
            "within_distance": {"distances_m": {"": 150.0}},
            "nearest_distance": {"nearest_at_least_m": 150.0},
            "count": {"count_at_most": 0, "within_m": 150.0},
        }[relation]
        spec = rule(Relation(relation), where=self.HIGH, **more)
        near, far = ground(rectangle(1100, 0, 50, 50)), ground(rectangle(1400, 0, 50, 50))
        outcomes = [
            with_attributes(spec, [near, far], {"等级": levels}).outcome
            for levels in (["一级", "二级"], ["二级", "一级"], [None, "二级"], ["二级", None])
        ]
        assert outcomes == [Outcome.HIT, Outcome.CLEAR, Outcome.NOT_CHECKED, Outcome.CLEAR]

    def test_a_feature_that_fails_matters_by_what_it_says(self):
        spec = rule(where=self.HIGH)
        assert with_attributes(spec, [BOW_TIE], {"等级": ["二级"]}).outcome is Outcome.CLEAR
        assert with_attributes(spec, [BOW_TIE], {"等级": ["一级"]}).outcome is Outcome.NOT_CHECKED

    def test_without_the_pieces_it_is_not_checked(self):
        cut = overlay(SITE.geometry, layer([HALF]))
        assert evaluate(rule(where=self.HIGH), SITE, overlay=cut).outcome is Outcome.NOT_CHECKED


class TestFeaturesWithoutAClass:
    def test_they_are_not_of_the_class_unless_the_rule_says_so(self):
        assert asked(rule(classes=("1",)), [HALF], classes=[""]).outcome is Outcome.CLEAR
        strict = rule(classes=("1",), class_required=True)
        assert asked(strict, [HALF], classes=[""]).reason.code == "features-unknown"
        assert asked(strict, [HALF], classes=["2"]).outcome is Outcome.CLEAR
        assert asked(strict, [BOW_TIE], classes=[""]).outcome is Outcome.NOT_CHECKED

    @pytest.mark.parametrize(("gap", "outcome"), [(25, "not_checked"), (35, "clear")])
    def test_their_distance_is_the_widest(self, gap, outcome):
        spec = rule(Relation.WITHIN_DISTANCE, distances_m={"a": 30.0, "b": 5.0}, class_required=True)
        road = ground(rectangle(1000 + gap, -500, 20, 2000))
        assert asked(spec, [road], classes=[""]).outcome == outcome
        assert asked(spec, [road], classes=["b"]).outcome is Outcome.CLEAR


class TestApproval:
    CLAUSE = FactClause("national", ("yes",), R, approval="国务院批准", note="确实难以避让")

    def test_a_clause_that_lowers_names_the_approval(self):
        result = asked(rule(clauses=(self.CLAUSE,)), [HALF], facts={"national": "yes"})
        assert (result.severity, result.by_clause, result.by_value) == (R, self.CLAUSE, "yes")

    @pytest.mark.parametrize("facts", [{}, {"national": "no"}])
    def test_one_that_does_not_match_names_none(self, facts):
        result = asked(rule(clauses=(self.CLAUSE,)), [HALF], facts=facts)
        assert (result.severity, result.by_clause) == (P, None)

    def test_an_unknown_that_may_be_stricter_names_none(self):
        stricter = FactClause("kind", ("park",), P)
        result = asked(rule(clauses=(stricter, self.CLAUSE)), [HALF], facts={"national": "yes"})
        assert (result.severity, result.by_clause, result.questions) == (P, None, ("kind",))

    def test_nothing_is_named_where_nothing_is_found(self):
        assert asked(rule(clauses=(self.CLAUSE,)), [], facts={"national": "yes"}).by_clause is None


@pytest.mark.parametrize(
    ("spec", "features", "holds"),
    [
        (rule(), [HALF], True),
        (rule(), [], False),
        (rule(Relation.INSIDE), [HALF], False),
        (rule(Relation.SHARE_AT_LEAST, share=0.4), [HALF], True),
        (rule(Relation.SHARE_AT_LEAST, share=0.6), [HALF], False),
        (rule(Relation.SHARE_AT_MOST, share=0.4), [HALF], True),
        (rule(Relation.SHARE_AT_MOST, share=0.6), [HALF], False),
        (rule(Relation.NEAREST_DISTANCE, nearest_at_most_m=500), [point(1100, 0)], True),
        (rule(Relation.NEAREST_DISTANCE, nearest_at_most_m=500), [], False),
        (rule(Relation.NEAREST_DISTANCE, nearest_at_least_m=500), [point(1100, 0)], True),
        (rule(Relation.NEAREST_DISTANCE, nearest_at_least_m=50), [point(1100, 0)], False),
        (
            rule(Relation.NEAREST_DISTANCE, nearest_at_least_m=50, nearest_at_most_m=500),
            [point(1100, 0)],
            False,
        ),
        (rule(Relation.COUNT, count_at_most=0), [point(100, 100)], True),
        (rule(Relation.COUNT, count_at_most=1), [point(100, 100)], False),
        (rule(Relation.COUNT, count_at_least=1), [point(100, 100)], True),
        (rule(Relation.COUNT, count_at_least=2), [point(100, 100)], False),
    ],
)
def test_what_more_features_could_only_confirm_stands_without_full_coverage(spec, features, holds):
    assert stands(asked(spec, features)) is holds


@pytest.mark.parametrize(
    "more",
    [
        {"relation": Relation.SHARE_AT_MOST},
        {"relation": Relation.SHARE_AT_LEAST},
        {"relation": Relation.NEAREST_DISTANCE},
        {"relation": Relation.COUNT},
        {"relation": Relation.RASTER_MEAN},
        {"tolerance_share": -0.1},
        {"relation": Relation.NEAREST_DISTANCE, "nearest_at_most_m": float("inf")},
    ],
)
def test_rules_that_make_no_sense_are_refused(more):
    with pytest.raises(ValueError, match="r1"):
        rule(**more)


SPECS = [
    rule(),
    rule(Relation.WITHIN_DISTANCE, distances_m={"": 5.0, "1": 30.0}, class_required=True),
    rule(Relation.COMPATIBLE_USE, R, crosswalk={"07": ("07", "16")}, use_fact="use"),
    rule(Relation.SHARE_AT_MOST, C, share=0.3, tolerance_m2=2.0, tolerance_share=0.01, consult=("水利",)),
    rule(Relation.NEAREST_DISTANCE, nearest_at_least_m=1.0, nearest_at_most_m=9.0, where=TestWhere.HIGH),
    rule(Relation.COUNT, count_at_most=0, within_m=10.0, clauses=(TestApproval.CLAUSE,)),
    rule(Relation.RASTER_SHARE, raster_threshold=25.0, raster_min_share=0.01, required=False),
    rule(Relation.RASTER_MEAN, raster_threshold=25.0, basis_status="verified", valid_from="2026-01-01"),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.relation)
def test_a_rule_survives_json_and_says_nothing_that_it_does_not_know(spec):
    said = spec.to_json()
    assert RuleSpec.from_json(said) == spec
    assert RuleSpec.from_json(said).to_json() == said
    assert {"code", "name", "layer", "relation", "severity"} <= said.keys()
    assert not said.keys() & {"keep_slivers", "sliver_width_m"}


def test_words_alone_leave_the_answers_as_they_are():
    one = rule(basis="甲", clauses=(TestApproval.CLAUSE,))
    assert one.answers_like(replace(one, name="别名", basis="乙", advice="丙", valid_to="2030-01-01"))
    assert one.answers_like(replace(one, clauses=(replace(TestApproval.CLAUSE, approval="别的批准"),)))
    assert not one.answers_like(replace(one, severity=R))
    assert not one.answers_like(replace(one, tolerance_share=0.1))
    assert not one.answers_like(replace(one, clauses=()))
