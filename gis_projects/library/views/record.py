"""The page of one project: everything that is known of it, and the form of what it says of itself."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects.library import upkeep
from gis_projects.library.actions.projects import own_fields, revise_project, set_kinds
from gis_projects.library.actions.sharing import note_reading
from gis_projects.library.forms import ProjectForm
from gis_projects.library.models import Code, Project, ProjectKind
from gis_projects.library.money import Unit
from gis_projects.library.queries import completeness, programmes, record, staleness
from gis_projects.library.queries import projects as queries
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may, region_prefix
from gis_projects.trail.queries import of_subject
from gis_projects.trail.words import sentence
from siting.engine.verdict import Verdict
from siting.wording import VERDICTS


def found_project(request: HttpRequest, pk: int) -> Project:
    """The project of a page; 404 for who may not know of it."""
    return find(
        cast(User, request.user), Permission.READ_PROJECTS, queries.projects(cast(User, request.user)), pk=pk
    )


def unit_of(request: HttpRequest) -> Unit:
    """The unit in which somebody wants to see money: as the address says, else as they chose last."""
    asked = request.GET.get("unit", "")
    if asked in list(Unit):
        request.session["money_unit"] = asked
    kept = request.session.get("money_unit", "")
    return Unit(kept) if kept in list(Unit) else Unit.WAN


@login_required
@require_safe
def project(request: HttpRequest, pk: int) -> HttpResponse:
    """The one record."""
    user = cast(User, request.user)
    found = find(
        user, Permission.READ_PROJECTS, queries.projects(user).select_related(*record.RELATED), pk=pk
    )
    note_reading(by=user, project=found, what="project")
    labels = dict(ProjectKind.choices)
    stands_in = queries.region_at(found)
    reads_sites = may(user, Permission.READ_SITES, found)
    followed = set(programmes.programmes(user).values_list("pk", flat=True))
    plan = record.plan(found)
    land = record.land(found)
    return render(
        request,
        "library/project.html",
        {
            "project": found,
            "unit": unit_of(request),
            "units": list(Unit),
            "kinds": [(kind, labels[kind]) for kind in found.kinds if kind in labels],  # type: ignore[attr-defined]
            "plan": plan,
            "land": land,
            "investments": found.investments.all()[:12],
            "boundaries": queries.boundaries(found) if reads_sites else [],
            "checks": [(check, VERDICTS[Verdict(check.verdict)]) for check in queries.checks(found)]
            if reads_sites
            else [],
            "measured": record.measured(found, land) if reads_sites else None,
            "stands_in": stands_in,
            "elsewhere": stands_in is not None
            and not stands_in.code.startswith(region_prefix(found.region_id)),
            "completeness": completeness.of(found),
            "staleness": staleness.of(found),
            "ones": record.six_ones(found),
            "evidence": record.evidence(found),
            "files": record.files(found),
            "purposes": Code.objects.of("attachment").offered(),
            "programmes": [
                (row.programme, row.programme_id in followed)
                for row in found.programmes.select_related("programme")
            ],
            "functions": record.functions(found),
            "diary": record.diary(found)[:3],
            "steps": [(step, sentence(step)) for step in of_subject(subject(found))[:20]]
            if may(user, Permission.READ_TRAIL, found)
            else [],
            "may_edit_site": may(user, Permission.EDIT_SITES, found),
            "may_edit": bool(upkeep.may_change(user, found)),
            "may_attach": bool(upkeep.parties_of(user, found)),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """What a project says of itself, for as much of it as is the reader's to keep up."""
    user = cast(User, request.user)
    found = found_project(request, pk)
    upkeep.demand_fields(user, found, ())  # 403 for who keeps nothing up
    mine = upkeep.may_change(user, found)
    names = {name for name in mine if name in (*upkeep.FIELDS, "kinds")}
    initial = {"kinds": list(found.memberships.values_list("kind", flat=True))}
    row = Project.objects.select_related("region").get(pk=found.pk)
    form = ProjectForm(request.POST or None, instance=row, user=user, names=names, initial=initial)
    warnings: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            with own_fields(user, found):
                revise_project(by=user, project=found, **form.cleaned())
                if "kinds" in form.fields:
                    set_kinds(by=user, project=found, kinds=form.cleaned_data["kinds"])
        except ValidationError as refused:
            form.add_errors(errors_of(refused))
        else:
            for warning in form.warnings:
                messages.warning(request, warning)
            messages.success(request, _("已保存。"))
            return redirect("library:project", found.pk)
    return render(
        request,
        "library/project_form.html",
        {
            "project": found,
            "form": form,
            "warnings": warnings,
            "others": [upkeep.label(name) for name in upkeep.FIELDS if name not in mine],
        },
    )


def errors_of(refused: ValidationError) -> dict[str, list[str]]:
    """An action's refusal by field; under ``__all__`` what belongs to none."""
    if hasattr(refused, "error_dict"):
        return refused.message_dict
    return {"__all__": list(refused.messages)}


def said(refused: Any) -> str:
    """A refusal as one sentence, for a message above a page."""
    return " ".join(message for found in errors_of(refused).values() for message in found)
