"""Changes and acceptances as two lists of one page."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.models import AcceptanceKind, AcceptanceState, ChangeKind, ChangeState
from gis_projects.library.queries import building as queries
from gis_projects.library.views.libraries import PAGE
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require

_LISTS: dict[str, Any] = {
    "changes": (gettext_lazy("建设变更"), queries.changes, ChangeKind, ChangeState),
    "acceptances": (gettext_lazy("验收"), queries.acceptances, AcceptanceKind, AcceptanceState),
}


@login_required
@require_safe
def building(request: HttpRequest) -> HttpResponse:
    """Changes (``list=changes``) or acceptances of the projects that the user reaches, newest first."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    name = request.GET.get("list", "")
    name = name if name in _LISTS else "changes"
    label, found, kinds, states = _LISTS[name]
    rows = found(user)
    kind, state = request.GET.get("kind", ""), request.GET.get("state", "")
    if kind in kinds.values:
        rows = rows.filter(kind=kind)
    if state in states.values:
        rows = rows.filter(state=state)
    if words := request.GET.get("q", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(project__name__icontains=words) | rows.filter(project__code__icontains=words)
    if (form := request.GET.get("format")) in exports.FORMATS:
        head, cells = (_changes if name == "changes" else _acceptances)(rows)
        return exports.table(str(label), head, cells, kind=str(form))
    return render(
        request,
        "library/building.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "list": name,
            "lists": [(key, one[0]) for key, one in _LISTS.items()],
            "label": label,
            "kinds": kinds.choices,
            "kind": kind if kind in kinds.values else "",
            "states": states.choices,
            "state": state if state in states.values else "",
            "q": words,
        },
    )


def _changes(rows: Any) -> tuple[list[str], Any]:
    head = [_("项目代码"), _("项目名称"), _("地区"), _("变更类别"), _("变更内容"), _("变更理由"), _("原总投资（元）"),
            _("变更后总投资（元）"), _("原计划竣工"), _("变更后计划竣工"), _("申请人"), _("申请时间"), _("状态"),
            _("办理人"), _("办结时间"), _("意见")]  # fmt: skip
    return head, (
        [row.project.code, row.project.name, row.project.region.short_name, row.get_kind_display(), row.text,
         row.reason, row.from_yuan, row.to_yuan, row.from_finish, row.to_finish, str(row.applied_by), row.applied_at,
         row.get_state_display(), str(row.decided_by or ""), row.decided_at, row.opinion]
        for row in rows
    )  # fmt: skip


def _acceptances(rows: Any) -> tuple[list[str], Any]:
    head = [_("项目代码"), _("项目名称"), _("地区"), _("验收方式"), _("验收内容"), _("申请人"), _("申请时间"),
            _("状态"), _("现场踏勘日期"), _("验收日期"), _("验收文号"), _("办理人"), _("办结时间"),
            _("意见")]  # fmt: skip
    return head, (
        [row.project.code, row.project.name, row.project.region.short_name, row.get_kind_display(), row.subject,
         str(row.applied_by), row.applied_at, row.get_state_display(), row.surveyed_on, row.accepted_on, row.number,
         str(row.decided_by or ""), row.decided_at, row.opinion]
        for row in rows
    )  # fmt: skip
