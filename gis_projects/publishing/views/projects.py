"""The page on which a project is shown to the public or taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from gis_projects.library import money
from gis_projects.library.models import Project, ProjectKind
from gis_projects.library.money import Unit
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may
from gis_projects.publishing import copying
from gis_projects.publishing.actions import projects as actions
from gis_projects.publishing.forms import ProposalForm, ReasonForm
from gis_projects.publishing.models import Decision, Proposal, PublicationRecord


def _propose(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    form = ProposalForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    actions.propose(by=cast(User, request.user), project=project, **form.cleaned_data)
    return _("公开申请已提交，须由另一人批准。")


def _approve(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    actions.approve(by=cast(User, request.user), proposal=_read(request, proposal))
    return _("已公开。")


def _reject(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    actions.reject(
        by=cast(User, request.user),
        proposal=_read(request, proposal),
        reason=request.POST.get("reason", "")[:300],
    )
    return _("公开申请已退回。")


def _withdraw(request: HttpRequest, project: Project, proposal: Proposal | None) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    actions.withdraw_project(by=cast(User, request.user), project=project, reason=form.cleaned_data["reason"])
    return _("已从公开页撤回。")


_STEPS: dict[str, Callable[[HttpRequest, Project, Proposal | None], str]] = {
    "propose": _propose,
    "approve": _approve,
    "reject": _reject,
    "withdraw": _withdraw,
}


def _read(request: HttpRequest, proposal: Proposal | None) -> Proposal:
    """The open proposal, if it is the one that was on the page: a decision is about what was read."""
    if proposal is None or request.POST.get("proposal") != str(proposal.pk):
        raise ValidationError(_("该公开申请已处理或已更换，请重新查看。"))
    return proposal


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose, approve, turn down or take back the public copy of one project."""
    projects = Project.objects.select_related("region", "site__current")
    project = find(request.user, Permission.READ_PROJECTS, projects, pk=pk)
    may_decide = may(request.user, Permission.DISCLOSE_PROJECTS, project)
    if not (may_decide or may(request.user, Permission.EDIT_PROJECTS, project)):
        raise PermissionDenied(Permission.DISCLOSE_PROJECTS)
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
    return render(
        request,
        "publishing/project.html",
        _publishing(request, project, proposal, may_decide),
        status=status,
    )


def _publishing(
    request: HttpRequest, project: Project, proposal: Proposal | None, may_decide: bool
) -> dict[str, Any]:
    shown = actions.current_copy(project)
    kinds = dict(ProjectKind.choices)
    permitted = copying.permitted(project)
    return {
        "project": project,
        "shown": shown,
        "proposal": proposal,
        "may_decide": may_decide,
        "may_approve": may_decide and proposal is not None and proposal.proposed_by_id != request.user.pk,
        "may_reject": proposal is not None and (may_decide or proposal.proposed_by_id == request.user.pk),
        "confidential": project.secrecy == "confidential",
        "form": ProposalForm(
            request.POST or None,
            initial={
                "form": shown.form,
                "precision_m": shown.precision_m,
                "township": shown.township,
                "review_number": shown.review_number,
            }
            if shown
            else None,
        ),
        "reason_form": ReasonForm(auto_id="withdraw_%s"),
        "copied": [
            (_("项目代码"), permitted["code"]),
            (_("项目名称"), permitted["name"]),
            (_("建设内容"), permitted["content"]),
            (_("所属地区"), permitted["region_name"]),
            (_("项目类别"), _("、").join(str(kinds[kind]) for kind in permitted["kinds"])),
            (_("所属行业"), project.get_industry_display()),
            (_("项目级次"), project.get_level_display()),
            (_("项目状态"), project.get_stage_display()),
            (_("入库年度"), permitted["year"]),
            (
                _("计划投资（元）"),
                None
                if permitted["planned_yuan"] is None
                else money.show(permitted["planned_yuan"], Unit.YUAN),
            ),
        ],
        "has_site": bool(project.site and project.site.current),
        "records": PublicationRecord.objects.filter(project=project).select_related("by", "approved_by"),
    }
