"""Sessions in the database, read by SQL of our own: every request reads one, a map asks for dozens of tiles at a time,
and composing the query took longer than running it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.db import DatabaseError, IntegrityError, connection, router, transaction
from django.utils import timezone

#: Where the sign-in leaves what tells its owner this session from another.
DEVICE, ADDRESS = "_device", "_address"
SEEN_IS_NOTED_EVERY = timedelta(minutes=5)
_READ = """
SELECT session_data, expire_date, last_seen FROM people_session WHERE session_key = %s AND expire_date > %s
"""
_SEEN = "UPDATE people_session SET last_seen = %s WHERE session_key = %s AND last_seen < %s"
_KEPT = ["session_data", "expire_date", "user", "device", "address"]


class SessionStore(db.SessionStore):
    """Django's own store, whose rows name their user; only the reading is plain, and a key that is none is no error."""

    @classmethod
    def get_model_class(cls) -> Any:
        from gis_projects.people.models import Session  # the store is loaded before the models are

        return Session

    def _validate_session_key(self, key: Any) -> Any:
        """A cookie may hold anything, also what no database takes; keys are letters and digits."""
        valid = super()._validate_session_key(key)  # type: ignore[misc]
        return valid and key.isascii() and key.isalnum()

    def _get_session_from_db(self) -> Any:
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_READ, [self.session_key, now])
            row = cursor.fetchone()
            if row is not None and row[2] < now - SEEN_IS_NOTED_EVERY:
                cursor.execute(_SEEN, [now, self.session_key, now - SEEN_IS_NOTED_EVERY])
        if row is None:
            self._session_key = None
            return None
        return self.model(session_key=str(self.session_key), session_data=row[0], expire_date=row[1])

    def create_model_instance(self, data: Any) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.device, row.address = data.get(DEVICE, ""), data.get(ADDRESS)
        return row

    def save(self, must_create: bool = False) -> None:
        """As Django's own, but a session that is saved again keeps its public name and when it began."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        row = self.create_model_instance(data)
        using = router.db_for_write(self.model, instance=row)
        try:
            with transaction.atomic(using=using):
                row.save(
                    force_insert=must_create,
                    force_update=not must_create,
                    using=using,
                    update_fields=None if must_create else _KEPT,
                )
        except IntegrityError:
            if must_create:
                raise CreateError from None
            raise
        except DatabaseError:
            if not must_create:
                raise UpdateError from None
            raise
