"""Layers and their versions that a user may know of."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Q, QuerySet

import layers.queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find, visible
from layers.models import Kind, Layer, LayerVersion, Status
from layers.queries import PinnedVersion

#: Layers know no person; these paths say how secret they are. They are the whole city's, in everyone's reach.
LAYER_SCOPE = ScopePaths(secrecy="secrecy")
VERSION_SCOPE = ScopePaths(secrecy="layer__secrecy")


def current_versions(user: User) -> QuerySet[LayerVersion]:
    """The published versions of the layers that the user may know of, in the order of the map."""
    rows = LayerVersion.objects.filter(status=Status.PUBLISHED).select_related("layer")
    rows = rows.defer("coverage", "report").order_by("layer__order", "layer__code")
    return visible(user, Permission.READ_LAYERS, rows, VERSION_SCOPE)


def search(rows: QuerySet[LayerVersion], *, theme: str = "", words: str = "") -> QuerySet[LayerVersion]:
    """Versions of a theme whose layer's name, code, theme, authority or source holds every word."""
    if theme:
        rows = rows.filter(layer__theme=theme)
    for word in words.split():
        rows = rows.filter(
            Q(layer__name__icontains=word)
            | Q(layer__code__icontains=word)
            | Q(layer__theme__icontains=word)
            | Q(layer__authority__icontains=word)
            | Q(source_name__icontains=word)
        )
    return rows


def themes(user: User) -> list[tuple[str, int]]:
    """The themes of the visible layers, each with its number of layers."""
    return list(
        current_versions(user)
        .order_by("layer__theme")
        .values_list("layer__theme")
        .annotate(number=Count("pk"))
        .values_list("layer__theme", "number")
    )


def tile_version(user: User, code: str, number: int) -> LayerVersion:
    """A version whose tiles the user may have, also one that is no longer in force; else 404."""
    rows = LayerVersion.objects.select_related("layer").defer("coverage", "report")
    return find(
        user,
        Permission.READ_LAYERS,
        rows.filter(layer__kind=Kind.VECTOR),
        paths=VERSION_SCOPE,
        layer__code=code,
        number=number,
    )


def visible_codes(user: User, codes: Collection[str] | None = None) -> list[str]:
    """Codes of the layers that the user may know of, of all or of some. One query."""
    rows = visible(user, Permission.READ_LAYERS, Layer.objects.order_by("order", "code"), LAYER_SCOPE)
    if codes is not None:
        rows = rows.filter(code__in=codes)
    return list(rows.values_list("code", flat=True))


def pinned(user: User, codes: Collection[str] | None) -> dict[str, PinnedVersion]:
    """The versions in force of the layers that the user may know of, of all or of some. Two queries."""
    return layers.queries.current(visible_codes(user, codes))
