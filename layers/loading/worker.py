"""Runs in a process of its own: reads and writes its part of a version, and tells whoever started it."""

from __future__ import annotations

import logging
import os
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any

from django.db import connection

from layers import locks
from layers.loading.predecessor import Predecessor
from layers.loading.workers import Errand, told, unpacked
from layers.loading.writing import Writer
from layers.models import LayerVersion
from layers.notices import Refused

_log = logging.getLogger(__name__)


class _Lifeline:
    """The socket to whoever started this process: without it, there is nobody to write for."""

    def __init__(self, talk: Connection) -> None:
        self._talk = talk

    def ask(self, kind: str, content: Any = None) -> Any:
        self.tell(kind, content)
        try:
            return self._talk.recv()
        except (EOFError, OSError):
            os._exit(1)

    def tell(self, kind: str, content: Any = None) -> None:
        try:
            self._talk.send((kind, content))
        except OSError:
            os._exit(1)


def _die_with(parent: int) -> None:
    """End this process, in the middle of whatever it does, once the one that started it is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            threading.Event().wait(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _write(errand: Errand, writer: Writer, lifeline: _Lifeline) -> None:
    """Write what there is to write, batch by batch."""
    if errand.source is None:
        while (given := lifeline.ask("next")) is not None:
            offset, columns = given
            table = unpacked(columns)
            writer.write(table, offset=offset)
            lifeline.tell("wrote", len(table))
        return
    with errand.source.opened(errand.batch) as stream:
        offset = errand.source.skip
        for table in stream:
            writer.write(table, offset=offset)
            offset += len(table)
            lifeline.tell("wrote", len(table))
        writer.written.notices += stream.notices


def main() -> None:
    _die_with(os.getppid())
    talk = Connection(int(sys.argv[1]))
    lifeline = _Lifeline(talk)
    errand: Errand = talk.recv()
    connection.settings_dict.update(
        errand.database
    )  # where the one who started us works: a test's, for example
    try:
        version = LayerVersion.objects.defer("coverage").get(pk=errand.version)
        with locks.shared(locks.Lock.WRITING, version.layer_id):
            with connection.cursor() as cursor:
                # a crash costs the last batches, and then the whole version is staged again
                cursor.execute("SET synchronous_commit = off")
            writer = Writer(
                version, Predecessor.unpacked(*errand.predecessor), lambda marks: lifeline.ask("claim", marks),
                errand.rules, name=errand.name,
            )  # fmt: skip
            _write(errand, writer, lifeline)
    except Exception as error:
        if not isinstance(error, Refused):
            _log.exception("a part of %s was not written", errand.version)
        lifeline.tell("failed", told(error))
        sys.exit(1)
    finally:
        connection.close()
    lifeline.tell("done", writer.written)
