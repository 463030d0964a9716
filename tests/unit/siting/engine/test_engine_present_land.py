from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.engine.overlap import overlay
from siting.engine.present_land import AGRICULTURAL, CONSTRUCTION, UNUSED, group_of, present_land
from tests.unit.siting.engine.scenes import ground, layer, rectangle, site

SITE = site(rectangle(0, 0, 1000, 1000))


def rows(features, classes, boundary=SITE, non_overlapping=True):
    pieces = layer(features, classes=classes, non_overlapping=non_overlapping)
    return present_land(boundary, overlay(boundary.geometry, pieces), {"0101": "水田", "0702": "农村宅基地"})


def total(table):
    return sum(Decimal(str(row.area_m2)) for row in table)


@pytest.mark.parametrize(
    ("codes", "group"),
    [
        ("0101 0103 0201K 0307 0401 0403 1006 1103 1104 1107 1202 1203", AGRICULTURAL),
        ("0508 05H1 0601 0702 0810 08H2 09 1001 1003 1005 1007 1009 1109 1201", CONSTRUCTION),
        ("0404 1101 1102 1105 1106 1108 1110 1204 1205 1206 1207", UNUSED),
        ("04 10 11 12 13 99 x", ""),
    ],
)
def test_groups_of_the_land_survey(codes, group):
    assert {group_of(code) for code in codes.split()} == {group}
    assert group_of("") == ""


def test_classes_sum_up_to_the_official_area():
    table = rows(
        [ground(rectangle(-10, -10, 310, 1020)), ground(rectangle(300, -10, 800, 1020))], ["0101", "0702"]
    )

    assert [(row.code, row.name, row.group) for row in table] == [
        ("0101", "水田", AGRICULTURAL),
        ("0702", "农村宅基地", CONSTRUCTION),
    ]
    assert table[0].area_m2 == pytest.approx(0.3 * SITE.area_m2, rel=1e-3)
    assert total(table) == Decimal("999745.95")


def test_ground_that_no_parcel_covers_is_its_own_row():
    table = rows([ground(rectangle(-10, -10, 310, 1020))], ["0101"])

    assert (table[-1].code, table[-1].name, table[-1].group) == ("", "未覆盖", "")
    assert table[-1].area_m2 == pytest.approx(0.7 * SITE.area_m2, rel=1e-3)
    assert total(table) == Decimal("999745.95")


def test_without_any_parcel_all_is_uncovered():
    (row,) = rows([], [])
    assert (row.name, row.area_m2) == ("未覆盖", 999745.95)


def test_parcels_that_only_touch_are_no_row():
    slanted = site(np.array([[0, 0], [5000, 1700], [5000, 4000], [0, 4000]]))
    neighbour = ground(np.array([[0, 0], [0, -500], [5000, 500], [5000, 1700], [2187.5, 743.75]]))
    table = rows([neighbour, ground(rectangle(-1, 0, 5002, 4001))], ["0702", "0101"], slanted)

    assert [row.code for row in table] == ["0101"]
    assert total(table) == Decimal(str(round(slanted.area_m2, 2)))


def test_overlapping_parcels_do_not_sum_past_the_site():
    table = rows([ground(rectangle(-9, -9, 1018, 1018))] * 2, ["0702", "0101"], non_overlapping=False)
    assert [row.code for row in table] == ["0101"]
    assert total(table) == Decimal("999745.95")


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 60), gaps=st.booleans())
def test_every_table_adds_up_to_the_cent(seed, count, gaps):
    rng = np.random.default_rng(seed)
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(rng.uniform(-500, 1500, (count, 2))),
        extend_to=shapely.box(-3000, -3000, 4000, 4000),
    )
    features = list(shapely.transform(cells, lambda xy: (115.049, 30.175) + xy * 1e-5).geoms)[gaps:]
    codes = rng.choice(["0101", "0301", "0702", "1101", "0404"], len(features)).tolist()
    table = rows(features, codes)

    assert total(table) == Decimal(str(round(SITE.area_m2, 2)))
    assert [row.code for row in table if row.code] == sorted({row.code for row in table if row.code})
