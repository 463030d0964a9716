import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.area import exact_area
from siting.engine.notices import Notice
from siting.engine.overlap import overlay
from siting.engine.proximity import reach
from siting.engine.rules import FactClause, Relation, RuleSpec, evaluate
from siting.engine.verdict import Outcome, Severity
from tests.unit.siting.engine.scenes import ground, layer, rectangle, site

SITE = site(rectangle(0, 0, 1000, 1000))
P, R, C = Severity.PROHIBITED, Severity.RESTRICTED, Severity.CONDITIONAL


def rule(relation=Relation.OVERLAPS, severity=P, **settings):
    return RuleSpec("r1", "规则", "LAYER", relation, severity, **settings)


def asked(spec, features, *, boundary=SITE, facts=None, non_overlapping=False, classes=None, **more):
    pieces = layer(features, non_overlapping=non_overlapping, classes=classes)
    return evaluate(
        spec,
        boundary,
        overlay=overlay(boundary.geometry, pieces),
        pieces=pieces,
        class_system="survey",
        class_names={"0101": "水田"},
        facts=facts or {},
        **more,
    )


def around(distance, size=1000):
    return ground(rectangle(-distance, -distance, size + 2 * distance, size + 2 * distance))


class TestOverlaps:
    def test_a_hit_says_how_much_where_and_of_what(self):
        result = asked(
            rule(classes=("01",)),
            [ground(rectangle(900, 100, 200, 200)), ground(rectangle(0, 500, 100, 100)), around(10)],
            classes=["0101", "0103", "0301"],
        )

        assert result.outcome is Outcome.HIT
        assert result.area_m2 == pytest.approx(29992.4, rel=1e-4)
        assert result.share == pytest.approx(0.03, rel=1e-4)
        assert result.keys == ("f000", "f001")
        assert result.count == 2
        assert [(c.code, c.system, c.name) for c in result.classes] == [
            ("0101", "survey", "水田"),
            ("0103", "survey", ""),
        ]
        assert sum(c.area_m2 for c in result.classes) == pytest.approx(result.area_m2, rel=1e-12)
        assert result.geometry.geom_type == "MultiPolygon"
        assert exact_area(result.geometry) == pytest.approx(result.area_m2, rel=1e-6)
        assert result.length_m == pytest.approx(2 * 300 + 2 * 200, rel=1e-3)

    def test_areas_are_scaled_to_the_official_total(self):
        result = asked(rule(), [around(100)])

        assert result.share == 1
        assert result.area_m2 == pytest.approx(SITE.area_m2, rel=1e-12)

    def test_nothing_there_is_clear(self):
        result = asked(rule(), [])
        assert (result.outcome, result.area_m2, result.geometry, result.keys) == (Outcome.CLEAR, 0, None, ())

    def test_pieces_of_one_feature_count_as_one(self):
        result = asked(
            rule(),
            [("red", ground(rectangle(0, 0, 500, 1000))), ("red", ground(rectangle(500, 0, 900, 1000)))],
        )
        assert (result.count, result.keys) == (1, ("red",))
        assert result.share == pytest.approx(1, rel=1e-9)
        assert len(result.geometry.geoms) == 1

    def test_where_classes_overlap_the_first_code_has_the_ground(self):
        result = asked(
            rule(),
            [ground(rectangle(0, 0, 600, 1000)), ground(rectangle(400, 0, 600, 1000))],
            classes=["2", "1"],
        )
        assert [c.code for c in result.classes] == ["1", "2"]
        assert [round(c.area_m2 / SITE.area_m2, 3) for c in result.classes] == [0.6, 0.4]

    @settings(max_examples=15, deadline=None, derandomize=True)
    @given(seed=st.integers(0, 10_000))
    def test_a_coverage_gives_the_same_dissolved_or_not(self, seed):
        rng = np.random.default_rng(seed)
        cells = shapely.voronoi_polygons(
            shapely.MultiPoint(rng.uniform(-500, 1500, (60, 2))),
            extend_to=shapely.box(-3000, -3000, 4000, 4000),
        )
        features = list(shapely.transform(cells, lambda xy: (115.049, 30.175) + xy * 1e-5).geoms)
        classes = rng.choice(["0101", "0301"], len(features)).tolist()
        added, dissolved = (
            asked(rule(classes=("01",)), features, classes=classes, non_overlapping=known)
            for known in (True, False)
        )
        assert added.area_m2 == pytest.approx(dissolved.area_m2, rel=1e-9, abs=1e-4)
        assert added.keys == dissolved.keys
        if added.geometry is not None:
            assert shapely.is_valid(added.geometry)
            assert exact_area(added.geometry) == pytest.approx(
                exact_area(dissolved.geometry), rel=1e-9, abs=1e-4
            )


class TestTolerance:
    def test_it_applies_to_the_sum(self):
        small = [ground(rectangle(90 * i, 10, 1, 0.9)) for i in range(1, 11)]
        result = asked(rule(tolerance_m2=1.0), small)
        assert result.outcome is Outcome.HIT
        assert result.area_m2 == pytest.approx(9, rel=1e-3)
        assert result.count == 10

    def test_a_sum_within_it_is_clear_but_kept_raw(self):
        result = asked(rule(tolerance_m2=1.0), [ground(rectangle(90, 10, 1, 0.9))])
        assert (result.outcome, result.area_m2, result.geometry) == (Outcome.CLEAR, 0, None)
        assert result.raw_area_m2 == pytest.approx(0.9, rel=1e-3)

    def test_a_sum_within_it_is_suspect_where_slivers_are_kept(self):
        result = asked(rule(tolerance_m2=1.0, keep_slivers=True), [ground(rectangle(90, 10, 1, 0.9))])
        assert (result.outcome, result.area_m2) == (Outcome.SUSPECT, 0)
        assert result.geometry is not None


class TestSlivers:
    # The site's east edge is at x = 1000; a strip 1000 m long reaches over it by so many metres.
    def strip(self, width, **settings):
        return asked(rule(**settings), [ground(rectangle(1000 - width, 0, 50, 1000))])

    def test_a_strip_under_10_mm_is_dropped_but_kept_raw(self):
        result = self.strip(0.006)
        assert result.outcome is Outcome.CLEAR
        assert result.raw_area_m2 == pytest.approx(6, rel=0.05)
        assert result.area_m2 == 0

    def test_it_is_suspect_where_slivers_are_kept(self):
        result = self.strip(0.006, keep_slivers=True)
        assert result.outcome is Outcome.SUSPECT
        assert (result.area_m2, result.share) == (0, 0)
        assert result.raw_area_m2 == pytest.approx(6, rel=0.05)
        assert (result.keys, result.count) == (("f000",), 1)
        assert result.geometry is not None
        assert result.length_m == pytest.approx(2000, rel=1e-3)

    def test_a_strip_over_10_mm_is_a_hit(self):
        assert self.strip(0.02).outcome is Outcome.HIT

    def test_the_width_is_a_setting(self):
        assert self.strip(0.02, sliver_width_m=0.05).outcome is Outcome.CLEAR
        assert self.strip(0.006, sliver_width_m=0).outcome is Outcome.HIT

    def test_under_one_millimetre_is_contact_even_where_slivers_are_kept(self):
        result = self.strip(0.0007, keep_slivers=True, sliver_width_m=0)
        assert (result.outcome, result.raw_area_m2) == (Outcome.CLEAR, 0)

    def test_a_small_true_overlap_is_a_hit(self):
        result = asked(rule(), [ground(rectangle(999.5, 0, 50, 0.5))])
        assert result.outcome is Outcome.HIT
        assert result.area_m2 == pytest.approx(0.25, rel=1e-2)

    def test_a_true_overlap_on_a_long_thin_tail_is_a_hit(self):
        # 1 m² of red line at the end of a 990 m long strip, 3 mm wide: 2·area/perimeter alone says 4 mm.
        outline = [[1000, 0], [1100, 0], [1100, 1000], [999.997, 1000], [999.997, 1], [999, 1], [999, 0]]
        result = asked(rule(), [ground(np.array(outline))])
        assert result.outcome is Outcome.HIT
        assert result.area_m2 == pytest.approx(1 + 3, rel=0.05)

    def test_slivers_beside_a_hit_are_only_raw(self):
        result = asked(
            rule(keep_slivers=True),
            [ground(rectangle(999.994, 0, 50, 1000)), ground(rectangle(100, 100, 10, 10))],
        )
        assert result.outcome is Outcome.HIT
        assert result.area_m2 == pytest.approx(100, rel=1e-3)
        assert result.raw_area_m2 == pytest.approx(106, rel=1e-2)
        assert result.keys == ("f001",)

    def test_pieces_are_joined_before_they_are_called_thin(self):
        # One feature, cut at publication so that a strip of 5 mm within the site is a piece of its own.
        cut = [
            ("red", ground(rectangle(500, -50, 400, 200))),
            ("red", ground(rectangle(900, -50, 0.005, 200))),
            ("red", ground(rectangle(900.005, -50, 400, 200))),
        ]
        result = asked(rule(keep_slivers=True), cut)
        assert result.outcome is Outcome.HIT
        assert result.raw_area_m2 == pytest.approx(result.area_m2, rel=1e-12)
        assert result.area_m2 == pytest.approx(500 * 150, rel=1e-3)


class TestInside:
    SPEC = rule(Relation.INSIDE)

    def test_a_site_within_several_features_is_clear(self):
        result = asked(
            self.SPEC, [ground(rectangle(-10, -10, 510, 1020)), ground(rectangle(500, -10, 600, 1020))]
        )
        assert result.outcome is Outcome.CLEAR

    def test_what_lies_outside_is_the_hit(self):
        result = asked(self.SPEC, [ground(rectangle(-10, -10, 910, 1020))])
        assert result.outcome is Outcome.HIT
        assert result.share == pytest.approx(0.1, rel=1e-3)
        assert result.count == 1
        assert result.geometry.centroid.x > SITE.geometry.centroid.x

    def test_an_empty_layer_has_everything_outside(self):
        result = asked(self.SPEC, [])
        assert (result.outcome, result.share) == (Outcome.HIT, 1)
        assert result.area_m2 == pytest.approx(SITE.area_m2, rel=1e-12)

    def test_classes_outside_the_rule_do_not_cover(self):
        assert asked(rule(Relation.INSIDE, classes=("1",)), [around(10)], classes=["2"]).share == 1

    def test_a_site_snapped_to_the_edge_is_inside(self):
        assert asked(rule(Relation.INSIDE, keep_slivers=True), [around(0)]).outcome is Outcome.CLEAR

    def test_what_failed_may_be_what_covers_the_rest(self):
        bow_tie = shapely.Polygon([(115.04, 30.17), (115.07, 30.19), (115.07, 30.17), (115.04, 30.19)])
        part = ground(rectangle(-10, -10, 910, 1020))

        assert asked(self.SPEC, [bow_tie, part]).outcome is Outcome.NOT_CHECKED
        assert asked(self.SPEC, [bow_tie, around(10)]).outcome is Outcome.CLEAR


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
