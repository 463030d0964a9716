"""The quality report of staged versions, with PostGIS as the witness."""

import csv
import hashlib

import numpy as np
import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from layers import pieces, queries
from layers.areas import exact_areas
from layers.loading import load
from layers.models import Feature, FeaturePiece, LayerVersion, QualityFinding, Status
from layers.progress import Cancelled, Phase
from layers.quality import exports, findings, overlaps, report, rows
from layers.quality.findings import Finding, Kind
from layers.table import Table
from tests.factories.layers import REGION, LayerFactory, square
from tests.factories.tilings import CERTAIN, faults, faulty, tiling

pytestmark = pytest.mark.django_db


def stored(shape):
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=4490)


def staged(shapes, keys=None, *, coverage=None, attributes=None, **layer):
    """A version in staging with these features, as the loader leaves it."""
    version = LayerVersion.objects.create(
        layer=LayerFactory(**layer), number=1, status=Status.STAGING, coverage_given=coverage is not None,
        coverage=stored(shapely.MultiPolygon() if coverage is None else shapely.multipolygons([coverage])),
        feature_count=len(shapes),
    )  # fmt: skip
    vertices, areas = shapely.get_num_coordinates(shapes), exact_areas(shapes)
    features = Feature.objects.bulk_create(
        Feature(
            layer=version.layer, key=keys[n] if keys else f"K{n:04d}", first_version=1,
            hash=hashlib.sha256(bytes([n % 256, n // 256])).digest(), seal=bytes(16), area_m2=areas[n],
            vertices=vertices[n], geom=stored(shape), attributes=attributes or {},
        )
        for n, shape in enumerate(shapes)
    )  # fmt: skip
    big = np.flatnonzero(pieces.is_big(vertices))
    if len(big):
        cuts, owners = pieces.cut(np.array(shapes, dtype=object)[big])
        FeaturePiece.objects.bulk_create(
            FeaturePiece(
                feature=features[big[owner]], layer=version.layer, seal=bytes(16),
                area_m2=exact_areas([cut])[0], geom=stored(cut),
            )
            for cut, owner in zip(cuts, owners, strict=True)
        )  # fmt: skip
    return version


def found(version, kind):
    return list(QualityFinding.objects.filter(version=version, kind=kind).order_by("key", "other_key"))


def in_blocks(monkeypatch, vertices):
    monkeypatch.setattr(rows, "VERTICES", vertices)


class TestAgainstPostGIS(TestCase):
    """Overlaps are PostGIS's intersections, gaps what its union leaves out."""

    @settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 10**6), faults=faults, vertices=st.sampled_from([40, 500_000]))
    def test_overlaps_and_gaps(self, seed, faults, vertices):
        version = staged(faulty(tiling(seed), faults), code="DLTB")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rows, "VERTICES", vertices)
            summary = report.inspect(version)
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT a.key, b.key, ST_Area(ST_Intersection(a.geom, b.geom)::geometry(Geometry, 4490)::geography)
                   FROM layers_feature a JOIN layers_feature b ON a.key < b.key AND a.geom && b.geom
                   WHERE a.layer_id = %s AND b.layer_id = %s AND NOT ST_Touches(a.geom, b.geom)
                     AND ST_Intersects(a.geom, b.geom) AND NOT ST_Equals(a.geom, b.geom)""",
                [version.layer_id] * 2,
            )
            wanted = {(a, b): area for a, b, area in cursor.fetchall() if area > CERTAIN}
            cursor.execute(
                """SELECT sum(ST_Area(hole::geography)) FROM (
                     SELECT (ST_Dump(ST_Difference(ST_Union(ST_MakePolygon(ST_ExteriorRing(part))), min(whole)))).geom
                     FROM (SELECT whole, (ST_Dump(whole)).geom AS part
                           FROM (SELECT ST_Union(geom) AS whole FROM layers_feature WHERE layer_id = %s) AS u) AS parts
                   ) AS holes(hole) WHERE ST_Area(hole::geography) > 0.3""",
                [version.layer_id],
            )
            uncovered = cursor.fetchone()[0] or 0.0
        pairs = {(row.key, row.other_key): row.area_m2 for row in found(version, "overlap")}
        assert wanted.keys() <= pairs.keys()
        for pair, area in pairs.items():
            assert area == pytest.approx(wanted.get(pair, 0.0), rel=1e-3, abs=CERTAIN)
        gaps = sum(row.area_m2 for row in found(version, "gap") if row.area_m2 > CERTAIN)
        assert gaps == pytest.approx(uncovered, rel=1e-3, abs=1.0)
        assert version.non_overlapping is (not pairs and not found(version, "duplicate"))
        assert sum(summary.counts.get("overlap", {}).values()) == len(pairs)


def test_a_clean_tiling_passes_and_its_outline_is_its_coverage():
    shapes = tiling(0)
    version = staged(shapes, code="DLTB")
    summary = report.inspect(version)
    version.refresh_from_db()
    assert (summary.counts, summary.outcome, summary.because) == ({}, "pass", ())
    assert version.quality == summary.to_json()
    assert version.non_overlapping
    outline = shapely.from_wkb(bytes(version.coverage.wkb))
    union = shapely.union_all(shapes)
    assert shapely.area(outline.symmetric_difference(union)) < 1e-9 * union.length


def test_a_given_coverage_stays():
    version = staged([square(0, 0)], coverage=REGION)
    report.inspect(version)
    version.refresh_from_db()
    assert shapely.from_wkb(bytes(version.coverage.wkb)).equals(REGION)


@pytest.mark.parametrize("vertices", [20, 500_000])
def test_exact_duplicates_are_one_finding_each_and_no_overlap(monkeypatch, vertices):
    in_blocks(monkeypatch, vertices)
    shapes = tiling(1)
    turned = shapely.reverse(shapely.Polygon(np.roll(shapes[7].exterior.coords[:-1], 1, axis=0)))
    version = staged([*shapes, shapes[3], turned, shapes[3]], code="DLTB")
    report.inspect(version)
    pairs = [(row.key, row.other_key) for row in found(version, "duplicate")]
    assert pairs == [("K0025", "K0003"), ("K0026", "K0007"), ("K0027", "K0003")]
    assert not found(version, "overlap")
    assert not found(version, "gap")
    assert not version.non_overlapping
    assert len(version.coverage) == 1


def test_keys_that_stood_there_twice_are_told_from_keys_with_a_number_sign():
    shapes = tiling(2)[:4]
    version = staged(shapes, ["A", "A#2", "B#2", "A#2#2"])
    report.inspect(version)
    assert [(row.key, row.other_key) for row in found(version, "duplicate_key")] == [
        ("A#2", "A"),
        ("A#2#2", "A#2"),
    ]


def test_slivers_spikes_and_specks_are_found_with_their_place():
    strip = shapely.box(109.95, 40.6, 109.951, 40.600002)  # 85 m × 0.22 m
    speck = shapely.box(109.96, 40.6, 109.960003, 40.600003)
    spike = shapely.Polygon(
        [
            (109.97, 40.6),
            (109.971, 40.6),
            (109.971, 40.601),
            (109.9705, 40.601),
            (109.97049, 40.611),
            (109.97048, 40.601),
            (109.97, 40.601),
        ]
    )
    plain = shapely.Polygon([(109.98, 40.6), (109.981, 40.6), (109.9805, 40.605)])
    version = staged([strip, speck, spike, plain])
    summary = report.inspect(version)
    assert {kind: sum(counts.values()) for kind, counts in summary.counts.items()} == {
        "sliver": 1, "tiny": 1, "spike": 1,
    }  # fmt: skip
    assert found(version, "sliver")[0].params["width"] == pytest.approx(0.222, rel=0.01)
    [tip] = found(version, "spike")
    assert tip.place.coords == pytest.approx((109.97049, 40.611))
    assert tip.params["angle"] == pytest.approx(
        np.degrees(2 * np.arctan(1e-5 * 84584 / (0.01 * 111050))), rel=0.01
    )


def test_what_lies_outside_the_region_is_found():
    region = shapely.box(109.9, 40.6, 109.93, 40.63)
    inside, across, beyond = square(1, 1), square(2.5, 1), square(5, 5)
    hair = shapely.box(109.9 - 1e-6, 40.6, 109.91, 40.61)
    version = staged([inside, across, beyond, hair])
    summary = report.inspect(version, region=region)
    rows = found(version, "outside")
    assert [(row.key, row.severity) for row in rows] == [("K0001", "warning"), ("K0002", "error")]
    assert rows[0].area_m2 == pytest.approx(exact_areas([across.difference(region)])[0], rel=1e-6)
    assert summary.counts["outside"] == {"error": 1, "warning": 1, "note": 0}


@pytest.mark.parametrize("vertices", [150, 500_000])
def test_big_features_are_looked_at_in_pieces_and_reported_once(monkeypatch, vertices):
    in_blocks(monkeypatch, vertices)
    river = shapely.buffer(
        shapely.LineString([(109.9, 40.6), (109.95, 40.63), (110, 40.6)]), 0.004, quad_segs=200
    )
    bank = shapely.segmentize(shapely.box(109.94, 40.62, 109.96, 40.64), 0.0001)
    small = [square(n, 0, 0.002) for n in range(0, 12, 2)]
    version = staged([river, bank, *small], code="STBHHX")
    assert FeaturePiece.objects.count() > 10
    report.inspect(version)
    pairs = {(row.key, row.other_key): row for row in found(version, "overlap")}
    shapes = [river, bank, *small]
    wanted = {
        (f"K{a:04d}", f"K{b:04d}"): exact_areas([shapes[a].intersection(shapes[b])])[0]
        for a in range(len(shapes)) for b in range(a + 1, len(shapes))
        if shapes[a].intersection(shapes[b]).area > 1e-12
    }  # fmt: skip
    assert ("K0000", "K0001") in wanted
    assert {pair: row.area_m2 for pair, row in pairs.items()} == pytest.approx(wanted, rel=1e-6)
    union = shapely.union_all(shapes)
    outline = shapely.from_wkb(bytes(version.coverage.wkb))
    assert shapely.area(outline.symmetric_difference(union)) < 2e-9 * union.length


def test_a_version_is_looked_at_as_it_stands():
    # what went with the version before isn't part of it
    version = staged([square(0, 0), square(0.5, 0), square(5, 5)])
    Feature.objects.filter(key="K0001").update(last_version=1)
    version.number = 2
    summary = report.inspect(version)
    assert summary.features == 2
    assert summary.counts == {}


def test_it_may_be_done_again_and_keeps_what_others_found():
    version = staged([square(0, 0), square(0.5, 0)], code="DLTB")
    findings.write(version, [Finding(Kind.REJECTED, "error", "没有几何，该要素已剔除。", key="X")])
    first = report.inspect(version)
    second = report.inspect(version)
    assert first.counts == second.counts
    assert set(first.counts) == {"overlap", "rejected"}
    assert len(found(version, "overlap")) == 1
    assert len(found(version, "rejected")) == 1


def test_it_stops_when_it_is_told_to():
    version = staged(tiling(0))

    def enough(phase, done, total):
        assert phase is Phase.QUALITY
        raise Cancelled

    with pytest.raises(Cancelled):
        report.inspect(version, progress=enough)


def test_a_report_that_was_left_at_that_says_so(monkeypatch):
    monkeypatch.setattr(overlaps, "ENOUGH", 3)
    monkeypatch.setattr(overlaps, "_PAIRS", 3)
    version = staged([shapely.box(110 + n * 1e-5, 40, 110.01 + n * 1e-5, 40.01) for n in range(9)])
    report.inspect(version)
    said = {row.template % row.params for row in found(version, "overlap")}
    assert "重叠过多，没有逐一查完，实际数量更多。" in said


def test_progress_counts_each_feature_once(monkeypatch):
    in_blocks(monkeypatch, 30)
    version = staged(tiling(0))
    told = []
    report.inspect(version, progress=lambda phase, done, total: told.append((done, total)))
    assert told[0] == (0, 25)
    assert told[-1] == (25, 25)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_small_layer_costs_few_queries(django_assert_max_num_queries):
    version = staged([square(i, j) for i in range(3) for j in range(3)])
    with django_assert_max_num_queries(4):
        report.inspect(version)


def test_points_and_lines_have_no_overlaps_but_duplicates():
    shapes = [
        shapely.Point(109.9, 40.6), shapely.Point(109.9, 40.6), shapely.LineString([(109.9, 40.6), (109.95, 40.65)]),
        shapely.LineString([(109.9, 40.65), (109.95, 40.6)]),
    ]  # fmt: skip
    version = staged(shapes)
    summary = report.inspect(version)
    assert list(summary.counts) == ["duplicate"]
    assert version.non_overlapping


def test_points_and_lines_cover_no_ground_by_themselves():
    """Between them nobody looked: a box around them would make a check say clear."""
    layer = LayerFactory(code="A")
    table = Table(
        geometries=[shapely.Point(109.9, 40.6), shapely.LineString([(109.95, 40.6), (109.9, 40.65)])]
    )
    load(layer, table)
    version = queries.current(["A"])["A"]
    assert queries.covers({"A": version}, shapely.box(109.91, 40.61, 109.92, 40.62)) == {"A": False}
    load(layer, table, coverage=REGION)
    version = queries.current(["A"])["A"]
    assert queries.covers({"A": version}, shapely.box(109.91, 40.61, 109.92, 40.62)) == {"A": True}


def test_an_empty_version_is_whole():
    version = staged([], coverage=REGION, standard="DLTB")
    summary = report.inspect(version)
    assert (summary.features, summary.counts, summary.outcome) == (0, {}, "pass")
    assert version.non_overlapping


def test_columns_that_a_standard_requires_and_no_feature_has_are_reported_once():
    version = staged([square(0, 0), square(1, 0)], attributes={"TBMJ": 1, "QSXZ": "10"}, standard="DLTB")
    report.inspect(version)
    summary = report.inspect(version)
    rows = QualityFinding.objects.filter(version=version, kind="required")
    assert {row.field for row in rows} == {
        "YSDM", "TBBH", "QSDWDM", "QSDWMC", "ZLDWDM", "ZLDWMC", "TBDLMJ", "SJNF",
    }  # fmt: skip
    assert summary.counts["required"]["error"] == 8


def test_gaps_only_matter_where_a_layer_is_to_be_gapless():
    ring = shapely.box(109.9, 40.6, 109.92, 40.62).difference(shapely.box(109.91, 40.61, 109.9101, 40.6101))
    for code, kinds in (("DLTB", ["gap"]), ("STBHHX", [])):
        version = staged([ring], code=code)
        assert list(report.inspect(version).counts) == kinds


@pytest.fixture
def reported(tmp_path):
    version = staged([square(0, 0), square(0.5, 0), square(3, 3)], ["=1+1", "B", "C"], code="DLTB")
    findings.write(
        version,
        [
            Finding(
                Kind.REQUIRED,
                "error",
                "必填字段“%(label)s”（%(field)s）没有值。",
                {"label": "地类编码", "field": "DLBM"},
                key="C",
                field="DLBM",
            )
        ],
    )
    report.inspect(version)
    return version


def test_findings_as_csv(reported, tmp_path):
    path = tmp_path / "findings.csv"
    exports.write(reported, path, "csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(exports.COLUMNS)
    assert rows[0]["说明"] == "必填字段“地类编码”（DLBM）没有值。"
    assert rows[0]["经度"] == ""
    assert (rows[1]["类型"], rows[1]["严重程度"], rows[1]["要素标识"]) == ("相互重叠", "错误", "'=1+1")
    assert float(rows[1]["经度"]) == pytest.approx(109.9075)


def test_findings_as_geopackage(reported, tmp_path):
    path = tmp_path / "findings.gpkg"
    exports.write(reported, path, "gpkg")
    assert [str(name) for name in pyogrio.list_layers(path)[:, 0]] == ["问题位置", "问题图形（面）"]
    info, _, places, columns = pyogrio.raw.read(path, layer="问题位置")
    assert list(info["fields"]) == list(exports.COLUMNS)
    assert len(places) == 2
    assert places[0] is None
    assert info["crs"] == "EPSG:4490"
    *_, shapes, columns = pyogrio.raw.read(path, layer="问题图形（面）")
    assert shapely.from_wkb(shapes[0]).equals(square(0, 0).intersection(square(0.5, 0)))
    assert columns[2][0] == "=1+1"


def test_a_file_without_findings_is_a_file(tmp_path):
    version = staged([square(0, 0)])
    for format in exports.FORMATS:
        exports.write(version, tmp_path / f"none.{format}", format)
        assert (tmp_path / f"none.{format}").stat().st_size > 0
    with pytest.raises(ValueError, match="xlsx"):
        exports.write(version, tmp_path / "none.xlsx", "xlsx")
