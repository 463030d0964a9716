"""The tiles of several layers at one place in one answer.

A map of twenty layers asks two dozen times, not five hundred.
"""

from __future__ import annotations

import gzip

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import problems
from gis_projects.atlas import tile_cache
from gis_projects.atlas.queries import catalogue
from gis_projects.atlas.views.tiles import MAX_ZOOM, MVT, RETRY_SECONDS, YEAR
from layers import tiles
from layers.models import Kind, LayerVersion, Secrecy

MAX_LAYERS = 60


def _numbers(text: str) -> dict[str, int] | None:
    """``DLTB:3,XZQ:1`` → version numbers by layer code; None where it is no such list."""
    named: dict[str, int] = {}
    for part in text.split(","):
        code, _colon, number = part.partition(":")
        if not (number.isascii() and number.isdigit() and len(number) < 10) or "\0" in code:
            return None
        named[code] = int(number)
    return named if 0 < len(named) <= MAX_LAYERS else None


def _address(z: str, x: str, y: str) -> tuple[int, int, int] | None:
    if not all(text.isascii() and text.isdigit() and len(text) < 9 for text in (z, x, y)):
        return None
    zoom, column, row = int(z), int(x), int(y)
    return (zoom, column, row) if zoom <= MAX_ZOOM and max(column, row) < 1 << zoom else None


@require_safe
def bundle(request: HttpRequest, z: str, x: str, y: str) -> HttpResponse:
    """The vector tiles of ``?layers=CODE:VERSION,…`` at one place, one after the other as one tile.

    Whoever asks is asked first. A layer that they may not know of, like one that doesn't exist, isn't in the
    answer; the header ``Tiles-Not-Made`` names those whose overviews are still being made.
    """
    if not request.user.is_authenticated:
        return problems.response(401, _("请先登录。"))
    numbers, place = _numbers(request.GET.get("layers", "")), _address(z, x, y)
    if numbers is None or place is None:
        return problems.response(400, _("瓦片编号有误。"))
    versions = list(catalogue.numbered(request.user, numbers).filter(layer__kind=Kind.VECTOR))
    if not versions:
        return problems.response(404, _("没有这样的对象，或者您无权查看。"))
    content = bytearray()
    missing: list[str] = []
    for version in versions:
        try:
            content += _plain(version, place)
        except tiles.NotMade:
            missing.append(version.layer.code)
    response = HttpResponse(content_type=MVT)
    if content and "gzip" in request.headers.get("Accept-Encoding", ""):
        # The tiles are kept packed one by one; together they are packed anew, quickly.
        response["Content-Encoding"] = "gzip"
        response.content = gzip.compress(bytes(content), compresslevel=1, mtime=0)
    else:
        response.content = bytes(content)
    if missing:
        response["Tiles-Not-Made"] = ",".join(missing)
        response["Retry-After"] = str(RETRY_SECONDS)
    secret = any(version.layer.secrecy == Secrecy.CONFIDENTIAL for version in versions)
    lasting = not secret and not missing and len(versions) == len(numbers)
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable" if lasting else "private, no-store"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response


def _plain(version: LayerVersion, place: tuple[int, int, int]) -> bytes:
    packed = tile_cache.tile(
        version.layer.code, version.root_hash, *place, lambda: tiles.tile(version, *place)
    )
    return gzip.decompress(packed) if packed else b""
