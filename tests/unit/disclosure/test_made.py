"""The folder of files that are made once: one maker, no leftovers of a failure, no more than it may hold."""

from __future__ import annotations

import os
import threading

import pytest

from gis_projects.disclosure.open_data import made


def test_who_asks_while_a_file_is_made_waits_for_it():
    folder, started, go = made.Folder(), threading.Event(), threading.Event()
    calls: list[int] = []

    def slowly():
        calls.append(1)
        started.set()
        assert go.wait(10)
        yield "只做一次"

    found: list[made.Made] = []
    threads = [threading.Thread(target=lambda: found.append(folder.get("t", "n", slowly))) for _ in range(4)]
    threads[0].start()
    assert started.wait(10)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert {b"".join(one.pieces(unpacked=True)).decode() for one in found} == {"只做一次"}


def test_a_file_that_cannot_be_made_is_made_anew_for_the_next():
    folder = made.Folder()
    with pytest.raises(ZeroDivisionError):
        folder.get("t", "n", lambda: [str(1 // 0)])
    assert b"".join(folder.get("t", "n", lambda: ["好"]).pieces(unpacked=True)).decode() == "好"


def test_the_oldest_files_go_when_they_take_too_much():
    folder = made.Folder(most_bytes=100)
    for name in "abc":
        folder.get("t", name, lambda: [os.urandom(30).hex()])
    assert list(folder._made) == ["c"]
