"""Symbols on paper are those of the screen, and every project in the frame is drawn and counted once."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.atlas.printing import marks, signs
from gis_projects.atlas.printing.sheet import Frame
from gis_projects.library.queries.mapping import Mapped

LOOKS_TS = Path(__file__).parents[3] / "frontend" / "src" / "staff" / "looks.ts"
SHOWN = ("key", "government", "planned", "reserve")


def frame(scale=100_000):
    return Frame(109.9, 40.6, scale, 0.0, 200.0, 150.0)


def project(pk=1, *, kinds=("key",), lon=109.9, lat=40.6, yuan="1000", precision="exact", **said):
    known = {
        "region": "150207",
        "industry": "E",
        "level": "city",
        "stage": "planning",
        "library": "basic",
        "year": 2026,
    }
    return Mapped(
        pk, f"P-{pk}", f"项目{pk}", kinds, **(known | said), planned_yuan=None if yuan is None else Decimal(yuan),
        cumulative_yuan=None, precision=precision, site_version=None, longitude=lon, latitude=lat,
    )  # fmt: skip


def test_the_table_is_that_of_the_screen():
    text = LOOKS_TS.read_text()

    def table(name):
        body = re.search(rf"{name}: Record<string, Sign> = {{(.*?)\n}};", text, re.DOTALL).group(1)
        found = {}
        for key, shape, colour, size, more in re.findall(
            r'(\[NO_KIND\]|\w+): sign\("(\w+)", "(#\w+)"(?:, ([\d.]+))?(, {[^}]*})?\)', body
        ):
            code = signs.NO_KIND if key == "[NO_KIND]" else key
            found[code] = signs.Sign(shape, colour, float(size or 1), ringed="ringed: true" in more)
        return found

    assert table("KIND_SIGNS") == signs.KIND_SIGNS
    assert table("LEVEL_SIGNS") == signs.LEVEL_SIGNS
    assert table("STAGE_SIGNS") == signs.STAGE_SIGNS
    industries = re.search(r"INDUSTRY_COLOURS: Record<string, string> = {(.*?)\n}", text, re.DOTALL).group(1)
    assert dict(re.findall(r'(\w): "(#\w+)"', industries)) == signs.INDUSTRY_COLOURS


def test_a_kind_has_its_symbol_and_its_number_in_the_legend():
    rows = [project(1, kinds=("key", "reserve")), project(2, kinds=("reserve",)), project(3, kinds=())]
    made = marks.drawn(rows, frame(), "kind", SHOWN, {"key": "重点项目"})
    assert made.keys == [1, 2, 3]
    assert signs.KIND_SIGNS["key"].colour in made.svg[0]  # several kinds are drawn as the first of them
    assert signs.KIND_SIGNS["reserve"].colour in made.svg[1]
    assert [entry["label"] for entry in made.entries] == ["重点项目  1", "reserve  2", "none  1"]


def test_a_kind_that_is_off_is_not_what_a_project_is_drawn_as():
    made = marks.drawn([project(kinds=("key", "reserve"))], frame(), "kind", ("reserve",), {})
    assert signs.KIND_SIGNS["reserve"].colour in made.svg[0]


def test_what_lies_outside_or_nowhere_is_not_drawn():
    rows = [project(1, lon=None, lat=None), project(2, lon=111.0), project(3)]
    assert marks.drawn(rows, frame(), "kind", SHOWN, {}).keys == [3]


def test_a_rough_place_is_hollow():
    exact, rough = (
        marks.drawn([project(precision=one)], frame(), "kind", SHOWN, {}).svg[0]
        for one in ("exact", "region")
    )
    assert 'fill="#fff"' not in exact
    assert 'fill="#fff"' in rough


places = st.lists(
    st.tuples(st.floats(109.8, 110.0), st.floats(40.55, 40.65), st.sets(st.sampled_from(SHOWN), min_size=1)),
    min_size=marks.FEW + 1, max_size=marks.FEW + 60,
)  # fmt: skip


@given(places)
def test_gathered_ones_add_up_to_all(found):
    rows = [project(pk, lon=x, lat=y, kinds=tuple(kinds)) for pk, (x, y, kinds) in enumerate(found)]
    made = marks.drawn(rows, frame(), "kind", SHOWN, {})
    assert made.gathered == (len(made.keys) > marks.FEW)
    if made.gathered:
        pies = [int(number) for svg in made.svg for number in re.findall(r">(\d+)</text>", svg)]
        single = sum("</text>" not in svg for svg in made.svg)
        assert sum(pies) + single == len(made.keys)
    assert {entry["code"]: int(entry["label"].split()[-1]) for entry in made.entries} == {
        kind: number
        for kind in SHOWN
        if (number := sum(kind in row.kinds for row in rows if row.pk in set(made.keys)))
    }


def test_at_a_large_scale_nothing_is_gathered():
    rows = [project(pk) for pk in range(marks.FEW + 1)]
    made = marks.drawn(rows, frame(marks.GATHERED_BELOW), "kind", SHOWN, {})
    assert not made.gathered
    assert len(made.svg) == len(rows)


def test_a_discs_area_goes_by_the_amount():
    rows = [project(1, yuan="100"), project(2, yuan="400"), project(3, yuan=None)]
    made = marks.drawn(rows, frame(), "investment", SHOWN, {})
    radii = [float(re.search(r' r="([\d.]+)"', svg).group(1)) for svg in made.svg]
    assert radii[0] == pytest.approx(2 * radii[1], abs=0.01)  # the largest lies below
    assert radii[2] < radii[1]
    assert made.keys == [1, 2, 3]
