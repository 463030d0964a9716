"""What the public may filter by, on the map, in the list, in tiles and in exports alike."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects import problems
from gis_projects.disclosure.queries.selection import EVERYTHING, ORDERS, Selection
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage

NO_KIND = "none"  # every kind is switched off
_WAN = Decimal(10_000)
_ANY = [("", gettext_lazy("全部"))]


class PublicFilter(forms.Form):
    """The query of an address. Amounts are in 万元; ``view`` is west, south, east, north in degrees."""

    q = forms.CharField(label=gettext_lazy("搜索项目或地名"), max_length=100, required=False)
    kind = forms.MultipleChoiceField(
        label=gettext_lazy("项目类别"), choices=[*ProjectKind.choices, (NO_KIND, "")], required=False
    )
    region = forms.RegexField(label=gettext_lazy("所属地区"), regex=r"^[0-9]{6}$", required=False)
    township = forms.CharField(label=gettext_lazy("所在乡镇"), max_length=60, required=False)
    industry = forms.ChoiceField(
        label=gettext_lazy("所属行业"), choices=[*_ANY, *Industry.choices], required=False
    )
    level = forms.ChoiceField(label=gettext_lazy("项目级次"), choices=[*_ANY, *Level.choices], required=False)
    stage = forms.ChoiceField(label=gettext_lazy("项目状态"), choices=[*_ANY, *Stage.choices], required=False)
    year = forms.IntegerField(
        label=gettext_lazy("入库年度"), min_value=1949, max_value=datetime.MAXYEAR, required=False
    )
    least = forms.DecimalField(
        label=gettext_lazy("计划投资不低于"), min_value=0, max_digits=12, decimal_places=4, required=False
    )
    most = forms.DecimalField(
        label=gettext_lazy("计划投资不高于"), min_value=0, max_digits=12, decimal_places=4, required=False
    )
    view = forms.RegexField(regex=r"^(-?\d{1,3}(\.\d{1,6})?,){3}-?\d{1,3}(\.\d{1,6})?$", required=False)
    order = forms.ChoiceField(
        label=gettext_lazy("排序"), choices=[("", ""), *((name, name) for name in ORDERS)], required=False
    )
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    def clean_view(self) -> tuple[float, ...] | None:
        text = self.cleaned_data["view"]
        if not text:
            return None
        west, south, east, north = (float(part) for part in text.split(","))
        if not (-180 <= west <= east <= 180 and -85 <= south <= north <= 85):
            raise forms.ValidationError(_("范围的四个数依次是西、南、东、北。"), code="view")
        return west, south, east, north

    def selection(self) -> Selection:
        """What is asked for; of a form that doesn't hold, its fields that do."""
        found: dict[str, Any] = self.cleaned_data if hasattr(self, "cleaned_data") else {}
        kinds = found.get("kind") or []
        if set(kinds) >= set(ProjectKind.values):  # every box is ticked: the same as none
            kinds = []
        least, most = found.get("least"), found.get("most")
        return Selection(
            region=found.get("region", ""),
            kinds=tuple(kind for kind in kinds if kind != NO_KIND),
            no_kind=kinds == [NO_KIND],
            industry=found.get("industry", ""),
            level=found.get("level", ""),
            stage=found.get("stage", ""),
            year=found.get("year"),
            least_yuan=None if least is None else least * _WAN,
            most_yuan=None if most is None else most * _WAN,
            words=found.get("q", ""),
            township=found.get("township", ""),
            view=found.get("view"),
        )


def filtered(request: HttpRequest) -> tuple[PublicFilter, Selection]:
    """The filter of a page's address; what can't be is said in the form's errors and left out."""
    form = PublicFilter(request.GET)
    form.is_valid()
    return form, form.selection() if form.is_bound else EVERYTHING


def refusal(form: PublicFilter) -> JsonResponse | None:
    """A problem document (400) where a program's filter can't be; None where it can."""
    if form.is_valid():
        return None
    errors = [
        {"field": field, "message": str(message)} for field, said in form.errors.items() for message in said
    ]
    return JsonResponse(
        problems.document(400, _("提交的内容有误。"), errors=errors, kind=problems.INVALID),
        status=400,
        content_type=problems.MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )
