"""Two versions of a layer held against each other: what came, what went, what changed, and where."""

from __future__ import annotations

import numpy as np
import pyogrio
import pytest
import shapely

from layers import changes, queries
from layers.areas import exact_areas
from layers.changes import ChangeKind, FieldChange
from layers.loading import stage
from layers.models import Layer, LayerVersion
from layers.overviews import EXTENT, to_world
from layers.publishing import discard
from layers.table import Table
from layers.withdrawal import withdraw
from tests.factories.layers import REGION, published, square

pytestmark = pytest.mark.django_db

Row = tuple[str, str, str, dict, object]


def table(rows: list[Row]) -> Table:
    keys, classes, names, attributes, geometries = zip(*rows, strict=True)
    return Table(np.array(geometries, dtype=object), keys, classes, names, list(attributes))


def publish(code: str, rows: list[Row]) -> LayerVersion:
    report = published(code, table(rows))
    return LayerVersion.objects.get(layer__code=code, number=report.version)


def row(key: str, column: int = 0, code: str = "01", name: str = "", geometry: object = None, **words) -> Row:
    return key, code, name, words, square(column, 0) if geometry is None else geometry


@pytest.fixture
def two():
    """One of each kind, and two that are the same."""
    a = publish(
        "L",
        [
            row("same", 0), row("also", 1, QSXZ="20"), row("gone", 2), row("class", 3), row("word", 4, QSXZ="20"),
            row("name", 5, name="旧"), row("moved", 6), row("all", 8, "02", TBMJ=1),
        ],
    )  # fmt: skip
    b = publish(
        "L",
        [
            row("same", 0), row("also", 1, QSXZ="20"), row("new", 10), row("class", 3, "02"),
            row("word", 4, QSXZ="30"), row("name", 5, name="新"), row("moved", 7),
            row("all", geometry=square(8, 0, 0.005), code="03", TBMJ=2, SJNF="2020"),
        ],
    )  # fmt: skip
    return a, b


def kinds(a, b, **choice) -> dict[str, str]:
    return {change.key: str(change.kind) for change in changes.rows(a, b, **choice)}


def test_each_way_of_changing_is_told_apart(two):
    a, b = two
    assert kinds(a, b) == {
        "all": "both", "class": "attributes", "gone": "removed", "moved": "geometry", "name": "attributes",
        "new": "added", "word": "attributes",
    }  # fmt: skip
    found = changes.summary(a, b)
    assert found.counts() == {
        "added": 1, "removed": 1, "geometry": 1, "attributes": 3, "both": 1, "unchanged": 2,
    }  # fmt: skip
    assert (found.changed, found.total) == (5, 7)


def test_the_other_way_round_what_came_went(two):
    a, b = two
    assert kinds(b, a) == {**kinds(a, b), "gone": "added", "new": "removed"}
    assert changes.summary(b, a).unchanged == 2
    back = {change.key: change for change in changes.rows(b, a)}
    assert (back["class"].class_before, back["class"].class_after) == ("02", "01")


def test_a_row_says_what_was_and_what_is(two):
    found = {change.key: change for change in changes.rows(*two)}
    whole = found["all"]
    assert (whole.class_before, whole.class_after) == ("02", "03")
    expected = exact_areas([square(8, 0), square(8, 0, 0.005)])
    assert (whole.area_before, whole.area_after) == pytest.approx(tuple(expected))
    assert set(whole.fields) == {
        FieldChange("class_code", "02", "03"), FieldChange("TBMJ", 1, 2), FieldChange("SJNF", None, "2020"),
    }  # fmt: skip
    assert found["name"].fields == (FieldChange("name", "旧", "新"),)
    assert found["name"].name == "新"
    assert found["gone"].area_after is None
    assert found["new"].class_before is None
    assert shapely.Point(found["gone"].place).within(square(2, 0))
    assert found["moved"].bounds == pytest.approx((*square(6, 0).bounds[:2], *square(7, 0).bounds[2:]))


def test_classes_before_and_after_add_up(two):
    a, b = two
    found = changes.summary(a, b)
    assert sum(part.count for part in found.by_class) == found.total
    changed_class = [part for part in found.by_class if (part.class_before, part.class_after) == ("01", "02")]
    assert [(part.kind, part.count) for part in changed_class] == [(ChangeKind.ATTRIBUTES, 1)]
    assert changed_class[0].area_before == pytest.approx(exact_areas([square(3, 0)])[0])


def test_rows_can_be_chosen_ordered_and_paged(two):
    a, b = two
    assert list(kinds(a, b, kind=ChangeKind.ATTRIBUTES)) == ["class", "name", "word"]
    assert set(kinds(a, b, class_code="02")) == {"all", "class"}
    assert set(kinds(a, b, bbox=square(2.2, 0.2, 0.005).bounds)) == {"gone"}
    assert set(kinds(a, b, bbox=square(6.2, 0.2, 0.005).bounds)) == {"moved"}, "also where it was"
    everything = list(kinds(a, b, order="-key"))
    assert everything == sorted(everything, reverse=True)
    assert list(kinds(a, b, order="-key", offset=2, limit=3)) == everything[2:5]
    assert [change.key for change in changes.every(a, b, order="-key", at_once=2)] == everything
    smallest = changes.rows(a, b, order="difference")[0]
    assert smallest.key == "gone"
    with pytest.raises(KeyError):
        changes.rows(a, b, order="key; DROP TABLE layers_feature")
    for order in changes.ORDERS:
        assert len(changes.rows(a, b, order=f"-{order}")) == 7


def test_counts_follow_the_choice(two):
    a, b = two
    assert changes.count(a, b) == 7
    assert changes.count(a, b, kind=ChangeKind.ATTRIBUTES) == 3
    assert changes.count(a, b, class_code="02") == 2
    assert changes.count(a, b, kind=ChangeKind.ADDED, class_code="02") == 0
    assert changes.count(a, b, bbox=square(2.2, 0.2, 0.005).bounds) == 1


def test_the_same_shape_written_otherwise_is_no_change_of_shape():
    holed = shapely.Polygon(
        square(0, 0).exterior.coords, [shapely.box(109.903, 40.603, 109.904, 40.604).exterior.coords]
    )
    turned = shapely.Polygon(np.roll(holed.exterior.coords[:-1], 2, axis=0)[::-1], holed.interiors)
    nearly = shapely.transform(turned, lambda xy: xy + 3e-11)
    a = publish("L", [row("A", geometry=holed, TBMJ=1), row("B", 3)])
    b = publish("L", [row("A", geometry=shapely.MultiPolygon([nearly]), TBMJ=2), row("B", 3)])
    assert kinds(a, b) == {"A": "attributes"}


def test_versions_that_are_far_apart_are_compared_without_those_between():
    a = publish("L", [row("A", 0), row("B", 1), row("C", 2)])
    publish("L", [row("A", 0, "02"), row("C", 2), row("D", 3)])
    publish("L", [row("A", 0), row("B", 1), row("E", 4), row("C", 2, "03")])
    d = publish("L", [row("A", 0), row("B", 1), row("E", 4), row("C", 2)])
    assert kinds(a, d) == {"E": "added"}, "what went and came back is what it was"
    assert changes.summary(a, d).counts()["unchanged"] == 3
    assert kinds(a, a) == {}


def test_a_withdrawn_version_leaves_no_difference():
    a = publish("L", [row("A", 0), row("B", 1)])
    publish("L", [row("A", 0, "02"), row("C", 5)])
    withdraw(Layer.objects.get(code="L"))
    c = LayerVersion.objects.get(layer__code="L", number=3)
    assert kinds(a, c) == {}
    assert changes.summary(a, c).unchanged == 2
    moved = changes.flow(a, c)
    assert moved.m2.tolist() == [[pytest.approx(exact_areas([square(0, 0), square(1, 0)]).sum())]]
    assert moved.changed_before.tolist() == [0]


def test_a_staged_version_is_compared_before_it_is_published():
    a = publish("L", [row("A", 0), row("B", 1)])
    layer = Layer.objects.get(code="L")
    staged = stage(layer, table([row("A", 0, "02"), row("C", 2)]), coverage=REGION)
    assert kinds(a, staged) == {"A": "attributes", "B": "removed", "C": "added"}
    discard(staged)
    assert changes.summary(a, a).unchanged == 2


def test_pinned_versions_do_as_well(two):
    a, b = two
    pins = [queries.pinned({"L": version.number})["L"] for version in two]
    assert changes.rows(*pins) == changes.rows(a, b)
    assert changes.summary(*pins) == changes.summary(a, b)


def test_versions_of_two_layers_are_not_compared(two):
    other = publish("M", [row("A", 0)])
    for question in (changes.summary, changes.rows, changes.flow):
        with pytest.raises(ValueError, match="one layer"):
            question(two[0], other)


@pytest.mark.parametrize("seed", range(6))
def test_every_pair_of_versions_says_what_a_plain_comparison_says(seed):
    """Features come, go, come back, change class, words or shape at random; tables in memory are the witness."""
    rng = np.random.default_rng(seed)
    history: list[dict[str, Row]] = []
    now: dict[str, Row] = {f"K{n}": row(f"K{n}", n) for n in range(12)}
    versions = []
    for _ in range(5):
        history.append(dict(now))
        versions.append(publish("L", list(now.values())))
        for n in range(16):
            key, luck = f"K{n}", rng.uniform()
            if luck < 0.2:
                now.pop(key, None)
            elif luck < 0.6:
                size = float(rng.choice([0.01, 0.008]))
                code, year = str(rng.choice(["01", "02"])), str(rng.choice(["2019", "2020"]))
                now[key] = row(key, code=code, geometry=square(n, 0, size), SJNF=year)
    for i, a in enumerate(versions):
        for j, b in enumerate(versions):
            assert kinds(a, b) == _plain(history[i], history[j]), (i, j)


def _plain(before: dict[str, Row], after: dict[str, Row]) -> dict[str, str]:
    found = {}
    for key in sorted(before.keys() | after.keys()):
        if key not in before or key not in after:
            found[key] = "removed" if key in before else "added"
            continue
        words, shape = before[key][:4] != after[key][:4], not before[key][4].equals(after[key][4])
        if words or shape:
            found[key] = "both" if words and shape else "attributes" if words else "geometry"
    return found


# --- on the map -----------------------------------------------------------------------------------------


def drawn(data: bytes, tmp_path) -> list[tuple[str | None, str, str]]:
    """(key, kind, class) of the shapes of a tile, read by GDAL."""
    path = tmp_path / "0.pbf"
    path.write_bytes(data)
    meta, _, geometry, columns = pyogrio.raw.read(path)
    assert len(geometry)
    fields = {name: column.tolist() for name, column in zip(meta["fields"], columns, strict=True)}
    return sorted(
        zip(fields.get("key", [None] * len(geometry)), fields["kind"], fields["class"], strict=True), key=str
    )


def tile_at(zoom: int, lon: float, lat: float) -> tuple[int, int, int]:
    x, y = to_world(np.array([[lon, lat]]), zoom)[0] // EXTENT
    return zoom, int(x), int(y)


def test_a_tile_shows_each_change_in_its_kind_and_where_a_moved_one_was(two, tmp_path):
    assert drawn(changes.tile(*two, *tile_at(9, 109.95, 40.605)), tmp_path) == [
        ("all", "both", "before"), ("all", "both", "both"), ("class", "attributes", "attributes"),
        ("gone", "removed", "removed"), ("moved", "geometry", "before"), ("moved", "geometry", "geometry"),
        ("name", "attributes", "attributes"), ("new", "added", "added"), ("word", "attributes", "attributes"),
    ]  # fmt: skip


def test_a_tile_has_only_what_lies_in_it(two, tmp_path):
    middle = square(2, 0).centroid
    assert drawn(changes.tile(*two, *tile_at(16, middle.x, middle.y)), tmp_path) == [
        ("gone", "removed", "removed")
    ]
    assert changes.tile(*two, *tile_at(16, 110.5, 41.0)) == b""


def test_what_is_below_a_pixel_is_still_there_but_once_a_pixel(two, tmp_path):
    """At zoom 5 the layer's 1 km squares are a quarter of a pixel."""
    shapes = drawn(changes.tile(*two, *tile_at(5, 109.95, 40.605)), tmp_path)
    assert {kind for _, kind, _ in shapes} == {"added", "removed", "geometry", "attributes", "both"}
    assert len([kind for _, kind, _ in shapes if kind == "attributes"]) < 3


@pytest.mark.parametrize(("z", "x", "y"), [(23, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, 8)])
def test_there_is_no_such_tile(two, z, x, y):
    with pytest.raises(ValueError, match="no tile"):
        changes.tile(*two, z, x, y)
