"""The map's address behind the #: what is read, what is kept, and what a reader may not know of."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_projects.atlas import permalink
from gis_projects.atlas.permalink import LayerState, NoView, Side, parse

COMPARED = (
    "12/40.62/109.9/layers=DLTB:3*70!0101.~.%2E,DEM@slope/kinds=key,planned/date=2026-01-02/look=stage"
    "/compare=swipe:35/right.layers=GHFQ/right.kinds=reserve/right.when=2025-06-30/right.show=heat"
)


def test_both_sides_are_read():
    view = parse(f"#{COMPARED}")
    assert (view.zoom, view.lat, view.lon, view.mode, view.share) == (12, 40.62, 109.9, "swipe", 35)
    assert view.left == Side(
        layers=(
            LayerState("DLTB", 3, 70, None, frozenset({"0101", "", "."})),
            LayerState("DEM", style="slope"),
        ),
        kinds=("key", "planned"),
        as_of=date(2026, 1, 2),
        look="stage",
    )
    assert view.right == Side(
        layers=(LayerState("GHFQ"),), kinds=("reserve",), day=date(2025, 6, 30), show="heat"
    )


def test_without_a_comparison_there_is_no_right_side():
    text = COMPARED.replace("/compare=swipe:35", "")
    assert parse(text).right is None
    assert "right." not in permalink.canonical(text)


def test_what_was_for_a_moment_is_not_kept():
    text = permalink.canonical("9/40/110/layers=/find=%E6%B2%B3/at=DLTB:K1/tool=print/look=stage/nonsense=1")
    assert text == "9/40.00000/110.00000/layers=/look=stage"


@pytest.mark.parametrize(
    "text", ["", "#", "12", "12/40", "0/40/110", "23/40/110", "12/nan/110", "12/40/inf", "12/99/110", "a/b/c"]
)
def test_a_text_without_place_is_no_view(text):
    with pytest.raises(NoView):
        parse(text)


def test_layers_that_a_reader_does_not_know_are_left_out_on_both_sides():
    text = "9/40/110/layers=DLTB:3*70,JM:2!01/compare=panes:50/right.layers=JM,XZQ"
    seen = permalink.without_unknown(text, lambda codes: [code for code in codes if code != "JM"])
    assert seen == "9/40.00000/110.00000/layers=DLTB:3*70/compare=panes:50/right.layers=XZQ"
    assert permalink.codes(seen) == {"DLTB", "XZQ"}


_CODES = st.sampled_from(["DLTB", "XZQ", "a_1", "Z"])
_HIDDEN = st.lists(st.sampled_from(["01", "0101", "05H1"]), max_size=3)


@given(
    st.lists(st.tuples(_CODES, st.integers(0, 99), st.integers(0, 100), _HIDDEN), max_size=5),
    st.text("=,:*!~.%#@ab1中", max_size=40),
)
def test_whatever_is_read_is_kept_and_kept_again_the_same(layers, noise):
    def one(code, version, opacity, hidden):
        return f"{code}{f':{version}' if version else ''}*{opacity}{'!' + '.'.join(hidden) if hidden else ''}"

    said = ",".join(one(*layer) for layer in layers)
    text = f"11/40.5/109.5/layers={said}/{noise.replace('/', '')}"
    kept = permalink.canonical(text)
    assert permalink.canonical(kept) == kept
    states = [LayerState(code, version or None, opacity, None, frozenset(hidden))
              for code, version, opacity, hidden in layers]  # fmt: skip
    codes = [state.code for state in states]
    assert parse(kept).left.layers == tuple(
        state for at, state in enumerate(states) if state.code not in codes[:at]
    )


def test_a_side_names_each_layer_once_and_no_more_than_a_map_can_show():
    many = [f"L{number}" for number in range(3000)]
    text = (
        f"9/40/110/layers=DLTB*10,DLTB*90,{','.join(many)}/compare=panes:50/right.layers={','.join(many * 2)}"
    )
    view = parse(text)
    assert view.left.layers[0] == LayerState("DLTB", opacity=10)
    assert [one.code for one in view.left.layers] == ["DLTB", *many[:59]]
    assert [one.code for one in view.right.layers] == many[:60]
    assert len(permalink.codes(text)) == 61
    assert permalink.canonical(permalink.canonical(text)) == permalink.canonical(text)
