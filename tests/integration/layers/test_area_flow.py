"""Which class's land became which: held against PostGIS's own overlay and areas, and against itself."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from django.db import connection

from layers import changes
from layers.areas import exact_areas
from layers.models import LayerVersion
from layers.notices import UnusableLayer
from layers.table import Table
from tests.factories.layers import published, square

pytestmark = pytest.mark.django_db

FRAME = shapely.box(109.9, 40.6, 109.91, 40.61)  # some 850 m by 1,100 m


def publish(geometries, classes, keys=None) -> LayerVersion:
    keys = [f"K{n:03d}" for n in range(len(classes))] if keys is None else keys
    report = published("L", Table(np.array(geometries, dtype=object), keys, classes))
    return LayerVersion.objects.get(layer__code="L", number=report.version)


def tiling(rng, count: int, within=FRAME) -> list:
    west, south, east, north = within.bounds
    points = shapely.MultiPoint(rng.uniform((west, south), (east, north), (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=within))
    return shapely.intersection(cells, within).tolist()


def in_postgis(a: LayerVersion, b: LayerVersion) -> dict[tuple[str, str], float]:
    """Every pair of features overlaid and measured on the ellipsoid, edges straight in longitude and latitude."""
    window = "f.layer_id = %s AND f.first_version <= %s AND coalesce(f.last_version, %s) >= %s"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.class_code, b.class_code,
                       sum(ST_Area(ST_Segmentize(ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3), 0.0001)
                                   ::geography))
                FROM (SELECT * FROM layers_feature f WHERE {window}) a
                     JOIN (SELECT * FROM layers_feature f WHERE {window}) b ON ST_Intersects(a.geom, b.geom)
                GROUP BY 1, 2""",
            [a.layer_id, *[a.number] * 3, b.layer_id, *[b.number] * 3],
        )
        return {(row[0], row[1]): row[2] for row in cursor.fetchall()}


def as_dict(flow: changes.Flow) -> dict[tuple[str, str], float]:
    return {
        (one, other): flow.m2[i, j]
        for i, one in enumerate(flow.classes_before)
        for j, other in enumerate(flow.classes_after)
    }


def reconciles(flow: changes.Flow) -> None:
    assert np.abs(flow.residual_before).max() < 0.01
    assert np.abs(flow.residual_after).max() < 0.01
    assert flow.totals_before == pytest.approx(flow.m2.sum(axis=1) + flow.only_before, abs=0.01)
    assert flow.totals_after == pytest.approx(flow.m2.sum(axis=0) + flow.only_after, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_two_random_tilings_of_the_same_ground(seed):
    rng = np.random.default_rng(seed)
    classes = [rng.choice(["01", "02", "03", "0701"], count).tolist() for count in (40, 30)]
    a = publish(tiling(rng, 40), classes[0])
    b = publish(tiling(rng, 30), classes[1])
    flow = changes.flow(a, b)
    witness = in_postgis(a, b)
    found = as_dict(flow)
    assert {pair for pair, area in found.items() if area > 0.01} == {
        pair for pair, area in witness.items() if area > 0.01
    }
    for pair, area in witness.items():
        assert found[pair] == pytest.approx(area, abs=0.01, rel=1e-8), pair
    reconciles(flow)
    assert flow.only_before.sum() == pytest.approx(0, abs=0.01)
    assert flow.m2.sum() == pytest.approx(exact_areas([FRAME])[0], abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_most_of_it_unchanged_some_split_some_merged(seed):
    rng = np.random.default_rng(seed + 10)
    cells = tiling(rng, 40)
    classes = rng.choice(["01", "02", "03"], 40).tolist()
    a = publish(cells, classes)
    geometries, codes, keys = list(cells), list(classes), [f"K{n:03d}" for n in range(40)]
    middle = cells[3].centroid.x
    halves = [shapely.box(109, 40, middle, 41), shapely.box(middle, 40, 111, 41)]
    west, east = (shapely.intersection(cells[3], half) for half in halves)
    geometries[3], codes[5] = west, "0601"
    geometries.append(east), codes.append("0701"), keys.append("K003-1")
    b = publish(geometries, codes, keys)
    flow = changes.flow(a, b)
    for pair, area in in_postgis(a, b).items():
        assert as_dict(flow)[pair] == pytest.approx(area, abs=0.01, rel=1e-8), pair
    reconciles(flow)
    assert flow.changed_before.sum() == pytest.approx(exact_areas([cells[3], cells[5]]).sum())
    assert as_dict(flow)[classes[3], "0701"] >= exact_areas([east])[0] - 0.01


def test_ground_that_only_one_version_knows():
    a = publish([square(0, 0), square(1, 0), square(5, 5)], ["01", "02", "03"])
    b = publish([square(0, 0), square(1, 0, 0.005), square(9, 9)], ["01", "04", "05"])
    flow = changes.flow(a, b)
    one, small, gone, new = exact_areas([square(1, 0), square(1, 0, 0.005), square(5, 5), square(9, 9)])
    assert dict(zip(flow.classes_before, flow.only_before.tolist(), strict=True)) == pytest.approx(
        {"01": 0, "02": one - small, "03": gone}
    )
    assert dict(zip(flow.classes_after, flow.only_after.tolist(), strict=True)) == pytest.approx(
        {"01": 0, "04": 0, "05": new}
    )
    assert as_dict(flow)["02", "04"] == pytest.approx(small)
    reconciles(flow)


def test_a_polygon_of_many_vertices_is_overlaid_by_its_pieces():
    round_one = shapely.buffer(shapely.Point(109.905, 40.605), 0.004, quad_segs=200)
    rest = shapely.difference(FRAME, round_one)
    a = publish([round_one, rest], ["01", "02"])
    rng = np.random.default_rng(3)
    b = publish(tiling(rng, 20), rng.choice(["01", "03"], 20).tolist())
    flow = changes.flow(a, b)
    witness = in_postgis(a, b)
    for pair, area in witness.items():
        assert as_dict(flow)[pair] == pytest.approx(area, abs=0.05, rel=1e-7), pair
    reconciles(flow)


def test_a_change_of_words_alone_stays_on_its_ground():
    a = publish([square(0, 0), square(1, 0)], ["01", "02"])
    b = publish([square(0, 0), square(1, 0)], ["03", "02"])
    flow = changes.flow(a, b)
    areas = exact_areas([square(0, 0), square(1, 0)])
    assert as_dict(flow) == pytest.approx(
        {("01", "03"): areas[0], ("01", "02"): 0, ("02", "03"): 0, ("02", "02"): areas[1]}
    )
    reconciles(flow)


def test_features_that_share_ground_have_totals_but_no_matrix():
    a = publish([square(0, 0), square(0.5, 0)], ["01", "02"])
    b = publish([square(0, 0), square(0.5, 0)], ["01", "03"])
    flow = changes.flow(a, b)
    assert flow.m2 is flow.only_before is flow.residual_before is flow.residual_after is None
    assert flow.why is not None
    assert flow.totals_after == pytest.approx(exact_areas([square(0, 0), square(0.5, 0)]))


def test_too_much_change_is_refused_where_a_bound_is_set():
    a = publish([square(n, 0) for n in range(3)], ["01"] * 3)
    b = publish([square(n, 1) for n in range(3)], ["01"] * 3)
    assert changes.flow(a, b, at_most=3).only_after.sum() > 0
    with pytest.raises(UnusableLayer, match="3"):
        changes.flow(a, b, at_most=2)


def test_lines_flow_nowhere():
    line = shapely.LineString([(109.9, 40.6), (109.91, 40.6)])
    a = publish([line], ["01"])
    b = publish([line], ["02"])
    assert as_dict(changes.flow(a, b)) == {("01", "02"): 0.0}
