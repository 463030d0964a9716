"""Advisory locks of this floor: who stages, who writes, who publishes; the database gives them back when one dies.

Each is named by what it is for and by a layer's id. A lock of the session outlives transactions and ends with the
connection, so whoever can take it knows that nobody alive holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """What a lock is for: the first half of its number."""

    LAYER = 0x6C617972  # held to the end of a transaction that stages, publishes or discards
    STAGING = 0x6C617973  # held by the one session that stages a version of the layer
    WRITING = 0x6C617974  # shared by the sessions that write its rows
    RASTERS = 0x6C617975  # shared by the sessions that have written a raster file but not yet its row


def _ask(function: str, lock: Lock, second: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [int(lock), second])
        return cursor.fetchone()[0] is not False


def wait(lock: Lock, second: int) -> None:
    """Hold a lock to the end of the transaction, once everybody else has let go of it."""
    _ask("pg_advisory_xact_lock", lock, second)


def taken(lock: Lock, second: int) -> bool:
    """Hold a lock to the end of the transaction, unless another session has it."""
    return _ask("pg_try_advisory_xact_lock", lock, second)


def take(lock: Lock, second: int) -> bool:
    """Hold a lock until `give_back` or the end of the session, unless another one has it."""
    return _ask("pg_try_advisory_lock", lock, second)


def give_back(lock: Lock, second: int) -> None:
    _ask("pg_advisory_unlock", lock, second)


@contextmanager
def shared(lock: Lock, second: int) -> Iterator[None]:
    """Hold a lock together with others; a connection that dies meanwhile gives it back by itself."""
    _ask("pg_advisory_lock_shared", lock, second)
    held = connection.connection
    try:
        yield
    finally:
        if connection.connection is held and held is not None and not held.closed and connection.is_usable():
            _ask("pg_advisory_unlock_shared", lock, second)
