"""The page of notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports
from gis_projects.desk import wording
from gis_projects.desk.actions import notices as actions
from gis_projects.desk.models import Kind, Notice
from gis_projects.desk.queries import notices as queries
from gis_projects.people.models import User

PAGE = 50


@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What the user was told, newest first."""
    user = cast(User, request.user)
    _require_a_role(user)
    kind, words = request.GET.get("kind", ""), request.GET.get("q", "")[:100].replace("\0", "")
    unread = request.GET.get("unread") == "1"
    rows = queries.notices(user, kind=kind, unread=unread, q=words)
    if (export := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("通知"), _columns(), _rows(rows), kind=str(export))
    filters = {
        name: value
        for name, value in (("kind", kind), ("q", words), ("unread", "1" if unread else ""))
        if value
    }
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    said = wording.sentences(page.object_list)
    return render(
        request,
        "desk/notices.html",
        {
            "page": page,
            "shown": [(row, said[row.pk]) for row in page.object_list],
            "kind": kind,
            "q": words,
            "unread": unread,
            "kinds": Kind.choices,
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


@login_required
@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    """All of one's notices, or the one that is named, are read."""
    user = cast(User, request.user)
    _require_a_role(user)
    key = request.POST.get("notice")
    if key is not None and not (key.isdecimal() and len(key) < 19):
        raise Http404  # one that there can't be is not all of them
    count = actions.mark_read(by=user, keys=None if key is None else [int(key)])
    messages.success(
        request,
        ngettext("已将 %(count)s 条通知标为已读。", "已将 %(count)s 条通知标为已读。", count)
        % {"count": count},
    )
    return redirect("desk:notices")


@login_required
@require_POST
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a notice: it is marked, and its page opens. What isn't (or is no longer) the user's isn't there."""
    user = cast(User, request.user)
    _require_a_role(user)
    row = queries.notices(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    actions.mark_read(by=user, keys=[row.pk])
    return redirect(row.address)


def _require_a_role(user: User) -> None:
    """Who has no role yet is told nothing, and reaches nothing."""
    if not user.roles:
        raise PermissionDenied


def _columns() -> list[str]:
    return [_("时间"), _("类型"), _("通知"), _("项目代码"), _("项目名称"), _("地区"), _("已读时间")]


def _rows(rows: Iterable[Notice]) -> Iterator[list[Any]]:
    found = list(rows)
    said = wording.sentences(found)
    for row in found:
        project = row.project
        yield [
            timezone.localtime(row.created_at),
            row.get_kind_display(),
            said[row.pk],
            project.code if project else "",
            project.name if project else "",
            project.region.name if project else "",
            timezone.localtime(row.read_at) if row.read_at else "",
        ]
