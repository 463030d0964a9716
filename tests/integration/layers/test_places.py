"""Where two versions differ in what an analysis reads: no place is missed, and what nobody reads is none."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from layers import changes, queries, withdrawal
from layers.changes import places
from layers.models import Layer
from layers.notices import UnusableLayer
from tests.factories.layers import REGION, grid_table, published, square
from tests.factories.rasters import published_raster

pytestmark = pytest.mark.django_db


def pinned(number, code="GRID"):
    return queries.pinned({code: number})[code]


def found(a, b, fields=(), code="GRID"):
    parts = list(places.features(pinned(a, code), pinned(b, code), fields, at_once=2))
    marks = sorted(mark for part in parts for mark in part.marks)
    assert len(set(marks)) == len(marks)
    return [geometry for part in parts for geometry in part.geometries], marks


def test_a_moved_feature_is_a_place_where_it_was_and_where_it_is():
    published()
    table = grid_table()
    moved = shapely.affinity.translate(table.geometries[4], 0.0, 1e-7)
    table.geometries[4] = moved
    published(table=table)
    geometries, marks = found(1, 2)
    assert [mark[:1] for mark in marks] == [b"a", b"b"]
    assert any(shapely.equals_exact(geometry, moved, 0.0) for geometry in geometries)


def test_what_the_hash_rounds_off_brings_no_row_and_so_no_place():
    published()
    table = grid_table()
    table.geometries[4] = shapely.affinity.translate(table.geometries[4], 0.0, 1e-13)
    published(table=table)
    assert found(1, 2) == ([], [])


def test_a_class_counts_and_a_name_does_not():
    published()
    names = list(grid_table().names)
    names[0] = "另一个名字"
    classes = list(grid_table().class_codes)
    classes[8] = "09"
    published(table=grid_table(names=names, class_codes=classes))
    geometries, _ = found(1, 2)
    assert len(geometries) == 2
    assert all(shapely.equals(geometry, square(2, 2)) for geometry in geometries)


def test_an_attribute_counts_where_it_is_asked_for():
    published()
    sizes = np.arange(9) * 1.5
    sizes[3] = 99.0
    published(table=grid_table(attributes={"TBMJ": sizes, "QSXZ": np.array(["20"] * 9, dtype=object)}))
    assert found(1, 2)[0] == []
    assert found(1, 2, ["QSXZ"])[0] == []
    assert len(found(1, 2, ["QSXZ", "TBMJ"])[0]) == 2


def test_content_that_went_and_came_back_is_no_difference():
    published()
    published(table=grid_table(2, 2))
    withdrawal.withdraw(Layer.objects.get(code="GRID"))
    assert found(1, 3)[0] == []
    assert len(found(2, 3)[0]) == len(found(1, 2)[0]) > 0
    assert changes.summary(pinned(1), pinned(3)).total == 0


def test_coverage_that_grows_is_a_place():
    published(coverage=REGION)
    published(coverage=REGION)
    wider = shapely.union(REGION, shapely.box(111.5, 40.0, 111.6, 41.0))
    published(coverage=wider)
    assert places.coverage(pinned(1), pinned(2)) is None
    grown = places.coverage(pinned(2), pinned(3))
    assert shapely.equals(grown, shapely.box(111.5, 40.0, 111.6, 41.0))


def test_a_rasters_changed_cell_touches_whoever_has_it_in_the_window(tmp_path):
    values = np.tile(np.arange(200, dtype=np.float32), (200, 1))
    published_raster(tmp_path, "DEM", values)
    changed = values.copy()
    changed[150, 150] = -5
    published_raster(tmp_path, "DEM", changed)
    a, b = pinned(1, "DEM"), pinned(2, "DEM")
    west, north = 109.88, 40.66  # of the factory's grid, cells of 0.001°

    def site(column, row, size=3):
        return shapely.box(
            west + column * 0.001,
            north - (row + size) * 0.001,
            west + (column + size) * 0.001,
            north - row * 0.001,
        )

    sites = np.array([site(149, 149), site(20, 20), site(150, 20), site(10, 10, 180)], dtype=object)
    found = places.cells(a, b)
    assert found is not None
    assert found.touched(sites).tolist() == [True, False, False, True]
    same = places.cells(a, a)
    assert same is not None
    assert not same.touched(sites).any()


def test_rasters_on_other_grids_have_no_finer_difference(tmp_path):
    published_raster(tmp_path, "DEM", np.zeros((20, 20), dtype=np.float32))
    published_raster(tmp_path, "DEM", np.zeros((30, 20), dtype=np.float32))
    assert places.cells(pinned(1, "DEM"), pinned(2, "DEM")) is None
    with pytest.raises(UnusableLayer):
        list(places.features(pinned(1, "DEM"), pinned(2, "DEM")))
