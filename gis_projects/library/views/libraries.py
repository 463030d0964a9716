"""The three libraries: their figures, what waits for admission, and single applications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports
from gis_projects.library import upkeep
from gis_projects.library.actions import libraries as actions
from gis_projects.library.models import (
    LIBRARIES,
    Application,
    ApplicationState,
    Factor,
    FactorState,
    Library,
    ParameterKey,
    Project,
)
from gis_projects.library.queries import coverage, gates
from gis_projects.library.queries import libraries as queries
from gis_projects.library.queries.admitting import enters, not_admitting
from gis_projects.library.queries.parameters import setting
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, find, may, require, visible
from gis_projects.sentences import sentence
from siting.engine.notices import UnusableInput

PAGE = 50


def chosen_region(request: HttpRequest, user: User) -> Region | None:
    """The region that an address asks for, else the user's own; None is everything they reach."""
    code = request.GET.get("region", "")
    return Region.objects.filter(code=code).first() if code.isdigit() else user.region


def offered_regions(user: User) -> list[Region]:
    """Regions with projects that the user may know of, and their own."""
    rows = visible(user, Permission.READ_PROJECTS, Project.objects.all()).order_by().values("region")
    return list(Region.objects.filter(pk__in=rows) | Region.objects.filter(pk=user.region_id))


@login_required
@require_safe
def libraries(request: HttpRequest) -> HttpResponse:
    """The figures of the three libraries, each with the projects behind it."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    region = chosen_region(request, user)
    code = region.code if region is not None else ""
    rows = coverage.projects(user, code)
    regions = coverage.by_region(rows)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("三库建设情况"), _table_head(), _table_rows(regions), kind=str(kind))
    return render(
        request,
        "library/libraries.html",
        {
            "region": region,
            "regions": offered_regions(user),
            "totals": coverage.totals(rows, code),
            "base": setting(ParameterKey.BASE_INVESTMENT, code),
            "listed": coverage.listed(user, code),
            "building": coverage.building(rows),
            "transferable": len(coverage.transferable(rows)),
            "tables": [
                (_("按地区"), regions, "region"),
                (_("按主管部门"), coverage.by_department(rows), "authority"),
            ],
            "factors": coverage.factors(rows),
            "factor_states": FactorState.choices,
            "libraries": [(one.value, one.label) for one in (Library.NONE, *LIBRARIES)],
            "waiting": queries.applications(user).filter(state=ApplicationState.OPEN).count(),
            "may_set": may(user, Permission.MANAGE_LIBRARIES),
        },
    )


def _table_head() -> list[str]:
    head = [_("地区")]
    for library in (Library.NONE, *LIBRARIES):
        head += [
            _("%(library)s项目数") % {"library": library.label},
            _("%(library)s投资（元）") % {"library": library.label},
        ]
    return [*head, _("在建项目数"), _("其中已入实施库")]


def _table_rows(rows: list[coverage.Row]) -> list[list[Any]]:
    return [
        [
            row.name,
            *(cell for library in row.numbers for cell in (row.numbers[library], row.planned_yuan[library])),
            row.building.whole,
            row.building.part,
        ]
        for row in rows
    ]


_LISTS = ("outside", "transferable", "library", "factor")


@login_required
@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """The projects behind a figure: of a library, of a factor's state, or of what should be in a library and isn't."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    region = chosen_region(request, user)
    rows: Any = coverage.projects(user, region.code if region is not None else "")
    which = request.GET.get("list", "library")
    library = request.GET.get("library", "")
    factor, state = request.GET.get("factor", ""), request.GET.get("state", "")
    if which == "outside":
        rows = coverage.outside(rows)
        title = _("在建而未入实施库的项目")
    elif which == "transferable":
        rows = rows.filter(pk__in=[row.pk for row in coverage.transferable(rows)])
        title = _("具备条件而未申请转库的项目")
    elif which == "factor" and factor in Factor.values and state in FactorState.values:
        rows = coverage.with_factor(rows, factor).filter(factor_state=state)
        title = _("%(factor)s%(state)s的项目") % {
            "factor": Factor(factor).label,
            "state": FactorState(state).label,
        }
    elif which == "library" and library in Library.values:
        rows = rows.filter(library=library)
        title = _("%(library)s项目") % {"library": Library(library).label}
    else:
        raise Http404
    if authority := request.GET.get("authority", ""):
        rows = (
            rows.filter(authority=int(authority))
            if authority.isascii() and authority.isdigit() and len(authority) < 19
            else rows.filter(authority=None)
        )
    if region is not None and "only" in request.GET:
        rows = rows.filter(region=region)  # a line of the table counts what no other line counts
    rows = rows.select_related("region", "authority").order_by("code")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        head = [
            _("项目代码"),
            _("项目名称"),
            _("地区"),
            _("主管部门"),
            _("状态"),
            _("所在库"),
            _("计划投资（元）"),
        ]
        lines = (
            [row.code, row.name, row.region.short_name, row.authority.name if row.authority else None,
             row.get_stage_display(), row.get_library_display(), row.planned]
            for row in rows
        )  # fmt: skip
        return exports.table(title, head, lines, kind=str(kind))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "library/members.html",
        {"title": title, "page": page, "region": region, "regions": offered_regions(user)},
    )


@login_required
@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """What was applied for, a queue for each library (F344)."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    every = queries.applications(user)
    library = request.GET.get("library", "")
    state = request.GET.get("state", "open")
    rows = every
    if library in LIBRARIES:
        rows = rows.filter(to_library=library)
    if state in ApplicationState.values:
        rows = rows.filter(state=state)
    if (region := request.GET.get("region", "")).isdigit():
        rows = rows.filter(project__region=region)
    if words := request.GET.get("q", "").replace("\0", "").strip()[:100]:
        rows = rows.filter(project__name__icontains=words) | rows.filter(project__code__icontains=words)
    rows = rows.order_by("due_on", "pk") if state == "open" else rows.order_by("-pk")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("入库申请"), _application_head(), _application_rows(rows), kind=str(kind))
    waiting = queries.waiting_by_library(user)
    return render(
        request,
        "library/applications.html",
        {
            "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
            "libraries": [
                {"value": one.value, "label": one.label, "waiting": waiting.get(one, 0), "on": library == one}
                for one in LIBRARIES
            ],
            "waiting": sum(waiting.values()),
            "library": library if library in LIBRARIES else "",
            "state": state if state in ApplicationState.values else "",
            "states": ApplicationState.choices,
            "regions": offered_regions(user),
            "region": region,
            "q": words,
            "today": timezone.localdate(),
        },
    )


def _application_head() -> list[str]:
    return [
        _("项目代码"), _("项目名称"), _("地区"), _("原所在库"), _("申请进入"), _("申请人"), _("申请时间"),
        _("办理期限"), _("状态"), _("办理人"), _("意见"),
    ]  # fmt: skip


def _application_rows(rows: Any) -> Any:
    for row in rows:
        yield [
            row.project.code, row.project.name, row.project.region.short_name, row.get_from_library_display(),
            row.get_to_library_display(), str(row.applicant), timezone.localtime(row.applied_at).replace(tzinfo=None),
            row.due_on, row.get_state_display(), str(row.decided_by or ""), row.reason,
        ]  # fmt: skip


@login_required
@require_safe
def application(request: HttpRequest, pk: int) -> HttpResponse:
    """One application: what the gate said then and says now, and the decision."""
    user = cast(User, request.user)
    found = find(user, Permission.READ_PROJECTS, queries.applications(user), pk=pk)
    still_open = found.state == ApplicationState.OPEN
    why_not = not_admitting(user, found.project, found)
    return render(
        request,
        "library/application.html",
        {
            "application": found,
            "project": found.project,
            "answers": gates.answers(found.project, found.to_library)
            if still_open
            else queries.stored(found.move.gate if hasattr(found, "move") else found.gate),
            "may_bring": bool(upkeep.may_change(user, found.project)),
            "still_open": still_open,
            "likes": queries.likes(user, found.project) if found.to_library == Library.CATALOGUE else [],
            "why_not": sentence(why_not) if why_not is not None else "",
            "may_withdraw": may(user, Permission.APPLY_ADMISSION, found.project)
            and enters(user, found.project),
            "today": timezone.localdate(),
        },
    )


_DECISIONS: dict[str, Callable[..., Any]] = {
    "admit": actions.admit,
    "return": actions.return_application,
    "withdraw": actions.withdraw_application,
}


@login_required
@require_POST
def decide(request: HttpRequest, pk: int, decision: str) -> HttpResponse:
    """Admit, return or withdraw."""
    user = cast(User, request.user)
    if decision not in _DECISIONS:
        raise Http404
    permission = Permission.APPLY_ADMISSION if decision == "withdraw" else Permission.ADMIT_PROJECTS
    found = find(user, permission, Application.objects.all(), reading=Permission.READ_PROJECTS, pk=pk)
    with Telling(request):
        _DECISIONS[decision](
            by=user, application=found, reason=request.POST.get("reason", "")[:2000].replace("\0", "")
        )
        messages.success(request, _("已办结。"))
    return redirect("library:application", pk=pk)


class Telling:
    """Turn a refusal into messages on the next page; what else goes wrong goes on."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        if isinstance(error, UnusableInput):
            for notice in error.notices:
                messages.error(self.request, sentence(notice))
            return True
        if isinstance(error, ValidationError):
            for text in error.messages:
                messages.error(self.request, text)
            return True
        return False
