"""Layers and their versions that a user may know of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import Http404
from django.utils import timezone

import layers.queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find, has, may, require, visible
from layers import tiles
from layers.models import IN_FORCE_ONCE, Kind, Layer, LayerVersion, Status
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


def _known_statuses(user: User) -> tuple[Status, ...]:
    if has(user, Permission.UPLOAD_LAYERS) or has(user, Permission.PUBLISH_LAYERS):
        return (*IN_FORCE_ONCE, Status.STAGED)
    return IN_FORCE_ONCE


def known_versions(user: User) -> QuerySet[LayerVersion]:
    """Every version that the user may know of: published and superseded ones, and those that wait for a second
    person if they take part in that.
    """
    rows = LayerVersion.objects.filter(status__in=_known_statuses(user)).select_related("layer")
    return visible(user, Permission.READ_LAYERS, rows.defer("coverage", "report"), VERSION_SCOPE)


def version_of(user: User, code: str, number: int) -> LayerVersion:
    """A version by its number, also one that is no longer in force or waits; else 404."""
    rows = known_versions(user)
    return find(user, Permission.READ_LAYERS, rows, paths=VERSION_SCOPE, layer__code=code, number=number)


def tile_version(user: User, code: str, number: int) -> LayerVersion:
    """A version whose vector tiles the user may have; else 404.

    The same as `version_of`, with `may` in the place of its filter.
    """
    require(user, Permission.READ_LAYERS)
    found = tiles.version(code, number)
    if (
        found is None
        or found.layer.kind != Kind.VECTOR
        or found.status not in _known_statuses(user)
        or not may(user, Permission.READ_LAYERS, VERSION_SCOPE.scope(found))
    ):
        raise Http404
    return found


def picture_version(user: User, code: str, number: int) -> LayerVersion:
    """A version whose raster tiles the user may have; else 404."""
    rows = known_versions(user).filter(layer__kind=Kind.RASTER).select_related("layer", "raster")
    return find(user, Permission.READ_LAYERS, rows, paths=VERSION_SCOPE, layer__code=code, number=number)


def require_layer(user: User, code: str) -> Layer:
    """A layer that the user may know of; else 404."""
    return find(user, Permission.READ_LAYERS, Layer.objects.all(), paths=LAYER_SCOPE, code=code)


def visible_codes(user: User, codes: Collection[str] | None = None) -> list[str]:
    """Codes of the layers that the user may know of, of all or of some. One query."""
    rows = visible(user, Permission.READ_LAYERS, Layer.objects.order_by("order", "code"), LAYER_SCOPE)
    if codes is not None:
        rows = rows.filter(code__in=codes)
    return list(rows.values_list("code", flat=True))


def pinned(user: User, codes: Collection[str] | None) -> dict[str, PinnedVersion]:
    """The versions in force of the layers that the user may know of, of all or of some. Two queries."""
    return layers.queries.current(visible_codes(user, codes))


def versions_at(user: User, day: date) -> QuerySet[LayerVersion]:
    """The versions that were in force at the end of a day, of the layers that the user may know of."""
    end = timezone.make_aware(datetime.combine(day, time.max))
    told = LayerVersion.objects.filter(
        layer=OuterRef("layer"), status__in=IN_FORCE_ONCE, published_at__lte=end
    )
    rows = LayerVersion.objects.filter(number=Subquery(told.order_by("-number").values("number")[:1]))
    rows = rows.select_related("layer").defer("coverage", "report").order_by("layer__order", "layer__code")
    return visible(user, Permission.READ_LAYERS, rows, VERSION_SCOPE)


def numbered(user: User, numbers: Mapping[str, int]) -> QuerySet[LayerVersion]:
    """Published versions by layer code and number, also superseded ones; what may not be known is not among them."""
    wanted = Q(pk__in=[])
    for code, number in numbers.items():
        wanted |= Q(layer__code=code, number=number)
    rows = LayerVersion.objects.filter(wanted, status__in=IN_FORCE_ONCE).select_related("layer")
    rows = rows.defer("coverage", "report").order_by("layer__order", "layer__code")
    return visible(user, Permission.READ_LAYERS, rows, VERSION_SCOPE)


def shown(
    user: User, *, day: date | None = None, numbers: Mapping[str, int] | None = None
) -> list[LayerVersion]:
    """The layers of a map: in force now or at a day, those that are asked for by number in that one."""
    found = {v.layer_id: v for v in (current_versions(user) if day is None else versions_at(user, day))}
    if numbers:
        found |= {version.layer_id: version for version in numbered(user, numbers)}
    return sorted(found.values(), key=lambda version: (version.layer.order, version.layer.code))


def looks(version: LayerVersion) -> list[str]:
    """The looks of a raster layer, its usual one first: classes where it has such, else its values and the relief.

    Other layers have none.
    """
    if version.layer.kind != Kind.RASTER:
        return []
    return ["classes", "values"] if version.class_names else ["values", "hillshade", "slope"]


def pinned_as(user: User, codes: Mapping[str, int | None]) -> dict[str, PinnedVersion]:
    """Versions to ask about: by code the one in force, or the published one of that number."""
    known = visible_codes(user, codes.keys())
    found = layers.queries.current([code for code in known if codes[code] is None])
    numbers = {code: number for code in known if (number := codes[code]) is not None}
    if numbers:
        published = {v.layer.code: v.number for v in numbered(user, numbers)}
        found |= layers.queries.pinned(published)
    return {code: found[code] for code in known if code in found}
