"""Raster layers: rewritten in confinement, kept under their hash, asked for shares of a polygon."""

import numpy as np
import pytest
import rasterio
import shapely
from django.db import connection
from rasterio.transform import from_origin

from layers import queries, rasters
from layers.areas import exact_areas
from layers.loading import load, load_raster, raster
from layers.locks import Lock
from layers.models import LayerVersion, Raster
from layers.notices import UnreadableFile, UnusableLayer
from layers.withdrawal import withdraw
from tests.factories.layers import LayerFactory, grid_table

pytestmark = pytest.mark.django_db

WEST, NORTH, CELL = 109.9, 40.7, 0.001


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    yield
    for dataset in rasters._datasets.open.values():
        dataset.close()
    rasters._datasets.open.clear()


def geotiff(
    tmp_path, values=None, *, crs="EPSG:4490", transform=None, name="slope.tif", nodata=-9999.0, bands=1
):
    """100 × 100 cells: slopes of 30° in the western half, 10° in the eastern, nothing known in the last row."""
    if values is None:
        values = np.full((100, 100), 10.0, dtype=np.float32)
        values[:, :50] = 30.0
        values[-1] = nodata
    path = tmp_path / name
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=bands, dtype=values.dtype,
        crs=crs, transform=transform or from_origin(WEST, NORTH, CELL, CELL), nodata=nodata,
    ) as file:  # fmt: skip
        for band in range(1, bands + 1):
            file.write(values, band)
    return path


def slope(tmp_path, **options) -> queries.PinnedVersion:
    layer = LayerFactory(code="PD", kind="raster")
    load_raster(layer, geotiff(tmp_path, **options))
    return queries.current()["PD"]


def cells(column, row, width, height) -> shapely.Polygon:
    return shapely.box(
        WEST + column * CELL,
        NORTH - (row + height) * CELL,
        WEST + (column + width) * CELL,
        NORTH - row * CELL,
    )


def test_a_raster_version_is_pinned_by_its_file(tmp_path):
    version = slope(tmp_path)
    assert (version.kind, version.number) == ("raster", 1)
    assert version.raster_path == f"rasters/{version.root_hash}.tif"
    stored = rasters.media_path(version.raster_path)
    assert rasters.file_hash(stored) == version.root_hash
    with rasterio.open(stored) as dataset:
        assert dataset.profile["tiled"]
        assert (dataset.read(1)[:99, :50] == 30).all()


@pytest.mark.parametrize(
    ("polygon", "share"),
    [
        (cells(10, 10, 20, 20), 1.0),
        (cells(60, 10, 20, 20), 0.0),
        (cells(40, 10, 20, 20), 0.5),
        (cells(49.5, 10.25, 2, 3), 0.25),
        (cells(10.2, 10.2, 0.1, 0.1), 1.0),
    ],
)
def test_the_share_counts_cells_by_the_part_inside(tmp_path, polygon, share):
    assert rasters.share_over(slope(tmp_path), polygon, 25) == pytest.approx(share, abs=1e-6)


def test_only_cells_above_the_threshold_count(tmp_path):
    version = slope(tmp_path)
    assert rasters.share_over(version, cells(10, 10, 5, 5), 30) == 0.0
    assert rasters.share_over(version, cells(10, 10, 5, 5), 29.999) == 1.0


def test_parts_and_holes_count(tmp_path):
    both = shapely.MultiPolygon([cells(10, 10, 10, 10), cells(60, 60, 10, 10)])
    holed = cells(40, 10, 20, 20) - cells(40, 10, 10, 20)
    version = slope(tmp_path)
    # equal in degrees, but not in area: the second part lies nearer to the equator
    first, second = exact_areas(both.geoms)
    assert second > first * 1.0005
    assert rasters.share_over(version, both, 25) == pytest.approx(first / (first + second), abs=1e-6)
    assert rasters.share_over(version, holed, 25) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    "polygon",
    [cells(10, 98.5, 5, 1), cells(-1, 10, 5, 5), cells(98, 10, 5, 5), cells(200, 200, 5, 5)],
    ids=["no data below", "over the western edge", "over the eastern edge", "elsewhere"],
)
def test_without_data_everywhere_there_is_no_answer(tmp_path, polygon):
    assert rasters.share_over(slope(tmp_path), polygon, 25) is None


def test_nan_is_no_data(tmp_path):
    values = np.full((10, 10), 30.0, dtype=np.float32)
    values[5, 5] = np.nan
    version = slope(tmp_path, values=values)
    assert rasters.share_over(version, cells(4, 4, 3, 3), 25) is None
    assert rasters.share_over(version, cells(0, 0, 3, 3), 25) == 1.0


def test_a_projected_raster_is_asked_in_degrees(tmp_path):
    values = np.full((200, 200), 10.0, dtype=np.float32)
    values[:, :100] = 30.0
    version = slope(
        tmp_path, values=values, crs="EPSG:4525", transform=from_origin(37_600_000, 4_510_000, 30, 30)
    )
    west, south, east, north = shapely.from_wkb(bytes(LayerVersion.objects.get().coverage.wkb)).bounds
    inside = shapely.box(west + 0.3 * (east - west), south + 0.4 * (north - south), west + 0.7 * (east - west),
                         south + 0.6 * (north - south))  # fmt: skip
    assert rasters.share_over(version, inside, 25) == pytest.approx(0.5, abs=0.03)
    assert queries.covers({"PD": version}, inside) == {"PD": True}
    assert queries.covers({"PD": version}, shapely.box(west - 0.01, south, east, north)) == {"PD": False}


def test_asking_a_raster_asks_no_database(tmp_path, django_assert_num_queries):
    version = slope(tmp_path)
    with django_assert_num_queries(0):
        rasters.share_over(version, cells(10, 10, 2, 2), 25)


def test_a_new_version_and_back(tmp_path):
    first = slope(tmp_path)
    layer = LayerVersion.objects.get().layer
    report = load_raster(layer, geotiff(tmp_path, np.full((100, 100), 5.0, dtype=np.float32)))
    assert (report.version, report.changed) == (2, 1)
    assert rasters.share_over(queries.current()["PD"], cells(10, 10, 5, 5), 25) == 0.0
    assert rasters.share_over(first, cells(10, 10, 5, 5), 25) == 1.0
    back = withdraw(layer)
    assert (back.root_hash, back.changed, back.unchanged) == (first.root_hash, 1, 0)
    assert queries.current()["PD"].raster_path == first.raster_path


def test_a_files_row_is_committed_before_tidying_may_look_for_it(tmp_path, monkeypatch):
    held = []
    publish = raster.publish

    def looked(version, **told):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND pid = pg_backend_pid()",
                [int(Lock.RASTERS)],
            )
            held.append(cursor.fetchone()[0])
        return publish(version, **told)

    monkeypatch.setattr(raster, "publish", looked)
    slope(tmp_path)
    assert held == [1]


def test_a_changed_file_is_found(tmp_path):
    version = slope(tmp_path)
    assert queries.verify(version).intact
    path = rasters.media_path(version.raster_path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert not queries.verify(version).intact


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"crs": None}, "raster-not-georeferenced"),
        ({"bands": 2}, "raster-bands"),
        ({"crs": "EPSG:4610"}, "crs-other-datum"),
    ],
)
def test_unfit_rasters_are_refused(tmp_path, options, code):
    layer = LayerFactory(code="PD", kind="raster")
    with pytest.raises(UnreadableFile) as caught:
        load_raster(layer, geotiff(tmp_path, **options))
    assert caught.value.notices[0].code == code
    assert not Raster.objects.exists()


def test_a_vrt_named_tif_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    path.write_text('<VRTDataset rasterXSize="10" rasterYSize="10"></VRTDataset>')
    with pytest.raises(UnreadableFile, match="VRT"):
        rasters.store(path)


def test_a_side_file_with_overviews_elsewhere_is_not_followed(tmp_path):
    secret = geotiff(tmp_path, np.full((50, 50), 77.0, dtype=np.float32), name="secret.tif")
    path = geotiff(tmp_path)
    (tmp_path / "slope.tif.aux.xml").write_text(
        f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{secret}</MDI></Metadata></PAMDataset>'
    )
    stored = rasters.store(path)
    with rasterio.open(rasters.media_path(stored.path)) as dataset:
        assert 77.0 not in dataset.read(1)
        assert all(77.0 not in dataset.read(1, out_shape=(100 // n, 100 // n)) for n in dataset.overviews(1))


def test_kinds_are_not_mixed_up(tmp_path):
    with pytest.raises(UnusableLayer):
        load_raster(LayerFactory(code="A"), geotiff(tmp_path))
    with pytest.raises(UnusableLayer):
        load(LayerFactory(code="B", kind="raster"), grid_table())
    load(LayerFactory(code="C"), grid_table())
    with pytest.raises(ValueError, match="not a raster"):
        rasters.share_over(queries.current()["C"], cells(0, 0, 1, 1), 25)
