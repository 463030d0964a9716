"""The statistics page: screen, print, CSV and XLSX of one and the same table."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.money import Unit, in_unit, show
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.reporting import queries
from gis_projects.reporting.statistics import RowKind


class AsOf(forms.Form):
    as_of = forms.DateField(
        required=False, error_messages={"invalid": gettext_lazy("日期应写作 2019-03-29。")}
    )
    unit = forms.ChoiceField(required=False, choices=[(str(unit), unit.label) for unit in Unit])
    known_at = forms.DateTimeField(required=False)
    truncate = forms.BooleanField(required=False)


@login_required
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    require(user, Permission.READ_STATISTICS)
    form = AsOf(request.GET)
    if not form.is_valid():
        return render(request, "reporting/statistics.html", {"form": form, "units": list(Unit)}, status=400)
    asked = form.cleaned_data
    as_of = asked["as_of"] or queries.last_day(user) or timezone.localdate()
    unit = Unit(asked["unit"] or Unit.WAN)
    truncate = asked["truncate"]
    found = queries.statistics(user, as_of, asked["known_at"])
    kind = request.GET.get("format")
    if kind in exports.FORMATS:
        header = [
            _("项目内容"),
            _("项目数量"),
            _("计划投资（%(unit)s）") % {"unit": unit.label},
            _("累计投资（%(unit)s）") % {"unit": unit.label},
            _("完成进度%%") % {},
        ]
        table = (
            (
                row.name,
                row.figures.number,
                in_unit(row.figures.planned_yuan, unit, truncate=truncate),
                in_unit(row.figures.cumulative_yuan, unit, truncate=truncate),
                row.figures.progress,
            )
            for row in found.rows
        )
        encoding = request.GET.get("encoding", "utf-8").lower()
        if encoding not in exports.ENCODINGS:
            encoding = "utf-8"
        name = _("项目投资统计表") + as_of.strftime("-%Y%m%d")
        return exports.table(name, header, table, kind=kind, encoding=encoding)
    return render(
        request,
        "reporting/statistics.html",
        {
            "form": form,
            "units": list(Unit),  # a template would call the class itself
            "unit": unit,
            "as_of": as_of,
            "known_at": asked["known_at"],
            "truncate": truncate,
            "now": timezone.localtime(),
            "rows": [
                {
                    "name": row.name,
                    "code": row.code,
                    "kind": row.kind,
                    "is_sum": row.kind in (RowKind.TOTAL, RowKind.SUBTOTAL),
                    "number": row.figures.number,
                    "planned": show(row.figures.planned_yuan, unit, truncate=truncate),
                    "cumulative": show(row.figures.cumulative_yuan, unit, truncate=truncate),
                    "progress": row.figures.progress,
                }
                for row in found.rows
            ],
        },
    )
