"""The list of cases, one case, opening one, and what is done to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.argument import presenting
from gis_projects.argument.actions import cases as actions
from gis_projects.argument.actions import consultations
from gis_projects.argument.models import Case, CaseKind, CaseState
from gis_projects.argument.queries import cases as queries
from gis_projects.argument.queries import routing
from gis_projects.argument.views.doing import attempted, done
from gis_projects.argument.views.units import units_for
from gis_projects.library.models import Outcome, Project
from gis_projects.people.models import Department, Organisation, Region, User
from gis_projects.people.permissions import Permission, find, has, may, require

PAGE = 50


def wanted(request: HttpRequest) -> queries.Wanted:
    """What of the list an address asks for; what it can't mean is left out."""

    def one_of(name: str, known: list[str]) -> str:
        value = request.GET.get(name, "")
        return value if value in known else ""

    def text(name: str, most: int) -> str:
        return request.GET.get(name, "")[:most].replace("\0", "")

    return queries.Wanted(
        kind=one_of("kind", CaseKind.values),
        state=one_of("state", [*CaseState.values, queries.OVERDUE, queries.ALL]),
        outcome=one_of("outcome", Outcome.values),
        region=text("region", 12),
        department=text("department", 20),
        q=text("q", 100),
    )


@login_required
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """Cases of the projects that the user reaches."""
    user = cast(User, request.user)
    require(user, Permission.READ_ARGUMENTS)
    asked = wanted(request)
    rows = queries.cases(user, asked)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("论证"), presenting.case_columns(), presenting.case_rows(rows), kind=str(kind))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    filters = {name: value for name, value in vars(asked).items() if value}
    return render(
        request,
        "argument/cases.html",
        {
            "page": page,
            "rows": presenting.listed(page.object_list),
            "wanted": asked,
            "filtered": bool(filters.keys() - {"state"}),
            "states": _states(asked, queries.counts(user, asked)),
            "kinds": CaseKind.choices,
            "outcomes": Outcome.choices,
            "departments": Department.objects.all(),
            "regions": Region.objects.filter(
                code__in=queries.cases(user, queries.Wanted(state=queries.ALL))
                .order_by()
                .values("project__region")
            ),
            "export_query": urlencode(filters) + "&" if filters else "",
            "starts": has(user, Permission.START_ARGUMENTS),
        },
    )


def _states(asked: queries.Wanted, counts: dict[str, int]) -> list[dict[str, object]]:
    """The states as tabs: label, how many, the address, and whether it is the one shown."""
    labels = {
        "": _("办理中"),
        queries.OVERDUE: _("已超期"),
        **dict(CaseState.choices),
        queries.ALL: _("全部"),
    }
    rest = {name: value for name, value in vars(asked).items() if value and name != "state"}
    return [
        {
            "label": label,
            "count": counts[value or queries.LIVE],
            "query": urlencode({**rest, "state": value} if value else rest),
            "shown": asked.state == value,
        }
        for value, label in labels.items()
    ]


@login_required
@require_safe
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: its departments side by side, what was found, what was said, what is to be done."""
    user = cast(User, request.user)
    return shown(request, user, queries.case(user, pk))


def shown(
    request: HttpRequest,
    user: User,
    row: Case,
    status: int = 200,
    *,
    decisions: Mapping[int, Mapping[str, Any]] | None = None,
) -> HttpResponse:
    """The page of a case; ``decisions``: forms of decisions that weren't done (`presenting.lane`)."""
    page = presenting.case_page(user, row, decisions=decisions)
    return render(request, "argument/case.html", page, status=status)


@login_required
@require_safe
def of_project(request: HttpRequest, pk: int) -> HttpResponse:
    """A project's arguments, tripartite checklists and blockers."""
    user = cast(User, request.user)
    projects = Project.objects.select_related("region", "site", "organisation")
    project = find(user, Permission.READ_ARGUMENTS, projects, pk=pk)
    starts = may(user, Permission.START_ARGUMENTS, project)
    rows = Case.objects.filter(project=project).select_related("clock", "opened_by", "project__region")
    return render(
        request,
        "argument/project.html",
        {
            "project": project,
            "rows": presenting.listed(rows.order_by("-pk")),
            "checklists": project.checklists.order_by("-pk"),
            "blockers": project.blockers.select_related("organisation").order_by("due_on"),
            "starts": starts,
            "raises": starts or may(user, Permission.EDIT_PROJECTS, project),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def open_case(request: HttpRequest, pk: int) -> HttpResponse:
    """Who would be asked in each of a project's arguments, and why; a POST opens one."""
    user = cast(User, request.user)
    projects = Project.objects.select_related("region", "site", "organisation")
    project = find(user, Permission.START_ARGUMENTS, projects, reading=Permission.READ_PROJECTS, pk=pk)
    problems: list[str] = []
    if request.method == "POST":
        opened: list[Case] = []
        problems = attempted(
            lambda: opened.append(
                actions.open_case(
                    by=user,
                    project=project,
                    kind=request.POST.get("kind", ""),
                    note=request.POST.get("note", ""),
                    starts_on=_day(request.POST.get("starts_on", "")),
                )
            )
        )
        if opened:
            messages.success(request, _("论证已发起，各部门已同时收到任务。"))
            return redirect("argument:case", pk=opened[0].pk)
    return render(
        request,
        "argument/open.html",
        {
            "project": project,
            "plans": [
                presenting.plan_data(user, project, kind, label, routing.planned(project, kind))
                for kind, label in CaseKind.choices
            ],
            "problems": problems,
            "given": request.POST,
            "units": units_for(project),
        },
        status=400 if problems else 200,
    )


def _day(text: str) -> Any:
    try:
        return parse_date(text) if text else None
    except ValueError:
        raise ValidationError({"starts_on": _("请填写日期。")}) from None


@login_required
@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Do one of the organiser's steps to a case: ``step`` says which."""
    user = cast(User, request.user)
    row = queries.case(user, pk, Permission.START_ARGUMENTS)
    given = request.POST
    steps: dict[str, tuple[Callable[[], object], str]] = {
        "conclude": (
            lambda: actions.conclude(by=user, case=row, text=given.get("text", "")),
            _("论证已办结。"),
        ),
        "withdraw": (
            lambda: actions.withdraw_case(by=user, case=row, reason=given.get("reason", "")),
            _("论证已撤回。"),
        ),
        "pause": (
            lambda: actions.pause_case(by=user, case=row, reason=given.get("reason", "")),
            _("已暂停计时。"),
        ),
        "resume": (
            lambda: actions.resume_case(by=user, case=row, reason=given.get("reason", "")),
            _("已恢复计时。"),
        ),
        "reconfirm": (
            lambda: actions.reconfirm(by=user, case=row, reason=given.get("reason", "")),
            _("已重新征求所涉部门意见。"),
        ),
        "consult": (lambda: _call(user, row, request), _("已召集联合会商。")),
    }
    step = steps.get(given.get("step", ""))
    if step is None:
        raise Http404
    work, told = step
    return done(
        request,
        work,
        told,
        then=redirect("argument:case", pk=pk),
        again=lambda: shown(request, user, queries.case(user, pk), 400),
    )


def _call(user: User, row: Case, request: HttpRequest) -> None:
    given = request.POST
    day = _day(given.get("meets_on", ""))
    if day is None:
        raise ValidationError({"meets_on": _("请填写日期。")})
    keys = [int(key) for key in given.getlist("organisations") if key.isascii() and key.isdigit()]
    consultations.call(
        by=user,
        case=row,
        topic=given.get("topic", ""),
        meets_on=day,
        place=given.get("place", ""),
        organisations=list(Organisation.objects.filter(pk__in=keys)),
    )
