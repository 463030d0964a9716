"""Tiles, each with the one permission question before any kept byte."""

from __future__ import annotations

import gzip

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import problems
from gis_projects.atlas import tile_cache
from gis_projects.atlas.queries import catalogue
from layers import raster_tiles, tiles
from layers.models import Kind, LayerVersion, Secrecy, Status

MAX_ZOOM = 22
MVT, PNG = "application/vnd.mapbox-vector-tile", "image/png"
YEAR = 365 * 24 * 3600
RETRY_SECONDS = 10


def whole(text: str, below: int) -> int | None:
    """A whole number from 0 up to but not including ``below``, or None."""
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    number = int(text)
    return number if number < below else None


def _asked(
    request: HttpRequest, layer: str, version: str, z: str, x: str, y: str, kind: Kind
) -> tuple[LayerVersion, int, int, int] | JsonResponse:
    """The version and the tile that are asked for, or why there is none."""
    if not request.user.is_authenticated:
        return problems.response(401, _("请先登录。"))
    number = whole(version, 2**31)
    zoom = whole(z, MAX_ZOOM + 1)
    column, row = (whole(text, 2**zoom) if zoom is not None else None for text in (x, y))
    if number is None or zoom is None or column is None or row is None:
        return problems.response(400, _("瓦片编号有误。"))
    ask = catalogue.tile_version if kind == Kind.VECTOR else catalogue.picture_version
    try:
        return ask(request.user, layer, number), zoom, column, row
    except (Http404, PermissionDenied):
        return problems.response(404, _("没有这样的对象，或者您无权查看。"))


def _cache_control(version: LayerVersion, *, lasting: bool = True) -> str:
    """What the address names never changes, and may be kept for good unless `_ask_always`."""
    if not lasting or _ask_always(version):
        return "private, no-cache"
    return f"private, max-age={YEAR}, immutable"


def _ask_always(version: LayerVersion) -> bool:
    """Whether a browser must ask each time: lest the next person at the same screen gets a confidential layer; and
    as the number of a version that waits means other content when that one is sent back and another takes its place.
    """
    return version.layer.secrecy == Secrecy.CONFIDENTIAL or version.status == Status.STAGED


def _handed_on(path: str, media_type: str) -> HttpResponse | None:
    """The answer that has the server in front give out a kept file, where that is set up and the file is there."""
    prefix = settings.TILES_ACCEL
    if not prefix or not (tile_cache.folder() / path).exists():
        return None
    response = HttpResponse(content_type=media_type)
    response["X-Accel-Redirect"] = f"{prefix.rstrip('/')}/{path}"
    return response


@require_safe
def tile(request: HttpRequest, layer: str, version: str, z: str, x: str, y: str) -> HttpResponse:
    """One vector tile of one version. Whoever asks is asked first, before anything kept is looked at."""
    asked = _asked(request, layer, version, z, x, y, Kind.VECTOR)
    if isinstance(asked, JsonResponse):
        return asked
    found, zoom, column, row = asked
    # Weak, as the same tile goes out compressed and plain.
    etag = f'W/"{found.root_hash[:20]}-{tile_cache.ENCODING}-{zoom}-{column}-{row}"'
    response: HttpResponse
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        place = found.layer.code, found.root_hash, zoom, column, row
        try:
            packed = tile_cache.tile(*place, lambda: tiles.tile(found, zoom, column, row))
        except tiles.NotMade:
            response = problems.response(503, _("该版本的概览瓦片正在生成，请稍后再试。"))
            response["Retry-After"] = str(RETRY_SECONDS)
            response["Cache-Control"] = "no-store"
            return response
        compressed = bool(packed) and "gzip" in request.headers.get("Accept-Encoding", "")
        handed_on = _handed_on(tile_cache.vector_path(*place), MVT) if compressed else None
        response = handed_on or HttpResponse(content_type=MVT)
        if compressed:
            response["Content-Encoding"] = "gzip"
        if handed_on is None:
            response.content = packed if compressed or not packed else gzip.decompress(packed)
            response["Content-Length"] = str(len(response.content))
    response["ETag"] = etag
    response["Cache-Control"] = _cache_control(found)
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response


@require_safe
def picture(request: HttpRequest, layer: str, version: str, z: str, x: str, y: str) -> HttpResponse:
    """One tile of a raster version as a PNG, in the look that ``?style=`` names.

    The layer's colours may change, its address doesn't: whoever names them by ``&colours=`` (as the catalogue does)
    may keep the tile for good, anybody else asks whether it is still the same.
    """
    asked = _asked(request, layer, version, z, x, y, Kind.RASTER)
    if isinstance(asked, JsonResponse):
        return asked
    found, zoom, column, row = asked
    style = request.GET.get("style", raster_tiles.Style.VALUES)
    if style not in list(raster_tiles.Style):
        return problems.response(400, _("没有这种栅格样式。"))
    colours = raster_tiles.colours_key(found.layer.style)
    etag = f'"{found.root_hash[:20]}-{tile_cache.ENCODING}-{style}-{colours}-{zoom}-{column}-{row}"'
    response: HttpResponse
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        path = tile_cache.picture_path(found.layer.code, found.root_hash, style, colours, zoom, column, row)
        content = tile_cache.kept(
            path,
            lambda: (
                raster_tiles.tile(found, zoom, column, row, style, colours=found.layer.style)
                or raster_tiles.NOTHING
            ),
        )
        response = _handed_on(path, PNG) or HttpResponse(content, content_type=PNG)
        if "X-Accel-Redirect" not in response:
            response["Content-Length"] = str(len(content))
    response["ETag"] = etag
    response["Cache-Control"] = _cache_control(found, lasting=request.GET.get("colours") == colours)
    patch_vary_headers(response, ["Cookie"])
    return response


@require_safe
def permission(request: HttpRequest, layer: str, version: str) -> HttpResponse:
    """For the server in front: may whoever asks have the vector tiles of this version, and where are those kept?

    204 with their folder below the kept tiles, or 403 for whatever reason: the tile's own address gives it.
    """
    number = whole(version, 2**31)
    if not request.user.is_authenticated or number is None:
        return HttpResponse(status=403)
    try:
        found = catalogue.tile_version(request.user, layer, number)
    except (Http404, PermissionDenied):
        return HttpResponse(status=403)
    response = HttpResponse(status=204)
    response["Tile-Folder"] = tile_cache.vectors(found.layer.code, found.root_hash)
    response["Tile-Cache-Control"] = _cache_control(found)
    # the answer may be kept for a moment otherwise
    response["Tile-Ask-Always"] = "1" if _ask_always(found) else ""
    response["Cache-Control"] = "no-store"
    return response
