"""The printed map: exact to scale, honest about what it shows, for those who may see it."""

import io
import re

import numpy as np
import pyproj
import pytest
import shapely
from pypdf import PdfReader

from gis_projects.atlas.printing import content, drawing
from gis_projects.atlas.printing.sheet import PAPERS, SCALES, Frame, Sheet, windows
from gis_projects.trail.models import Step
from layers.models import Layer, LayerVersion
from tests.factories.layers import grid_table, published

CENTRE = (109.91, 40.61)
POINTS_PER_MM = 72 / 25.4


def frame(scale=10_000, turned=0.0, size=(200.0, 150.0)):
    return Frame(*CENTRE, scale, turned, *size)


def order(*codes, **changes):
    asked = {
        "lon": CENTRE[0],
        "lat": CENTRE[1],
        "scale": 10_000,
        "paper": "A4",
        "layers": [{"code": c} for c in codes],
    }
    return {**asked, **changes}


def printed(client, *codes, **changes):
    return client.post("/api/v1/print/", order(*codes, **changes), content_type="application/json")


@pytest.mark.django_db
def test_a_layer_is_drawn_once(layers, planner):
    assert printed(planner, "DLTB", "DLTB").status_code == 400


# --- the frame ------------------------------------------------------------------------------------


@pytest.mark.parametrize("turned", [0.0, 30.0, 90.0, 217.0])
def test_a_kilometre_of_the_plane_is_1000_over_the_scale_on_paper(turned):
    one = frame(25_000, turned)
    to_plane = pyproj.Transformer.from_crs(4490, 4525, always_xy=True)  # an independent way there
    middle = np.array(to_plane.transform(*CENTRE))
    ends = middle + np.array([[0, 0], [1000, 0], [0, 1000]])
    paper = one.to_paper(ends)
    assert np.hypot(*(paper[1] - paper[0])) == pytest.approx(40, abs=1e-9)
    assert np.hypot(*(paper[2] - paper[0])) == pytest.approx(40, abs=1e-9)
    assert paper[0] == pytest.approx([100, 75])
    # north on paper stands as far to the left of up as the frame's top stands to the right of north
    north = paper[2] - paper[0]
    assert np.degrees(np.arctan2(north[0], -north[1])) % 360 == pytest.approx(-turned % 360)
    assert one.to_plane(paper) == pytest.approx(ends)


@pytest.mark.parametrize("turned", [0.0, 33.0, 45.0])
@pytest.mark.parametrize("scale", SCALES)
def test_lines_of_the_grid_are_where_their_labels_say(scale, turned):
    one = frame(scale, turned)
    lines = drawing.grid_lines(one)
    assert {east for east, _, _ in lines} == {True, False}
    for east, value, ends in lines:
        assert one.to_plane(ends)[:, 0 if east else 1] == pytest.approx([value, value], abs=1e-5)
        assert value % one.grid_step == 0
    assert 40 <= one.grid_step * 1000 / scale <= 100


def test_the_window_fits_its_sheet():
    for paper, sides in windows().items():
        for side, (width, height) in sides.items():
            across, down = Sheet(paper, side == "landscape").size
            assert sorted((across, down)) == sorted(PAPERS[paper])
            assert 0.4 * across < width < across - 20
            assert 0.4 * down < height < down - 20


# --- the sheet ------------------------------------------------------------------------------------


@pytest.fixture
def square_kilometre(db):
    """One square of the plane of zone 37, a kilometre wide, around the frame's middle."""
    plane = pyproj.Transformer.from_crs(4490, 4525, always_xy=True)
    x, y = plane.transform(*CENTRE)
    box = shapely.segmentize(shapely.box(x - 500, y - 500, x + 500, y + 500), 50)
    back = pyproj.Transformer.from_crs(4525, 4490, always_xy=True)
    ground = shapely.transform(box, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1])))
    style = {"01": {"fill": "#ff0000", "stroke": "#000000", "hatch": "diagonal"}, "02": {"fill": "#00ff00"}}
    published(
        "SQ", grid_table(1, 1, geometries=[ground], class_codes=["01"]), name="方块", style=style, notice="演示声明",
        class_names={"01": "红", "02": "绿"},
    )  # fmt: skip
    return LayerVersion.objects.get(layer__code="SQ")


def numbers(path):
    return np.array([[float(v) for v in pair.split(" ")] for pair in re.findall(r"-?[\d.]+ -?[\d.]+", path)])


@pytest.mark.parametrize("scale", [2_000, 10_000])
def test_a_square_kilometre_is_drawn_to_scale(square_kilometre, scale):
    side = 1000 * 1000 / scale
    one = Frame(*CENTRE, scale, 0, side + 20, side + 20)
    drawn = content.draw(content.Wanted(square_kilometre), one)
    xy = numbers(re.search(r'd="(M[^"]*Z)"', drawn.svg)[1])
    assert np.ptp(xy, axis=0) == pytest.approx([side, side], abs=0.05)
    assert xy.min(axis=0) == pytest.approx([10, 10], abs=0.05)


def test_the_legend_lists_what_is_drawn_and_nothing_else(square_kilometre):
    drawn = content.draw(content.Wanted(square_kilometre), frame())
    assert [entry["label"] for entry in drawn.legend] == ["红"]
    assert "#00ff00" not in drawn.svg
    off = content.draw(content.Wanted(square_kilometre, hidden=frozenset({"01"})), frame())
    assert (off.svg, off.legend) == ("", [])


def test_a_hatch_of_the_layer_is_on_paper_and_in_the_legend(square_kilometre):
    drawn = content.draw(content.Wanted(square_kilometre), frame())
    (pattern,) = set(drawn.patterns)
    name = re.search(r'id="([^"]+)"', pattern)[1]
    assert f"url(#{name})" in drawn.svg
    assert "<pattern" in drawn.legend[0]["swatch"]


def test_too_many_features_are_drawn_from_overviews_and_it_says_so(db, monkeypatch):
    published("MANY", grid_table(20, 20), style={"01": {"fill": "#ff0000"}, "02": {"fill": "#00ff00"}})
    version = LayerVersion.objects.get(layer__code="MANY")
    one = Frame(109.98, 40.68, 100_000, 0, 200, 200)
    whole = content.draw(content.Wanted(version), one)
    assert whole.note == ""
    monkeypatch.setattr(content, "MAX_FEATURES", 10)
    overview = content.draw(content.Wanted(version), one)
    assert "概览" in overview.note
    assert len(overview.legend) == 2
    assert "stroke=" not in overview.svg  # the edges of tiles are no boundaries

    def extent(svg):
        return np.vstack([numbers(path) for path in re.findall(r'd="([^"]*)"', svg)])

    before, after = extent(whole.svg), extent(overview.svg)
    assert after.min(axis=0) == pytest.approx(before.min(axis=0), abs=1.0)
    assert after.max(axis=0) == pytest.approx(before.max(axis=0), abs=1.0)


@pytest.mark.django_db
def test_the_pdf_has_the_paper_and_says_all_that_it_must(square_kilometre, planner):
    answer = printed(planner, "SQ", title="红线示意", approval="蒙S(2026)1号", turned=30, landscape=False)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Cache-Control"] == "private, no-store"
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    size = [float(page.mediabox.width) / POINTS_PER_MM, float(page.mediabox.height) / POINTS_PER_MM]
    assert size == pytest.approx([210, 297], abs=0.1)
    text = page.extract_text()
    for words in (
        "红线示意",
        "蒙S(2026)1号",
        "方块",
        "第 1 版",
        "1 : 10,000",
        "37带",
        "演示声明",
        "旋转",
        "红",
    ):
        assert words in text
    step = Step.objects.get(verb="atlas.print_map")
    assert step.data["layers"] == ["SQ@1"]
    assert step.data["scale"] == 10_000


@pytest.mark.django_db
def test_lines_of_the_grid_on_the_page_are_a_round_distance_apart(square_kilometre, planner):
    """What the PDF itself draws, in points: grid lines of 1 km at 1:25 000 are 40 mm apart."""
    answer = printed(planner, "SQ", scale=25_000)
    stream = PdfReader(io.BytesIO(answer.content)).pages[0].get_contents().get_data().decode("latin-1")
    upright, unit = [], POINTS_PER_MM / 0.75  # the page's own unit is a CSS pixel
    for x1, y1, x2, y2 in re.findall(r"([\d.]+) ([\d.]+) m\s+([\d.]+) ([\d.]+) l", stream):
        if abs(float(x1) - float(x2)) < 0.01 and abs(float(y1) - float(y2)) > 50:
            upright.append(float(x1))
    gaps = np.diff(sorted(set(upright)))
    found = {round(gap, 1) for gap in gaps if gap > 1}
    assert found & {round(40 * factor, 1) for factor in (1.0, unit, POINTS_PER_MM)}, sorted(set(upright))


@pytest.mark.django_db
def test_a_confidential_layer_is_not_printed_for_who_may_not_know_of_it(layers, planner, reviewer):
    assert printed(planner, "MI").status_code == printed(planner, "NONE").status_code == 400
    assert not Step.objects.filter(verb="atlas.print_map").exists()
    answer = printed(planner, "DLTB", "MI")
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "国土调查地类图斑" in text
    assert "涉密设施" not in text
    assert Step.objects.get(verb="atlas.print_map").data["layers"] == ["DLTB@1"]
    assert "涉密设施" in PdfReader(io.BytesIO(printed(reviewer, "MI").content)).pages[0].extract_text()


@pytest.mark.django_db
def test_the_base_map_lies_below_and_is_named(layers, planner):
    text = PdfReader(io.BytesIO(printed(planner, base=True).content)).pages[0].extract_text()
    assert "底图" in text
    assert "行政区" in text


@pytest.mark.django_db
def test_a_long_legend_goes_on_on_another_page_with_nothing_lost(planner):
    names = {f"{n:02d}": f"类别甲{n:02d}" for n in range(60)}
    table = grid_table(10, 6, class_codes=list(names))
    published("LONG", table, class_names=names, style={code: {"fill": "#888888"} for code in names})
    pages = PdfReader(io.BytesIO(printed(planner, "LONG", lon=109.95, lat=40.63, scale=50_000).content)).pages
    assert len(pages) == 2
    text = "".join(page.extract_text() for page in pages)
    assert all(name in text for name in names.values())


@pytest.mark.django_db
def test_texts_are_texts_on_paper(layers, planner):
    Layer.objects.filter(code="DLTB").update(
        style={"01": {"fill": '"/><script>', "stroke": "<b>", "hatch": "x'\""}}
    )
    answer = printed(planner, "DLTB", title="<b>图</b>&amp;")
    assert "<b>图</b>&amp;" in PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"scale": 10},
        {"lon": 10},
        {"paper": "A0"},
        {"turned": "x"},
        {"layers": []},
        {"layers": [{}]},
        {"lat": float("nan")},
    ],
)
def test_an_order_that_can_not_be_drawn_is_refused(layers, planner, changes):
    answer = printed(planner, "DLTB", **changes)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
