"""Bookmarks of the one map that a user may open: their own, and what their unit shares."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.http import Http404

from gis_projects.atlas import permalink
from gis_projects.atlas.models import Bookmark
from gis_projects.atlas.queries.catalogue import visible_codes
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require


def readable(user: User) -> QuerySet[Bookmark]:
    """One's own in one's own order, then those shared by others of the unit that one belongs to now.

    Each row says by ``mine`` whether it is the user's.
    """
    rows = Bookmark.objects.select_related("owner")
    if not has(user, Permission.READ_LAYERS):
        return rows.none()
    reach = Q(owner=user.pk)
    if user.organisation_id is not None:
        reach |= Q(shared=True, owner__organisation=user.organisation_id)
    mine = Case(When(owner=user.pk, then=Value(True)), default=Value(False), output_field=BooleanField())
    return (
        rows.filter(reach)
        .annotate(mine=mine)
        .order_by("-mine", "owner__full_name", "owner__username", "position", "pk")
    )


def search(user: User, *, words: str = "", series: str = "", whose: str = "") -> QuerySet[Bookmark]:
    """Of those that the user may open the ones whose name, series, note or owner's name holds every word; ``whose``:
    ``own``, ``shared`` by oneself, or of ``others``.
    """
    rows = readable(user)
    for word in words.split():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(series__icontains=word)
            | Q(note__icontains=word)
            | Q(owner__full_name__icontains=word)
        )
    if series:
        rows = rows.filter(series=series)
    if whose == "own":
        rows = rows.filter(owner=user.pk)
    elif whose == "shared":
        rows = rows.filter(owner=user.pk, shared=True)
    elif whose == "others":
        rows = rows.exclude(owner=user.pk)
    return rows


def series_of(user: User) -> list[str]:
    """The names of the series that the user may open something of."""
    named = readable(user).exclude(series="")
    return sorted(set(named.values_list("series", flat=True)))


def bookmark(user: User, pk: int) -> Bookmark:
    """One that the user may open; else 404."""
    require(user, Permission.READ_LAYERS)
    found = readable(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def own_bookmark(user: User, pk: int) -> Bookmark:
    """One that the user may change: 404 for one that they may not open, 403 for one that is only shared with them."""
    found = bookmark(user, pk)
    if found.owner_id != user.pk:
        raise PermissionDenied
    return found


def hash_for(user: User, bookmark: Bookmark) -> str:
    """What the address says behind the #, without the layers that this reader may not know of (now)."""
    return permalink.without_unknown(bookmark.hash, lambda named: visible_codes(user, named))
