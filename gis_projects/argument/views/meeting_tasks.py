"""What the committee's meetings gave departments to do: the list, one task, and the steps of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports
from gis_projects.argument.actions import meeting_tasks
from gis_projects.argument.models import (
    MeetingTask,
    MeetingTaskState,
)
from gis_projects.argument.queries import meetings as queries
from gis_projects.argument.refusals import refuse
from gis_projects.argument.views.doing import done, files_of
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require

PAGE = 50


@login_required
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """What meetings left to be done, the earliest day first."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    state = request.GET.get("state", "")
    rows = queries.tasks(user)
    if state == "overdue":
        rows = rows.filter(state=MeetingTaskState.OPEN, due_on__lt=timezone.localdate())
    elif state in MeetingTaskState.values:
        rows = rows.filter(state=state)
    else:
        state = ""
    words = request.GET.get("q", "")[:100].replace("\0", "")
    for word in words.split():
        rows = rows.filter(Q(title__icontains=word) | Q(organisation__name__icontains=word))
    filters = {name: value for name, value in (("state", state), ("q", words)) if value}
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [_("办结期限"), _("交办事项"), _("承办单位"), _("会议"), _("状态"), _("办理情况")]
        return exports.table(_("投委会交办事项"), head, _task_rows(rows), kind=str(kind))
    return render(
        request,
        "argument/meeting_tasks.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "state": state,
            "states": [*MeetingTaskState.choices, ("overdue", _("超期"))],
            "today": timezone.localdate(),
            "words": words,
            "words_query": f"&{urlencode({'q': words})}" if words else "",
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


def _task_rows(rows: Iterable[MeetingTask]) -> Iterator[list[Any]]:
    for row in rows:
        yield [
            row.due_on,
            row.title,
            row.organisation.name,
            row.meeting.title,
            row.get_state_display(),
            row.report,
        ]


@login_required
@require_safe
def task(request: HttpRequest, pk: int) -> HttpResponse:
    user = cast(User, request.user)
    return _task_page(request, user, queries.task(user, pk))


def _task_page(request: HttpRequest, user: User, row: MeetingTask) -> HttpResponse:
    row = queries.task(user, row.pk)
    closes = may(user, Permission.HOLD_COMMITTEE, row.meeting) and row.state == MeetingTaskState.REPORTED
    return render(
        request,
        "argument/meeting_task.html",
        {
            "task": row,
            "files": row.files.all(),
            "reports": row.state == MeetingTaskState.OPEN and queries.may_report(user, row),
            "closes": closes and row.reported_by_id != user.pk,
            "returns": closes,
            "reads_meeting": may(user, Permission.READ_ARGUMENTS, row.meeting),
            "today": timezone.localdate(),
            "typed": request.POST,
        },
    )


@login_required
@require_POST
def task_act(request: HttpRequest, pk: int) -> HttpResponse:
    """The department reports; the office closes or sends back."""
    user = cast(User, request.user)
    row = queries.task(user, pk)
    what = request.POST.get("what", "")
    if what == "report":
        require(user, Permission.GIVE_OPINIONS)
    else:
        require(user, Permission.HOLD_COMMITTEE, row.meeting)

    def report() -> object:
        brought = list(files_of(request))
        if len(brought) > 1:
            raise refuse("one-file", "每次附一个文件", field="file")
        return meeting_tasks.report(
            by=user, task=row, text=request.POST.get("text", ""), file=brought[0] if brought else None
        )

    def unknown() -> None:
        raise refuse("nothing-to-do", "没有这种操作")

    works: dict[str, tuple[Callable[[], object], str]] = {
        "report": (report, _("已填报，等待核销。")),
        "close": (lambda: meeting_tasks.close(by=user, task=row), _("已核销。")),
        "return": (
            lambda: meeting_tasks.send_back(by=user, task=row, reason=request.POST.get("reason", "")), _("已退回。"),
        ),
    }  # fmt: skip
    work, told = works.get(what, (unknown, ""))
    then = redirect("argument:meeting-task", row.pk)
    return done(request, work, told, then=then, again=lambda: _task_page(request, user, row))
