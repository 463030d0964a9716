"""Whose request it is, by one plain query: it is asked with every tile of a map."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from gis_projects.people.models import User

_BY_ID = "SELECT * FROM people_user WHERE id = %s"


class Accounts(ModelBackend):
    """Accounts with passwords."""

    def get_user(self, user_id: Any) -> User | None:
        user = next(iter(User.objects.raw(_BY_ID, [user_id])), None)
        return user if user is not None and self.user_can_authenticate(user) else None
