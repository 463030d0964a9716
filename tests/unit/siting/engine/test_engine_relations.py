import numpy as np
import pytest
import shapely

from siting.engine.notices import Notice
from siting.engine.proximity import reach
from siting.engine.rules import FactClause, Relation, evaluate
from siting.engine.verdict import Outcome, Severity
from tests.unit.siting.engine.scenes import SITE, around, asked, ground, rectangle, rule

P, R, C = Severity.PROHIBITED, Severity.RESTRICTED, Severity.CONDITIONAL


class TestWithinDistance:
    SPEC = rule(Relation.WITHIN_DISTANCE, distances_m={"1": 30, "2": 10})

    def road(self, gap):
        return ground(rectangle(1000 + gap, -500, 20, 2000))

    def test_the_conflict_is_the_part_of_the_site_within_the_distance(self):
        result = asked(self.SPEC, [self.road(20)], classes=["101"])
        assert result.outcome is Outcome.HIT
        assert result.area_m2 == pytest.approx(10 * 1000, rel=2e-3)
        assert shapely.covers(shapely.buffer(SITE.geometry, 1e-9), result.geometry)

    @pytest.mark.parametrize(
        ("gap", "code", "hit"),
        [(29, "1", True), (31, "1", False), (20, "2", False), (9, "2", True), (1, "3", False)],
    )
    def test_each_class_has_its_own_distance(self, gap, code, hit):
        result = asked(self.SPEC, [self.road(gap)], classes=[code])
        assert result.outcome is (Outcome.HIT if hit else Outcome.CLEAR)

    def test_the_longest_prefix_counts(self):
        spec = rule(Relation.WITHIN_DISTANCE, distances_m={"": 5, "1": 10, "12": 100})
        assert asked(spec, [self.road(50)], classes=["123"]).outcome is Outcome.HIT
        assert asked(spec, [self.road(50)], classes=["13"]).outcome is Outcome.CLEAR
        assert asked(spec, [self.road(4)], classes=["9"]).outcome is Outcome.HIT

    def test_a_corner_is_rounded_to_a_centimetre(self):
        spec = rule(Relation.WITHIN_DISTANCE, distances_m={"": 1000})
        corner = ground(rectangle(1000 + 600, 1000 + 600, 50, 50))
        result = asked(spec, [corner])
        # Of the quarter disc around (600, 600) off the site's corner, what lies within the site.
        xs = np.linspace(0, 400, 20001)
        expected = np.trapezoid(np.clip(np.sqrt(1000**2 - (xs + 600) ** 2) - 600, 0, None), xs)
        assert result.area_m2 == pytest.approx(expected, rel=2e-3)

    def test_distances_of_neighbours_overlap_without_counting_twice(self):
        spec = rule(Relation.WITHIN_DISTANCE, distances_m={"": 5000})
        result = asked(
            spec, [self.road(20), self.road(60), ground(rectangle(400, 400, 10, 10))], non_overlapping=True
        )
        assert result.share == 1
        assert result.count == 3

    def test_pieces_of_one_feature_overlap_by_their_distances_without_counting_twice(self):
        spec = rule(Relation.WITHIN_DISTANCE, distances_m={"": 400})
        pieces = [("river", ground(rectangle(1000, y, 300, 50))) for y in range(0, 1000, 50)]
        whole = asked(spec, [("river", ground(rectangle(1000, 0, 300, 1000)))])
        cut = asked(spec, pieces)
        assert whole.area_m2 == pytest.approx(400_000, rel=1e-3)
        assert cut.area_m2 == pytest.approx(whole.area_m2, rel=1e-7)
        assert cut.raw_area_m2 == pytest.approx(whole.raw_area_m2, rel=1e-7)
        assert (cut.count, cut.keys) == (1, ("river",))

    def test_a_centre_line_alone_is_not_checked(self):
        line = ground(rectangle(1010, -500, 20, 2000)).exterior
        result = asked(self.SPEC, [("line", line)], classes=["1"])
        assert result.outcome is Outcome.NOT_CHECKED
        assert "line" in str(result.reason)

    def test_a_centre_line_beside_a_hit_leaves_the_hit(self):
        line = ground(rectangle(1010, -500, 20, 2000)).exterior
        result = asked(self.SPEC, [("line", line), ("road", self.road(5))], classes=["1", "1"])
        assert (result.outcome, result.keys) == (Outcome.HIT, ("road",))
        assert "line" in str(result.reason)

    @pytest.mark.parametrize("gap", [20, 29.99, 30])
    def test_candidates_are_chosen_by_a_reach_that_loses_none(self, gap):
        assert reach(SITE, 30).intersects(self.road(gap))

    def test_without_candidates_it_is_not_checked(self):
        assert evaluate(self.SPEC, SITE).outcome is Outcome.NOT_CHECKED


class TestCompatibleUse:
    SPEC = rule(
        Relation.COMPATIBLE_USE, R, crosswalk={"10": ("10", "11"), "1001": ("100101",), "07": ("07",)}
    )
    ZONES = (ground(rectangle(-10, -10, 510, 1020)), ground(rectangle(500, -10, 600, 1020)))

    def asked(self, facts, classes=("1001", "07"), zones=ZONES):
        return asked(self.SPEC, list(zones), classes=list(classes), facts=facts, non_overlapping=True)

    def test_incompatible_zones_are_the_hit(self):
        result = self.asked({"intended_use": "1002"})
        assert result.outcome is Outcome.HIT
        assert [c.code for c in result.classes] == ["07"]
        assert result.share == pytest.approx(0.5, rel=1e-3)

    def test_compatible_zones_are_clear(self):
        assert self.asked({"intended_use": "1002"}, ("1001", "11")).outcome is Outcome.CLEAR

    def test_the_longest_use_listed_counts(self):
        assert self.asked({"intended_use": "100101"}, ("10", "10")).share == pytest.approx(1, rel=1e-6)

    def test_no_use_declared_is_not_checked_and_asked(self):
        result = self.asked({})
        assert result.outcome is Outcome.NOT_CHECKED
        assert result.reason.code == "use-unknown"
        assert result.questions == ("intended_use",)

    def test_a_use_not_listed_is_not_checked(self):
        assert self.asked({"intended_use": "22"}).reason.code == "use-not-listed"

    def test_ground_without_a_zone_is_not_checked_unless_hit(self):
        assert self.asked({"intended_use": "07"}, ("07",), self.ZONES[1:]).reason.code == "zone-missing"
        assert self.asked({"intended_use": "10"}, ("07",), self.ZONES[1:]).outcome is Outcome.HIT

    def test_a_zone_without_a_code_is_not_checked_unless_hit(self):
        assert self.asked({"intended_use": "07"}, ("", "07")).outcome is Outcome.NOT_CHECKED
        assert self.asked({"intended_use": "07"}, ("", "10")).outcome is Outcome.HIT


class TestRasterShare:
    SPEC = rule(Relation.RASTER_SHARE, C, raster_threshold=25.0, raster_min_share=0.1)

    @pytest.mark.parametrize(
        ("share", "outcome"),
        [
            (0.0, "clear"),
            (0.05, "clear"),
            (0.1, "hit"),
            (1.0, "hit"),
            (None, "not_checked"),
            (float("nan"), "not_checked"),
        ],
    )
    def test_share_over_the_threshold(self, share, outcome):
        result = evaluate(self.SPEC, SITE, raster_share=share)
        assert result.outcome == outcome
        if outcome == "hit":
            assert (result.share, result.area_m2) == (share, share * SITE.area_m2)

    def test_any_share_hits_where_none_is_set(self):
        spec = rule(Relation.RASTER_SHARE, C, raster_threshold=25.0)
        assert evaluate(spec, SITE, raster_share=0.0001).outcome is Outcome.HIT
        assert evaluate(spec, SITE, raster_share=0.0).outcome is Outcome.CLEAR


class TestFacts:
    WORKS = FactClause("works", ("supply", "protection"), None)
    PARK = FactClause("kind", ("park",), P)

    def spec(self, *clauses, severity=P):
        return rule(severity=severity, clauses=clauses)

    def test_a_clause_that_matches_changes_the_severity(self):
        result = asked(self.spec(self.PARK, severity=R), [around(1)], facts={"kind": "park"})
        assert (result.severity, result.outcome, result.questions) == (P, Outcome.HIT, ())

    def test_a_clause_about_a_code_is_about_what_is_more_exact_below_it_too(self):
        spec = self.spec(FactClause("use", ("08",), P), severity=R)
        for use, severity in (("08", P), ("0801", P), ("07", R), ("0708", R)):
            assert asked(spec, [around(1)], facts={"use": use}).severity is severity, use

    def test_one_that_does_not_match_leaves_it(self):
        assert asked(self.spec(self.PARK, severity=R), [around(1)], facts={"kind": "road"}).severity is R

    def test_a_rule_that_does_not_apply_is_clear_by_the_fact(self):
        result = asked(self.spec(self.WORKS), [around(1)], facts={"works": "supply"})
        assert (result.outcome, result.severity) == (Outcome.CLEAR, P)
        assert result.reason.params == {"fact": "works", "value": "supply"}

    def test_unknown_takes_the_strictest_and_names_the_question(self):
        result = asked(self.spec(self.WORKS, self.PARK, severity=C), [around(1)], facts={"works": ""})
        assert (result.severity, result.questions) == (P, ("works", "kind"))

    def test_unknown_may_not_exempt(self):
        assert asked(self.spec(self.WORKS), [around(1)]).outcome is Outcome.HIT

    def test_nothing_is_asked_where_nothing_is_hit(self):
        assert asked(self.spec(self.WORKS), []).questions == ()

    def test_nothing_is_asked_that_could_change_nothing(self):
        assert asked(self.spec(FactClause("kind", ("park",), P)), [around(1)]).questions == ()

    def test_the_first_match_wins_and_ends_the_questions(self):
        result = asked(self.spec(self.WORKS, self.PARK, severity=R), [around(1)], facts={"works": "supply"})
        assert result.outcome is Outcome.CLEAR
        known_first = FactClause("a", ("x",), C)
        result = asked(self.spec(known_first, self.PARK, severity=R), [around(1)], facts={"a": "x"})
        assert (result.severity, result.questions) == (C, ())

    def test_an_unknown_before_a_match_is_still_open(self):
        result = asked(self.spec(self.PARK, self.WORKS, severity=R), [around(1)], facts={"works": "supply"})
        assert (result.outcome, result.severity, result.questions) == (Outcome.HIT, P, ("kind",))


class TestNotChecked:
    NOTICE = Notice("layer-missing", "图层不存在")

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"relation": Relation.INSIDE},
            {"relation": Relation.WITHIN_DISTANCE, "distances_m": {"": 5}},
            {"relation": Relation.COMPATIBLE_USE, "crosswalk": {"07": ("07",)}},
            {"relation": Relation.RASTER_SHARE, "raster_threshold": 25.0},
        ],
    )
    def test_without_data_no_rule_is_clear(self, settings):
        facts = {"intended_use": "07"}
        assert evaluate(rule(**settings), SITE, facts=facts).outcome is Outcome.NOT_CHECKED
        given_reason = evaluate(rule(**settings), SITE, facts=facts, not_checked=self.NOTICE)
        assert (given_reason.outcome, given_reason.reason) == (Outcome.NOT_CHECKED, self.NOTICE)

    def test_a_failed_feature_of_another_class_does_not_matter(self):
        bow_tie = shapely.Polygon([(115.04, 30.17), (115.07, 30.19), (115.07, 30.17), (115.04, 30.19)])
        result = asked(rule(classes=("1",)), [bow_tie], classes=["2"])
        assert result.outcome is Outcome.CLEAR
        assert asked(rule(classes=("2",)), [bow_tie], classes=["2"]).outcome is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    "settings",
    [
        {"relation": Relation.WITHIN_DISTANCE},
        {"relation": Relation.COMPATIBLE_USE},
        {"relation": Relation.RASTER_SHARE},
        {"tolerance_m2": -1},
        {"sliver_width_m": float("nan")},
        {"relation": Relation.WITHIN_DISTANCE, "distances_m": {"": float("inf")}},
    ],
)
def test_rules_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError, match="r1"):
        rule(**settings)
