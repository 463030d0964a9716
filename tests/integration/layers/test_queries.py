"""Questions asked of layers: what is near, what covers, what is under a point, and is it still what was published."""

import threading

import numpy as np
import pytest
import shapely
from django.db import connection, connections, transaction
from django.utils import timezone

from layers import queries
from layers.areas import exact_areas
from layers.models import Feature, Layer, LayerVersion
from layers.table import Table
from tests.factories.layers import REGION, grid_table, published, square

pytestmark = pytest.mark.django_db

CIRCLE = shapely.buffer(shapely.Point(109.9, 40.6), 0.05, quad_segs=100)


def keys(found: queries.Candidates) -> list[str]:
    return found.keys.tolist()


def test_current_and_pinned_ask_once(django_assert_num_queries):
    published("A", class_names={"01": "耕地"})
    published("A")
    published("B")
    with django_assert_num_queries(1):
        versions = queries.current()
    assert {code: version.number for code, version in versions.items()} == {"A": 2, "B": 1}
    assert versions["A"].class_names == {"01": "耕地"}
    with django_assert_num_queries(1):
        old = queries.pinned({"A": 1, "B": 1, "C": 4})
    assert {code: version.number for code, version in old.items()} == {"A": 1, "B": 1}
    assert list(queries.current(["B"])) == ["B"]


def test_current_as_of_a_moment():
    published("A")
    before = LayerVersion.objects.get().published_at
    published("A", grid_table(2, 2))
    assert queries.current(as_of=before)["A"].number == 1
    assert queries.current(as_of=timezone.now())["A"].number == 2
    assert queries.current(as_of=before.replace(year=2000)) == {}


def test_candidates_of_all_layers_come_with_one_query(django_assert_num_queries):
    published("A")
    published("B", grid_table(1, 1))
    versions = queries.current()
    with django_assert_num_queries(1):
        found = queries.candidates(versions, square(0.2, 0.2, 0.005))
    assert keys(found["A"]) == ["K0000"]
    assert keys(found["B"]) == ["K0000"]
    one = found["A"]
    assert one.version == versions["A"]
    assert one.classes.tolist() == ["02"]
    assert one.areas == pytest.approx(exact_areas([square(0, 0)]))
    assert one.geometries[0].equals(square(0, 0))


def test_only_the_boxes_of_the_parts_count():
    published("A", grid_table(10, 10))
    two = shapely.MultiPolygon([square(0.2, 0.2, 0.005), square(8.2, 8.2, 0.005)])
    assert keys(queries.candidates(queries.current(), two)["A"]) == ["K0000", "K0088"]


def test_a_feature_in_two_boxes_comes_once():
    published("A", grid_table(1, 1))
    two = shapely.MultiPolygon([square(0.1, 0.1, 0.001), square(0.6, 0.6, 0.001)])
    assert keys(queries.candidates(queries.current(), two)["A"]) == ["K0000"]


def test_a_margin_widens_one_layer_only():
    published("A")
    published("B")
    site = square(0.2, 0.2, 0.005)
    found = queries.candidates(queries.current(), site, {"B": shapely.buffer(site, 0.012)})
    assert keys(found["A"]) == ["K0000"]
    assert keys(found["B"]) == ["K0000", "K0001", "K0003", "K0004"]


def test_big_features_come_as_the_pieces_that_are_near():
    published("A", Table(geometries=np.array([CIRCLE, square(0, 0)], dtype=object), keys=["big", "small"]))
    found = queries.candidates(queries.current(), shapely.box(*CIRCLE.bounds))["A"]
    assert set(keys(found)) == {"big", "small"}
    assert keys(found) == sorted(keys(found))
    big = found.keys == "big"
    assert big.sum() > 2
    assert found.areas[big].sum() == pytest.approx(exact_areas([CIRCLE])[0], rel=1e-9)
    near = queries.candidates(queries.current(), square(4, 0, 0.001))["A"]
    assert 0 < len(near.keys) < big.sum()


def test_an_old_version_answers_as_it_did():
    published("A", Table(geometries=np.array([CIRCLE, square(0, 0)], dtype=object), keys=["big", "small"]))
    old = queries.current()
    before = queries.candidates(old, CIRCLE)["A"]
    published("A", grid_table(2, 2))
    after = queries.candidates(old, CIRCLE)["A"]
    assert keys(before) == keys(after)
    assert shapely.equals_identical(before.geometries, after.geometries).all()
    assert keys(queries.candidates(queries.current(), CIRCLE)["A"]) == ["K0000", "K0001", "K0002", "K0003"]


def test_no_layers_and_no_features_give_empty_columns():
    assert queries.candidates({}, square(0, 0)) == {}
    published("A")
    found = queries.candidates(queries.current(), square(50, 50))["A"]
    assert len(found.keys) == len(found.classes) == len(found.areas) == len(found.geometries) == 0


def test_the_spatial_index_alone_finds_candidates():
    for code in ("A", "B", "C"):
        published(code, grid_table(40, 40))
    versions = queries.current()
    sql, parameters = queries.candidates_query(versions, square(3, 3, 0.005), {})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE layers_feature, layers_featurepiece")
        cursor.execute("EXPLAIN (FORMAT text) " + sql, parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using feature_geom" in plan
    assert "BitmapAnd" not in plan
    assert "Seq Scan on layers_feature " not in plan
    assert "layers_feature_layer_id" not in plan


def test_coverage_is_asked_once_per_process(django_assert_num_queries):
    published("A", coverage=square(0, 0, 0.03))
    published("B", coverage=REGION)
    versions = queries.current()
    with django_assert_num_queries(1):
        assert queries.covers(versions, square(0.5, 0.5)) == {"A": True, "B": True}
    with django_assert_num_queries(0):
        assert queries.covers(versions, square(2.5, 2.5)) == {"A": False, "B": True}
        assert queries.covers(versions, square(0, 0, 0.03)) == {"A": True, "B": True}


def test_identify_names_what_is_under_a_point(django_assert_num_queries):
    published("A")
    published("B", Table(geometries=np.array([CIRCLE, square(0, 0)], dtype=object), keys=["big", "small"]))
    versions = queries.current()
    with django_assert_num_queries(1):
        found = queries.identify(versions, 109.905, 40.605)
    assert [(one.version.layer, one.key) for one in found] == [("A", "K0000"), ("B", "small"), ("B", "big")]
    assert found[0].attributes == {"TBMJ": 0, "QSXZ": "20"}
    assert found[2].geometry.equals(CIRCLE)
    assert queries.identify(versions, 109.0, 40.0) == []


def test_identify_reaches_lines_nearby():
    line = shapely.LineString([(109.9, 40.6), (110.0, 40.6)])
    published("R", Table(geometries=np.array([line], dtype=object), keys=["road"]))
    versions = queries.current()
    assert queries.identify(versions, 109.95, 40.6005) == []
    assert [one.key for one in queries.identify(versions, 109.95, 40.6005, reach=0.001)] == ["road"]


def test_snapping_gets_what_is_in_the_box(django_assert_num_queries):
    published("A")
    with django_assert_num_queries(2):
        (found,) = queries.nearby_edges(queries.current(), (109.902, 40.602, 109.912, 40.603), limit=1)
    assert keys(found) == ["K0000"]


def test_class_names():
    published("A", class_names={"01": "耕地"})
    assert queries.class_names("A") == {"01": "耕地"}
    with pytest.raises(KeyError):
        queries.class_names("nothing")


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


# Byte 33 is the lowest one of the second vertex: 1e-14 of a degree.
LOWEST_BYTE = """
UPDATE layers_feature SET geom = ST_GeomFromEWKB(set_byte(bytes, 33, get_byte(bytes, 33) # 1))
FROM (SELECT id AS other, ST_AsEWKB(geom) AS bytes FROM layers_feature) AS b WHERE other = id AND key = 'K0003'
"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE layers_feature SET geom = ST_Translate(geom, 0.00001, 0) WHERE key = 'K0003'",
        LOWEST_BYTE,
        "UPDATE layers_feature SET class_code = '03' WHERE key = 'K0003'",
        "UPDATE layers_feature SET attributes = '{}' WHERE key = 'K0003'",
        "UPDATE layers_feature SET area_m2 = area_m2 * 1.001 WHERE key = 'K0003'",
        "UPDATE layers_feature SET hash = sha256('x') WHERE key = 'K0003'",
    ],
    ids=["moved", "one byte", "class", "attributes", "area", "hash"],
)
def test_a_changed_row_is_found_and_named(statement):
    published("A")
    version = queries.current()["A"]
    assert queries.verify(version).intact
    tamper(statement)
    found = queries.verify(version)
    assert found.changed_keys == ("K0003",)
    assert not found.intact


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM layers_featurepiece WHERE id = (SELECT min(id) FROM layers_featurepiece)", "big"),
        ("DELETE FROM layers_featurepiece", "big"),
        ("UPDATE layers_featurepiece SET layer_id = layer_id + 1", "big"),
        ("UPDATE layers_featurepiece SET geom = ST_Translate(geom, 1e-12, 0)", "big"),
        ("UPDATE layers_feature SET vertices = 129 WHERE key = 'small'", "small"),
        ("UPDATE layers_feature SET vertices = 5 WHERE key = 'big'", "big"),
    ],
    ids=["one gone", "all gone", "another layer", "moved", "pretends to be big", "pretends to be small"],
)
def test_a_feature_that_queries_would_miss_or_misplace_is_found_and_named(statement, named):
    published("A", Table(geometries=np.array([CIRCLE, square(0, 0)], dtype=object), keys=["big", "small"]))
    version = queries.current()["A"]
    assert queries.verify(version).intact
    tamper(statement)
    assert queries.verify(version).changed_keys == (named,)


def test_a_version_keeps_the_words_of_its_publication():
    published("A", class_names={"01": "耕地"}, name="旧名")
    first = queries.current()["A"]
    Layer.objects.filter(code="A").update(name="新名", class_system="planning", class_names={"01": "农田"})
    assert queries.current()["A"] == first
    assert (first.layer_name, first.class_system, first.class_names) == ("旧名", "test", {"01": "耕地"})
    published("A")
    second = queries.current()["A"]
    assert (second.layer_name, second.class_system, second.class_names) == (
        "新名",
        "planning",
        {"01": "农田"},
    )
    assert queries.pinned({"A": 1})["A"].class_names == {"01": "耕地"}


@pytest.mark.parametrize("statement", ["DELETE FROM layers_feature WHERE key = 'K0003'",
                                       "UPDATE layers_feature SET last_version = 1 WHERE key = 'K0003'"])  # fmt: skip
def test_a_missing_row_shows_in_the_root_hash(statement):
    published("A")
    published("A")
    version = queries.current()["A"]
    tamper(statement)
    found = queries.verify(version)
    assert found.root_hash != found.expected_root_hash
    assert not found.intact


def test_attributes_of_every_kind_survive_the_database():
    values = [1e22, 0.1, -0.0, 1e-7, 2**60, True, None, '甲"\\\n', [1, {"b": 2.0, "a": None}], float("nan")]
    rows = [{"v": value, "w": 1} for value in values]
    cells = np.array([square(i, 0) for i in range(len(rows))], dtype=object)
    published("A", Table(geometries=cells, keys=[f"K{i}" for i in range(len(rows))], attributes=rows))
    assert queries.verify(queries.current()["A"]).intact
    assert Feature.objects.get(key="K7").attributes == {"v": '甲"\\\n', "w": 1}


@pytest.mark.django_db(transaction=True)
def test_a_republication_during_a_check_mixes_no_versions():
    published("A", grid_table(3, 3))
    published("B", grid_table(3, 3))
    versions = queries.current()
    site = square(0, 0, 0.03)
    first = queries.candidates({"A": versions["A"]}, site)["A"]
    done = threading.Event()

    def republish():
        try:
            published("A", grid_table(2, 1))
            published("B", grid_table(2, 1))
        finally:
            connections.close_all()
            done.set()

    with transaction.atomic():
        thread = threading.Thread(target=republish)
        thread.start()
        assert done.wait(60)
        thread.join()
        again = queries.candidates(versions, site)
    assert keys(again["A"]) == keys(again["B"]) == keys(first)
    assert len(first.keys) == 9
    assert len(queries.candidates(queries.current(), site)["A"].keys) == 2
