"""Two versions of a layer side by side, for who may know of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import Http404

from gis_projects.atlas.queries.catalogue import VERSION_SCOPE, visible_codes
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from layers import changes
from layers.models import IN_FORCE_ONCE, Layer, LayerVersion, Status

#: A page waits for the overlay of so many changed shapes; the command overlays any number.
MAX_OVERLAID = 100_000
#: Rows of one downloaded table; a spreadsheet program copes with about as many.
MAX_EXPORTED = 200_000
_FLOW_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Pair:
    """Two versions of a layer, and all that could stand in their place, newest first."""

    layer: Layer
    before: LayerVersion
    after: LayerVersion
    versions: Sequence[LayerVersion]

    @property
    def content(self) -> str:
        """Names what is compared: the same contents have the same differences (SHA-256, hex)."""
        return sha256(f"{self.before.root_hash} {self.after.root_hash}".encode()).hexdigest()


def comparable(user: User, code: str) -> list[LayerVersion]:
    """The versions of a layer that the user may know of, newest first.

    What isn't published yet is only for those who bring layers or let them through.
    """
    rows = LayerVersion.objects.filter(layer__code=code).select_related("layer").defer("coverage", "report")
    return [*_seen(user, rows).order_by("-number")]


def _seen(user: User, rows: QuerySet[LayerVersion]) -> QuerySet[LayerVersion]:
    seen = Q(pk__in=_ids(user, Permission.READ_LAYERS, rows.filter(status__in=IN_FORCE_ONCE)))
    for permission in (Permission.UPLOAD_LAYERS, Permission.PUBLISH_LAYERS):
        seen |= Q(pk__in=_ids(user, permission, rows.filter(status=Status.STAGED)))
    return rows.filter(seen)


def _ids(user: User, permission: Permission, rows: QuerySet[LayerVersion]) -> QuerySet[LayerVersion]:
    found: QuerySet[LayerVersion] = visible(user, permission, rows, VERSION_SCOPE)
    return found.order_by().values("pk")  # type: ignore[return-value]


def pair(user: User, code: str, before: int | None = None, after: int | None = None) -> Pair:
    """Two versions by number. Without numbers: the version in force, and what stood before it.

    Raises
    ------
    Http404
        The user may not know of the layer or of one of the versions, or there is none.
    """
    versions = comparable(user, code)
    if not versions or not visible_codes(user, [code]):
        raise Http404
    by_number = {version.number: version for version in versions}
    if after is None:
        published = (version.number for version in versions if version.status == Status.PUBLISHED)
        after = next(published, versions[0].number)
    if before is None:
        before = max((number for number in by_number if number < after), default=after)
    if before not in by_number or after not in by_number:
        raise Http404
    return Pair(versions[0].layer, by_number[before], by_number[after], versions)


def flow(compared: Pair) -> changes.Flow:
    """The area flow matrix, computed once per content: versions don't change any more.

    Raises
    ------
    layers.notices.UnusableLayer
        Too much changed for a page to wait.
    """
    key = f"atlas.flow.{compared.layer.pk}.{compared.content}"
    found: changes.Flow | None = cache.get(key)
    if found is None:
        found = changes.flow(compared.before, compared.after, at_most=MAX_OVERLAID)
        cache.set(key, found, _FLOW_SECONDS)
    return found


def tile(compared: Pair, z: int, x: int, y: int) -> bytes:
    """One vector tile of the differences."""
    return changes.tile(compared.before, compared.after, z, x, y)
