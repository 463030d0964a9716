"""Completed projects and their two accounts."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.queries import accounts as queries
from gis_projects.library.views.libraries import PAGE
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require

_STATES = {
    "settlement": gettext_lazy("未结算"),
    "final": gettext_lazy("未决算"),
    "day": gettext_lazy("竣工日期未登记"),
    "done": gettext_lazy("两算已完成"),
}


@login_required
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Government projects completed in the last three years (or from ``since`` on), with what is behind (``state``)."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    this_year = timezone.localdate().year
    text = request.GET.get("since", "")
    asked = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    since = asked if 1990 <= asked <= 2100 else this_year - queries.YEARS + 1
    state = request.GET.get("state", "")
    state = state if state in _STATES else ""
    rows = queries.behind(queries.completed(user, since=since), state)
    if words := request.GET.get("q", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(name__icontains=words) | rows.filter(code__icontains=words)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [
            _("项目代码"),
            _("项目名称"),
            _("地区"),
            _("项目单位"),
            _("竣工日期"),
            _("竣工结算备案"),
            _("财务决算备案"),
        ]
        cells = (
            [row.code, row.name, row.region.short_name, row.organisation.name if row.organisation else "",
             row.completed_on, row.settled_on, row.final_on]
            for row in rows
        )  # fmt: skip
        return exports.table(_("两算清理"), head, cells, kind=str(kind))
    return render(
        request,
        "library/accounts.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "since": since,
            "years": range(this_year, this_year - 11, -1),
            "states": _STATES.items(),
            "state": state,
            "q": words,
            "rates": queries.rates(user, this_year - 1),
            "last_year": this_year - 1,
            "may_set": has(user, Permission.MANAGE_LIBRARIES),
        },
    )
