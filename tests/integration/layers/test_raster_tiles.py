"""Raster tiles against witnesses: formulas by hand on planes, GDAL's warper, colours as decoded from the PNG."""

import io
import math

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.enums import Resampling
from rasterio.transform import from_bounds, from_origin
from rasterio.vrt import WarpedVRT

from layers import queries, raster_tiles, rasters
from layers.loading import load_raster
from layers.models import Layer, LayerVersion
from layers.overviews import tile_bounds
from tests.factories.layers import LayerFactory

pytestmark = pytest.mark.django_db

WEST, NORTH, CELL, SIDE = 109.8, 40.7, 0.0005, 400  # 0.2°
PLACE = (12, 3299, 1539)  # within it


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    raster_tiles._range.cache_clear()
    yield
    for dataset in rasters._datasets.open.values():
        dataset.close()
    rasters._datasets.open.clear()


def loaded(tmp_path, values, *, crs="EPSG:4490", transform=None, nodata=-9999.0, **layer):
    path = tmp_path / "raster.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=values.dtype,
        crs=crs, transform=transform or from_origin(WEST, NORTH, CELL, CELL), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values, 1)
    row = LayerFactory(code="DEM", kind="raster", **layer)
    load_raster(row, path)
    return queries.current()["DEM"]


def tile_over(zoom, lon, lat):
    side = 1 << zoom
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side
    return zoom, int((lon + 180) / 360 * side), int(row)


def plane(east=0.0, north=0.0, base=1000.0):
    """A plane that rises so much per degree."""
    columns, rows = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5)
    return (base + east * columns * CELL - north * rows * CELL).astype(np.float32)


def pixels(png):
    """Red, green, blue, alpha of each pixel."""
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "P"
        assert image.size == (256, 256)
        return np.asarray(image.convert("RGBA"))


def test_values_lie_where_gdal_puts_them(tmp_path):
    rng = np.random.default_rng(1)
    rough = plane(3000, 5000) + rng.normal(0, 20, (SIDE, SIDE)).astype(np.float32)
    version = loaded(tmp_path, rough)
    z, x, y = tile_over(13, WEST + 0.1, NORTH - 0.1)
    ours = raster_tiles.sampled(version.raster_path, z, x, y)
    half = math.pi * 6378137
    unit = 2 * half / (1 << z)
    bounds = (x * unit - half, half - (y + 1) * unit, (x + 1) * unit - half, half - y * unit)
    with (
        rasterio.open(rasters.media_path(version.raster_path)) as dataset,
        WarpedVRT(
            dataset, src_crs="EPSG:4326", crs="EPSG:3857", transform=from_bounds(*bounds, 256, 256), width=256,
            height=256, resampling=Resampling.bilinear,
        ) as witness,
    ):  # fmt: skip
        theirs = witness.read(1)
    assert np.abs(ours - theirs).max() < 0.5  # of a noise of 20
    assert np.abs(ours - theirs).mean() < 0.02


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4524"])
def test_a_raster_in_any_crs_is_drawn_in_its_place(tmp_path, crs):
    """The western half is 1, the eastern 2; where the change lies is known in degrees."""
    if crs == "EPSG:4490":
        middle = WEST + SIDE / 2 * CELL
        transform = None
    else:
        import pyproj

        east, north = pyproj.Transformer.from_crs("EPSG:4490", crs, always_xy=True).transform(109.9, 40.6)
        transform = from_origin(east - 200 * 40, north + 200 * 40, 40, 40)
        middle = 109.9
    values = np.ones((SIDE, SIDE), dtype=np.float32)
    values[:, SIDE // 2 :] = 2
    version = loaded(tmp_path, values, crs=crs, transform=transform)
    z, x, y = tile_over(12, middle, 40.6)
    found = raster_tiles.sampled(version.raster_path, z, x, y, nearest=True)
    west, south, east, north = tile_bounds(z, x, y)
    row = int((north - 40.6) / (north - south) * 256)
    change = int(np.flatnonzero(found[row] == 2)[0])
    cell = 40 / 111_000 / math.cos(math.radians(40.6)) if transform else CELL
    assert abs(west + (east - west) * change / 256 - middle) <= (east - west) / 256 + cell


@pytest.mark.parametrize(("east", "north"), [(0.0, 0.0), (9000.0, 0.0), (0.0, -9000.0), (5000.0, 12000.0)])
def test_slope_and_shade_of_a_plane_are_what_the_formula_says(tmp_path, east, north):
    version = loaded(tmp_path, plane(east, north))
    z, x, y = tile_over(13, WEST + 0.1, NORTH - 0.1)
    values = raster_tiles.sampled(version.raster_path, z, x, y, margin=1)
    size = raster_tiles._ground_size(z, y)
    latitude = math.radians(NORTH - 0.1)
    # the map's sphere: metres of a degree to the east and to the north at this latitude
    degree = 2 * math.pi * 6378137 / 360
    rise_east, rise_north = east / (degree * math.cos(latitude)), north / degree
    steep = math.degrees(math.atan(math.hypot(rise_east, rise_north)))
    found = raster_tiles.slope(values, size)[100:150, 100:150]
    assert found == pytest.approx(np.full((50, 50), steep), abs=0.05)
    sun = np.array([-1, 1, math.sqrt(2)]) / 2  # from the north-west, 45° high
    normal = np.array([-rise_east, -rise_north, 1.0])
    light = max(float(sun @ normal / np.linalg.norm(normal)), 0.0)
    shade = raster_tiles.hillshade(values, size)[100:150, 100:150]
    assert shade == pytest.approx(np.full((50, 50), light), abs=0.005)


def test_ground_is_measured_at_its_latitude():
    size = raster_tiles._ground_size(12, 1539)
    west, south, east, north = tile_bounds(12, 3299, 1539)
    metres = math.radians(east - west) * 6378137 / 256
    assert size[1, 0] == pytest.approx(metres * math.cos(math.radians(north)), rel=1e-4)
    assert size[-2, 0] == pytest.approx(metres * math.cos(math.radians(south)), rel=1e-4)


def test_what_is_not_known_is_transparent(tmp_path):
    values = plane()
    values[:, : SIDE // 2] = -9999
    version = loaded(tmp_path, values, style={"": {"fill": "#c9b38f"}})
    z, x, y = tile_over(12, WEST + SIDE / 2 * CELL, NORTH - 0.1)
    for style in raster_tiles.Style:
        alpha = pixels(raster_tiles.tile(version, z, x, y, style))[..., 3]
        west, _, east, _ = tile_bounds(z, x, y)
        middle = (WEST + SIDE / 2 * CELL - west) / (east - west) * 256
        assert (alpha[:, : int(middle) - 3] == 0).all(), style
        assert (alpha[:, int(middle) + 3 :] == 255).all(), style


def test_beyond_the_raster_there_is_nothing(tmp_path):
    version = loaded(tmp_path, plane())
    assert raster_tiles.tile(version, *tile_over(12, 100.0, 30.0)) == b""
    z, x, y = tile_over(9, WEST + 0.1, NORTH - 0.1)
    alpha = pixels(raster_tiles.tile(version, z, x, y))[..., 3]
    west, south, east, north = tile_bounds(z, x, y)
    share = (SIDE * CELL) ** 2 / ((east - west) * (north - south))
    assert (alpha == 255).mean() == pytest.approx(share, rel=0.05)


def test_values_have_the_colours_of_the_ramp(tmp_path):
    values = np.full((SIDE, SIDE), 500.0, dtype=np.float32)
    values[SIDE // 2 :] = 1500.0
    style = {"": {"ramp": [[0, "#000000"], [1000, "#ff0000"], [2000, "#ffffff"]]}}
    version = loaded(tmp_path, values, style=style)
    z, x, y = tile_over(14, WEST + 0.1, NORTH - 0.05)
    assert pixels(raster_tiles.tile(version, z, x, y))[128, 128].tolist() == pytest.approx(
        [127, 0, 0, 255], abs=2
    )
    z, x, y = tile_over(14, WEST + 0.1, NORTH - 0.15)
    assert pixels(raster_tiles.tile(version, z, x, y))[128, 128].tolist() == pytest.approx(
        [255, 127, 127, 255], abs=2
    )


def test_one_colour_makes_a_ramp_over_the_rasters_own_range(tmp_path):
    version = loaded(tmp_path, plane(east=10000.0), style={"": {"fill": "#c9b38f"}})
    z, x, y = tile_over(10, WEST + 0.1, NORTH - 0.1)
    shown = pixels(raster_tiles.tile(version, z, x, y))
    row = shown[shown[..., 3].any(axis=1).nonzero()[0][5]]
    brightness = row[row[:, 3] > 0, :3].astype(int).sum(axis=1)
    assert (np.diff(brightness) <= 0).all()
    assert brightness[0] > 700 > 250 > brightness[-1]


def test_classes_are_never_mixed(tmp_path):
    rng = np.random.default_rng(2)
    values = rng.choice([11, 12, 40], (SIDE, SIDE)).astype(np.int16)
    style = {"11": {"fill": "#ff0000"}, "12": {"fill": "#0f0"}, "40": {"fill": "#0000ff"}}
    version = loaded(tmp_path, values, nodata=-1, style=style)
    for zoom in (9, 13, 15):
        shown = pixels(raster_tiles.tile(version, *tile_over(zoom, WEST + 0.1, NORTH - 0.1), "classes"))
        seen = {tuple(colour) for colour in shown.reshape(-1, 4).tolist() if colour[3]}
        assert seen == {(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)}


def test_a_class_without_a_colour_is_not_drawn(tmp_path):
    values = np.full((SIDE, SIDE), 11, dtype=np.int16)
    version = loaded(tmp_path, values, nodata=-1, style={"12": {"fill": "#00ff00"}})
    assert raster_tiles.tile(version, *tile_over(13, WEST + 0.1, NORTH - 0.1), "classes") == b""


def test_other_colours_are_other_tiles(tmp_path):
    version = loaded(tmp_path, plane(), style={"": {"fill": "#c9b38f"}})
    place = tile_over(13, WEST + 0.1, NORTH - 0.1)
    first = raster_tiles.tile(version, *place)
    layer = Layer.objects.get(code="DEM")
    key = raster_tiles.colours_key(layer.style)
    layer.style = {"": {"fill": "#3366ff"}}
    layer.save()
    assert raster_tiles.colours_key(layer.style) != key
    assert raster_tiles.tile(version, *place) != first
    row = LayerVersion.objects.select_related("layer", "raster").get()
    assert raster_tiles.tile(row, *place) == raster_tiles.tile(version, *place, colours=layer.style)


@pytest.mark.parametrize(
    ("place", "style"), [((2, 4, 0), "values"), ((30, 0, 0), "values"), ((2, 0, 0), "shiny")]
)
def test_what_does_not_exist_is_refused(tmp_path, place, style):
    version = loaded(tmp_path, plane())
    with pytest.raises(ValueError, match=r"tile|Style"):
        raster_tiles.tile(version, *place, style)


def test_a_vector_layer_has_no_pictures():
    from tests.factories.layers import published

    published("A")
    with pytest.raises(ValueError, match="raster"):
        raster_tiles.tile(queries.current()["A"], 2, 0, 0)
