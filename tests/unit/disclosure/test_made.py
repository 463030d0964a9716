"""The folder of files that are made once: one maker, no leftovers of a failure, no more than it may hold."""

from __future__ import annotations

import os
import threading

import pytest

from gis_projects.disclosure.open_data import made


def _t() -> str:
    return "t"


def test_who_asks_while_a_file_is_made_waits_for_it():
    folder, started, go = made.Folder(), threading.Event(), threading.Event()
    calls: list[int] = []

    def slowly():
        calls.append(1)
        started.set()
        assert go.wait(10)
        yield "只做一次"

    found: list[made.Made] = []
    threads = [
        threading.Thread(target=lambda: found.append(folder.get("t", "n", slowly, now=_t))) for _ in range(4)
    ]
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
        folder.get("t", "n", lambda: [str(1 // 0)], now=_t)
    made_anew = folder.get("t", "n", lambda: ["好"], now=_t)
    assert b"".join(made_anew.pieces(unpacked=True)).decode() == "好"


def test_the_oldest_files_go_when_they_take_too_much():
    folder = made.Folder(most_bytes=100)
    for name in "abc":
        folder.get("t", name, lambda: [os.urandom(30).hex()], now=_t)
    assert list(folder._made) == ["c"]


def test_so_many_files_and_no_more_are_held_open():
    folder = made.Folder(most_files=3)
    for number in range(9):
        folder.get("t", str(number), lambda: ["小"], now=_t)
    assert list(folder._made) == ["6", "7", "8"]


def test_what_took_longer_than_its_state_is_given_out_and_not_kept():
    folder, state = made.Folder(), ["old"]

    def slowly():
        """While it is made something is published, and somebody has the file of that."""
        state[0] = "new"
        folder.get("new", "n", lambda: ["新"], now=lambda: state[0])
        yield "旧"

    begun = folder.get("old", "other", slowly, now=lambda: state[0])
    assert b"".join(begun.pieces(unpacked=True)).decode() == "旧"
    assert list(folder._made) == ["n"]
    assert folder._token == "new"
