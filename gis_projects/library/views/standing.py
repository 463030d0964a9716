"""Where one project stands in the libraries, and what can be done with it there."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from gis_projects.library import upkeep
from gis_projects.library.acts import ACTS, Act
from gis_projects.library.models import ApplicationState, Library, Project
from gis_projects.library.queries import libraries as queries
from gis_projects.library.queries.accounts import standing_accounts
from gis_projects.library.queries.budget import lines
from gis_projects.library.queries.building import plan_behind
from gis_projects.library.queries.gates import inside
from gis_projects.library.queries.standards import Checked, Checklist, checklists
from gis_projects.library.views.libraries import Telling
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, visible


def context(user: User, project: Project, bound: tuple[str, Any] | None = None) -> dict[str, Any]:
    """What the page shows; ``bound`` is the form that was filled in wrongly."""
    to, answers = queries.next_answers(project)
    offered = [act for act in ACTS.values() if act.offered(user, project) and act.name != "apply"]
    open_application = queries.applications(user).filter(project=project, state=ApplicationState.OPEN).first()
    known = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    return {
        "project": project,
        "inside": inside(project),
        "way": queries.way(project),
        "to": to,
        "to_label": Library(to).label if to else "",
        "answers": answers,
        "may_bring": bool(upkeep.may_change(user, project)),
        "lacking": sum(1 for one in answers if not one.met and not one.deciding),
        "open_application": open_application,
        "may_apply": to is not None and open_application is None and ACTS["apply"].offered(user, project),
        "acts": [(act, _form(act, user, project, bound)) for act in offered],
        "wrong": bound[0] if bound else "",
        "moves": project.moves.select_related("by", "application"),
        "applications": queries.applications(user).filter(project=project),
        "successors": project.successors.filter(successor__in=known).select_related("successor"),
        "predecessors": project.predecessors.filter(predecessor__in=known).select_related("predecessor"),
        "likes": queries.likes(user, project),
        "may_acknowledge": any(
            may(user, one, project) for one in (Permission.APPLY_ADMISSION, Permission.ADMIT_PROJECTS)
        ),
        "factors": queries.factors(project),
        "lines": lines(user).filter(project=project).prefetch_related("appropriations", "changes"),
        "checklists": _checklists(user, project, bound),
        "may_check": may(user, Permission.MANAGE_LIBRARIES, project) and inside(project),
        "start": getattr(project, "start", None),
        "funds": project.fund_applications.all(),
        "changes": project.building_changes.select_related("applied_by", "decided_by"),
        "acceptances": project.acceptances.select_related("applied_by", "decided_by"),
        "completion": project.completions.first(),
        "accounts": standing_accounts(project),
        "plan_behind": plan_behind(project),
        "slips": project.slips.select_related("consent"),
        "monitoring": getattr(project, "monitoring", None),
        "evidence": queries.evidence_now(project),
    }


def _checklists(
    user: User, project: Project, bound: tuple[str, Any] | None
) -> list[tuple[Checklist, list[tuple[Checked, Any, Any]]]]:
    """Each approval with its points, and beside a point that may be answered now the two fields for it."""
    act = ACTS["check-approval"]
    answering = may(user, Permission.MANAGE_LIBRARIES, project) and inside(project)
    form = _form(act, user, project, bound) if answering else None

    def field(name: str) -> Any:
        return form[name] if form is not None and name in form.fields else None

    return [
        (
            one,
            [(row, field(f"answer_{row.point.pk}"), field(f"reason_{row.point.pk}")) for row in one.points],
        )
        for one in checklists(project)
    ]


def _form(act: Act, user: User, project: Project, bound: tuple[str, Any] | None) -> Any:
    if bound is not None and bound[0] == act.name:
        return bound[1]
    return act.form(user=user, project=project, prefix=None, auto_id=f"id_{act.name}_%s")


@login_required
@require_safe
def standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a project stands, what it lacks for the next library, and what is tied to its standing."""
    user = cast(User, request.user)
    found = find(user, Permission.READ_PROJECTS, _projects(), pk=pk)
    return render(request, "library/standing.html", context(user, found))


@login_required
@require_POST
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Do one thing with a project (`ACTS`)."""
    user = cast(User, request.user)
    if act not in ACTS:
        raise Http404
    found = find(user, Permission.READ_PROJECTS, _projects(), pk=pk)
    chosen = ACTS[act]
    form = chosen.form(request.POST, user=user, project=found, auto_id=f"id_{act}_%s")
    if not form.is_valid():
        return render(request, "library/standing.html", context(user, found, (act, form)), status=400)
    with Telling(request):
        chosen.run(user, found, form)
        messages.success(request, str(chosen.done))
    return redirect("library:standing", pk=pk)


def _projects() -> Any:
    return Project.objects.select_related("region", "organisation", "site__current")
