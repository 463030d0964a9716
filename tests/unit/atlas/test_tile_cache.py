"""Tiles on disk: made once, whole or not at all, bounded in size."""

import gzip
import os
import threading

import pytest

from gis_projects.atlas import tile_cache

HASH = "ab" * 32


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path, monkeypatch):
    settings.LOCAL_DIR = tmp_path
    monkeypatch.setattr(tile_cache, "_written", 0)


def tiles_on_disk():
    return sorted(tile_cache.folder().glob("*/*/*/*"))


def never():
    raise AssertionError("asked to make a tile that is kept")


def test_a_tile_is_made_once_and_is_compressed():
    packed = tile_cache.tile("DLTB", HASH, 14, 3, 4, lambda: b"tile" * 100)
    assert gzip.decompress(packed) == b"tile" * 100
    assert tile_cache.tile("DLTB", HASH, 14, 3, 4, never) == packed


def test_an_empty_tile_is_kept_too():
    assert tile_cache.tile("DLTB", HASH, 14, 3, 4, lambda: b"") == b""
    assert tile_cache.tile("DLTB", HASH, 14, 3, 4, never) == b""


def test_another_layer_content_or_place_is_another_tile():
    tile_cache.tile("DLTB", HASH, 14, 3, 4, lambda: b"one")
    for layer, root_hash, z, x, y in (
        ("GHFQ", HASH, 14, 3, 4),
        ("DLTB", "cd" * 32, 14, 3, 4),
        ("DLTB", HASH, 13, 3, 4),
        ("DLTB", HASH, 14, 4, 3),
    ):
        packed = tile_cache.tile(layer, root_hash, z, x, y, lambda: b"other")
        assert gzip.decompress(packed) == b"other"


def test_many_who_ask_at_once_get_one_making():
    made = []
    ready = threading.Barrier(8)
    answers = []

    def make():
        made.append(1)
        threading.Event().wait(0.1)
        return b"slow"

    def ask():
        ready.wait()
        answers.append(tile_cache.tile("DLTB", HASH, 14, 3, 4, make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert {gzip.decompress(answer) for answer in answers} == {b"slow"}


def test_a_failed_making_leaves_nothing_and_can_be_tried_again():
    with pytest.raises(ZeroDivisionError):
        tile_cache.tile("DLTB", HASH, 14, 3, 4, lambda: 1 // 0)
    assert tiles_on_disk() == []
    assert gzip.decompress(tile_cache.tile("DLTB", HASH, 14, 3, 4, lambda: b"now")) == b"now"


def test_a_full_disk_slows_the_map_but_shows_it(monkeypatch, caplog):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tile_cache, "_write", full)
    assert gzip.decompress(tile_cache.tile("DLTB", HASH, 14, 3, 4, lambda: b"tile")) == b"tile"
    assert "could not be kept" in caplog.text


def test_an_interrupted_writing_leaves_no_half_tile(monkeypatch):
    def broken(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(KeyboardInterrupt):
        tile_cache.tile("DLTB", HASH, 14, 3, 4, lambda: b"tile")
    assert tiles_on_disk() == []


def test_the_folder_stays_within_its_bound_and_loses_the_oldest_first(settings):
    settings.TILE_CACHE_BYTES = 200_000
    for x in range(100):
        tile_cache.tile("DLTB", HASH, 14, x, 4, lambda: os.urandom(4000))
        path = tile_cache.folder() / f"DLTB-{HASH[:20]}-{tile_cache.ENCODING}" / "14" / str(x) / "4.mvt.gz"
        os.utime(path, (x, x))
    tile_cache.sweep()
    kept = {int(path.parent.name) for path in tiles_on_disk()}
    assert 0 < sum(path.stat().st_blocks * 512 for path in tiles_on_disk()) <= 200_000
    assert 99 in kept
    assert 0 not in kept
    assert kept == set(range(min(kept), 100))


def test_writing_alone_brings_the_sweep(settings):
    settings.TILE_CACHE_BYTES = 100_000
    for x in range(200):
        tile_cache.tile("DLTB", HASH, 14, x, 4, lambda: os.urandom(4000))
    assert len(tiles_on_disk()) < 60
