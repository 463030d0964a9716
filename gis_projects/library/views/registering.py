"""Registering a project in three steps, each kept as a draft."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from gis_projects.library import forms, upkeep
from gis_projects.library.actions.projects import MayNotEnter, register_project
from gis_projects.library.actions.upkeep import drop_draft, save_draft
from gis_projects.library.models import InvestmentKind, PlanningRow, Project, ProjectDraft
from gis_projects.library.views.record import errors_of, said
from gis_projects.people.models import Department, User
from gis_projects.people.permissions import Permission, require, visible
from gis_projects.sentences import listed

_TOOK = "_reused"  # where what a draft began with was taken from


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """One's drafts, and who enters what; a new draft begins with what the platform knows already."""
    user = cast(User, request.user)
    require(user, Permission.EDIT_PROJECTS)
    planning = _planning(request)
    if request.method == "POST":
        try:
            draft = save_draft(by=user, draft=None, data=known(user, planning))
        except ValidationError as refused:
            messages.error(request, said(refused))
            return redirect("library:project-new")
        return redirect("library:project-draft", draft.pk)
    names = dict(Department.objects.values_list("code", "name"))
    rights = upkeep.entry_rights()
    unit = user.organisation_id
    return render(
        request,
        "library/project_new.html",
        {
            "drafts": ProjectDraft.objects.filter(by=user),
            "planning": planning.pk if planning else "",
            "enters": any(upkeep.may_enter(user, kind, unit) for kind in InvestmentKind.values),
            "entering": [
                (kind.label, [names.get(code, code) for code in rights[kind.value]])
                for kind in InvestmentKind
            ],
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """One step of a registration. Every way on keeps what was typed; the last one registers."""
    user = cast(User, request.user)
    require(user, Permission.EDIT_PROJECTS)
    found = get_object_or_404(ProjectDraft, pk=pk, by=user)
    step = _step(request)
    form = _form(user, found.data, step)
    if request.method == "POST":
        data = found.data | _typed(request.POST, form)
        save_draft(by=user, draft=found, data=data)
        go = request.POST.get("go", "keep")
        if go in ("next", "back"):
            return redirect(_address(found, step + (1 if go == "next" else -1)))
        if go == "register":
            made, step, form = _register(user, found)
            if made is not None:
                messages.success(request, _("已登记。接着可以填写投资计划、用地和选址。"))
                return redirect("library:project", made.pk)
        else:
            messages.success(request, _("草稿已保存。"))
            return redirect(_address(found, step))
    return render(
        request,
        "library/project_form.html",
        {
            "draft": found,
            "form": form,
            "step": step,
            "steps": [label for label, _sections in forms.STEPS],
            "reused": found.data.get(_TOOK, ""),
        },
    )


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw one's own draft away."""
    user = cast(User, request.user)
    require(user, Permission.EDIT_PROJECTS)
    drop_draft(by=user, draft=get_object_or_404(ProjectDraft, pk=pk, by=user))
    return redirect("library:project-new")


def known(user: User, planning: PlanningRow | None) -> dict[str, Any]:
    """What a registration needn't ask again: of the unit, of its last project, of the row of a planning list."""
    today = timezone.localdate()
    data: dict[str, Any] = {
        "year": str(today.year),
        "stage": "planning",
        "level": "county",
        "secrecy": "internal",
    }
    took = []
    unit = user.organisation
    region = user.region_id or (unit.region_id if unit else None)
    if region:
        data["region"] = region
    if unit is not None and unit.kind == "owner":
        data |= {"organisation": str(unit.pk), "credit_code": unit.code}
        took.append(_("单位信息"))
        last = Project.objects.filter(organisation=unit).exclude(legal_person="").order_by("-pk").first()
        if last is not None:
            data |= {"legal_person": last.legal_person, "legal_person_phone": last.legal_person_phone}
            took.append(_("本单位上一个项目"))
    elif unit is not None and unit.kind == "department":
        data["authority"] = str(unit.pk)
        rights = upkeep.entry_rights()
        kinds = [kind for kind in InvestmentKind.values if unit.department_id in rights[kind]]
        if kinds:
            data["investment_kind"] = kinds[0]
        took.append(_("单位信息"))
    if planning is not None:
        data |= {
            "name": planning.name,
            "content": planning.content,
            "region": planning.region_id,
            "industry": planning.industry,
            "intended_yuan": "" if planning.planned_yuan is None else str(planning.planned_yuan),
            "source_kind": "source_kind:planning-list",
            "source_basis": f"{planning.list.name} {planning.number}",
        }
        took.append(_("谋划清单"))
    if took:
        data[_TOOK] = listed(took)
    return data


def _planning(request: HttpRequest) -> PlanningRow | None:
    named = request.POST.get("planning", "") or request.GET.get("planning", "")
    if not (named.isascii() and named.isdigit()):
        return None
    rows = visible(
        cast(User, request.user), Permission.READ_PROJECTS, PlanningRow.objects.select_related("list")
    )
    row = rows.filter(pk=int(named[:18])).first()
    if row is None:
        raise Http404
    return row


def _step(request: HttpRequest) -> int:
    asked = request.GET.get("step", "1")
    return int(asked) if asked in {str(k + 1) for k in range(len(forms.STEPS))} else 1


def _address(found: ProjectDraft, step: int) -> str:
    return f"{reverse('library:project-draft', args=[found.pk])}?step={max(1, min(step, len(forms.STEPS)))}"


def _names(step: int) -> list[str]:
    sections = forms.STEPS[step - 1][1]
    names = [name for key in sections for name in forms.SECTIONS[key][1] if name not in forms.LATER]
    return [*names, "kinds"] if "classification" in sections else names


def _form(user: User, data: dict[str, Any], step: int, *, bound: bool = False) -> forms.ProjectForm:
    names = _names(step)
    if bound:
        return forms.ProjectForm(_query(data), user=user, names=names)
    suggested = dict(data)
    if "functions" in names and not data.get("functions"):
        kind = str(data.get("project_type", "")).partition(":")[2]
        suggested["functions"] = list(upkeep.template(kind))
    return forms.ProjectForm(user=user, names=names, initial=suggested)


def _query(data: dict[str, Any]) -> QueryDict:
    typed = QueryDict(mutable=True)
    for name, value in data.items():
        typed.setlist(name, value if isinstance(value, list) else [str(value)])
    return typed


def _typed(posted: QueryDict, form: forms.ProjectForm) -> dict[str, Any]:
    """What a step's form brought, as text; a draft may be wrong and unfinished."""
    found: dict[str, Any] = {}
    for name in form.fields:
        values = [value.replace("\0", "")[:4000] for value in posted.getlist(name)[:100]]
        found[name] = values if name in ("kinds", "functions") else (values[0] if values else "")
    return found


def _register(user: User, found: ProjectDraft) -> tuple[Project | None, int, forms.ProjectForm]:
    """Register what a draft says, or the first step that is wrong with its errors."""
    bound = {step: _form(user, found.data, step, bound=True) for step in range(1, len(forms.STEPS) + 1)}
    for step, form in bound.items():
        if not form.is_valid():
            return None, step, form
    values: dict[str, Any] = {}
    for form in bound.values():
        values |= form.cleaned()
    values["kinds"] = bound[2].cleaned_data.get("kinds", [])
    try:
        with transaction.atomic():
            made = register_project(by=user, **values)
            drop_draft(by=user, draft=found)
    except MayNotEnter:
        kind = InvestmentKind(values["investment_kind"]).label
        bound[1].add_error("investment_kind", _("您所在的单位不录入%(kind)s项目。") % {"kind": kind})
        return None, 1, bound[1]
    except PermissionDenied:
        bound[1].add_error("region", _("您不能在这个地区、以这个单位登记项目。"))
        return None, 1, bound[1]
    except ValidationError as refused:
        errors = errors_of(refused)
        step = next((k for k, form in bound.items() if set(form.fields) & set(errors)), 1)
        bound[step].add_errors(errors)
        return None, step, bound[step]
    return made, 1, bound[1]
