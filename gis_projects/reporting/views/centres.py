"""The two data centres side by side, and whether they count alike."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.reporting import centres as queries


@login_required
@require_safe
def centres(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    found = queries.reconciled(user)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        header = [_("类别"), _("指标"), _("项目应用数据中心"), _("决策支持数据中心"), _("差异")]
        table = ([row.group, row.name, row.application, row.decision, row.difference] for row in found)
        return exports.table(_("数据中心对账"), header, table, kind=str(kind))
    apart = [row for row in found if row.difference]
    only = request.GET.get("apart") == "1"
    return render(
        request,
        "reporting/centres.html",
        {"rows": apart if only else found, "apart": len(apart), "number": len(found), "only": only},
    )
