"""The only writers of notices beside the follower of the trail."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from gis_projects.desk.models import Notice
from gis_projects.people.models import User


def mark_read(*, by: User, keys: Collection[int] | None = None) -> int:
    """Note that the user has read some of the notices to them, or all; how many were unread until now.

    Nothing about anybody else is changed, so this is no step of the trail.
    """
    rows = Notice.objects.filter(user=by, read_at=None)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    return rows.update(read_at=timezone.now())
