"""Tiles made before anybody asks: where there are features, at zooms that aren't stored anyway."""

import json
from io import StringIO

import pytest
import shapely
from django.core.management import CommandError, call_command

from gis_projects.atlas import tile_cache
from gis_projects.atlas.actions import tiles as seeding
from layers import tiles
from tests.factories.layers import ORIGIN, STEP, grid_table, published

pytestmark = pytest.mark.django_db

GROUND = shapely.box(*ORIGIN, ORIGIN[0] + 3 * STEP, ORIGIN[1] + 3 * STEP)


@pytest.fixture(autouse=True)
def own_tiles(settings, tmp_path):
    settings.LOCAL_DIR = tmp_path


def seeded(*arguments):
    out = StringIO()
    call_command("seed_tiles", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_every_tile_with_features_is_kept_and_nothing_is_cut_later(monkeypatch):
    published("DLTB", grid_table(3, 3))
    report = seeded("DLTB", "--zooms", "8-13")
    assert report["stored"] == [8, 9]
    assert set(report["tiles"]) == {"10", "11", "12", "13"}
    kept = list(tile_cache.folder().glob("*/*/*/*.mvt.gz"))
    assert len(kept) == sum(report["tiles"].values())
    assert sum(path.stat().st_size for path in kept) >= report["bytes"] > 0
    for path in kept:
        z, x, y = (int(part.split(".")[0]) for part in path.parts[-3:])
        west, south, east, north = tiles.tile_bounds(z, x, y)
        assert shapely.intersects(shapely.box(west, south, east, north).buffer(0.01), GROUND)

    def never(*arguments):
        raise AssertionError("cut again")

    monkeypatch.setattr(tiles, "tile", never)
    assert seeded("DLTB", "--zooms", "8-13") == report


def test_other_layers_keep_their_room(settings):
    published("DLTB", grid_table(3, 3))
    settings.TILE_CACHE_BYTES = 200
    report = seeded("DLTB", "--zooms", "12-14")
    assert report["full"]
    assert report["tiles"]["14"] == 0


@pytest.mark.parametrize("arguments", [("NONE",), ("DLTB", "--zooms", "9-5"), ("DLTB", "--zooms", "x")])
def test_what_cannot_be_seeded_is_refused(arguments):
    published("DLTB", grid_table(1, 1))
    with pytest.raises(CommandError):
        seeded(*arguments)


def test_zooms_are_read_as_they_are_written():
    assert list(seeding.zooms_of("10-12")) == [10, 11, 12]
    assert list(seeding.zooms_of("9")) == [9]
    for wrong in ("", "5-", "-3", "20-23"):
        with pytest.raises(ValueError, match=r"\S"):
            seeding.zooms_of(wrong)
