"""The only way to change the key that signs checks."""

from __future__ import annotations

from django.db import transaction

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail.actions import record
from siting import keys
from siting.keys import PublishedKey


@transaction.atomic
def rotate_key(*, by: User, reason: str, revoke: bool = False) -> tuple[PublishedKey, PublishedKey]:
    """Put a new key in use; the old key and the new one.

    ``revoke`` says that the old private half may be in other hands: what it signed proves nothing any more, and
    the stored record has to speak for itself.
    """
    require(by, Permission.MANAGE_KEYS)
    old, new = keys.rotate(revoke=revoke)
    record(
        by=by,
        verb="sites.rotate_key",
        subject=f"siting.key:{new.id}",
        data={"old": old.id, "new": new.id, "revoked": revoke, "reason": reason},
    )
    return old, new
