"""The layer catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.atlas.queries import catalogue
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require
from gis_projects.sentences import word
from layers.models import LayerVersion


@login_required
@require_safe
def layers_page(request: HttpRequest) -> HttpResponse:
    """The catalogue: every layer that the user may know of, with its source, date, version and root hash."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    theme = request.GET.get("theme", "")[:60].replace("\0", "")
    words = request.GET.get("q", "")[:100].replace("\0", "")
    versions = catalogue.search(catalogue.current_versions(user), theme=theme, words=words)
    if request.GET.get("format") in exports.FORMATS:
        return _catalogue_table(versions, request.GET["format"])
    return render(
        request,
        "atlas/layers.html",
        {
            "versions": versions,
            "groups": _by_theme(versions),
            "may_upload": may(user, Permission.UPLOAD_LAYERS) or may(user, Permission.PUBLISH_LAYERS),
            "themes": catalogue.themes(user),
            "theme": theme,
            "q": words,
            "query": request.GET.urlencode(),
        },
    )


def _by_theme(versions: Iterable[LayerVersion]) -> list[tuple[str, list[LayerVersion]]]:
    """The versions under their themes, themes in the order in which the map has their first layers."""
    groups: dict[str, list[LayerVersion]] = {}
    for version in versions:
        groups.setdefault(version.layer.theme, []).append(version)
    return list(groups.items())


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
        _("法定地位"),
        _("法定依据"),
        _("有效期起"),
        _("有效期止"),
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
            version.published_at and version.published_at.isoformat(timespec="seconds"),
            word(version.layer.authority),
            version.layer.legal_status,
            version.legal_source,
            version.valid_from,
            version.valid_to,
            version.source_name,
            version.source_crs,
            word(version.layer.get_secrecy_display()),
            word(version.layer.notice),
            version.root_hash,
        ]
        for version in versions
    ]
    return exports.table(_("图层目录"), header, rows, kind=kind)
