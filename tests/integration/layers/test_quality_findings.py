import numpy as np
import pytest
import shapely
from django.db import DatabaseError

from layers.models import LayerVersion, QualityFinding, Severity, Status
from layers.quality import findings
from layers.quality.findings import Finding, Kind
from tests.factories.layers import LayerFactory, published, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    return LayerVersion.objects.create(
        layer=LayerFactory(), number=1, status=Status.STAGING, coverage="SRID=4490;MULTIPOLYGON EMPTY"
    )


def overlap(n=0, **changes):
    return Finding(
        **{
            "kind": Kind.OVERLAP,
            "severity": Severity.ERROR,
            "template": "与 %(other)s 重叠 %(area).2f 平方米。",
            "params": {"other": f"B{n}", "area": np.float64(12.5)},
            "key": f"A{n}",
            "other_key": f"B{n}",
            "area_m2": 12.5,
            "geom": square(0, 0),
            **changes,
        }
    )


def test_a_finding_is_kept_as_it_was_said(version):
    assert findings.write(version, [overlap()]) == 1
    row = QualityFinding.objects.get(version=version)
    assert (row.kind, row.severity, row.key, row.other_key, row.area_m2) == (
        "overlap",
        "error",
        "A0",
        "B0",
        12.5,
    )
    assert row.template % row.params == "与 B0 重叠 12.50 平方米。"
    assert shapely.from_wkb(bytes(row.geom.wkb)).equals(square(0, 0))
    assert row.geom.srid == row.place.srid == 4490
    assert square(0, 0).contains(shapely.Point(row.place.coords))


def test_a_place_that_is_given_is_kept_and_nothing_is_a_place_where_there_is_none(version):
    findings.write(
        version,
        [overlap(place=(110.0, 41.0)), overlap(1, geom=None), overlap(2, geom=shapely.Polygon())],
    )
    places = [row.place and row.place.coords for row in QualityFinding.objects.order_by("pk")]
    assert places == [(110.0, 41.0), None, None]
    assert [row.geom is None for row in QualityFinding.objects.order_by("pk")] == [False, True, True]


def test_counts_are_whole_where_the_rows_are_capped(version, monkeypatch):
    monkeypatch.setattr(findings, "CAP", 5)
    note = overlap(severity=Severity.NOTE, kind=Kind.GAP)
    assert findings.write(version, (overlap(n) for n in range(4))) == 4
    assert findings.write(version, [overlap(n) for n in range(4, 9)] + [note]) == 6
    version.refresh_from_db()
    assert version.quality["counts"] == {
        "overlap": {"error": 9, "warning": 0, "note": 0},
        "gap": {"error": 0, "warning": 0, "note": 1},
    }
    kept = QualityFinding.objects.filter(version=version, kind="overlap").order_by("pk")
    assert [row.key for row in kept] == [f"A{n}" for n in range(5)]


def test_one_kind_can_be_found_again(version):
    findings.write(version, [overlap(), overlap(kind=Kind.GAP)])
    findings.clear(version, [Kind.OVERLAP, Kind.SPIKE])
    version.refresh_from_db()
    assert list(version.quality["counts"]) == ["gap"]
    assert [row.kind for row in QualityFinding.objects.all()] == ["gap"]


def test_nothing_found_asks_nothing(version, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert findings.write(version, []) == 0


def test_bytes_of_damaged_files_do_not_stop_the_report(version):
    findings.write(version, [overlap(key="A\x00\ud800" + "长" * 200, params={"other": "\x00", "area": 1})])
    row = QualityFinding.objects.get()
    assert row.key.startswith("A?长")
    assert len(row.key) == 100
    assert row.params == {"other": "", "area": 1}


def test_findings_of_a_published_version_stay():
    report = published()
    version = LayerVersion.objects.get(layer__code=report.layer)
    with pytest.raises(DatabaseError, match="published"):
        findings.write(version, [overlap()])
