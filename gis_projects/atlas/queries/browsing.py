"""Which version of a layer somebody may look through, and what of it was asked for."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import Http404

from gis_projects.atlas.queries.catalogue import LAYER_SCOPE, VERSION_SCOPE
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, visible
from layers.models import IN_FORCE_ONCE, Kind, Layer, LayerVersion, Status


def readable(user: User) -> QuerySet[LayerVersion]:
    """Versions of vector layers that the user may read: once in force, and waiting ones for who brings or publishes
    layers.
    """
    shown = Q(status__in=IN_FORCE_ONCE)
    if may(user, Permission.UPLOAD_LAYERS) or may(user, Permission.PUBLISH_LAYERS):
        shown |= Q(status=Status.STAGED)
    rows = LayerVersion.objects.filter(shown, layer__kind=Kind.VECTOR).select_related("layer")
    rows = rows.defer("coverage", "report").order_by("layer__order", "layer__code", "number")
    return visible(user, Permission.READ_LAYERS, rows, VERSION_SCOPE)


def version_of(
    user: User, code: str, *, number: int | None = None, moment: datetime | None = None
) -> LayerVersion:
    """A version by its number, the one in force at a moment, or the one in force now.

    Raises
    ------
    Http404
        There is none that the user may know of.
    """
    known = find(user, Permission.READ_LAYERS, Layer.objects.all(), paths=LAYER_SCOPE, code=code)
    rows = readable(user).filter(layer=known)
    if number is not None:
        rows = rows.filter(number=number)
    elif moment is not None:
        rows = rows.filter(published_at__lte=moment).order_by("-number")
    else:
        rows = rows.filter(status=Status.PUBLISHED)
    found = rows.first()
    if found is None:
        raise Http404
    return found
