"""Publication: what a new version shares, closes and adds, and what a failure leaves."""

import numpy as np
import pytest
import shapely
from django.db import IntegrityError, connection, transaction

from layers import hashing, queries, staging, tiles
from layers.loading import load, rows, vector
from layers.models import Feature, FeaturePiece, LayerVersion, OverviewTile
from layers.notices import UnusableLayer
from layers.progress import Phase
from layers.quality import report
from layers.table import Table
from layers.withdrawal import withdraw
from tests.factories.layers import REGION, LayerFactory, grid_table, published, square
from tests.integration.layers.hostile.shapefiles import shapefile_whose_dbf_is_cut

pytestmark = pytest.mark.django_db

CIRCLE = shapely.buffer(shapely.Point(109.9, 40.6), 0.05, quad_segs=100)


def without(table: Table, index: int, **changes) -> Table:
    keep = np.arange(len(table)) != index
    columns = {name: values[keep] for name, values in table.attributes.items()}
    return Table(
        geometries=table.geometries[keep], keys=np.asarray(table.keys)[keep],
        class_codes=np.asarray(table.class_codes)[keep], names=np.asarray(table.names)[keep], attributes=columns,
    )  # fmt: skip


def live(layer: str) -> set[str]:
    return set(Feature.objects.filter(layer__code=layer, last_version=None).values_list("key", flat=True))


def test_the_report_has_exactly_its_keys():
    report = published("DLTB").to_json()
    assert list(report) == [
        "layer", "version", "features", "added", "removed", "changed", "unchanged", "repaired", "rejected",
        "root_hash", "seconds", "quality",
    ]  # fmt: skip
    assert (report["layer"], report["version"], report["features"], report["added"]) == ("DLTB", 1, 9, 9)


def test_a_first_version_stores_what_it_was_given():
    published("DLTB")
    feature = Feature.objects.get(key="K0004")
    assert feature.attributes == {"TBMJ": 6, "QSXZ": "20"}
    assert (feature.class_code, feature.name, feature.vertices) == ("02", "图斑4", 5)
    assert bytes(feature.geom.wkb) == shapely.to_wkb(square(1, 1))
    assert feature.area_m2 == pytest.approx(939_707, rel=1e-4)
    version = LayerVersion.objects.get()
    assert (version.number, version.status, version.non_overlapping) == (1, "published", True)


def test_unchanged_features_are_shared():
    published("DLTB")
    before = set(Feature.objects.values_list("pk", flat=True))
    report = published("DLTB")
    assert (report.version, report.unchanged, report.added, report.removed, report.changed) == (2, 9, 0, 0, 0)
    assert set(Feature.objects.values_list("pk", flat=True)) == before
    assert LayerVersion.objects.get(number=1).status == "superseded"


def test_changed_added_and_removed_are_told_apart():
    published("DLTB")
    table = without(grid_table(4, 3), 0)
    report = published("DLTB", table)
    # a 4 × 3 grid numbers its cells otherwise: K0001, K0002 stay, K0003 to K0008 move, K0009 to K0011 are new
    assert (report.unchanged, report.changed, report.added, report.removed) == (2, 6, 3, 1)
    gone = Feature.objects.get(key="K0000")
    assert (gone.first_version, gone.last_version) == (1, 1)
    moved = (
        Feature.objects.filter(key="K0005")
        .order_by("first_version")
        .values_list("first_version", "last_version")
    )
    assert list(moved) == [(1, 1), (2, None)]


def test_the_root_hash_depends_on_content_alone():
    order = np.random.default_rng(1).permutation(9)
    table = grid_table()
    shuffled = Table(
        geometries=shapely.reverse(table.geometries[order]), keys=np.asarray(table.keys)[order],
        class_codes=np.asarray(table.class_codes)[order], names=np.asarray(table.names)[order],
        attributes=[{"QSXZ": "20", "TBMJ": float(i * 1.5)} for i in order],
    )  # fmt: skip
    assert published("A").root_hash == published("B", shuffled).root_hash


def test_features_without_a_key_are_named_by_their_content():
    table = Table(geometries=np.array([square(0, 0), square(1, 0), square(0, 0)], dtype=object))
    first = published("A", table)
    keys = live("A")
    assert first.features == 3
    assert sum(key.endswith("#2") for key in keys) == 1
    again = published("A", Table(geometries=table.geometries[::-1]))
    assert again.unchanged == 3
    assert live("A") == keys


def test_a_repeated_key_gets_an_ordinal_and_is_told():
    report = published("A", grid_table(3, 1, keys=["X", "X", "Y"]))
    assert live("A") == {"X", "X#2", "Y"}
    assert "key-repeated" in {notice["code"] for notice in report.details["notices"]}


def test_big_features_are_cut():
    published("A", Table(geometries=np.array([CIRCLE, square(9, 9)], dtype=object), keys=["big", "small"]))
    pieces = FeaturePiece.objects.all()
    assert {piece.feature.key for piece in pieces} == {"big"}
    assert sum(piece.area_m2 for piece in pieces) == pytest.approx(
        Feature.objects.get(key="big").area_m2, rel=1e-9
    )
    assert max(piece.geom.num_coords for piece in pieces) <= 128


def test_repairs_and_rejections_are_kept_with_the_version():
    bow = shapely.Polygon([(110, 40), (110.01, 40.01), (110.01, 40), (110, 40.01)])
    table = Table(geometries=np.array([bow, None, square(0, 0)], dtype=object), keys=["bow", "null", "good"])
    report = published("A", table)
    assert (report.features, report.repaired, report.rejected) == (2, 1, 1)
    kept = LayerVersion.objects.get().report
    assert kept["repaired"][0]["key"] == "bow"
    assert kept["repaired"][0]["area_after"] > 0
    assert kept["rejected"] == [{"key": "null", "reason": "没有几何"}]


def test_what_a_file_states_and_does_not_give_is_not_passed_over(tmp_path):
    """Where it lay, the layer would read as clear ground."""
    load(LayerFactory(code="A"), shapefile_whose_dbf_is_cut(tmp_path), coverage=REGION)
    version = LayerVersion.objects.get()
    assert version.feature_count == 1
    assert version.quality["outcome"] != "pass"
    (finding,) = version.findings.filter(kind="rejected")
    assert (finding.severity, finding.params) == ("error", {"there": 2, "read": 1})


def test_nothing_usable_is_refused():
    published("A")
    with pytest.raises(UnusableLayer):
        published("A", Table(geometries=np.array([None, shapely.Polygon()], dtype=object)))
    assert LayerVersion.objects.count() == 1


def test_an_empty_table_says_something_only_about_a_given_coverage():
    with pytest.raises(UnusableLayer):
        load(LayerFactory(code="A"), Table(geometries=np.array([], dtype=object)))
    report = published("A", Table(geometries=np.array([], dtype=object)))
    assert report.features == 0
    versions = queries.current()
    assert queries.covers(versions, square(0, 0)) == {"A": True}
    assert len(queries.candidates(versions, square(0, 0))["A"].keys) == 0
    assert queries.verify(versions["A"]).intact


@pytest.mark.parametrize(
    ("room", "step"), [(rows, "write"), (rows, "close_ids"), (report, "inspect"), (vector, "publish")]
)
def test_a_failure_midway_leaves_the_previous_version(monkeypatch, room, step):
    first = published("A")

    def fail(*_, **__):
        raise RuntimeError("the machine died")

    monkeypatch.setattr(room, step, fail)
    with pytest.raises(RuntimeError):
        published("A", grid_table(2, 2))
    assert LayerVersion.objects.count() == 1
    version = queries.current()["A"]
    assert (version.number, version.root_hash) == (1, first.root_hash)
    assert queries.verify(version).intact
    assert Feature.objects.count() == 9


def test_an_error_while_rows_stream_in_leaves_the_previous_version(monkeypatch):
    published("A")
    real = hashing.sealed
    calls = iter(range(100))
    monkeypatch.setattr(hashing, "sealed", lambda *a: real(*a) if next(calls) < 5 else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        published("A", grid_table(5, 5))
    assert Feature.objects.count() == 9
    assert queries.current()["A"].number == 1


def test_coverage_that_was_given_is_kept_and_otherwise_follows_the_features():
    published("A")
    load(published_layer("A"), grid_table(2, 2))
    assert shapely.from_wkb(bytes(LayerVersion.objects.get(number=2).coverage.wkb)).equals(REGION)
    layer = LayerFactory(code="B")
    report = load(layer, grid_table(2, 1))
    assert "coverage-from-features" in {notice["code"] for notice in report.details["notices"]}
    load(layer, grid_table(1, 1))
    assert shapely.from_wkb(bytes(LayerVersion.objects.get(layer=layer, number=2).coverage.wkb)).equals(
        square(0, 0)
    )


def published_layer(code):
    return LayerVersion.objects.filter(layer__code=code).first().layer


def test_overlapping_features_are_recorded_as_such():
    published("A", Table(geometries=np.array([square(0, 0), square(0.5, 0)], dtype=object)))
    assert not LayerVersion.objects.get().non_overlapping


def test_withdrawing_publishes_the_content_before_as_a_new_version():
    first = published(
        "A", Table(geometries=np.array([CIRCLE, square(9, 9)], dtype=object), keys=["big", "K"])
    )
    published("A")
    third = withdraw(published_layer("A"))
    assert (third.version, third.root_hash, third.added, third.removed) == (3, first.root_hash, 2, 9)
    assert live("A") == {"big", "K"}
    version = queries.current()["A"]
    assert queries.verify(version).intact
    assert FeaturePiece.objects.filter(feature__last_version=None).count() > 1
    made = OverviewTile.objects.filter(first_version=1)
    assert made
    for tile in made:
        assert tiles.tile(version, tile.z, tile.x, tile.y) == bytes(tile.mvt)


def test_withdrawing_a_withdrawal_goes_further_back():
    versions = [published("A", grid_table(n, 1)) for n in (1, 2, 3)]
    layer = published_layer("A")
    assert withdraw(layer).root_hash == versions[1].root_hash
    assert withdraw(layer).root_hash == versions[0].root_hash
    with pytest.raises(UnusableLayer):
        withdraw(layer)


def test_withdrawing_the_only_version_is_refused():
    published("A")
    with pytest.raises(UnusableLayer):
        withdraw(published_layer("A"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE layers_feature SET name = 'x'",
        "UPDATE layers_feature SET geom = ST_Translate(geom, 1e-12, 0)",
        "UPDATE layers_feature SET last_version = 5, name = 'x'",
        "UPDATE layers_feature SET first_version = 2",
        "DELETE FROM layers_feature",
        "UPDATE layers_layerversion SET root_hash = repeat('0', 64)",
        "UPDATE layers_layerversion SET status = 'superseded', number = 7",
        "DELETE FROM layers_layerversion",
        "UPDATE layers_featurepiece SET area_m2 = 0",
        "DELETE FROM layers_featurepiece",
        "UPDATE layers_overviewtile SET mvt = ''",
        "DELETE FROM layers_overviewtile",
    ],
)
def test_published_rows_refuse_change(statement):
    published("A", Table(geometries=np.array([CIRCLE], dtype=object)))
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="refused"), transaction.atomic():
        cursor.execute(statement)


def test_a_lifespan_and_a_status_end_once():
    published("A")
    with connection.cursor() as cursor:
        for statement in (
            "UPDATE layers_feature SET last_version = 1 WHERE key = 'K0000'",
            "UPDATE layers_layerversion SET status = 'superseded'",
        ):
            cursor.execute(statement)
        for statement in (
            "UPDATE layers_feature SET last_version = 2 WHERE key = 'K0000'",
            "UPDATE layers_feature SET last_version = NULL WHERE key = 'K0000'",
            "UPDATE layers_layerversion SET status = 'published'",
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                cursor.execute(statement)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "published", "number": 2},
        {"status": "superseded", "number": 1},
        {"status": "superseded", "number": 0},
        {"status": "superseded", "number": 3, "root_hash": "x"},
    ],
)
def test_constraints_on_versions(values):
    published("A")
    row = LayerVersion.objects.get()
    row.pk, row._state.adding = None, True
    for name, value in values.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_progress_is_told_in_order():
    seen = []
    load(LayerFactory(code="A"), grid_table(), coverage=REGION, progress=lambda *step: seen.append(step))
    assert {phase for phase, _, _ in seen} >= {Phase.CHECKING, Phase.QUALITY, Phase.WRITING}
    assert seen[-1][1:] == (9, 9)


def test_preparing_asks_the_database_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        staging.prepare(grid_table())
