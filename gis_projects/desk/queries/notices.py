"""Readers of notices. Each is asked about again when it is shown: a reach may have changed since it was written."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from gis_projects.desk.models import SITE_KINDS, Kind, Notice, Preference
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible

#: What a badge counts up to: more than that is "many".
BADGE = 99


def notices(user: User, *, kind: str = "", unread: bool = False, q: str = "") -> QuerySet[Notice]:
    """What the user was told and may still know of, newest first."""
    if not user.roles:
        return Notice.objects.none()
    own = Notice.objects.filter(user=user).select_related("project__region")
    about = visible(user, Permission.READ_PROJECTS, Notice.objects.filter(user=user), Notice.PROJECT_SCOPE)
    rows = own.filter(Q(project=None) | Q(pk__in=about.values("pk")))
    if not has(user, Permission.READ_SITES):
        rows = rows.exclude(kind__in=SITE_KINDS)
    if kind in Kind.values:
        rows = rows.filter(kind=kind)
    if unread:
        rows = rows.filter(read_at=None)
    for word in q.split():
        rows = rows.filter(Q(project__name__icontains=word) | Q(project__code__icontains=word))
    return rows


def unread(user: User) -> int:
    """How many the user hasn't read, up to one more than `BADGE`. One query."""
    return notices(user, unread=True).select_related(None).order_by()[: BADGE + 1].count()


def preference(user: User) -> Preference:
    """How a person wants to be told; who never said so, everything and without mail."""
    return Preference.objects.filter(user=user).first() or Preference(user=user)
