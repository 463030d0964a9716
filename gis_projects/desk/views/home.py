"""The desk itself: what there is to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.desk import wording
from gis_projects.desk.queries import notices, todo
from gis_projects.people.models import User

PAGE = 50


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """All that waits for the user and for their department, the most urgent first."""
    user = cast(User, request.user)
    every = todo.todos(user)
    names = todo.kinds()
    wanted = todo.Wanted(
        kind=_one_of(request, "kind", names),
        urgency=_one_of(request, "due", list(todo.Urgency)),
        whose=_one_of(request, "whose", ["mine", "department"]),
        q=request.GET.get("q", "")[:100].replace("\0", ""),
    )
    rows = todo.narrowed(every, wanted)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("待办"), _columns(), _rows(rows), kind=str(kind))
    filters = {
        name: value
        for name, value in (
            ("kind", wanted.kind),
            ("due", wanted.urgency),
            ("whose", wanted.whose),
            ("q", wanted.q),
        )
        if value
    }
    by_kind = Counter(row.waiting.kind for row in every)
    by_urgency = Counter(row.urgency for row in every)
    unread = list(notices.notices(user, unread=True)[:5])
    said = wording.sentences(unread)
    return render(
        request,
        "desk/home.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "total": len(every),
            "today": timezone.localdate(),
            "wanted": wanted,
            "kinds": [(kind, label, by_kind[kind]) for kind, label in names.items() if by_kind[kind]],
            "urgencies": [(one, one.label, by_urgency[one]) for one in todo.Urgency],
            "overdue": by_urgency[todo.Urgency.OVERDUE],
            "soon": by_urgency[todo.Urgency.SOON],
            "unread_notices": [(row, said[row.pk]) for row in unread],
            "filters": filters,
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


@login_required
@require_safe
def count(request: HttpRequest) -> HttpResponse:
    """How many things there are to do, for the number in the header."""
    return JsonResponse({"todos": todo.count(cast(User, request.user))})


def _one_of(request: HttpRequest, name: str, known: Iterable[str]) -> str:
    value = request.GET.get(name, "")
    return value if value in known else ""


def _columns() -> list[str]:
    return [
        _("事项"),
        _("类型"),
        _("项目代码"),
        _("项目名称"),
        _("地区"),
        _("到期日"),
        _("暂定"),
        _("剩余工作日"),
        _("紧急程度"),
        _("归属"),
    ]


def _rows(rows: Iterable[todo.ToDo]) -> Iterator[list[Any]]:
    for row in rows:
        project = row.project
        yield [
            row.sentence,
            row.kind,
            project.code if project else "",
            project.name if project else "",
            project.region.name if project else "",
            row.waiting.due_on or "",
            _("是") if row.waiting.provisional else "",
            "" if row.days_left is None else row.days_left,
            row.urgency.label,
            _("本人") if row.waiting.mine else _("本部门"),
        ]
