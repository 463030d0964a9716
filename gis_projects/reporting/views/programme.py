"""The programme's systems, functions and databases on one page."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.reporting import programme as queries


@login_required
@require_safe
def programme(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    parts = {
        _("系统"): [(part, part.addresses()) for part in queries.systems()],
        _("功能"): [(part, part.addresses()) for part in queries.functions()],
    }
    databases = queries.databases(user)
    asked = request.GET.get("format")
    if asked in exports.FORMATS:
        header = [_("类别"), _("名称"), _("所在页面"), _("数量")]
        table: list[list[str | int]] = [
            [group, part.label, " ".join(pages), ""] for group, rows in parts.items() for part, pages in rows
        ]
        table += [
            [_("数据库"), row.database.label, reverse("library:database", args=[row.database.code]), row.number]
            for row in databases
        ]  # fmt: skip
        return exports.table(_("系统总览"), header, table, kind=str(asked))
    return render(request, "reporting/programme.html", {"parts": parts.items(), "databases": databases})
