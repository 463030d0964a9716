"""Code lists and the settings of upkeep: seen by whoever reads projects, changed by who manages the libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from gis_projects import exports
from gis_projects.library import upkeep
from gis_projects.library.actions import codes as actions
from gis_projects.library.actions import upkeep as upkeep_actions
from gis_projects.library.forms import dress
from gis_projects.library.models import Code, CodeList, InvestmentKind, Party, Stage
from gis_projects.library.queries import projects as projects_of
from gis_projects.library.queries import record
from gis_projects.library.views.record import said
from gis_projects.people.models import Department, User
from gis_projects.people.permissions import Permission, has, require


class CodeForm(forms.Form):
    """A new code."""

    value = forms.SlugField(label=gettext_lazy("代码"), max_length=40)
    label = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    label_en = forms.CharField(label=gettext_lazy("英文名称"), max_length=160, required=False)
    group = forms.CharField(label=gettext_lazy("归属"), max_length=40, required=False)
    valid_from = forms.DateField(
        label=gettext_lazy("启用日期"), initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


@login_required
@require_safe
def code_lists(request: HttpRequest) -> HttpResponse:
    """Every list, with how many codes it has and where they are from."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    return render(
        request,
        "library/codes.html",
        {
            "lists": CodeList.objects.annotate(number=Count("codes")),
            "manages": has(user, Permission.MANAGE_LIBRARIES),
        },
    )


@login_required
@require_safe
def code_list(request: HttpRequest, key: str) -> HttpResponse:
    """One list: its codes with how many of the reader's projects have each, its versions, and the forms of changes."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    found = get_object_or_404(CodeList, key=key)
    groups = record.grouped(projects_of.projects(user), key) if key in record.GROUPS else None
    numbers = {group.code.pk: group for group in groups if group.code} if groups is not None else {}
    rows = [(code, numbers.get(code.pk)) for code in found.codes.all()]
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return _export(found, rows, str(kind))
    return render(
        request,
        "library/code_list.html",
        {
            "list": found,
            "rows": rows,
            "without": next((group for group in groups or () if group.code is None), None),
            "counted": groups is not None,
            "versions": found.versions.select_related("by")[:20],
            "manages": has(user, Permission.MANAGE_LIBRARIES),
            "form": CodeForm(),
            "today": timezone.localdate(),
        },
    )


def _export(found: CodeList, rows: list[tuple[Code, Any]], kind: str) -> HttpResponse:
    header = [
        _("代码"),
        _("名称"),
        _("英文名称"),
        _("归属"),
        _("启用日期"),
        _("停用日期"),
        _("项目数"),
        _("计划投资（元）"),
        _("累计投资（元）"),
    ]
    table = [
        [
            code.value, code.label, code.label_en, code.group, code.valid_from, code.retired_on,
            group.number if group else None, group.planned_yuan if group else None,
            group.cumulative_yuan if group else None,
        ]
        for code, group in rows
    ]  # fmt: skip
    return exports.table(found.shown, header, table, kind=kind)


@login_required
@require_POST
def add(request: HttpRequest, key: str) -> HttpResponse:
    """Add a code."""
    require(cast(User, request.user), Permission.MANAGE_LIBRARIES)
    found = get_object_or_404(CodeList, key=key)
    form = CodeForm(request.POST)
    if not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(
                request, f"{form.fields[name].label}{_('：')}{' '.join(str(one) for one in errors)}"
            )
        return redirect("library:codes-list", key)
    return _done(
        request,
        key,
        lambda: actions.add_code(by=cast(User, request.user), code_list=found, **form.cleaned_data),
    )


@login_required
@require_POST
def change(request: HttpRequest, key: str, value: str) -> HttpResponse:
    """Rename a code, retire it from today on, or offer it again."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_LIBRARIES)
    code = get_object_or_404(Code.objects.select_related("list"), list=key, value=value)
    reason, step = _words(request, "reason", 300), request.POST.get("step", "")
    if step == "retire":
        return _done(
            request,
            key,
            lambda: actions.retire_code(by=user, code=code, retired_on=timezone.localdate(), reason=reason),
        )
    if step == "restore":
        return _done(
            request, key, lambda: actions.retire_code(by=user, code=code, retired_on=None, reason=reason)
        )
    words = {"label": _words(request, "label", 80), "label_en": _words(request, "label_en", 160)}
    return _done(
        request,
        key,
        lambda: actions.revise_code(
            by=user, code=code, group=code.group, note=_words(request, "note", 300), reason=reason, **words
        ),
    )


@login_required
@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """Whose fields, who enters what, and when a record counts as neglected."""
    user = cast(User, request.user)
    require(user, Permission.READ_PROJECTS)
    owned = upkeep.field_rights()
    entering = upkeep.entry_rights()
    departments = list(Department.objects.all())
    names = {one.code: one.label for one in departments}
    limits = upkeep.thresholds()
    return render(
        request,
        "library/rights.html",
        {
            "manages": has(user, Permission.MANAGE_LIBRARIES),
            "parties": Party.choices,
            "fields": [(name, upkeep.label(name), owned[name]) for name in (*upkeep.FIELDS, *upkeep.SETS)],
            "entering": [
                (
                    kind,
                    [names.get(code, code) for code in entering[kind.value]],
                    entering[kind.value],
                )
                for kind in InvestmentKind
            ],
            "departments": departments,
            "limits": [(stage, *limits[stage.value]) for stage in Stage],
        },
    )


@login_required
@require_POST
def set_rights(request: HttpRequest) -> HttpResponse:
    """Change one of these settings."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_LIBRARIES)
    what = request.POST.get("what", "")
    try:
        if what == "field":
            upkeep_actions.set_field_right(
                by=user, field=_words(request, "field", 30), parties=request.POST.getlist("parties")[:5]
            )
        elif what == "entry":
            upkeep_actions.set_entry_right(
                by=user,
                investment_kind=_words(request, "investment_kind", 12),
                functions=request.POST.getlist("functions")[:200],
            )
        else:
            upkeep_actions.set_threshold(
                by=user, stage=_words(request, "stage", 15), yellow_days=_days(request, "yellow_days"),
                red_days=_days(request, "red_days"),
            )  # fmt: skip
    except ValidationError as refused:
        messages.error(request, said(refused))
    else:
        messages.success(request, _("已保存。"))
    return redirect("library:rights")


def _words(request: HttpRequest, name: str, most: int) -> str:
    return request.POST.get(name, "").replace("\0", "")[:most]


def _days(request: HttpRequest, name: str) -> int:
    typed = request.POST.get(name, "")
    if not (typed.isascii() and typed.isdigit()):
        raise ValidationError({name: _("请填写天数。")})
    return int(typed[:6])


def _done(request: HttpRequest, key: str, work: Callable[[], object]) -> HttpResponse:
    try:
        work()
    except ValidationError as refused:
        messages.error(request, said(refused))
    else:
        messages.success(request, _("已保存为新的版本。"))
    return redirect("library:codes-list", key)
