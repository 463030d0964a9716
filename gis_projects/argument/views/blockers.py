"""Blockers: the list, raising one, and what is done to one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.argument.actions import blockers as actions
from gis_projects.argument.models import Blocker, BlockerState, Link
from gis_projects.argument.presenting.tasks import files_beside
from gis_projects.argument.scopes import SOLVING
from gis_projects.argument.views.doing import attempted, done, files_of
from gis_projects.argument.views.units import units_for
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, require, visible

PAGE = 50
OVERDUE = "overdue"


def _narrowed(user: User, request: HttpRequest) -> tuple[QuerySet[Blocker], dict[str, str]]:
    asked = {
        "state": request.GET.get("state", ""),
        "link": request.GET.get("link", ""),
        "q": request.GET.get("q", "")[:100].replace("\0", ""),
    }
    rows = visible(
        user,
        Permission.READ_ARGUMENTS,
        Blocker.objects.select_related("project__region", "organisation", "raised_by"),
    )
    if asked["state"] == OVERDUE:
        rows = rows.filter(state=BlockerState.OPEN, due_on__lt=timezone.localdate())
    elif asked["state"] in BlockerState.values:
        rows = rows.filter(state=asked["state"])
    if asked["link"] in Link.values:
        rows = rows.filter(link=asked["link"])
    for each in asked["q"].split():
        rows = rows.filter(
            Q(project__name__icontains=each) | Q(project__code__icontains=each) | Q(title__icontains=each)
        )
    return rows, {name: value for name, value in asked.items() if value}


@login_required
@require_safe
def blockers(request: HttpRequest) -> HttpResponse:
    """What keeps projects from going on, soonest due first."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    rows, filters = _narrowed(user, request)
    if (wished := request.GET.get("format")) in exports.FORMATS:
        heads = [_("编号"), _("环节"), _("堵点"), _("项目代码"), _("项目名称"), _("责任单位"), _("解决期限"), _("状态"),
                 _("解决情况")]  # fmt: skip
        lines = (
            [row.pk, row.get_link_display(), row.title, row.project.code, row.project.name, row.organisation.name,
             row.due_on, row.get_state_display(), row.resolution]
            for row in rows
        )  # fmt: skip
        return exports.table(_("堵点"), heads, lines, kind=str(wished))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "argument/blockers.html",
        {
            "page": page,
            "filters": filters,
            "states": [(OVERDUE, _("已超期")), *BlockerState.choices],
            "links": Link.choices,
            "export_query": urlencode(filters) + "&" if filters else "",
            "today": timezone.localdate(),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def raise_blocker(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what keeps a project from going on."""
    user = cast(User, request.user)
    project = find(user, Permission.READ_ARGUMENTS, Project.objects.select_related("region"), pk=pk)
    if not may(user, Permission.START_ARGUMENTS, project):
        require(user, Permission.EDIT_PROJECTS, project)
    problems: list[str] = []
    if request.method == "POST":
        made: list[Blocker] = []
        problems = attempted(lambda: made.append(_raised(user, project, request)))
        if made:
            return redirect("argument:blocker", pk=made[0].pk)
    return render(
        request,
        "argument/blocker_new.html",
        {
            "project": project,
            "links": Link.choices,
            "units": units_for(project),
            "given": request.POST,
            "problems": problems,
        },
        status=400 if problems else 200,
    )


def _raised(user: User, project: Project, request: HttpRequest) -> Blocker:
    given = request.POST
    key = given.get("organisation", "")
    unit = (
        units_for(project)
        .filter(pk=int(key) if key.isascii() and key.isdigit() and len(key) < 18 else 0)
        .first()
    )
    day = _day(given.get("due_on", ""))
    if unit is None or day is None:
        raise ValidationError(_("请选择责任单位，并填写解决期限。"))
    return actions.raise_blocker(
        by=user,
        project=project,
        link=given.get("link", ""),
        title=given.get("title", ""),
        text=given.get("text", ""),
        organisation=unit,
        due_on=day,
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # looks like a day and is none
        return None


@login_required
@require_safe
def blocker(request: HttpRequest, pk: int) -> HttpResponse:
    """One blocker."""
    user = cast(User, request.user)
    return _page(request, user, _found(user, pk))


def _found(user: User, pk: int) -> Blocker:
    rows = Blocker.objects.select_related(
        "project__region",
        "project__organisation",
        "organisation",
        "raised_by",
        "solved_by",
        "closed_by",
        "case",
    )
    # Whoever has to solve it reads it, also of a project that is out of their region.
    solving = visible(user, Permission.READ_ARGUMENTS, rows, SOLVING).filter(pk=pk).exists()
    return find(user, Permission.READ_ARGUMENTS, rows, paths=SOLVING if solving else None, pk=pk)


def _page(request: HttpRequest, user: User, row: Blocker) -> HttpResponse:
    raises = may(user, Permission.START_ARGUMENTS, row) or may(user, Permission.EDIT_PROJECTS, row)
    name = actions.blocker_subject(row)
    return render(
        request,
        "argument/blocker.html",
        {
            "blocker": row,
            "project": row.project,
            "reads_project": may(user, Permission.READ_PROJECTS, row.project),
            "files": files_beside([name]).get(name, []),
            "overdue": row.state == BlockerState.OPEN and row.due_on < timezone.localdate(),
            "may": {
                "solve": row.state == BlockerState.OPEN and user.organisation_id == row.organisation_id,
                "close": row.state == BlockerState.SOLVED and raises and row.solved_by_id != user.pk,
                "reopen": row.state == BlockerState.SOLVED and raises,
            },
        },
    )


@login_required
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Solve a blocker, strike it off or take it up again."""
    user = cast(User, request.user)
    row = _found(user, pk)
    given = request.POST

    def solve() -> None:
        for name, content in files_of(request):
            actions.attach(by=user, blocker=row, name=name, content=content)
        actions.solve(by=user, blocker=row, resolution=given.get("resolution", ""))

    steps: dict[str, tuple[Callable[[], object], str]] = {
        "solve": (solve, _("已填报，等待确认销号。")),
        "close": (lambda: actions.close(by=user, blocker=row), _("已销号。")),
        "reopen": (
            lambda: actions.reopen(by=user, blocker=row, reason=given.get("reason", "")),
            _("已退回继续解决。"),
        ),
    }
    step = steps.get(given.get("step", ""))
    if step is None:
        raise Http404
    return done(
        request,
        step[0],
        step[1],
        then=redirect("argument:blocker", pk=pk),
        again=lambda: _page(request, user, _found(user, pk)),
    )
