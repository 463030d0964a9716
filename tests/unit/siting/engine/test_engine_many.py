"""Many sites at once say what each says alone."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from siting.engine import partitions
from siting.engine.area import exact_area
from siting.engine.many import joined, overlap_areas
from siting.engine.overlap import LayerPieces, overlay
from tests.unit.siting.engine.scenes import ground, layer, rectangle, site


def some_sites(count=25, seed=2):
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 5000, (count, 2))
    sizes = rng.uniform(50, 900, (count, 2))
    return np.array(
        [site(rectangle(*c, *s)).geometry for c, s in zip(corners, sizes, strict=True)], dtype=object
    )


def coverage(cells=12, size=500):
    """A gap-free coverage whose every third feature comes in two pieces."""
    features = []
    for i in range(cells):
        for j in range(cells):
            x, y = i * size, j * size
            if (i + j) % 3:
                features.append((f"p{i:02d}{j:02d}", ground(rectangle(x, y, size, size))))
            else:
                features.append((f"p{i:02d}{j:02d}", ground(rectangle(x, y, size / 2, size))))
                features.append((f"p{i:02d}{j:02d}", ground(rectangle(x + size / 2, y, size / 2, size))))
    return layer(features, non_overlapping=True)


def one_by_one(sites, pieces):
    found = {}
    for number, geometry in enumerate(sites):
        result = overlay(geometry, pieces)
        for key, area in zip(result.keys, result.areas, strict=True):
            found[number, key] = found.get((number, key), 0.0) + area
    return found


def test_every_pair_is_what_the_overlay_of_one_site_finds():
    sites, pieces = some_sites(), coverage()
    result = overlap_areas(sites, pieces)
    expected = one_by_one(sites, pieces)

    pairs = list(zip(result.sites.tolist(), result.keys.tolist(), strict=True))
    assert pairs == sorted(expected)
    assert result.areas == pytest.approx([expected[pair] for pair in pairs], rel=1e-9)
    assert result.covered == pytest.approx(
        exact_area(sites), rel=1e-6
    )  # edges of the plane are a millimetre apart
    assert result.failed == ()


@pytest.mark.parametrize("threads", [1, 3])
def test_spans_and_threads_change_nothing(monkeypatch, threads):
    sites, pieces = some_sites(), coverage()
    whole = overlap_areas(sites, pieces)
    monkeypatch.setattr("siting.engine.many._PAIRS_AT_ONCE", 7)
    result = overlap_areas(sites, pieces, threads=threads)

    assert np.array_equal(result.sites, whole.sites)
    assert np.array_equal(result.keys, whole.keys)
    assert result.areas == pytest.approx(whole.areas, rel=1e-9)


def test_ground_under_two_features_counts_once():
    geometry = np.array([site(rectangle(0, 0, 100, 100)).geometry], dtype=object)
    twice = ground(rectangle(-50, -50, 100, 300))
    result = overlap_areas(geometry, layer([twice, ground(rectangle(0, 0, 80, 100)), twice]))

    assert result.areas == pytest.approx(exact_area(geometry)[0] * np.array([0.5, 0.8, 0.5]), rel=1e-3)
    assert result.covered == pytest.approx(0.8 * exact_area(geometry), rel=1e-3)


def test_a_broken_feature_fails_its_sites_and_no_other():
    sites = np.array([site(rectangle(x, 0, 100, 100)).geometry for x in (0, 1000)], dtype=object)
    bow_tie = shapely.Polygon(shapely.get_coordinates(ground(rectangle(20, 20, 50, 50)))[[0, 2, 1, 3, 0]])
    assert not bow_tie.is_valid
    result = overlap_areas(sites, layer([bow_tie, ground(rectangle(-10, -10, 2000, 300))]))

    assert result.failed == ((0, "f000"),)
    assert result.keys.tolist() == ["f001", "f001"]


def test_a_feature_without_a_place_fails_every_site():
    sites = some_sites(2)
    nowhere = LayerPieces(
        np.array(["lost"], dtype=object), np.array([""], dtype=object), np.zeros(1),
        np.array([None], dtype=object), True, known_valid=True,
    )  # fmt: skip
    assert overlap_areas(sites, nowhere).failed == ((0, "lost"), (1, "lost"))


def test_answers_of_several_workers_are_put_back_in_the_sites_order():
    sites, pieces = some_sites(), coverage()
    whole = overlap_areas(sites, pieces)
    order = np.random.default_rng(0).permutation(len(sites))
    parts = [(span, overlap_areas(sites[span], pieces)) for span in np.array_split(order, 4)]
    result = joined(parts, len(sites))

    for name in ("sites", "keys", "classes"):
        assert np.array_equal(getattr(result, name), getattr(whole, name))
    assert result.areas == pytest.approx(whole.areas, rel=1e-9)
    assert result.covered == pytest.approx(whole.covered, rel=1e-9)


def test_a_file_gives_what_was_written_and_only_what_lies_near(tmp_path, monkeypatch):
    monkeypatch.setattr(partitions, "ROW_GROUP", 16)
    pieces = coverage()
    path = tmp_path / "layer.parquet"
    halves = [slice(0, 90), slice(90, None)]
    parts = [
        LayerPieces(pieces.keys[h], pieces.classes[h], pieces.areas[h], pieces.geometries[h], True)
        for h in halves
    ]
    assert partitions.write(path, parts, non_overlapping=True, known_valid=True) == len(pieces.keys)

    whole = partitions.read(path)
    assert whole.keys.tolist() == pieces.keys.tolist()
    assert whole.areas.tolist() == pieces.areas.tolist()
    assert shapely.equals_identical(whole.geometries, pieces.geometries).all()
    assert (whole.non_overlapping, whole.known_valid) == (True, True)

    sites = some_sites(4)
    near = partitions.read(path, sites)
    needed = {key for _, key in one_by_one(sites, pieces)}
    assert needed <= set(near.keys.tolist())
    assert len(near.keys) < len(pieces.keys) / 2
    far = partitions.read(path, np.array([site(rectangle(90_000, 0, 10, 10)).geometry], dtype=object))
    assert len(far.keys) == 0


def test_the_file_is_geoparquet(tmp_path):
    path = tmp_path / "layer.parquet"
    partitions.write(path, [coverage(2)], non_overlapping=True, known_valid=True)
    geo = json.loads(pq.read_schema(path).metadata[b"geo"])

    assert geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert geo["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 4490}


def test_a_worker_reads_and_measures(tmp_path):
    path = tmp_path / "layer.parquet"
    pieces = coverage()
    partitions.write(path, [pieces], non_overlapping=True, known_valid=True)
    sites = some_sites()
    result = partitions.overlap_near(shapely.to_wkb(sites), path, threads=2)
    expected = overlap_areas(sites, pieces)

    assert np.array_equal(result.keys, expected.keys)
    assert result.areas == pytest.approx(expected.areas, rel=1e-9)
