"""Planning lists with their reconciliation, and development plans with what realises them."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.library.actions import planning as actions
from gis_projects.library.databases import project_databases
from gis_projects.library.models import PlanItem, PlanningRow, Project, RowState
from gis_projects.library.queries import databases, planning
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, find, has, may, require, visible

PER_PAGE = 25


class ListForm(forms.Form):
    """The head of a planning list."""

    code = forms.CharField(label=gettext_lazy("清单编号"), max_length=40)
    name = forms.CharField(label=gettext_lazy("清单名称"), max_length=200)
    region = forms.ModelChoiceField(label=gettext_lazy("地区"), queryset=Region.objects.divisions())
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=1990, max_value=2100)
    issued_on = forms.DateField(
        label=gettext_lazy("下达日期"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["class"] = (
                "form-select form-select-sm" if select else "form-control form-control-sm"
            )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def planning_lists(request: HttpRequest) -> HttpResponse:
    """Every list, with how much of it is recorded."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    keeps = has(user, Permission.MANAGE_LIBRARIES)
    form = ListForm(request.POST or None, initial={"year": timezone.localdate().year})
    if request.method == "POST":
        if not keeps:
            raise PermissionDenied
        if form.is_valid():
            try:
                made = actions.save_list(by=user, **form.cleaned_data)
                return redirect("library:planning-list", made.pk)
            except ValidationError as error:
                for field, told in error.message_dict.items():
                    form.add_error(field if field in form.fields else None, told)
    every = planning.lists(user)
    wanted = {
        name: request.GET.get(name, "").replace("\0", "").strip()[:60] for name in ("words", "year", "region")
    }
    rows = [
        {"list": one, "coverage": planning.coverage(one.matched, one.listed - one.dropped)}  # type: ignore[attr-defined]
        for one in planning.narrowed(every, **wanted)
    ]
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("前期项目谋划清单"), _list_columns(), map(_list_row, rows), kind=str(kind))
    filters = {name: value for name, value in wanted.items() if value}
    return render(
        request,
        "library/planning_lists.html",
        {
            "rows": rows,
            "form": form,
            "keeps": keeps,
            "wanted": wanted,
            "filtered": bool(filters),
            "export_query": urlencode(filters) + "&" if filters else "",
            "years": every.order_by("-year").values_list("year", flat=True).distinct(),
            "regions": Region.objects.filter(pk__in=every.values("region")).order_by("position", "code"),
        },
        status=422 if form.errors else 200,
    )


def _list_columns() -> list[str]:
    return [
        _("清单编号"), _("清单名称"), _("地区"), _("年度"), _("下达日期"),
        _("行数"), _("已对应"), _("不再实施"), _("覆盖率（%）"),
    ]  # fmt: skip


def _list_row(row: dict[str, Any]) -> list[Any]:
    one = row["list"]
    return [
        one.code, one.name, one.region.short_name, one.year, one.issued_on, one.listed, one.matched, one.dropped,
        row["coverage"],
    ]  # fmt: skip


@login_required
@require_safe
def planning_list(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: rows that are recorded, rows that aren't, and what they may be."""
    user = cast(User, request.user)
    found = find(user, Permission.READ_PROJECTS, planning.lists(user), pk=pk)
    state = request.GET.get("state", "")
    words = request.GET.get("words", "").strip()[:60]
    rows = planning.rows(user, found)
    if state in RowState.values:
        rows = rows.filter(state=state)
    for word in words.split():
        rows = rows.filter(name__icontains=word)
    page = Paginator(rows.order_by("number"), PER_PAGE).get_page(request.GET.get("page"))
    keeps = may(user, Permission.MANAGE_LIBRARIES, found)
    of_page = Project.objects.filter(pk__in=[row.project_id for row in page if row.project_id is not None])
    known = set(visible(user, Permission.READ_PROJECTS, of_page).values_list("pk", flat=True))
    return render(
        request,
        "library/planning_list.html",
        {
            "list": found,
            "coverage": planning.coverage(found.matched, found.listed - found.dropped),  # type: ignore[attr-defined]
            "open": found.listed - found.matched - found.dropped,  # type: ignore[attr-defined]
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
            "rows": [
                (row, planning.candidates(user, row) if keeps and row.state == RowState.OPEN else [])
                for row in page
            ],
            "known": known,
            "states": RowState.choices,
            "state": state,
            "words": words,
            "keeps": keeps,
            "registers": has(user, Permission.EDIT_PROJECTS),
        },
    )


@login_required
@require_POST
def settle(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Match a row with a project, drop it, or take either back."""
    user = cast(User, request.user)
    row = find(
        user,
        Permission.MANAGE_LIBRARIES,
        PlanningRow.objects.select_related("list"),
        reading=Permission.READ_PROJECTS,
        pk=pk,
    )
    try:
        if act == "match":
            project = _project(user, request.POST.get("code", ""))
            likeness = request.POST.get("likeness", "")
            score = min(100, int(likeness)) if likeness.isascii() and likeness.isdigit() else None
            actions.match(by=user, row=row, project=project, likeness=score)
        elif act == "drop":
            actions.drop(by=user, row=row, reason=request.POST.get("reason", ""))
        elif act == "reopen":
            actions.reopen(by=user, row=row)
        else:
            raise Http404(act)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("library:planning-list", row.list_id)


def _project(user: User, code: str) -> Project:
    try:
        return find(user, Permission.READ_PROJECTS, Project.objects.all(), code=code.strip())
    except Http404 as error:
        raise ValidationError(_("没有这个项目，或者您无权查看。")) from error


# Development plans.


@login_required
@require_safe
def development_plans(request: HttpRequest) -> HttpResponse:
    """Every plan with its completion, and how many projects name none."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    kind = request.GET.get("kind", "")
    found = databases.plans(user)
    parts = project_databases()["planned"].parts
    if kind in {term.code for term in parts}:
        found = found.filter(kind=kind)
    labels = {term.code: term.label for term in parts}
    return render(
        request,
        "library/development_plans.html",
        {
            "plans": [(plan, labels[plan.kind], databases.completion(user, plan)) for plan in found],
            "kinds": [(term.code, term.label) for term in parts],
            "kind": kind,
            "orphans": databases.orphans(user).count(),
            "keeps": has(user, Permission.MANAGE_LIBRARIES),
        },
    )


@login_required
@require_safe
def development_plan(request: HttpRequest, pk: int) -> HttpResponse:
    """One plan: its items, the projects that realise each, and how far they are."""
    user = cast(User, request.user)
    plan = find(user, Permission.READ_PROJECTS, databases.plans(user), pk=pk)
    return render(
        request,
        "library/development_plan.html",
        {
            "plan": plan,
            "kind": next(
                term.label for term in project_databases()["planned"].parts if term.code == plan.kind
            ),
            "items": list(databases.items(user, plan)),
            "completion": databases.completion(user, plan),
            "keeps": may(user, Permission.MANAGE_LIBRARIES, plan),
        },
    )


@login_required
@require_safe
def orphans(request: HttpRequest) -> HttpResponse:
    """Projects of the plan database that realise no item."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    rows = databases.orphans(user).order_by("code")
    if (kind := request.GET.get("format")) in exports.FORMATS:
        header = [_("项目代码"), _("项目名称"), _("地区"), _("状态")]
        cells = ([row.code, row.name, row.region.short_name, row.get_stage_display()] for row in rows)
        return exports.table(_("没有对应规划任务的项目"), header, cells, kind=str(kind))
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(
        request,
        "library/orphans.html",
        {
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        },
    )


@login_required
@require_POST
def realise(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Say that a project realises a plan's item, or that it no longer does."""
    user = cast(User, request.user)
    item = find(
        user,
        Permission.MANAGE_LIBRARIES,
        PlanItem.objects.select_related("plan"),
        reading=Permission.READ_PROJECTS,
        pk=pk,
    )
    try:
        project = _project(user, request.POST.get("code", ""))
        if act == "link":
            actions.realise(by=user, item=item, project=project)
        elif act == "unlink":
            actions.release(by=user, item=item, project=project)
        else:
            raise Http404(act)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("library:development-plan", item.plan_id)
