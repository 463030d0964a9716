"""GeoTIFF of any kind becomes one band, north up, cloud-optimised, with overviews; or is refused with a reason."""

import struct

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.transform import Affine, from_origin

from layers import rasters
from layers.notices import UnreadableFile
from layers.reading import inspect

PLACE = from_origin(109.9, 40.7, 0.001, 0.001)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def geotiff(
    folder, values, *, name="a.tif", crs="EPSG:4490", transform=PLACE, nodata=None, colormap=None, **options
):
    bands = values if values.ndim == 3 else values[None]
    path = folder / name
    with rasterio.open(
        path, "w", driver="GTiff", width=bands.shape[2], height=bands.shape[1], count=len(bands), dtype=bands.dtype,
        crs=crs, transform=transform, nodata=nodata, **options,
    ) as file:  # fmt: skip
        file.write(bands)
        if colormap:
            file.write_colormap(1, colormap)
    return path


def ramp(dtype="uint8", height=300, width=700):
    return (np.arange(height * width).reshape(height, width) % 200).astype(dtype)


def stored(path, **options):
    kept = rasters.store(path, **options)
    return kept, rasterio.open(rasters.media_path(kept.path))


def refusal(path, **options):
    with pytest.raises(UnreadableFile) as caught:
        rasters.store(path, **options)
    return caught.value.notices[0].code


@pytest.mark.parametrize(
    ("dtype", "options"),
    [
        ("uint8", {}), ("int16", {"nodata": -5}), ("uint16", {"tiled": True, "blockxsize": 128, "blockysize": 128}),
        ("int32", {"compress": "LZW"}), ("float32", {"nodata": np.nan}), ("float64", {"ENDIANNESS": "BIG"}),
        ("uint8", {"BIGTIFF": "YES"}), ("uint8", {"interleave": "band", "blockysize": 1}), ("int8", {}),
        ("float32", {"compress": "DEFLATE", "predictor": 3, "blockysize": 64}),
    ],
    ids=["bytes", "int16 with nodata", "tiled", "LZW", "NaN as nodata", "big-endian", "BigTIFF", "rows", "int8",
         "floating predictor"],
)  # fmt: skip
def test_values_stay_as_they_are(tmp_path, dtype, options):
    values = ramp(dtype)
    kept, file = stored(geotiff(tmp_path, values, **options))
    with file:
        assert (file.read(1) == values).all()
        assert file.dtypes == (dtype,)
        assert file.profile["tiled"]
        assert file.overviews(1) == [2, 4]
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    finite = options.get("nodata") if options.get("nodata") == options.get("nodata") else None
    assert kept.nodata == finite


def test_one_bit(tmp_path):
    values = ramp() % 2
    _, file = stored(geotiff(tmp_path, values, NBITS=1))
    with file:
        assert (file.read(1) == values).all()


def test_a_palette_stays_and_its_overviews_hold_only_its_classes(tmp_path):
    values = np.where(ramp() % 2, 3, 200).astype("uint8")
    _, file = stored(geotiff(tmp_path, values, colormap={3: (255, 0, 0, 255), 200: (0, 255, 0, 255)}))
    with file:
        assert file.colormap(1)[3] == (255, 0, 0, 255)
        assert set(np.unique(file.read(1, out_shape=(150, 350)))) <= {3, 200}


def test_class_codes_without_a_palette_are_not_mixed_either(tmp_path):
    values = np.where(ramp("int16") % 2, 101, 1201).astype("int16")
    _, file = stored(geotiff(tmp_path, values))
    with file:
        assert set(np.unique(file.read(1, out_shape=(150, 350)))) <= {101, 1201}


def test_a_band_is_chosen(tmp_path):
    path = geotiff(tmp_path, np.stack([ramp(), ramp() + 1, ramp() + 2]))
    assert refusal(path) == "raster-bands"
    assert refusal(path, band=4) == "raster-bands"
    _, file = stored(path, band=2)
    with file:
        assert file.count == 1
        assert (file.read(1) == ramp() + 1).all()


def test_a_band_of_transparency_is_a_mask(tmp_path):
    alpha = np.where(ramp() < 100, 255, 0).astype("uint8")
    path = geotiff(tmp_path, np.stack([ramp(), alpha]), photometric="MINISBLACK", ALPHA="YES")
    with rasterio.open(path) as file:
        assert file.colorinterp[1] == ColorInterp.alpha
    _, file = stored(path)
    with file:
        assert file.mask_flag_enums[0] == [MaskFlags.per_dataset]
        assert (file.read_masks(1) == alpha).all()


def test_scale_and_offset_are_applied(tmp_path):
    path = geotiff(tmp_path, ramp("int16"), nodata=7)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (-10.0,)
    kept, file = stored(path)
    with file:
        cells = file.read(1)
        missing = ramp() == 7
        assert np.isnan(cells[missing]).all()
        assert cells[~missing] == pytest.approx(ramp()[~missing] * 0.1 - 10, abs=1e-5)
        assert (file.scales, file.offsets) == ((1.0,), (0.0,))
    assert kept.nodata is None
    assert [notice.code for notice in kept.notices] == ["raster-scaled"]


def test_rows_from_south_to_north_are_turned(tmp_path):
    upward = Affine(0.001, 0, 109.9, 0, 0.001, 40.4)
    kept, file = stored(geotiff(tmp_path, ramp()[::-1], transform=upward))
    with file:
        assert (file.read(1) == ramp()).all()
        assert tuple(file.transform) == pytest.approx(tuple(PLACE))
    assert [notice.code for notice in kept.notices] == ["raster-flipped"]
    assert kept.outline.bounds == pytest.approx((109.9, 40.4, 110.6, 40.7))


def test_a_file_without_a_crs_needs_an_answer(tmp_path):
    path = geotiff(tmp_path, ramp(), crs=None)
    assert refusal(path) == "raster-not-georeferenced"
    kept, file = stored(path, epsg=4490)
    file.close()
    assert kept.crs == "EPSG:4490"


@pytest.mark.parametrize(
    ("values", "options", "code"),
    [
        (ramp(), {"transform": Affine.identity()}, "raster-not-georeferenced"),
        (ramp(), {"transform": PLACE * Affine.rotation(10)}, "raster-rotated"),
        (ramp("complex64"), {}, "raster-type"),
        (ramp(), {"crs": "EPSG:4610"}, "crs-other-datum"),
    ],
    ids=["nowhere", "rotated", "complex", "Xian 1980"],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_cannot_be_used_is_refused(tmp_path, values, options, code):
    assert refusal(geotiff(tmp_path, values, **options)) == code
    assert not list((tmp_path / "media").rglob("*.tif"))


def test_a_large_sparse_file_is_told_by_its_ratio(tmp_path):
    path = geotiff(
        tmp_path,
        np.ones((1, 512, 512), "uint8"),
        SPARSE_OK="TRUE",
        tiled=True,
        blockxsize=256,
        blockysize=256,
    )
    with rasterio.open(
        tmp_path / "b.tif", "w", driver="GTiff", width=60_000, height=60_000, count=1, dtype="uint8", crs="EPSG:4490",
        transform=PLACE, SPARSE_OK="TRUE", tiled=True, BIGTIFF="YES",
    ):  # fmt: skip
        pass
    assert refusal(tmp_path / "b.tif") == "raster-bomb"
    rasters.store(path)


def test_a_raster_is_inspected(tmp_path):
    told = inspect(geotiff(tmp_path, np.stack([ramp("int16"), ramp("int16")]), crs="EPSG:4525",
                           transform=from_origin(37_600_000, 4_510_000, 30, 30)))  # fmt: skip
    assert (told.format, told.kind) == ("geotiff", "raster")
    [layer] = told.layers
    assert layer.crs == "EPSG:4525"
    assert [(field.name, field.type) for field in layer.fields] == [("1", "int16"), ("2", "int16")]
    assert layer.bounds == pytest.approx((37_600_000, 4_501_000, 37_621_000, 4_510_000))
    assert told.notices[0].params == {"width": 700, "height": 300, "bands": 2}


def test_a_header_alone_is_no_raster(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", 0) + bytes(4))
    assert refusal(path) == "not-readable"
