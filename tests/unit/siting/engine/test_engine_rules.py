import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.area import exact_area
from siting.engine.rules import Relation
from siting.engine.verdict import Outcome
from tests.unit.siting.engine.scenes import SITE, around, asked, ground, rectangle, rule


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

    @pytest.mark.parametrize("millimetres", [1.5, 3, 9])
    def test_slivers_begin_above_one_millimetre(self, millimetres):
        result = self.strip(millimetres / 1000, keep_slivers=True)
        assert result.outcome is Outcome.SUSPECT
        assert result.raw_area_m2 == pytest.approx(millimetres, rel=0.05)

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
