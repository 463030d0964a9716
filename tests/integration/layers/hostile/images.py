"""GeoTIFF, and what only pretends to be a file."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from tests.integration.layers.hostile import read, refused
from tests.integration.layers.hostile.good import file, made

PLACE = from_origin(109.9, 40.7, 0.001, 0.001)


def geotiff(folder: Path, width: int = 64, height: int = 64, *, write: bool = True, **options) -> Path:
    path = folder / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8", crs="EPSG:4490",
        transform=PLACE, **options,
    ) as image:  # fmt: skip
        if write:
            image.write(np.arange(width * height, dtype="uint8").reshape(1, height, width))
    return path


def tag(data: bytes, number: int) -> int:
    """Where the value of a tag is in a classic little-endian TIFF."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    return next(
        at + 2 + 12 * n + 8
        for n in range(count)
        if struct.unpack_from("<H", data, at + 2 + 12 * n)[0] == number
    )


def changed(path: Path, number: int, value: int) -> Path:
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, tag(bytes(data), number), value)
    path.write_bytes(bytes(data))
    return path


@refused("raster-too-large", "raster-bomb")
def geotiff_of_a_hundred_thousand_squared(folder):
    return geotiff(folder, 100_000, 100_000, write=False, SPARSE_OK="TRUE", tiled=True, BIGTIFF="YES")


@refused("raster-bomb")
def geotiff_that_is_mostly_nothing(folder):
    return geotiff(folder, 40_000, 40_000, write=False, SPARSE_OK="TRUE", tiled=True)


@refused("raster-too-large", "raster-bomb", "not-readable")
def geotiff_whose_header_claims_more_than_there_is(folder):
    return changed(changed(geotiff(folder), 256, 3_000_000), 257, 3_000_000)


@refused("not-readable", "raster-bomb", "too-much-memory")
def geotiff_of_one_endless_strip(folder):
    path = changed(geotiff(folder, compress="DEFLATE", blockysize=64), 256, 60_000)
    return changed(changed(path, 257, 60_000), 278, 60_000)


for _share in (5, 50, 90):

    @refused("not-readable", "raster-not-georeferenced", name=f"geotiff_cut_at_{_share}_percent")
    def _(folder: Path, share: int = _share) -> Path:
        data = geotiff(folder, 512, 512).read_bytes()
        return file(folder, data[: len(data) * share // 100])


@refused("not-readable")
def geotiff_whose_strips_lie_beyond_the_end(folder):
    path = geotiff(folder, blockysize=64)
    return changed(path, 273, 0x7FFFFFFF)


@refused("not-readable")
def geotiff_whose_strip_is_two_gigabytes(folder):
    return changed(geotiff(folder, compress="LZW", blockysize=64), 279, 0x7FFFFFFF)


@refused("not-readable")
def geotiff_without_width(folder):
    return changed(geotiff(folder), 256, 0)


@refused("not-readable", "raster-not-georeferenced")
def geotiff_whose_directory_points_to_itself(folder):
    data = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", 1) + struct.pack("<HHII", 330, 4, 1, 8)
    return file(folder, data + struct.pack("<I", 8))


@refused("not-readable")
def geotiff_of_damaged_compression(folder):
    data = bytearray(geotiff(folder, 512, 512, compress="DEFLATE").read_bytes())
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    return file(folder, bytes(data))


@read(1)
def geotiff_with_a_side_file_that_points_elsewhere(folder):
    path = geotiff(folder)
    Path(f"{path}.aux.xml").write_text(
        "<PAMDataset><Metadata domain='OVERVIEWS'><MDI key='OVERVIEW_FILE'>/vsicurl/http://127.0.0.1:PORT/x.ovr</MDI>"
        "</Metadata></PAMDataset>"
    )
    return path


@read(1)
def geotiff_whose_metadata_is_a_bomb(folder):
    path = geotiff(folder)
    with rasterio.open(path, "r+") as image:
        image.update_tags(X="<!DOCTYPE a [<!ENTITY b '" + "x" * 1000 + "'>]>" * 100)
    return path


# --- disguises ----------------------------------------------------------------------------------------------
def _disguised(name: str, content: bytes, *codes: str) -> None:
    def make(folder: Path) -> Path:
        return file(folder, content, "a.geojson" if "json" in name else "a.tif")

    refused(*codes, name=f"disguise_{name}")(make)


_URL = b"http://127.0.0.1:PORT/"
_disguised("vrt_as_geojson", b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/' + _URL +
           b"a</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>", "file-not-recognised")  # fmt: skip
_RAW = (
    b'<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand subClass="VRTRawRasterBand"><SourceFilename>'
)
_disguised(
    "vrt_of_raw_bytes",
    _RAW + b"/etc/passwd</SourceFilename></VRTRasterBand></VRTDataset>",
    "file-not-recognised",
)
_disguised("wms_as_tif", b"<GDAL_WMS><Service name='WMS'><ServerUrl>" + _URL + b"</ServerUrl></Service></GDAL_WMS>",
           "file-not-recognised")  # fmt: skip
_disguised("web_address", b"/vsicurl/" + _URL + b"a.gpkg", "file-not-recognised")
_disguised("connection", b"PG:host=127.0.0.1 port=PORT", "file-not-recognised")
_disguised(
    "geojson_with_a_link",
    b'{"type":"FeatureCollection","features":"' + _URL + b'"}',
    "not-readable",
    "no-layer",
)
_disguised("geojson_of_a_service", b'{"type":"OGCAPI","url":"' + _URL + b'"}', "not-readable", "no-layer")
_disguised("gdal_pipeline", b'{"type":"gdal_streamed_alg","command_line":"gdal vector pipeline ! read ' + _URL + b'"}',
           "not-readable", "no-layer")  # fmt: skip
_disguised("pdf", b"%PDF-1.7\n1 0 obj <</JS (app.alert)>>", "file-not-recognised")
_disguised("program", b"\x7fELF" + bytes(200), "file-not-recognised")
_disguised("office", b"\xd0\xcf\x11\xe0" + bytes(600), "file-not-recognised")
_disguised("drawing", b"AC1032" + bytes(600), "file-not-recognised")
_disguised("nothing_but_nul", bytes(4096), "file-not-recognised")
_disguised("empty", b"", "file-empty")


@refused("file-not-plain")
def link_to_a_file(folder):
    (folder / "a.gpkg").symlink_to("/etc/passwd")
    return folder / "a.gpkg"


@refused("file-not-plain")
def folder_named_as_a_file(folder):
    (folder / "a.gdb").mkdir()
    return folder / "a.gdb"


@refused("file-not-plain")
def pipe_that_never_answers(folder):
    os.mkfifo(folder / "a.geojson")
    return folder / "a.geojson"


@refused("file-too-large")
def file_of_five_gigabytes(folder):
    path = file(folder, made("GPKG", ".gpkg"))
    os.truncate(path, 5 << 30)
    return path
