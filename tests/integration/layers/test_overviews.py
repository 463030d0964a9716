"""Overviews by blocks: nothing torn or dropped at a seam, the same whatever the blocks, and only what changed anew."""

import numpy as np
import pytest
import shapely
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from layers import overviews, tiles
from layers.loading import load, stage
from layers.models import LayerVersion, OverviewTile
from layers.notices import UnusableLayer
from layers.overviews import making, planning, settling
from layers.overviews.world import CELL, EXTENT, PIXEL, to_world
from layers.publishing import discard, publish
from layers.table import Table
from layers.withdrawal import withdraw
from tests.factories.layers import ORIGIN, REGION, LayerFactory, grid_table, square
from tests.factories.tilings import land, without
from tests.factories.vector_tiles import decoded, shapes

pytestmark = pytest.mark.django_db

# From here on the features of `land` are drawn as features; below, they are dissolved.
DENSE = {"DENSE_FROM": 100}
SINGLE = {"DENSE_FROM": 10**9}
HOLE = 20 * 7 + 9


@pytest.fixture(params=[DENSE, SINGLE], ids=["dissolved", "single"])
def way(request, monkeypatch):
    """Both ways of drawing; blocks are small, so there are many."""
    for name, value in request.param.items():
        monkeypatch.setattr(settling, name, value)
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 40)
    monkeypatch.setattr(planning, "BLOCK_FEATURES", 60)
    return request.param


def version_of(layer, number):
    return LayerVersion.objects.select_related("layer").get(layer=layer, number=number)


def shown(version):
    """(z, x, y) → bytes of every tile below the detail zoom that shows something."""
    places = OverviewTile.objects.filter(layer=version.layer, z__lt=version.detail_zoom)
    found = {place: tiles.tile(version, *place) for place in places.values_list("z", "x", "y").distinct()}
    return {place: data for place, data in found.items() if data}


def rows():
    return {
        row[:4]: (bytes(row[4]), row[5] and bytes(row[5]))
        for row in OverviewTile.objects.values_list("z", "x", "y", "first_version", "mvt", "cells")
    }


def forgotten(version):
    """Take a layer's tiles away, which nothing in the platform may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM layers_overviewtile WHERE layer_id = %s", [version.layer_id])
        cursor.execute("SET LOCAL session_replication_role = origin")


def made_anew(version, monkeypatch):
    """What a version shows when all of it is made, from nothing."""
    forgotten(version)
    with monkeypatch.context() as patch:
        patch.setattr(planning, "_base", lambda version: None)
        overviews.build(version)
    return shown(version)


def in_the_world(z, x, y, shape):
    core = shapely.intersection(shape, shapely.box(0, 0, EXTENT, EXTENT))
    return shapely.transform(core, lambda c: c + np.array([x, y]) * EXTENT)


@pytest.mark.parametrize("hole", [False, True])
def test_tiles_cover_what_the_features_cover_without_a_gap_at_any_seam(way, hole):
    table = land()
    if hole:
        table = without(table, [HOLE])
    load(LayerFactory(code="A"), table, coverage=REGION)
    version = LayerVersion.objects.select_related("layer").get()
    pieces = {}
    for (z, x, y), data in shown(version).items():
        pieces.setdefault(z, []).extend(in_the_world(z, x, y, shape) for _, shape in shapes(data))
    assert set(pieces) == set(range(overviews.LOWEST_ZOOM, version.detail_zoom))
    for z, drawn in pieces.items():
        ground = shapely.union_all(table.geometries)
        ground = shapely.set_coordinates(ground, to_world(shapely.get_coordinates(ground), z))
        whole = shapely.union_all(drawn)
        unit = CELL if way is DENSE else PIXEL
        # no further than a cell, or a pixel, from where it belongs, on either side
        assert shapely.covers(shapely.buffer(whole, 1.5 * unit), ground)
        assert shapely.covers(shapely.buffer(ground, 2.5 * unit), whole)
        gaps = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
        if hole:
            missing = shapely.transform(land().geometries[HOLE], lambda c, z=z: to_world(c, z))
            assert all(shapely.intersects(gap, shapely.buffer(missing, unit)) for gap in gaps)
            assert len(gaps) == 1 or z < version.detail_zoom - 1
        else:
            assert not gaps
        if way is DENSE:
            # between two classes, and between two tiles, there is nothing, and nothing twice
            assert sum(shape.area for shape in drawn) == pytest.approx(whole.area, rel=1e-9)


def test_blocks_draw_what_one_block_draws(way, monkeypatch):
    layer = LayerFactory(code="A")
    version = stage(layer, land(), coverage=REGION)
    assert len(overviews.plan(version)) > version.detail_zoom - overviews.LOWEST_ZOOM
    overviews.build(version)
    by_blocks = rows()
    monkeypatch.setattr(planning, "BLOCK_FEATURES", 10**9)
    forgotten(version)
    overviews.build(version)
    assert by_blocks
    assert rows() == by_blocks


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.generate],  # a failing example is small enough as it is
)
@given(data=st.data())
def test_what_changed_made_anew_is_what_everything_made_anew_is(way, monkeypatch, data):
    with transaction.atomic():
        layer = LayerFactory(code="A")
        table = land(12)
        load(layer, table, coverage=REGION)
        for _ in range(2):
            gone = data.draw(st.sets(st.integers(0, len(table) - 1), max_size=3))
            table = without(table, gone)
            recoded = data.draw(st.sets(st.integers(0, len(table) - 1), min_size=1, max_size=3))
            for row in recoded:
                table.class_codes[row] = data.draw(st.sampled_from(["07", "08", "09"]))
            if data.draw(st.booleans()):
                column = data.draw(st.integers(0, 23))
                extra = square(column, -2, 0.004)
                table = Table(
                    geometries=np.append(table.geometries, extra), keys=[*table.keys, f"N{column}"],
                    class_codes=[*table.class_codes, "04"], names=[""] * (len(table) + 1),
                )  # fmt: skip
            load(layer, table, coverage=REGION)
        version = LayerVersion.objects.select_related("layer").order_by("-number")[0]
        assert len(overviews.plan(version)) == len([block for block in overviews.plan(version) if block.base])
        step_by_step = shown(version)
        assert made_anew(version, monkeypatch) == step_by_step
        transaction.set_rollback(True)


def test_what_nothing_touched_is_shared_with_the_version_before(way):
    layer = LayerFactory(code="A")
    table = land()
    load(layer, table, coverage=REGION)
    before = rows()
    table.class_codes[21] = "09"
    load(layer, table, coverage=REGION)
    new = {place for place in rows() if place[3] == 2}
    top = max(place[0] for place in before)
    assert 0 < len([place for place in new if place[0] == top]) <= 9
    assert len([place for place in before if place[0] == top]) > 9
    first = version_of(layer, 1)
    assert shown(first) == {place[:3]: mvt for place, (mvt, _) in before.items() if mvt}


def test_the_same_land_again_takes_no_room(way):
    layer = LayerFactory(code="A")
    load(layer, land(), coverage=REGION)
    before = rows()
    load(layer, land(), coverage=REGION)
    assert rows() == before
    assert version_of(layer, 2).overviews_done


def test_what_has_gone_is_drawn_no_more(way):
    layer = LayerFactory(code="A")
    load(layer, land(), coverage=REGION)
    load(layer, grid_table(1, 1), coverage=REGION)
    first, second = version_of(layer, 1), version_of(layer, 2)
    assert len(shown(first)) > len(shown(second)) > 0
    assert shown(second).keys() < shown(first).keys()
    one = {tuple(properties.values()) for data in shown(second).values() for properties, _ in shapes(data)}
    assert one == {("K0000", "02", "图斑0")}


def test_a_broken_off_run_is_taken_up_again(way, monkeypatch):
    version = stage(LayerFactory(code="A"), land(), coverage=REGION)
    blocks = [overviews.Block.from_json(block.to_json()) for block in overviews.plan(version)]
    assert len({block.name for block in blocks}) == len(blocks) > 4
    for block in blocks[:4]:
        overviews.make(version, block)
    # the fifth dies before its transaction ends
    with transaction.atomic():
        overviews.make(version, blocks[4])
        transaction.set_rollback(True)
    with pytest.raises(tiles.NotMade):
        tiles.tile(version, blocks[0].z, blocks[0].x, blocks[0].y)
    for block in blocks:  # delivered at least once
        overviews.make(version, block)
        overviews.make(version, block)
    overviews.finish(version)
    resumed = rows()
    forgotten(version)
    overviews.build(version)
    assert rows() == resumed


def test_what_is_discarded_leaves_nothing(way):
    layer = LayerFactory(code="A")
    load(layer, land(), coverage=REGION)
    before, drawn = rows(), shown(version_of(layer, 1))
    version = stage(layer, land(seed=2), coverage=REGION)
    blocks = overviews.plan(version)
    for block in blocks[: len(blocks) // 2]:
        overviews.make(version, block)
    assert len(rows()) > len(before)
    discard(version)
    assert rows() == before
    assert shown(version_of(layer, 1)) == drawn
    with pytest.raises(UnusableLayer):
        overviews.make(version, blocks[-1])
    assert rows() == before


def test_a_version_may_be_drawn_before_the_one_before_it(way, monkeypatch):
    """Its tiles say nothing of what came and went in between, and don't change when that is drawn later."""
    layer = LayerFactory(code="A")
    table = land(16)
    load(layer, table, coverage=REGION)
    table.class_codes[40] = "09"
    second = stage(layer, without(table, [100, 101]), coverage=REGION)
    publish(second)
    # half of it is drawn already
    blocks = overviews.plan(second)
    for block in blocks[::2]:
        overviews.make(second, block)
    table.class_codes[40] = "01"
    third = stage(layer, table, coverage=REGION)
    assert not second.overviews_done
    overviews.build(third)
    publish(third)
    drawn = shown(third)
    for block in blocks:
        overviews.make(second, block)
    overviews.finish(second)
    assert shown(third) == drawn
    step_by_step = shown(version_of(layer, 2))
    assert step_by_step != drawn
    assert made_anew(third, monkeypatch) == drawn
    assert made_anew(version_of(layer, 2), monkeypatch) == step_by_step


def drawn_late(version, while_):
    """Draw a version while another thing happens in between: after its plan, before its blocks."""
    blocks = overviews.plan(version)
    result = while_()
    for block in blocks:
        overviews.make(version, block)
    overviews.finish(version)
    return result


def test_what_is_withdrawn_before_it_is_drawn_shows_nowhere_afterwards(way):
    layer = LayerFactory(code="A")
    table = land(16)
    load(layer, without(table, [100, 101, 102]), coverage=REGION)
    before = shown(version_of(layer, 1))
    table.class_codes[40] = "09"
    second = stage(layer, table, coverage=REGION)
    publish(second)

    drawn_late(second, lambda: withdraw(layer))
    third = version_of(layer, 3)
    if not third.overviews_done:
        overviews.build(third)
    assert shown(version_of(layer, 2)) != before
    assert shown(third) == before


@pytest.mark.parametrize("drawn_before", [False, True])
def test_what_has_gone_shows_nowhere_though_the_version_that_had_it_is_drawn_later(
    way, monkeypatch, drawn_before
):
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 6)
    layer = LayerFactory(code="A")
    table = land(16)
    few = without(table, range(30 if drawn_before else 200))
    if drawn_before:
        load(layer, few, coverage=REGION)
    middle = stage(layer, table, coverage=REGION)
    publish(middle)

    def shrunk():
        version = stage(layer, few, coverage=REGION)
        overviews.build(version)
        publish(version)
        return version, shown(version)

    last, drawn = drawn_late(middle, shrunk)
    assert {z for z, _, _ in drawn} == set(range(overviews.LOWEST_ZOOM, last.detail_zoom))
    assert shown(last) == drawn


def test_another_way_of_drawing_in_between_does_not_show_through(monkeypatch):
    layer = LayerFactory(code="A")
    table = land()
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 40)
    monkeypatch.setattr(planning, "BLOCK_FEATURES", 60)
    load(layer, table, coverage=REGION)
    with monkeypatch.context() as patch:
        patch.setattr(settling, "DENSE_FROM", 100)
        patch.setattr(settling, "_PATIENCE", 1.0)
        table.class_codes[40] = "09"
        second = stage(layer, table, coverage=REGION)
        publish(second)
    assert second.feature_zoom != version_of(layer, 1).feature_zoom

    def third_one():
        table.class_codes[40] = "01"
        version = stage(layer, table, coverage=REGION)
        assert version.feature_zoom == version_of(layer, 1).feature_zoom
        overviews.build(version)
        publish(version)
        return version, shown(version)

    third, drawn = drawn_late(second, third_one)
    assert shown(third) == drawn


def test_zooms_settle_by_what_tiles_would_hold(monkeypatch):
    layer = LayerFactory(code="A")
    version = stage(layer, land(), coverage=REGION)
    assert (version.detail_zoom, version.feature_zoom) == (settling.DETAIL_ZOOM, overviews.LOWEST_ZOOM)
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 40)
    monkeypatch.setattr(settling, "DENSE_FROM", 100)
    overviews.settle(version)
    # 36 squares of 0.02° lie in the fullest tile of 0.088°; one is 19 pixels at zoom 8, 5 at zoom 7
    assert (version.detail_zoom, version.feature_zoom) == (12, 8)
    version.refresh_from_db()
    assert (version.detail_zoom, version.feature_zoom) == (12, 8)
    publish(version)
    with pytest.raises(ValueError, match="published"):
        overviews.settle(version)


def test_a_later_version_keeps_the_zooms_while_they_suit(monkeypatch):
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 40)
    monkeypatch.setattr(settling, "DENSE_FROM", 100)
    layer = LayerFactory(code="A")
    load(layer, land(), coverage=REGION)
    zooms = version_of(layer, 1).detail_zoom
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 36)
    assert stage_and_discard(layer, land()) == zooms
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 10)
    assert stage_and_discard(layer, land()) == zooms + 1


def stage_and_discard(layer, table):
    version = stage(layer, table, coverage=REGION)
    discard(version)
    return version.detail_zoom


def test_other_zooms_are_made_whole(way, monkeypatch):
    layer = LayerFactory(code="A")
    table = land()
    load(layer, table, coverage=REGION)
    monkeypatch.setattr(settling, "DENSE_FROM", 10**9 if way is DENSE else 100)
    monkeypatch.setattr(settling, "MAX_TILE_FEATURES", 10)
    table.class_codes[0] = "09"
    load(layer, table, coverage=REGION)
    second = version_of(layer, 2)
    assert second.detail_zoom > version_of(layer, 1).detail_zoom
    step_by_step = shown(second)
    assert {place[0] for place in step_by_step} == set(range(overviews.LOWEST_ZOOM, second.detail_zoom))
    assert made_anew(second, monkeypatch) == step_by_step


def test_many_lines_in_one_pixel_are_drawn_as_one(monkeypatch):
    monkeypatch.setattr(settling, "DENSE_FROM", 100)
    monkeypatch.setattr(making, "DENSE_FROM", 100)
    rng = np.random.default_rng(3)
    starts = rng.uniform(0, 0.01, (400, 2)) + ORIGIN
    lines = np.array([shapely.LineString([start, start + 0.0001]) for start in starts], dtype=object)
    load(LayerFactory(code="R"), Table(geometries=lines, keys=[f"{n}" for n in range(400)]), coverage=REGION)
    version = LayerVersion.objects.select_related("layer").get()
    counts = {}
    for (z, _, _), data in shown(version).items():
        counts[z] = counts.get(z, 0) + len(decoded(data)["R"])
    assert 1 <= counts[5] <= 4
    assert 9 <= counts[9] <= 40
