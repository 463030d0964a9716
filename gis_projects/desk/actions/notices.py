"""The only writers of notices beside the follower of the trail."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from gis_projects.desk.models import Notice, Preference
from gis_projects.people.models import User


def mark_read(*, by: User, keys: Collection[int] | None = None) -> int:
    """Note that the user has read some of the notices to them, or all; how many were unread until now.

    Nothing about anybody else is changed, so this is no step of the trail.
    """
    rows = Notice.objects.filter(user=by, read_at=None)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    return rows.update(read_at=timezone.now())


def prefer(*, by: User, muted: Collection[str], by_email: Collection[str], weekly_digest: bool) -> Preference:
    """Write how a person wants to be told. It is nobody else's business, so it is no step of the trail."""
    row, _made = Preference.objects.update_or_create(
        user=by,
        defaults={"muted": list(muted), "by_email": list(by_email), "weekly_digest": weekly_digest},
    )
    return row
