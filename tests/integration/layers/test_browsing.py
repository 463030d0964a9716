"""Looking through a version: the same rows as a plain scan, in a stable order, page by page, old versions too."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers import browsing
from layers.browsing import Selection
from layers.loading import stage
from layers.models import LayerVersion, Status
from tests.factories.layers import ORIGIN, REGION, STEP, grid_table, published, square

pytestmark = pytest.mark.django_db


def version(number=1, code="GRID"):
    return LayerVersion.objects.get(layer__code=code, number=number)


@pytest.fixture
def three_versions(db):
    """4 × 4 cells; the second version moves the first row's shapes and drops K0015, the third brings back all."""
    first = grid_table(4, 4)
    published("GRID", first, class_names={"01": "耕地", "02": "园地"})
    moved = np.array([shapely.transform(g, lambda xy: xy + 1e-6) for g in first.geometries[:4]], dtype=object)
    second = grid_table(4, 4)
    keep = slice(0, 15)
    published(
        "GRID",
        grid_table(
            4, 4,
            geometries=np.concatenate([moved, second.geometries[4:]])[keep],
            keys=list(second.keys[keep]), class_codes=list(second.class_codes[keep]), names=list(second.names[keep]),
            attributes={name: values[keep] for name, values in second.attributes.items()},
        ),
    )  # fmt: skip
    published("GRID", grid_table(4, 4))
    published("OTHER", grid_table(5, 5))


def everything(number):
    """A plain scan: every row, judged in Python."""
    row = version(number)
    return {
        f.key: f
        for f in row.layer.features.all()
        if f.first_version <= number and (f.last_version is None or f.last_version >= number)
    }


def walked(row, selection, order, limit):
    """All pages forwards, then all the way back."""
    pages = [browsing.page(row, selection, order=order, limit=limit)]
    while pages[-1].next is not None:
        pages.append(browsing.page(row, selection, order=order, limit=limit, after=pages[-1].next))
    keys = [r.key for page in pages for r in page.rows]
    back = [pages[-1]]
    while back[-1].previous is not None:
        back.append(browsing.page(row, selection, order=order, limit=limit, before=back[-1].previous))
    assert [r.key for page in reversed(back) for r in page.rows] == keys
    return keys


boxes = st.tuples(st.floats(-1, 5), st.floats(-1, 5), st.floats(0, 3), st.floats(0, 3)).map(
    lambda b: (
        ORIGIN[0] + b[0] * STEP, ORIGIN[1] + b[1] * STEP,
        ORIGIN[0] + (b[0] + b[2]) * STEP, ORIGIN[1] + (b[1] + b[3]) * STEP,
    )
)  # fmt: skip
selections = st.builds(
    Selection,
    boxes=st.lists(boxes, max_size=2).map(tuple),
    filters=st.fixed_dictionaries(
        {},
        optional={
            "class_code": st.sampled_from(["01", "02", "99", ""]),
            "QSXZ": st.sampled_from(["20", "30", "20.0"]),
            "TBMJ": st.sampled_from(["1.5", "1.50", "3", "3.0", "x"]),
            "key": st.sampled_from(["K0000", "K0015", "k0015"]),
        },
    ),
    words=st.sampled_from(["", "1", "图斑 K000", "耕", "园地 5", "100%", "_", "k001"]),
    least_m2=st.sampled_from([None, 0.0, 940_000.0]),
    most_m2=st.sampled_from([None, 939_900.0, 1e9]),
)


def chosen(row, selection, scanned):
    """What the selection means, without SQL."""

    def equal(text, value):
        if value is None:
            return False
        if isinstance(value, str):
            return text == value or (_number(text) is not None and str(_whole(_number(text))) == value)
        return text == str(value) or _number(text) == value

    def keep(f):
        shape = shapely.from_wkb(bytes(f.geom.wkb))
        meets = not selection.boxes or any(shapely.box(*box).intersects(shape) for box in selection.boxes)
        own = {"key": f.key, "class_code": f.class_code, "name": f.name}
        equals = all(
            own[name] == text if name in own else equal(text, f.attributes.get(name))
            for name, text in selection.filters.items()
        )
        said = all(
            word.lower() in f.key.lower()
            or word.lower() in f.name.lower()
            or word in row.class_names.get(f.class_code, "\0")
            for word in selection.words.split()
        )
        least = selection.least_m2 is None or f.area_m2 >= selection.least_m2
        most = selection.most_m2 is None or f.area_m2 <= selection.most_m2
        return meets and equals and said and least and most

    return {key for key, f in scanned.items() if keep(f)}


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None


def _whole(number):
    return int(number) if number.is_integer() else number


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    selection=selections,
    number=st.sampled_from([1, 2, 3]),
    order=st.sampled_from([*browsing.ORDERS, "-key", "-area_m2", "-class_code"]),
    limit=st.sampled_from([1, 3, 100]),
)
def test_pages_hold_what_a_plain_scan_finds(three_versions, selection, number, order, limit):
    row = version(number)
    scanned = everything(number)
    wanted = chosen(row, selection, scanned)
    keys = walked(row, selection, order, limit)
    column = browsing.ORDERS[order.removeprefix("-")]
    by_value = sorted(wanted, key=lambda key: (getattr(scanned[key], column), key), reverse=order[0] == "-")
    assert keys == by_value
    assert browsing.count(row, selection) == browsing.Counted(len(wanted), exact=True)
    assert [r.key for batch in browsing.batches(row, selection, at_once=2) for r in batch] == sorted(wanted)
    bounds = browsing.extent(row, selection)
    if wanted:
        boxes_ = np.array([scanned[key].geom.extent for key in wanted])
        assert bounds == pytest.approx((*boxes_[:, :2].min(axis=0), *boxes_[:, 2:].max(axis=0)))
    else:
        assert bounds is None


def test_a_row_is_the_feature_as_stored(three_versions):
    found = browsing.feature(version(2), "K0001")
    stored = version(2).layer.features.get(key="K0001", first_version=2)
    assert (found.class_code, found.name, found.area_m2) == ("01", "图斑1", stored.area_m2)
    assert found.attributes == {"TBMJ": 1.5, "QSXZ": "20"}
    assert found.geometry.wkb_hex == stored.geom.hex.decode()
    assert found.bbox == stored.geom.extent
    assert browsing.feature(version(2), "K0015") is None
    assert browsing.feature(version(3), "K0015").geometry.equals(square(3, 3))
    assert browsing.page(version(2)).rows[0].geometry is None


def test_offset_and_counting_have_bounds(three_versions):
    row = version(1)
    page = browsing.page(row, offset=14, limit=10)
    assert [r.key for r in page.rows] == ["K0014", "K0015"]
    assert page.next is None
    assert page.previous == ("K0014", "K0014")
    assert browsing.count(row, at_most=5) == browsing.Counted(5, exact=False)
    assert browsing.count(row, at_most=16) == browsing.Counted(16, exact=True)
    with pytest.raises(ValueError, match="no order"):
        browsing.page(row, order="attributes; DROP")


def test_a_staged_version_is_looked_through_by_its_number_and_changes_no_answer(three_versions):
    before = [r.key for r in browsing.page(version(3)).rows]
    staged = stage(version(3).layer, grid_table(2, 2), coverage=REGION)
    assert staged.status == Status.STAGED
    assert [r.key for r in browsing.page(staged).rows] == ["K0000", "K0001", "K0002", "K0003"]
    assert [r.key for r in browsing.page(version(3)).rows] == before


def test_attributes_are_named_with_their_kind(db):
    published(
        "KINDS",
        grid_table(
            2, 1,
            attributes=[
                {"t": "x", "i": 3, "n": 1, "b": True, "m": "x", "o": None},
                {"t": "", "i": -4, "n": 1.5, "b": False, "m": 3},
            ],
        ),
    )  # fmt: skip
    assert {f.name: f.kind for f in browsing.fields(version(code="KINDS"))} == {
        "t": "text", "i": "integer", "n": "number", "b": "boolean", "m": "mixed",
    }  # fmt: skip
