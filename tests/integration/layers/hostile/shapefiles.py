"""Shapefiles: members missing, contradicting each other, cut, and shapes that can't be."""

from __future__ import annotations

import struct
import zipfile

import numpy as np

from tests.integration.layers.hostile import read, refused
from tests.integration.layers.hostile.good import METRES, file, shapefile, zipped, zipped_shapefile
from tests.integration.layers.hostile.good import write as write_file

ANSWER = {"epsg": 4525}


def polygon(
    *rings: np.ndarray, parts: list[int] | None = None, count: int | None = None, kind: int = 5
) -> bytes:
    """The content of a polygon's record."""
    xy = np.concatenate(rings)
    starts = parts if parts is not None else np.cumsum([0, *(len(ring) for ring in rings[:-1])]).tolist()
    return (
        struct.pack("<i4dii", kind, *np.nanmin(xy, 0), *np.nanmax(xy, 0), len(starts), count or len(xy))
        + struct.pack(f"<{len(starts)}i", *starts)
        + xy.astype("<f8").tobytes()
    )


def shapes(*contents: bytes, kind: int = 5) -> dict[str, bytes]:
    """The .shp and .shx of records."""
    body, index, at = b"", b"", 50
    for number, content in enumerate(contents, 1):
        index += struct.pack(">ii", at, len(content) // 2)
        body += struct.pack(">ii", number, len(content) // 2) + content
        at += 4 + len(content) // 2
    box = struct.pack("<8d", 37_400_000, 4_500_000, 37_400_300, 4_500_300, 0, 0, 0, 0)

    def header(words: int) -> bytes:
        return struct.pack(">7i", 9994, 0, 0, 0, 0, 0, words) + struct.pack("<2i", 1000, kind) + box

    return {"shp": header(at) + body, "shx": header(50 + len(index) // 2) + index}


def ring(*offsets: tuple[float, float]) -> np.ndarray:
    return np.array([37_400_000, 4_500_000]) + np.array(offsets, dtype=float)


SQUARE = ring((0, 0), (0, 100), (100, 100), (100, 0), (0, 0))
OTHER = SQUARE + np.array([200, 0])


@refused("shapefile-incomplete")
def shapefile_without_shx(folder):
    return file(folder, zipped_shapefile(shx=None))


@refused("shapefile-incomplete")
def shapefile_without_dbf(folder):
    return file(folder, zipped_shapefile(dbf=None))


@refused("crs-not-given")
def shapefile_without_prj(folder):
    return file(folder, zipped_shapefile(prj=None))


@read(2, "crs-answered", **ANSWER)
def shapefile_without_prj_but_with_an_answer(folder):
    return file(folder, zipped_shapefile(prj=None))


@refused("crs-not-given", "not-readable", "crs-unknown")
def shapefile_with_a_prj_of_rubbish(folder):
    return file(folder, zipped_shapefile(prj=b"\xff\x00PROJCS[" * 100))


@refused("crs-other-datum")
def shapefile_of_another_datum(folder):
    return file(folder, zipped({f"a{s}": d for s, d in shapefile("EPSG:2364").items()}))


@refused("crs-unknown", "not-readable", "crs-not-given", "crs-other-datum")
def shapefile_whose_prj_names_a_grid_file(folder):
    return file(folder, zipped_shapefile(prj=b"+proj=tmerc +lon_0=111 +nadgrids=/etc/passwd +type=crs"))


@read(2, "cpg-wrong")
def shapefile_in_gbk_whose_cpg_says_utf8(folder):
    return file(folder, zipped_shapefile(cpg=b"UTF-8"))


@read(2)
def shapefile_with_a_cpg_of_rubbish(folder):
    return file(folder, zipped_shapefile(cpg=b"\xff\xfe" * 500))


@read(2, "text-damaged")
def shapefile_with_damaged_characters(folder):
    """In no encoding are these bytes text, wherever the field is cut."""
    return file(folder, zipped_shapefile(dbf=shapefile()[".dbf"].replace("耕地".encode("gbk"), b"\xff\xffab", 1)
                                         .replace("林地".encode("gbk"), b"\xff\xffcd", 1)))  # fmt: skip


@read(2, "shapefile-lengths")
def shapefile_whose_shp_is_cut(folder):
    return file(folder, zipped_shapefile(shp=shapefile()[".shp"][:-40]))


@refused("not-readable")
def shapefile_whose_shx_is_cut(folder):
    return file(folder, zipped_shapefile(shx=shapefile()[".shx"][:-8]))


@read(1, "shapefile-lengths", "count-differs")
def shapefile_whose_dbf_is_cut(folder):
    return file(folder, zipped_shapefile(dbf=shapefile()[".dbf"][:-140]))


def dbf(at: int, value: bytes) -> bytes:
    """The .dbf with other bytes in its header."""
    data = bytearray(shapefile()[".dbf"])
    data[at : at + len(value)] = value
    return bytes(data)


@read(2, "shapefile-lengths")
def shapefile_whose_dbf_has_records_of_no_width(folder):
    return file(folder, zipped_shapefile(dbf=dbf(10, b"\0\0")))


@read(2, "shapefile-lengths")
def shapefile_whose_dbf_has_a_header_of_64_kb(folder):
    return file(folder, zipped_shapefile(dbf=dbf(8, b"\xff\xff")))


@read(2, "shapefile-lengths")
def shapefile_whose_dbf_claims_two_thousand_million_records(folder):
    return file(folder, zipped_shapefile(dbf=dbf(4, struct.pack("<I", 2_000_000_000))))


@read(2)
def shapefile_whose_record_claims_two_thousand_million_points(folder):
    """The record has no such length, so it is no geometry."""
    return file(folder, zipped_shapefile(**shapes(polygon(SQUARE, count=2_000_000_000), polygon(OTHER))))


@read(2)
def shapefile_whose_index_points_beyond_the_end(folder):
    data = bytearray(shapefile()[".shx"])
    data[100:108] = struct.pack(">ii", 1_000_000_000, 64)
    return file(folder, zipped_shapefile(shx=bytes(data)))


@refused("too-many-vertices")
def shapefile_of_ten_million_vertices(folder):
    angle = np.linspace(0, -2 * np.pi, 10_000_000)
    circle = np.column_stack((37_400_000 + 1000 * np.cos(angle), 4_500_000 + 1000 * np.sin(angle)))
    members = shapefile() | {f".{k}": v for k, v in shapes(polygon(circle), polygon(OTHER)).items()}
    return file(folder, zipped({f"a{k}": v for k, v in members.items()}, zipfile.ZIP_STORED))


@read(2)
def shapefile_with_a_bow_tie(folder):
    bow = ring((0, 0), (100, 100), (100, 0), (0, 100), (0, 0))
    return file(folder, zipped_shapefile(**shapes(polygon(bow), polygon(OTHER))))


@read(2, "driver-said")
def shapefile_with_a_ring_of_two_points(folder):
    return file(folder, zipped_shapefile(**shapes(polygon(ring((0, 0), (100, 0))), polygon(OTHER))))


@read(2)
def shapefile_with_a_ring_that_is_one_point(folder):
    return file(folder, zipped_shapefile(**shapes(polygon(np.repeat(SQUARE[:1], 5, 0)), polygon(OTHER))))


@read(2)
def shapefile_with_coordinates_that_are_no_numbers(folder):
    wild = SQUARE.copy()
    wild[1] = np.nan
    wild[2] = np.inf
    return file(folder, zipped_shapefile(**shapes(polygon(wild), polygon(OTHER))))


@refused("coordinate-not-a-number", "not-readable")
def shapefile_of_nothing_but_infinity(folder):
    wild = np.full((5, 2), np.inf)
    return file(folder, zipped_shapefile(**shapes(polygon(wild), polygon(wild))))


@read(2)
def shapefile_with_parts_that_start_backwards(folder):
    return file(folder, zipped_shapefile(**shapes(polygon(SQUARE, OTHER, parts=[5, 0]), polygon(OTHER))))


@read(2)
def shapefile_of_an_unknown_kind(folder):
    return file(
        folder, zipped_shapefile(**shapes(polygon(SQUARE, kind=99), polygon(OTHER, kind=99), kind=99))
    )


@read(2)
def shapefile_of_null_shapes(folder):
    return file(folder, zipped_shapefile(**shapes(struct.pack("<i", 0), polygon(OTHER))))


@read(2)
def shapefile_with_heights_and_measures(folder):
    import shapely

    raised = shapely.force_3d(METRES, 3.0)
    path = write_file(folder / "a.shp", "ESRI Shapefile", raised, crs="EPSG:4525", kind="Polygon Z")
    return file(
        folder, zipped({part.name: part.read_bytes() for part in folder.iterdir() if part != path.parent})
    )


@refused("coordinate-outside-projection", "not-readable")
def shapefile_far_outside_its_projection(folder):
    far = SQUARE * 1e6
    return file(folder, zipped_shapefile(**shapes(polygon(far), polygon(far))))
