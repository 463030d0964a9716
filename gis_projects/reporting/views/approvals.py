"""How approvals get on: counts and working days by stage, on screen and as a file."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, require
from gis_projects.reporting import approvals as queries


@login_required
@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    require(user, Permission.READ_PROJECTS)
    regions = Region.objects.filter(kind__in=["city", "county", "zone"]).order_by("position")
    text = request.GET.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 and int(text) else None
    region = next((row.code for row in regions if row.code == request.GET.get("region")), "")
    found = queries.statistics(user, queries.Wanted(year, region), today=timezone.localdate())
    if (kind := request.GET.get("format")) in exports.FORMATS:
        header = [
            _("环节"), _("事项"), _("受理"), _("办理中"), _("办结"), _("退回或撤回"), _("平均用时（工作日）"),
            _("用时中位数（工作日）"), _("最长用时（工作日）"), _("在办最久（工作日）"),
        ]  # fmt: skip
        table = (
            [
                row.group, row.name, row.begun, row.under_way, row.passed, row.sent_back, row.mean_days,
                row.median_days, row.longest_days, row.oldest_days,
            ]
            for row in found
        )  # fmt: skip
        return exports.table(_("审批情况统计"), header, table, kind=str(kind))
    return render(
        request,
        "reporting/approvals.html",
        {"rows": found, "years": queries.years(user), "year": year, "regions": regions, "region": region},
    )
