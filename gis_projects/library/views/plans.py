"""A project's plan by source and year, the land that it asks for, and what is known of its money."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from gis_projects.library import upkeep
from gis_projects.library.actions.investment import record_investment
from gis_projects.library.actions.plans import Source, set_land, set_plan
from gis_projects.library.forms import InvestmentForm
from gis_projects.library.models import Attachment, Code, InvestmentPlan, Project
from gis_projects.library.money import Unit
from gis_projects.library.queries import funding, record
from gis_projects.library.subjects import subject
from gis_projects.library.views.record import errors_of, found_project, said, unit_of
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may

YEARS = 8  # rows of the form from the first year on


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """The plan in force with the versions before it, and the form of the next one for who keeps it up."""
    user = cast(User, request.user)
    found = found_project(request, pk)
    present = record.plan(found)
    typed, errors = _as_typed(found, present), {}
    if request.method == "POST":
        typed = {name: values[-1].replace("\0", "").strip() for name, values in request.POST.lists()}
        try:
            set_plan(by=user, project=found, **_plan_of(request.POST))
        except ValidationError as refused:
            errors = errors_of(refused)
        else:
            messages.success(request, _("新一版投资计划已生效。"))
            return redirect("library:project-plan", found.pk)
    mine = upkeep.may_change(user, found)
    had = {row.kind_id for row in present.sources.all()} if present else set()
    return render(
        request,
        "library/project_plan.html",
        {
            "project": found,
            "plan": present,
            "plans": found.plans.select_related("by"),
            "instruments": funding.by_instrument(present),
            "faults": funding.faults(found, present),
            "unit": unit_of(request),
            "units": list(Unit),
            "errors": errors,
            "typed": typed,
            "may_plan": "plan" in mine,
            "may_record": may(user, Permission.RECORD_INVESTMENT, found),
            "investment_form": InvestmentForm(initial=_last_record(found)),
            "investments": found.investments.all(),
            "sources": [
                {
                    "code": code,
                    "amount": typed.get(f"source_{code.value}", ""),
                    "definite": typed.get(f"definite_{code.value}", "") == "on",
                    "document": typed.get(f"document_{code.value}", ""),
                }
                for code in _offered("fund_source", had)
            ],
            "documents": Attachment.objects.filter(subject=subject(found)).order_by("-pk"),
            "years": [(year, typed.get(f"year_{year}", "")) for year in _years(found, present, typed)],
            "parts": [(code, typed.get(f"part_{code.value}", "")) for code in _offered("cost_part", set())],
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def land(request: HttpRequest, pk: int) -> HttpResponse:
    """The land asked for with its composition, held against the boundary's area."""
    user = cast(User, request.user)
    found = found_project(request, pk)
    present = record.land(found)
    typed: dict[str, str] = {}
    if present is not None:
        typed = {f"part_{row.kind.value}": str(row.area_m2) for row in present.parts.all()}
        typed["total_m2"] = str(present.total_m2)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        typed = {name: values[-1].replace("\0", "").strip() for name, values in request.POST.lists()}
        try:
            set_land(
                by=user, project=found, total_m2=_number(typed.get("total_m2", ""), "total_m2"),
                parts=_numbers(request.POST, "part_", "parts"),
            )  # fmt: skip
        except ValidationError as refused:
            errors = errors_of(refused)
        else:
            messages.success(request, _("已保存用地申报。"))
            return redirect("library:project-land", found.pk)
    row = Project.objects.select_related("site__current").get(pk=found.pk)
    reads = may(user, Permission.READ_SITES, found)
    return render(
        request,
        "library/project_land.html",
        {
            "project": found,
            "land": present,
            "statements": found.land_statements.select_related("by").prefetch_related("parts__kind"),
            "measured": record.measured(row, present) if reads else None,
            "boundary": row.site.current if row.site is not None and reads else None,
            "errors": errors,
            "typed": typed,
            "may_land": "land" in upkeep.may_change(user, found),
            "parts": [(code, typed.get(f"part_{code.value}", "")) for code in _offered("land_part", set())],
        },
    )


@login_required
@require_POST
def investment(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what is known of a project's money from a day on."""
    user = cast(User, request.user)
    found = find(
        user, Permission.RECORD_INVESTMENT, Project.objects.all(), reading=Permission.READ_PROJECTS, pk=pk
    )
    form = InvestmentForm(request.POST)
    if not form.is_valid():
        errors = [message for field in form.errors.values() for message in field]
        messages.error(request, " ".join(str(message) for message in errors))
    else:
        try:
            record_investment(by=user, project=found, **form.cleaned_data)
        except ValidationError as refused:
            messages.error(request, said(refused))
        else:
            messages.success(request, _("投资记录已登记。"))
    return redirect("library:project-plan", found.pk)


def _offered(key: str, had: set[str]) -> list[Code]:
    return [code for code in Code.objects.of(key) if code.is_offered() or code.pk in had]


def _last_record(found: Project) -> dict[str, Any]:
    last = found.investments.first()
    money = {"planned_yuan": last.planned_yuan, "cumulative_yuan": last.cumulative_yuan} if last else {}
    return {**money, "recorded_on": timezone.localdate()}


def _as_typed(found: Project, present: InvestmentPlan | None) -> dict[str, str]:
    """The form as the plan in force fills it; before there is one the total is what the catalogue says."""
    if present is None:
        return {"total_yuan": "" if found.intended_yuan is None else str(found.intended_yuan)}
    typed = {"total_yuan": str(present.total_yuan)}
    for source in present.sources.all():
        value = source.kind.value
        typed[f"source_{value}"] = str(Decimal(typed.get(f"source_{value}", "0")) + source.amount_yuan)
        typed[f"definite_{value}"] = "on" if source.definite else ""
        typed[f"document_{value}"] = str(source.document_id or "")
    typed |= {f"year_{row.year}": str(row.amount_yuan) for row in present.years.all()}
    typed |= {f"part_{row.kind.value}": str(row.amount_yuan) for row in present.parts.all()}
    return typed


def _years(found: Project, present: InvestmentPlan | None, typed: dict[str, str]) -> list[int]:
    """The years that the form offers: those typed, and `YEARS` from the planned start (this year if none) on."""
    named = {int(name[5:]) for name in typed if re.fullmatch(r"year_[0-9]{4}", name) and typed[name]}
    first = found.planned_start.year if found.planned_start else timezone.localdate().year
    first = min([first, *named])
    return sorted(named | set(range(first, first + YEARS)))


def _plan_of(posted: QueryDict) -> dict[str, Any]:
    sources = []
    for value, amount in _numbers(posted, "source_", "sources").items():
        document = posted.get(f"document_{value}", "")
        sources.append(
            Source(
                kind=value,
                amount_yuan=amount,
                definite=posted.get(f"definite_{value}") == "on",
                document=int(document[:18]) if document.isascii() and document.isdigit() else None,
            )
        )
    years = _numbers(posted, "year_", "years")
    return {
        "total_yuan": _number(posted.get("total_yuan", ""), "total_yuan"),
        "sources": sources,
        "years": {int(year): amount for year, amount in years.items() if re.fullmatch("[0-9]{4}", year)},
        "parts": _numbers(posted, "part_", "parts"),
        "reason": posted.get("reason", "").replace("\0", "")[:300],
    }


def _numbers(posted: QueryDict, prefix: str, field: str) -> dict[str, Decimal]:
    """What was typed into the inputs of a prefix, by the rest of their names; empty ones are left out."""
    return {
        name.removeprefix(prefix): _number(values[-1], field)
        for name, values in posted.lists()
        if name.startswith(prefix) and values[-1].strip()
    }


def _number(text: str, field: str) -> Decimal:
    try:
        return Decimal(text.strip().replace(",", "").replace("\uff0c", ""))
    except InvalidOperation as error:
        raise ValidationError({field: [_("“%(text)s”不是数值。") % {"text": text[:40]}]}) from error
