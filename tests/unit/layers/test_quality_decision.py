import pytest

from layers.models import Layer
from layers.quality.decision import MEASURES, Outcome, Summary, decide, thresholds_of
from layers.quality.findings import Kind
from layers.quality.limits import THRESHOLDS


def summary(counts, areas=None, features=100):
    whole = {kind: {"error": 0, "warning": 0, "note": 0} | values for kind, values in counts.items()}
    return Summary(features, whole, areas or {}, Outcome.PASS, (), 0.0)


def test_nothing_found_passes():
    assert decide(summary({}), THRESHOLDS["coverage"]).outcome == "pass"


@pytest.mark.parametrize(
    ("thresholds", "outcome"),
    [
        ({}, "pass"),
        ({"reason": {"count": 4}}, "pass"),
        ({"reason": {"count": 3}}, "reason"),
        ({"reason": {"errors": 2}}, "pass"),
        ({"reason": {"errors": 1}}, "reason"),
        ({"reason": {"share": 0.03}}, "reason"),
        ({"reason": {"share": 0.031}}, "pass"),
        ({"refuse": {"area_m2": 500}}, "refuse"),
        ({"refuse": {"area_m2": 501}, "reason": {"count": 1}}, "reason"),
        ({"refuse": {"largest_m2": 400}, "reason": {"count": 1}}, "refuse"),
        ({"reason": {"count": 100, "largest_m2": 1}}, "reason"),
    ],
)
def test_thresholds_decide(thresholds, outcome):
    found = summary({"overlap": {"error": 1, "warning": 2}}, {"overlap": {"total": 500.0, "largest": 400.0}})
    decision = decide(found, {"overlap": thresholds})
    assert decision.outcome == outcome
    assert bool(decision.because) is (outcome != "pass")


def test_the_sentence_says_what_led_to_it():
    found = summary({"overlap": {"error": 2}}, {"overlap": {"total": 1234.5, "largest": 1000.0}})
    decision = decide(found, {"overlap": {"refuse": {"area_m2": 1000}}})
    assert [str(notice) for notice in decision.because] == [
        "“相互重叠”合计 1234.50 平方米，达到 1000.00 平方米，不能发布。"
    ]
    assert decision.because[0].code == "quality-overlap"
    assert str(decide(found, {"overlap": {"reason": {"share": 0.01}}}).because[0]) == (
        "“相互重叠”占全部要素的 2.00%，达到 1.00%，须由专人说明理由后发布。"
    )


def test_the_gravest_decides_and_stands_first():
    found = summary({"gap": {"error": 1}, "overlap": {"error": 1}})
    decision = decide(found, {"gap": {"reason": {"count": 1}}, "overlap": {"refuse": {"count": 1}}})
    assert decision.outcome == "refuse"
    assert [notice.code for notice in decision.because] == ["quality-overlap", "quality-gap"]


@pytest.mark.parametrize("thresholds", [{}, {"rejected": {}}, {"rejected": {"reason": {"count": 50}}}])
def test_features_that_were_left_out_never_pass_unsaid(thresholds):
    assert decide(summary({"rejected": {"error": 1}}), thresholds).outcome == "reason"


def test_a_layer_of_no_features_is_decided_on_too():
    assert (
        decide(
            summary({"required": {"error": 1}}, features=0), {"required": {"reason": {"share": 0.5}}}
        ).outcome
        == "reason"
    )


def test_a_red_line_is_not_asked_for_gaplessness():
    assert "gap" in THRESHOLDS["coverage"]
    assert "gap" not in THRESHOLDS["zones"]


def test_a_layers_own_thresholds_go_before_kind_by_kind():
    layer = Layer(code="DLTB", thresholds={"overlap": {"refuse": {"count": 1}}})
    thresholds = thresholds_of(layer)
    assert thresholds["overlap"] == {"refuse": {"count": 1}}
    assert thresholds["gap"] == THRESHOLDS["coverage"]["gap"]
    assert thresholds_of(Layer(code="STBHHX")) == THRESHOLDS["zones"]
    assert thresholds_of(Layer(code="WHATEVER")) == THRESHOLDS["any"]
    assert thresholds_of(Layer(code="WHATEVER", standard="DLTB")) == THRESHOLDS["coverage"]


@pytest.mark.parametrize("arrangement", THRESHOLDS)
def test_the_defaults_name_kinds_outcomes_and_measures_that_exist(arrangement):
    for kind, levels in THRESHOLDS[arrangement].items():
        assert kind in Kind.values
        assert set(levels) <= {"reason", "refuse"}
        for conditions in levels.values():
            assert set(conditions) <= set(MEASURES)
