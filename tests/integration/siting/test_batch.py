"""A layer of the database as a file that workers read."""

import numpy as np
import pytest
import shapely

import layers.loading
from layers import queries
from layers.models import Layer
from layers.table import Table
from siting import batch
from siting.engine.area import exact_area

pytestmark = pytest.mark.django_db


def published():
    """A 20 × 20 grid of parcels, one of them with so many vertices that it is kept in pieces."""
    west, south = (
        part.ravel() for part in np.meshgrid(109.8 + np.arange(20) * 0.002, 40.6 + np.arange(20) * 0.002)
    )
    cells = shapely.box(west, south, west + 0.002, south + 0.002)
    cells[37] = shapely.segmentize(cells[37], 0.00002)
    layer = Layer.objects.create(code="A", name="A", theme="T", kind="vector")
    keys = [f"K{number:04d}" for number in range(len(cells))]
    layers.loading.load(layer, Table(geometries=cells, keys=keys, class_codes=["0101"] * len(cells)))
    return queries.current()["A"], cells, keys


def some_sites():
    rng = np.random.default_rng(3)
    west, south = rng.uniform(109.8, 109.83, 12), rng.uniform(40.6, 40.63, 12)
    return shapely.box(
        west, south, west + rng.uniform(0.0005, 0.008, 12), south + rng.uniform(0.0005, 0.008, 12)
    )


def test_an_exported_layer_is_the_version_whole_and_written_once(tmp_path):
    version, _, keys = published()
    path = batch.export(version, tmp_path)
    written = path.stat().st_mtime_ns
    exported = batch.partitions.read(path)

    assert version.root_hash[:16] in path.name
    assert sorted(set(exported.keys.tolist())) == keys
    assert len(exported.keys) > len(keys), "the big one comes in pieces"
    assert exported.non_overlapping
    assert exported.known_valid
    assert batch.export(version, tmp_path) == path
    assert path.stat().st_mtime_ns == written


def test_the_file_follows_the_ground_so_that_workers_skip_most_of_it(tmp_path):
    version, _, _ = published()
    exported = batch.partitions.read(batch.export(version, tmp_path))
    steps = np.linalg.norm(
        np.diff(shapely.get_coordinates(shapely.centroid(exported.geometries)), axis=0), axis=1
    )
    assert np.median(steps) <= 0.0021


@pytest.mark.parametrize(("processes", "threads"), [(1, 1), (1, 3), (2, 1)])
def test_areas_are_those_of_plain_intersections(tmp_path, processes, threads):
    version, cells, keys = published()
    sites = some_sites()
    result = batch.overlap(sites, batch.export(version, tmp_path), processes=processes, threads=threads)

    expected = exact_area(shapely.intersection(sites[:, None], cells[None, :]).ravel()).reshape(
        len(sites), -1
    )
    pairs = list(zip(result.sites.tolist(), result.keys.tolist(), strict=True))
    assert pairs == [(int(i), keys[j]) for i, j in np.argwhere(expected > 0)]
    assert result.areas == pytest.approx(expected[expected > 0], rel=1e-9)
    assert result.covered == pytest.approx(expected.sum(axis=1), rel=1e-9)
    assert set(result.classes.tolist()) == {"0101"}
    assert result.failed == ()
