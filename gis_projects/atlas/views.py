"""The map page, the layer catalogue, and the tiles."""

from __future__ import annotations

import gzip
from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import problems
from gis_projects.atlas import queries, tile_cache
from gis_projects.library import exports
from gis_projects.library.models import ProjectKind, Stage
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, may, require
from gis_projects.sentences import word
from layers import tiles
from layers.models import LayerVersion, Secrecy

MAX_ZOOM = 22
MVT = "application/vnd.mapbox-vector-tile"
YEAR = 365 * 24 * 3600


@login_required
@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """一张图: the map that fills the screen."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    return render(
        request,
        "atlas/map.html",
        {
            "regions": dict(Region.objects.values_list("code", "short_name")),
            "kinds": [{"code": code, "label": label} for code, label in ProjectKind.choices],
            "stages": [{"code": code, "label": label} for code, label in Stage.choices],
            "may_edit_sites": may(user, Permission.EDIT_SITES),
            "may_read_projects": may(user, Permission.READ_PROJECTS),
        },
    )


@login_required
@require_safe
def layers_page(request: HttpRequest) -> HttpResponse:
    """The catalogue: every layer that the user may know of, with its source, date, version and root hash."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    theme = request.GET.get("theme", "")[:60].replace("\0", "")
    words = request.GET.get("q", "")[:100].replace("\0", "")
    versions = queries.search(queries.current_versions(user), theme=theme, words=words)
    if request.GET.get("format") in exports.FORMATS:
        return _catalogue_table(versions, request.GET["format"])
    return render(
        request,
        "atlas/layers.html",
        {
            "versions": versions,
            "themes": queries.themes(user),
            "theme": theme,
            "q": words,
            "query": request.GET.urlencode(),
        },
    )


def _catalogue_table(versions: QuerySet[LayerVersion], kind: str) -> HttpResponse:
    header = [
        _("代码"),
        _("名称"),
        _("专题"),
        _("类型"),
        _("版本号"),
        _("要素数"),
        _("数据日期"),
        _("发布时间"),
        _("主管部门"),
        _("来源文件"),
        _("来源坐标系"),
        _("密级"),
        _("声明"),
        _("根哈希"),
    ]
    rows = [
        [
            version.layer.code,
            version.layer.name,
            word(version.layer.theme),
            word(version.layer.get_kind_display()),
            version.number,
            version.feature_count,
            version.source_date,
            version.published_at.isoformat(timespec="seconds"),
            word(version.layer.authority),
            version.source_name,
            version.source_crs,
            word(version.layer.get_secrecy_display()),
            word(version.layer.notice),
            version.root_hash,
        ]
        for version in versions
    ]
    return exports.table(_("图层目录"), header, rows, kind=kind)


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
        found = queries.tile_version(user, layer, number)
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
