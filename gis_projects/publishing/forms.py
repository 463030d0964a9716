"""What a proposal states."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.models import Form
from gis_projects.publishing import generalise


class ProposalForm(forms.Form):
    form = forms.ChoiceField(label=_("位置形式"), choices=Form.choices, initial=Form.OUTLINE)
    precision_m = forms.IntegerField(
        label=_("概化精度（米）"),
        initial=generalise.DEFAULT_PRECISION_M,
        min_value=generalise.SMALLEST_PRECISION_M,
        max_value=generalise.LARGEST_PRECISION_M,
    )
    township = forms.CharField(label=_("所在乡镇"), max_length=60, required=False)
    review_number = forms.CharField(label=_("审图号"), max_length=40, required=False)
    reason = forms.CharField(label=_("理由"), max_length=300, required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("理由"), max_length=300)
