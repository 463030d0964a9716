"""One at a time: of several runs at once each writes whole blocks, and a later one sees what an earlier wrote."""

from __future__ import annotations

from django.db import connection

_LOCK = 7_042_002  # any number that nothing else uses


def alone() -> None:
    """Wait until no other transaction plans or keeps answers; until this one ends, none does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
