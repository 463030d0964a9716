"""Tiles, each with the one permission question before any kept byte."""

from __future__ import annotations

import gzip

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import problems
from gis_projects.atlas import tile_cache
from gis_projects.atlas.queries import catalogue
from layers import tiles
from layers.models import Secrecy

MAX_ZOOM = 22
MVT = "application/vnd.mapbox-vector-tile"
YEAR = 365 * 24 * 3600


def _problem(status: int, detail: str) -> JsonResponse:
    return JsonResponse(
        problems.document(status, detail),
        status=status,
        content_type=problems.MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )


def _whole(text: str, below: int) -> int | None:
    """A whole number from 0 up to but not including ``below``, or None."""
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    number = int(text)
    return number if number < below else None


@require_safe
def tile(request: HttpRequest, layer: str, version: str, z: str, x: str, y: str) -> HttpResponse:
    """One vector tile of one version. Whoever asks is asked first, before anything kept is looked at.

    Its address names the version, so a browser may keep the tile for good; of a confidential layer it must ask
    each time, lest the next person at the same screen gets it.
    """
    user = request.user
    if not user.is_authenticated:
        return _problem(401, _("请先登录。"))
    number = _whole(version, 2**31)
    zoom = _whole(z, MAX_ZOOM + 1)
    column, row = (_whole(text, 2**zoom) if zoom is not None else None for text in (x, y))
    if number is None or zoom is None or column is None or row is None:
        return _problem(400, _("瓦片编号有误。"))
    try:
        found = catalogue.tile_version(user, layer, number)
    except (Http404, PermissionDenied):
        return _problem(404, _("没有这样的对象，或者您无权查看。"))
    # Weak, as the same tile goes out compressed and plain.
    etag = f'W/"{found.root_hash[:20]}-{tile_cache.ENCODING}-{zoom}-{column}-{row}"'
    response: HttpResponse
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        packed = tile_cache.tile(
            found.layer.code,
            found.root_hash,
            zoom,
            column,
            row,
            lambda: tiles.tile(found, zoom, column, row),
        )
        response = HttpResponse(content_type=MVT)
        if packed and "gzip" in request.headers.get("Accept-Encoding", ""):
            response["Content-Encoding"] = "gzip"
            response.content = packed
        else:
            response.content = gzip.decompress(packed) if packed else b""
        response["Content-Length"] = str(len(response.content))
    response["ETag"] = etag
    confidential = found.layer.secrecy == Secrecy.CONFIDENTIAL
    response["Cache-Control"] = "private, no-cache" if confidential else f"private, max-age={YEAR}, immutable"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response
