"""Sessions in the database, read by SQL of our own: every request reads one, a map asks for dozens of tiles at a time,
and composing the query took longer than running it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_READ = """
SELECT session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s
"""


class SessionStore(db.SessionStore):
    """Django's own store; only the reading is plain, and a key that is none is no error."""

    def _validate_session_key(self, key: Any) -> Any:
        """A cookie may hold anything, also what no database takes; keys are letters and digits."""
        valid = super()._validate_session_key(key)  # type: ignore[misc]
        return valid and key.isascii() and key.isalnum()

    def _get_session_from_db(self) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        return self.model(session_key=str(self.session_key), session_data=row[0], expire_date=row[1])
