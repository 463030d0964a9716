"""Each damaged or hostile file is refused with a reason or read with a report, within its bounds, asking nobody."""

from __future__ import annotations

import re
import socket
import threading
from pathlib import Path

import pytest

from layers import rasters
from layers.notices import UnreadableFile
from layers.reading import inspect, open_batches
from layers.reading.sandbox import Confined
from tests.integration.layers.hostile import CASES, binaries, documents, images, shapefiles, zips

CPU_SECONDS, RESIDENT = 30, 512 << 20
assert binaries
assert documents
assert images
assert shapefiles
assert zips


@pytest.fixture(scope="module")
def listener():
    """A port of this machine, and who came to it."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        done = threading.Event()

        def listen():
            while not done.is_set():
                try:
                    came.append(server.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], came
        done.set()
        thread.join()


@pytest.fixture
def used(monkeypatch):
    """What each confined process used."""
    usages = []
    finish = Confined.finish

    def finished(self):
        try:
            return finish(self)
        finally:
            usages.append(self.usage)

    monkeypatch.setattr(Confined, "finish", finished)
    return usages


def ended(path: Path, options: dict) -> tuple[int | None, set[str], str]:
    """How many features were read (a raster counts as one), what was said by code, and in words."""
    try:
        if inspect(path).kind == "raster":
            features, notices = 1, rasters.store(path, **options).notices
        else:
            with open_batches(path, **options) as stream:
                features = sum(len(table) for table in stream)
            notices = stream.notices
    except UnreadableFile as refusal:
        features, notices = None, refusal.notices
    return features, {notice.code for notice in notices}, "\n".join(map(str, notices))


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_with_a_reason_or_read_with_a_report(name, tmp_path, settings, listener, used):
    case = CASES[name]
    settings.MEDIA_ROOT = tmp_path / "media"
    port, came = listener
    folder = tmp_path / "in"
    folder.mkdir()
    path = case.make(folder)
    if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
        path.write_bytes(path.read_bytes().replace(b"PORT", str(port).encode()))
    features, codes, words = ended(path, dict(case.options))
    if case.refused:
        assert features is None, f"read: {words}"
        assert codes <= case.refused, words
        assert re.search("[\u4e00-\u9fff]", words), "said in Chinese"
    else:
        assert (features, codes) == (case.features, case.notices), words
    assert "/in/" not in words
    for usage in used:
        assert usage["cpu"] <= CPU_SECONDS
        assert usage["resident"] <= RESIDENT
    assert not came, "nobody was asked"


def test_there_are_more_than_a_hundred():
    assert len(CASES) >= 100
