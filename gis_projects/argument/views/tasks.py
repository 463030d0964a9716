"""The tasks of one's own department, one task with its opinion, and what is done to it; and files beside all this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports, files
from gis_projects.argument import presenting
from gis_projects.argument.actions import escalations, opinions
from gis_projects.argument.actions import tasks as actions
from gis_projects.argument.models import CaseKind, Task, TaskState
from gis_projects.argument.queries import cases as queries
from gis_projects.argument.refusals import NotNow
from gis_projects.argument.views.doing import conditions_of, done, files_of
from gis_projects.library.models import Attachment
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, has, require
from gis_projects.sentences import sentence
from gis_projects.sites import presenting as sites
from gis_projects.sites.views.downloads import download
from siting.engine.notices import UnusableInput

PAGE = 50


@login_required
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """What the user's own department is asked."""
    user = cast(User, request.user)
    if not has(user, Permission.GIVE_OPINIONS):
        require(user, Permission.APPROVE_OPINIONS)
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    wanted = queries.TasksWanted(
        state=state if state in (*TaskState.values, queries.OVERDUE, queries.ALL) else "",
        kind=kind if kind in CaseKind.values else "",
        q=request.GET.get("q", "")[:100].replace("\0", ""),
    )
    rows = queries.my_tasks(user, wanted)
    if (wished := request.GET.get("format")) in exports.FORMATS:
        rows = rows.select_related("case__routing")
        return exports.table(
            _("部门任务"), presenting.task_columns(), presenting.task_rows(rows), kind=str(wished)
        )
    page = Paginator(rows.select_related("case__routing"), PAGE).get_page(request.GET.get("page"))
    filters = {name: value for name, value in vars(wanted).items() if value}
    return render(
        request,
        "argument/tasks.html",
        {
            "page": page,
            "rows": [{"task": task, "why": presenting.reasons(task, None)} for task in page.object_list],
            "wanted": wanted,
            "filtered": bool(filters.keys() - {"state"}),
            "states": [
                ("", _("待办理")),
                (queries.OVERDUE, _("已超期")),
                *TaskState.choices,
                (queries.ALL, _("全部")),
            ],
            "kinds": CaseKind.choices,
            "export_query": urlencode(filters) + "&" if filters else "",
            "unit": user.organisation,
        },
    )


@login_required
@require_safe
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One department's task: why it is asked, the map, the form of its opinion, what it said."""
    user = cast(User, request.user)
    return _page(request, user, queries.task(user, pk))


def _page(request: HttpRequest, user: User, row: Task, **more: Any) -> HttpResponse:
    status = more.pop("status", 200)
    page = presenting.task_page(user, row, **more)
    read = page["read"]
    concerned = {entry["rule"] for entry in row.reasons if entry["why"] == "finding"}
    page["findings"] = (
        [each for each in read.document["findings"] if each["geometry"] and each["rule"] in concerned]
        if read
        else []
    )
    page["geometry"] = sites.site_geojson(row.case.site_version) if read and row.case.site_version else None
    page["endings"] = ",".join(files.ENDINGS)
    page["max_mb"] = files.MAX_BYTES // 1024**2
    return render(request, "argument/task.html", page, status=status)


@login_required
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Do a step to a task: ``step`` says which. What is refused is said at its field."""
    user = cast(User, request.user)
    row = queries.task(user, pk)
    given = request.POST
    if given.get("step") in ("draft", "submit"):
        return _write(request, user, row, hand_in=given["step"] == "submit")
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "sign": (lambda: _signed(user, row, given), _("已审签。")),
        "send_back": (lambda: _signed(user, row, given, back=True), _("已退回拟稿人。")),
        "escalate": (
            lambda: escalations.escalate(by=user, task=row, reason=given.get("reason", "")),
            _("已提请上级。"),
        ),
        "supplement": (
            lambda: actions.supplement(by=user, task=row, text=given.get("text", "")),
            _("已补充，部门将重新出具意见。"),
        ),
    }
    step = steps.get(given.get("step", ""))
    if step is None:
        raise Http404
    return done(
        request,
        step[0],
        step[1],
        then=redirect("argument:task", pk=pk),
        again=lambda: _page(request, user, queries.task(user, pk)),
    )


def _signed(user: User, row: Task, given: Mapping[str, Any], *, back: bool = False) -> None:
    opinion = next((each for each in row.opinions.all() if str(each.pk) == given.get("opinion", "")), None)
    level = given.get("level", "")
    if opinion is None or not (level.isascii() and level.isdigit() and len(level) < 3):
        raise Http404
    work = opinions.send_back if back else opinions.sign
    work(by=user, opinion=opinion, level=int(level), text=given.get("text", ""))


def _write(request: HttpRequest, user: User, row: Task, *, hand_in: bool) -> HttpResponse:
    """Keep a draft with its files, and hand it in if that was asked; the draft stays where handing in is refused."""
    given = request.POST
    conditions = conditions_of(given)
    try:
        draft = opinions.draft(
            by=user,
            task=row,
            verdict=given.get("verdict", ""),
            text=given.get("text", ""),
            fields=given,
            conditions=conditions,
        )
        for name, content in files_of(request):
            opinions.attach(by=user, opinion=draft, name=name, content=content)
        if hand_in:
            opinions.hand_in(by=user, opinion=draft)
    except UnusableInput as refusal:
        errors = {notice.field or "": sentence(notice) for notice in refusal.notices}
        for notice in refusal.notices:
            messages.error(request, sentence(notice))
        again = {**{name: given.get(name, "") for name in given}, "conditions": conditions}
        return _page(
            request,
            user,
            queries.task(user, row.pk),
            given=again,
            errors=errors,
            status=409 if isinstance(refusal, NotNow) else 400,
        )
    messages.success(request, _("意见已提交。") if hand_in else _("已保存，尚未提交。"))
    return redirect("argument:task", pk=row.pk)


#: What the files lie beside that this room's cases give out; those of reviews and services have rules of their own.
_BESIDE = ("argument.opinion", "argument.condition", "argument.consultation", "argument.blocker")


@login_required
@require_safe
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """A file beside something of a case, or a blocker, as a download: never shown in the page."""
    user = cast(User, request.user)
    row = find(
        user,
        Permission.READ_ARGUMENTS,
        Attachment.objects.filter(subject__startswith="argument."),
        pk=pk,
    )
    noun, _colon, key = row.subject.partition(":")
    if noun not in _BESIDE:
        raise Http404
    if noun == "argument.opinion":
        queries.opinion(user, int(key))  # what is not in force yet is the department's own
    content = files.stored(row.sha256)
    if content is None:
        raise Http404
    response = download(content, row.name, files.KINDS[row.kind].media_type)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
