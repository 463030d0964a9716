"""The leaders' page: five functions, their figures, and where each leads."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.desk.queries import leading as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require


@login_required
@require_safe
def leading(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    require(user, Permission.READ_PROJECTS)
    sections = queries.sections(user, timezone.localdate())
    if (kind := request.GET.get("format")) in exports.FORMATS:
        table = ([row.part.label, each.name, each.value] for row in sections for each in row.figures)
        return exports.table(_("决策视图"), [_("功能"), _("指标"), _("数量")], table, kind=str(kind))
    return render(request, "desk/leading.html", {"sections": sections, "today": timezone.localdate()})
