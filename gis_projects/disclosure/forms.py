"""What the public may filter by."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from gis_projects.library.terms import ProjectKind


class PublicFilter(forms.Form):
    region = forms.RegexField(label=_("所属地区"), regex=r"^[0-9]{6}$", required=False)
    kind = forms.ChoiceField(
        label=_("项目类别"), choices=[("", _("全部")), *ProjectKind.choices], required=False
    )
    q = forms.CharField(label=_("关键词"), max_length=100, required=False)
