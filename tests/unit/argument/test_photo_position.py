"""Where photos say they were taken: what a phone writes, and what nothing can be made of."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from django.utils import timezone
from PIL import Image

from gis_projects.argument.photo_position import Position, read

EAST, NORTH = (109.0, 50.0, 51.0), (40.0, 37.0, 1.2)


def photo(taken: str = "", **gps: object) -> bytes:
    out = io.BytesIO()
    data = Image.Exif()
    if gps:
        block = data.get_ifd(0x8825)
        for name, value in gps.items():
            block[{"lat_ref": 1, "lat": 2, "lon_ref": 3, "lon": 4, "error": 31}[name]] = value
    if taken:
        data.get_ifd(0x8769)[0x9003] = taken
    Image.new("RGB", (2, 2)).save(out, "JPEG", exif=data)
    return out.getvalue()


def test_a_photo_says_where_and_when_it_was_taken():
    content = photo(taken="2026:06:01 09:30:15", lat_ref="N", lat=NORTH, lon_ref="E", lon=EAST, error=4.65)
    found = read(content)
    assert found.position == Position(pytest.approx(109.8475), pytest.approx(40.617), pytest.approx(4.65))
    assert found.at == timezone.make_aware(datetime(2026, 6, 1, 9, 30, 15))


def test_south_and_west_are_negative():
    found = read(photo(lat_ref="S", lat=NORTH, lon_ref="W", lon=EAST)).position
    assert found == Position(pytest.approx(-109.8475), pytest.approx(-40.617), None)


@pytest.mark.parametrize(
    "gps",
    [
        {},
        {"lat_ref": "N", "lat": NORTH},
        {"lat": NORTH, "lon": EAST},
        {"lat_ref": "X", "lat": NORTH, "lon_ref": "E", "lon": EAST},
        {"lat_ref": "N", "lat": (91.0, 0.0, 0.0), "lon_ref": "E", "lon": EAST},
        {"lat_ref": "N", "lat": (40.0, 37.0), "lon_ref": "E", "lon": EAST},
        {"lat_ref": "N", "lat": (0.0, 0.0, 0.0), "lon_ref": "E", "lon": (0.0, 0.0, 0.0)},
    ],
)
def test_a_position_that_can_not_be_meant_is_none(gps):
    assert read(photo(**gps)).position is None


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "2026-06-01"])
def test_a_time_that_can_not_be_meant_is_none(taken):
    assert read(photo(taken=taken)).at is None


def test_a_damaged_or_foreign_file_says_nothing():
    whole = photo(lat_ref="N", lat=NORTH, lon_ref="E", lon=EAST)
    for content in (
        b"",
        b"%PDF-1.4",
        whole[:30],
        b"\xff\xd8\xff\xe1\x00\x10Exif\0\0MM\0*\0\0\xff\xff",
        b"GIF89a" + b"\0" * 20,
    ):
        assert read(content).position is None
