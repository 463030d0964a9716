"""Pages of a leader's instructions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import exports
from gis_projects.desk.actions import instructions as actions
from gis_projects.desk.drafting import Draft, draft, phrases
from gis_projects.desk.models import InstructionTask, TaskState
from gis_projects.desk.queries import instructions as queries
from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, User
from gis_projects.people.permissions import Permission, find, has, require

PAGE = 50
_ACTIONS: dict[str, Callable[..., Any]] = {
    "reply": actions.reply,
    "return": actions.send_back,
    "close": actions.close,
}


@login_required
@require_safe
def instructions(request: HttpRequest) -> HttpResponse:
    """The instructions that the user gave, has to carry out, or oversees."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    state = request.GET.get("state", "")
    state = state if state in (*TaskState.values, queries.OVERDUE) else ""
    words = request.GET.get("q", "")[:100].replace("\0", "")
    mine = request.GET.get("mine") == "1"
    rows = queries.tasks(user, state=state, q=words, mine=mine)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("领导批示"), _columns(), _rows(rows), kind=str(kind))
    filters = {
        name: value
        for name, value in (("state", state), ("q", words), ("mine", "1" if mine else ""))
        if value
    }
    return render(
        request,
        "desk/instructions.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "today": timezone.localdate(),
            "state": state,
            "states": [*TaskState.choices, (queries.OVERDUE, _("已逾期"))],
            "q": words,
            "mine": mine,
            "may_instruct": has(user, Permission.INSTRUCT),
            "filters": filters,
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write an instruction, about the project that the address names or about none.

    ``about`` names what goes wrong in it (`concerns.Cause`): the form opens with a draft that only has to be sent.
    """
    user = cast(User, request.user)
    require(user, Permission.INSTRUCT)
    project = _project(user, request.POST.get("project") or request.GET.get("project") or "")
    addressees = queries.addressees(user, project)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        written = Draft(
            request.POST.get("text", ""),
            {int(key) for key in request.POST.getlist("organisations") if key.isascii() and key.isdecimal()},
            request.POST.get("due_on", ""),
        )
        try:
            row = actions.instruct(
                by=user,
                text=written.text,
                organisations=[one for one in addressees if one.pk in written.organisations],
                due_on=_day(written.due_on),
                project=project,
            )
        except ValidationError as refused:
            errors = refused.message_dict if hasattr(refused, "error_dict") else {"__all__": refused.messages}
        else:
            messages.success(request, _("批示已下达。"))
            return redirect("desk:instruction", row.pk)
    else:
        written = draft(user, project, request.GET.get("about", ""), addressees)
    return render(
        request,
        "desk/instruction_form.html",
        {
            "project": project,
            "groups": _by_region(addressees, written.organisations),
            "chosen": written.organisations,
            "errors": errors,
            "text": written.text,
            "due_on": written.due_on,
            "today": timezone.localdate(),
            "phrases": phrases(),
        },
        status=400 if errors else 200,
    )


def _by_region(addressees: Iterable[Organisation], chosen: set[int]) -> list[dict[str, Any]]:
    """The departments region by region, those that are chosen first; open are the regions with one of these, or else
    the first.
    """
    groups = [
        {
            "region": region,
            "rows": sorted(rows, key=lambda one: one.pk not in chosen),
            "open": any(one.pk in chosen for one in rows),
        }
        for region, rows in ((key, list(each)) for key, each in groupby(addressees, lambda one: one.region))
    ]
    if groups and not any(group["open"] for group in groups):
        groups[0]["open"] = True
    return groups


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def instruction(request: HttpRequest, pk: int) -> HttpResponse:
    """One instruction with its receipts and answers; opening it is the receipt of one's own department."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    row, tasks = queries.instruction(user, pk)
    errors: dict[int, str] = {}
    if request.method == "POST":
        key, what = request.POST.get("task", ""), request.POST.get("do", "")
        task = next((one for one in tasks if str(one.pk) == key), None)
        if task is None or what not in _ACTIONS:
            return redirect("desk:instruction", pk)
        try:
            _ACTIONS[what](by=user, task=task, text=request.POST.get("text", ""))
        except ValidationError as refused:
            errors[task.pk] = " ".join(refused.messages)
        else:
            messages.success(request, _("已提交。"))
            return redirect("desk:instruction", pk)
    elif request.method == "GET":
        for task in tasks:
            if task.state == TaskState.SENT and task.organisation_id == user.organisation_id:
                actions.receive(by=user, task=task)
                row, tasks = queries.instruction(user, pk)
    today = timezone.localdate()
    return render(
        request,
        "desk/instruction.html",
        {
            "instruction": row,
            "shown": [
                {
                    "task": task,
                    "own": task.organisation_id == user.organisation_id and task.state != TaskState.CLOSED,
                    "author": row.by_id == user.pk and task.state == TaskState.REPLIED,
                    "error": errors.get(task.pk, ""),
                    "overdue": bool(row.due_on and row.due_on < today and task.state != TaskState.CLOSED),
                }
                for task in tasks
            ],
            "posted": request.POST.get("text", "") if errors else "",
        },
        status=400 if errors else 200,
    )


def _project(user: User, key: str) -> Project | None:
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    return find(user, Permission.READ_PROJECTS, Project.objects.select_related("region"), pk=int(key))


def _day(text: str) -> Any:
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({"due_on": _("日期格式不正确。")})
    return found


def _columns() -> list[str]:
    return [
        _("批示时间"),
        _("批示人"),
        _("批示内容"),
        _("项目名称"),
        _("承办单位"),
        _("办理期限"),
        _("状态"),
        _("签收时间"),
        _("反馈时间"),
        _("办结时间"),
    ]


def _rows(rows: Iterable[InstructionTask]) -> Iterator[list[Any]]:
    def local(moment: Any) -> Any:
        return timezone.localtime(moment).replace(tzinfo=None) if moment else ""

    for row in rows:
        given = row.instruction
        yield [
            local(given.at),
            str(given.by),
            given.text,
            given.project.name if given.project else "",
            row.organisation.name,
            given.due_on or "",
            row.get_state_display(),
            local(row.read_at),
            local(row.replied_at),
            local(row.closed_at),
        ]
