"""Programmes with their targets and members; and the four principles with where each is at work."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_projects import exports
from gis_projects.library.actions import programmes as actions
from gis_projects.library.forms import dress
from gis_projects.library.models import Programme, Project
from gis_projects.library.money import Rounding, Unit
from gis_projects.library.queries import programmes as queries
from gis_projects.library.views.record import errors_of, said, unit_of
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, find, has, may, region_prefix, require, visible
from gis_projects.sentences import listed

PER_PAGE = 50


class ProgrammeForm(forms.Form):
    """A programme's target and period."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=100)
    region = forms.ModelChoiceField(label=gettext_lazy("所属地区"), queryset=Region.objects.none())
    target_yuan = forms.DecimalField(
        label=gettext_lazy("目标投资（元）"), min_value=1, max_digits=18, decimal_places=2
    )
    starts_year = forms.IntegerField(label=gettext_lazy("起始年度"), min_value=1990, max_value=2100)
    years = forms.IntegerField(label=gettext_lazy("年数"), min_value=1, max_value=30)
    rounding = forms.ChoiceField(label=gettext_lazy("取整方式"), choices=Rounding.choices)
    note = forms.CharField(label=gettext_lazy("说明"), max_length=300, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["region"]
        assert isinstance(field, forms.ModelChoiceField)
        prefix = region_prefix(user.region_id) if user.region_id else "-"
        field.queryset = Region.objects.filter(code__startswith=prefix)
        dress(self)


@login_required
@require_safe
def programmes(request: HttpRequest) -> HttpResponse:
    """Every programme with how far it has come."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    rows = [(row, queries.completion(user, row)) for row in queries.programmes(user)]
    if (kind := request.GET.get("format")) in exports.FORMATS:
        header = [
            _("名称"),
            _("所属地区"),
            _("起始年度"),
            _("年数"),
            _("项目数"),
            _("目标投资（元）"),
            _("实际投资（元）"),
            _("完成率（%）"),
        ]
        table = [
            [
                row.name,
                row.region.short_name,
                row.starts_year,
                row.years,
                done.number,
                row.target_yuan,
                done.actual_yuan,
                done.percent,
            ]
            for row, done in rows
        ]
        return exports.table(_("示范任务"), header, table, kind=str(kind))
    context = {
        "rows": rows,
        "unit": unit_of(request),
        "units": list(Unit),
        "manages": has(user, Permission.MANAGE_LIBRARIES),
    }
    return render(request, "library/programmes.html", context)


@login_required
@require_safe
def programme(request: HttpRequest, pk: int) -> HttpResponse:
    """One programme with its members."""
    user = cast(User, request.user)
    found = find(user, Permission.READ_PROJECTS, queries.programmes(user), pk=pk)
    members = queries.members(user, found)
    if (kind := request.GET.get("format")) in exports.FORMATS:
        header = [_("项目代码"), _("项目名称"), _("地区"), _("计划投资（元）"), _("累计投资（元）")]
        table = [
            [row.code, row.name, row.region.short_name, row.planned_yuan, row.cumulative_yuan]  # type: ignore[attr-defined]
            for row in members
        ]
        return exports.table(found.name, header, table, kind=str(kind))
    return render(
        request,
        "library/programme.html",
        {
            "programme": found,
            "done": queries.completion(user, found),
            "page": Paginator(members, PER_PAGE).get_page(request.GET.get("page")),
            "unit": unit_of(request),
            "units": list(Unit),
            "manages": may(user, Permission.MANAGE_LIBRARIES, found),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Set up a programme, or change one."""
    user = cast(User, request.user)
    found = None
    if pk is None:
        require(user, Permission.MANAGE_LIBRARIES)
    else:
        rows = queries.programmes(user)
        found = find(user, Permission.MANAGE_LIBRARIES, rows, reading=Permission.READ_PROJECTS, pk=pk)
    form = ProgrammeForm(request.POST or None, user=user, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_programme(by=user, programme=found, **form.cleaned_data)
        except ValidationError as refused:
            for name, errors in errors_of(refused).items():
                form.add_error(name if name in form.fields else None, errors)
        else:
            messages.success(request, _("已保存。"))
            return redirect("library:programme", saved.pk)
    return render(request, "library/programme_form.html", {"programme": found, "form": form})


@login_required
@require_POST
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Let projects, named by their codes, count for a programme; or one of them count no more."""
    user = cast(User, request.user)
    found = find(
        user, Permission.MANAGE_LIBRARIES, queries.programmes(user), reading=Permission.READ_PROJECTS, pk=pk
    )
    known = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    codes = request.POST.get("codes", "").replace("\0", "").split()[:2000]
    gone = request.POST.get("remove", "")
    added = list(known.filter(code__in=codes))
    removed = list(known.filter(pk=int(gone[:18]))) if gone.isascii() and gone.isdigit() else []
    missing = sorted(set(codes) - {project.code for project in added})
    if missing:
        messages.error(request, _("没有这样的项目代码：%(codes)s") % {"codes": listed(missing[:20])})
    else:
        try:
            actions.set_members(by=user, programme=found, add=added, remove=removed)
        except ValidationError as refused:
            messages.error(request, said(refused))
        else:
            messages.success(request, _("已保存。"))
    return redirect("library:programme", found.pk)


@login_required
@require_safe
def principles(request: HttpRequest) -> HttpResponse:
    """The four principles (F009), each with the pages where it is at work."""
    require(cast(User, request.user), Permission.READ_PROJECTS)
    return render(request, "library/principles.html")


def _initial(found: Programme | None) -> dict[str, Any]:
    if found is None:
        return {"years": 3, "rounding": Rounding.HALF_UP}
    names = ("name", "region", "target_yuan", "starts_year", "years", "rounding", "note")
    return {name: getattr(found, name) for name in names}
