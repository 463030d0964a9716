import numpy as np
import pytest
import shapely

from layers import pieces
from layers.areas import exact_areas
from layers.quality.geometry import check, usable
from tests.factories.layers import square


def objects(*geometries):
    result = np.empty(len(geometries), dtype=object)
    result[:] = geometries
    return result


def not_a_number():
    with np.errstate(invalid="ignore"):
        return shapely.Polygon([(110, 40), (float("nan"), 40), (111, 41)])


def checked(*geometries):
    keys = objects(*(f"K{i}" for i in range(len(geometries))))
    shapes, keep, absent = usable(keys, objects(*geometries))
    shapes[keep], sound, repaired, rejected = check(keys[keep], shapes[keep])
    keep[keep] = sound
    return shapes, keep, repaired, absent + rejected


def test_a_bow_tie_is_repaired_and_reported_with_its_areas():
    bow = shapely.Polygon([(110, 40), (110.01, 40.01), (110.01, 40), (110, 40.01)])
    geometries, keep, repaired, rejected = checked(square(0, 0), bow)
    assert keep.all()
    assert not rejected
    assert [repair.key for repair in repaired] == ["K1"]
    assert "Self-intersection" in repaired[0].reason
    assert repaired[0].area_after == pytest.approx(exact_areas([square(10, -60)])[0] / 2, rel=1e-2)
    assert shapely.is_valid(geometries[1])
    assert geometries[1].geom_type == "MultiPolygon"


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (None, "没有几何"),
        (shapely.Polygon(), "几何为空"),
        (not_a_number(), "不是数值"),
        (shapely.box(500000, 4500000, 500100, 4500100), "超出经纬度范围"),
        (shapely.Polygon([(110, 40), (111, 41), (110, 40)]), ""),
    ],
)
def test_what_cannot_be_repaired_is_rejected_alone(geometry, reason):
    _, keep, _, rejected = checked(square(0, 0), geometry, square(1, 0))
    assert keep.tolist() == [True, False, True]
    assert [r.key for r in rejected] == ["K1"]
    assert reason in rejected[0].reason


def test_parts_that_are_nothing_are_left_out():
    holed = shapely.from_wkt("MULTIPOLYGON(EMPTY, ((110 40, 111 40, 111 41, 110 40)), EMPTY)")
    geometries, keep, repaired, _ = checked(square(0, 0), holed)
    assert keep.all()
    assert not repaired
    assert geometries[1].equals(shapely.Polygon([(110, 40), (111, 40), (111, 41)]))


def test_only_the_surfaces_of_a_mixed_collection_stay():
    mixed = shapely.GeometryCollection([square(0, 0), shapely.LineString([(110, 40), (111, 41)])])
    geometries, keep, repaired, _ = checked(mixed)
    assert keep.all()
    assert geometries[0].equals(square(0, 0))
    assert len(repaired) == 1


def test_heights_are_dropped():
    geometries, *_ = checked(shapely.force_3d(square(0, 0), 5.0))
    assert not shapely.has_z(geometries).any()


def test_pieces_are_small_and_together_the_feature():
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    radius = 0.3 + 0.05 * np.sin(40 * angle)
    big = shapely.Polygon(
        np.column_stack((110 + radius * np.cos(angle), 40 + radius * np.sin(angle))),
        [shapely.box(109.9, 39.9, 110.1, 40.1).exterior.coords],
    )
    cuts, owners = pieces.cut(objects(square(0, 0), big))
    assert shapely.get_num_coordinates(cuts).max() <= pieces.MAX_VERTICES
    assert owners.tolist() == sorted(owners.tolist())
    assert (owners == 0).sum() == 1
    mine = cuts[owners == 1]
    assert exact_areas(mine).sum() == pytest.approx(exact_areas([big])[0], rel=1e-9)
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(mine), big)) < 1e-12
    tree = shapely.STRtree(mine)
    left, right = tree.query(mine, predicate="intersects")
    assert shapely.area(shapely.intersection(mine[left], mine[right]))[left != right].max() < 1e-15


def test_lines_are_cut_into_lines():
    line = shapely.LineString(
        np.column_stack((np.linspace(110, 111, 1000), 40 + np.sin(np.arange(1000)) / 100))
    )
    cuts, _ = pieces.cut(objects(line))
    assert set(shapely.get_type_id(cuts)) == {1}
    assert shapely.length(cuts).sum() == pytest.approx(line.length, rel=1e-9)


def test_a_repair_says_in_chinese_what_was_wrong_where_and_what_became_of_the_area():
    bow = shapely.Polygon([(110, 40), (110.01, 40.01), (110.01, 40), (110, 40.01)])
    _, _, [repair], _ = checked(bow)
    found = repair.finding
    assert (found.kind, found.severity, found.key) == ("repaired", "warning", "K0")
    assert found.place == pytest.approx((110.005, 40.005))
    assert found.area_m2 == pytest.approx(abs(repair.area_after - repair.area_before))
    assert str(found.notice).startswith("边界自相交，已修复，面积由 ")


def test_a_repair_that_keeps_the_area_is_only_a_note():
    tail = shapely.Polygon(
        [(110, 40), (110.01, 40), (110.02, 40), (110.01, 40), (110.01, 40.01), (110, 40.01)]
    )
    _, _, [repair], _ = checked(tail)
    assert repair.finding.severity == "note"


def test_a_rejection_is_an_error_with_its_reason():
    *_, rejected = checked(None, shapely.Polygon([(110, 40), (111, 41), (110, 40)]), square(0, 0))
    assert [(r.finding.severity, r.finding.key) for r in rejected] == [("error", "K0"), ("error", "K1")]
    assert str(rejected[0].finding.notice) == "没有几何，该要素已剔除。"
    assert str(rejected[1].finding.notice) == "边界圈的点太少，该要素已剔除。"
    assert rejected[1].finding.place == (110, 40)
