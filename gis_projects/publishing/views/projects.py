"""The page on which a project is shown to the public or taken back, and its public page before it is public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may
from gis_projects.publishing import copying, differences, drawing
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.actions.guards import may_propose
from gis_projects.publishing.actions.sensitive import mark_sensitive
from gis_projects.publishing.forms import ProposalForm, ReasonForm
from gis_projects.publishing.models import (
    Decision,
    DisclosureRule,
    PerformanceResult,
    Place,
    Proposal,
    PublicationRecord,
)
from gis_projects.publishing.queries import rules, standing
from gis_projects.publishing.views import preview as previews


def found_project(request: HttpRequest, pk: int) -> Project:
    """The project, for who may propose or decide; 404 for who may not know of it, 403 for who only reads it."""
    projects = Project.objects.select_related("region", "site__current", "organisation", "authority", "start")
    project = find(request.user, Permission.READ_PROJECTS, projects, pk=pk)
    if not may_propose(cast(User, request.user), project):
        raise PermissionDenied(Permission.DISCLOSE_PROJECTS)
    return project


def _propose(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    actions.propose(by=cast(User, request.user), project=project, **_stated(request, project))
    return _("公开申请已提交，须由另一人批准。")


def _approve(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    shown = actions.approve(
        by=cast(User, request.user), proposal=_read(request, proposal), seen=request.POST.get("seen", "")
    )
    return _("已公开。") if shown else _("已批准，到时自动公开。")


def _reject(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    actions.reject(
        by=cast(User, request.user),
        proposal=_read(request, proposal),
        reason=request.POST.get("reason", "")[:300],
    )
    return _("公开申请已退回。")


def _call_off(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    scheduled = standing.scheduled().filter(project=project).first()
    if scheduled is None or request.POST.get("proposal") != str(scheduled.pk):
        raise ValidationError(_("该公开申请已处理或已更换，请重新查看。"))
    actions.reject(by=cast(User, request.user), proposal=scheduled, reason=_reason(request))
    return _("定时公开已取消。")


def _withdraw(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    actions.withdraw_project(by=cast(User, request.user), project=project, reason=_reason(request))
    return _("已从公开页撤回。")


def _sensitive(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    sensitive = request.POST.get("sensitive") == "1"
    mark_sensitive(by=cast(User, request.user), project=project, sensitive=sensitive, reason=_reason(request))
    return _("已标记为敏感，不得公开。") if sensitive else _("敏感标记已解除。")


_STEPS: dict[str, Callable[[HttpRequest, Project, Proposal | None], str]] = {
    "propose": _propose,
    "approve": _approve,
    "reject": _reject,
    "call-off": _call_off,
    "withdraw": _withdraw,
    "sensitive": _sensitive,
}


def _stated(request: HttpRequest, project: Project) -> dict[str, Any]:
    form = ProposalForm(request.POST, project=project, rules=rules.offered(project))
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    return form.chosen()


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    return str(form.cleaned_data["reason"])


def _read(request: HttpRequest, proposal: Proposal | None) -> Proposal:
    """The open proposal, if it is the one that was on the page: a decision is about what was read."""
    if proposal is None or request.POST.get("proposal") != str(proposal.pk):
        raise ValidationError(_("该公开申请已处理或已更换，请重新查看。"))
    return proposal


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose, approve, turn down or take back the public copy of one project."""
    project = found_project(request, pk)
    proposal = Proposal.objects.filter(project=project, decision=Decision.OPEN).first()
    status = 200
    if request.method == "POST":
        step = _STEPS.get(request.POST.get("step", ""))
        if step is None:
            raise Http404
        try:
            messages.success(request, step(request, project, proposal))
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
            status = 400
        else:
            return redirect("publishing:project", pk=pk)
    return render(request, "publishing/project.html", _page(request, project, proposal), status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The project's public page as it would be: by the open proposal, or by what is being chosen just now."""
    project = found_project(request, pk)
    if request.method == "POST":
        try:
            stated = _stated(request, project)
            chosen = {
                key: value for key, value in stated.items() if key not in ("starts_at", "reason", "rule")
            }
            copy = copying.would_be(project, copying.Choice(**chosen))
        except ValidationError as refusal:
            for message in refusal.messages:
                messages.error(request, message)
            proposal = Proposal.objects.filter(project=project, decision=Decision.OPEN).first()
            return render(request, "publishing/project.html", _page(request, project, proposal), status=400)
    else:
        found = Proposal.objects.filter(project=project, decision=Decision.OPEN).first()
        if found is None:
            raise Http404
        copy = copying.would_be(project, copying.Choice.of(found))
    return previews.page(request, project, copy)


def _page(request: HttpRequest, project: Project, proposal: Proposal | None) -> dict[str, Any]:
    shown = standing.current_copy(project)
    may_decide = may(request.user, Permission.DISCLOSE_PROJECTS, project)
    secret = project.secrecy == "confidential" or project.sensitive
    context: dict[str, Any] = {
        "project": project,
        "shown": shown,
        "proposal": proposal,
        "scheduled": standing.scheduled().filter(project=project).select_related("decided_by").first(),
        "may_decide": may_decide,
        "may_approve": may_decide and proposal is not None and proposal.proposed_by_id != request.user.pk,
        "may_reject": proposal is not None and (may_decide or proposal.proposed_by_id == request.user.pk),
        "confidential": project.secrecy == "confidential",
        "secret": secret,
        "reason_form": ReasonForm(auto_id="withdraw_%s"),
        "has_site": bool(project.site and project.site.current),
        "records": PublicationRecord.objects.filter(project=project).select_related("by", "approved_by"),
    }
    if proposal is not None and not secret:
        context |= _waiting(project, proposal)
    elif not secret:
        form = _form(request, project)
        choice = standing.last_choice(project) or copying.Choice()
        copy = copying.would_be(project, choice)
        context |= {
            "form": form,
            "rules": rules.offered(project),
            "copied": list(
                differences.told(copying.would_be(project, choice.but(fields=copying.OPTIONAL))).values()
            ),
            "drawing": drawing.grid_map(project, copy),
            "choice": choice,
        }
    return context


def _waiting(project: Project, proposal: Proposal) -> dict[str, Any]:
    """What there is to be seen before a decision."""
    choice = copying.Choice.of(proposal)
    try:
        copy = copying.would_be(project, choice)
    except ValidationError as refusal:
        return {"refused": " ".join(refusal.messages)}
    stands = standing.shown_copy(project)
    return {
        "seen": copying.digest(copy),
        "told": list(differences.told(copy).values()),
        "since": differences.between(proposal.content, copy) if proposal.content else [],
        "corrections": differences.between(stands, copy) if stands else None,
        "drawing": drawing.grid_map(project, copy),
        "choice": choice,
    }


def _form(request: HttpRequest, project: Project) -> ProposalForm:
    offered = rules.offered(project)
    if request.method == "POST" and request.POST.get("step") in ("propose", "preview"):
        return ProposalForm(request.POST, project=project, rules=offered)
    asked = request.GET.get("rule", "")
    rule = offered.filter(pk=asked).first() if asked.isdecimal() else None
    return ProposalForm(initial=_initial(project, rule), project=project, rules=offered)


def _initial(project: Project, rule: DisclosureRule | None) -> dict[str, Any]:
    choice = standing.last_choice(project) or copying.Choice()
    if rule is not None:
        choice = choice.but(fields=tuple(rule.fields), form=rule.form, precision_m=rule.precision_m)
    said = choice.as_columns()
    said["fields_shown"] = said.pop("fields")
    if said["until"] and said["until"] < timezone.localdate():
        said["until"] = None
    if rule is not None and rule.results:
        said["results"] = list(PerformanceResult.objects.filter(project=project).values_list("pk", flat=True))
    return said | {"rule": rule, "form": said["form"] or Place.OUTLINE}
