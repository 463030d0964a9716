"""What a proposal, a batch, a rule and a photo state."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import Project
from gis_projects.people.models import Organisation, OrganisationKind, Region, User
from gis_projects.publishing import copying, differences, generalise
from gis_projects.publishing.models import DisclosureRule, PerformanceResult, Place, ProgressMedia, Taken
from gis_projects.publishing.queries import milestones


def optional_fields() -> list[tuple[str, str]]:
    return [(name, differences.label_of(name)) for name in copying.OPTIONAL]


class ChoiceForm(forms.Form):
    """What can be chosen of any project (`copying.Choice`), when it begins, and why."""

    fields_shown = forms.MultipleChoiceField(
        label=_("公开的字段"), required=False, widget=forms.CheckboxSelectMultiple
    )
    form = forms.ChoiceField(label=_("位置形式"), choices=Place.choices, initial=Place.OUTLINE)
    precision_m = forms.IntegerField(
        label=_("概化精度（米）"),
        initial=generalise.DEFAULT_PRECISION_M,
        min_value=generalise.SMALLEST_PRECISION_M,
        max_value=generalise.LARGEST_PRECISION_M,
    )
    township = forms.CharField(label=_("所在乡镇"), max_length=60, required=False)
    review_number = forms.CharField(label=_("审图号"), max_length=40, required=False)
    notice = forms.CharField(label=_("声明"), max_length=200, required=False)
    starts_at = forms.DateTimeField(
        label=_("公开时间（空为批准后立即公开）"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    until = forms.DateField(
        label=_("公开至（空为长期）"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(label=_("理由"), max_length=300, required=False)
    rule = forms.ModelChoiceField(
        label=_("公开规则"), queryset=DisclosureRule.objects.none(), required=False, empty_label=_("不套用")
    )

    def __init__(self, *args: Any, rules: QuerySet[DisclosureRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = self.fields["fields_shown"]
        assert isinstance(shown, forms.MultipleChoiceField)
        shown.choices = optional_fields()
        rule = self.fields["rule"]
        assert isinstance(rule, forms.ModelChoiceField)
        rule.queryset = rules
        dress(self)

    def chosen(self) -> dict[str, Any]:
        """The cleaned values as the actions take them."""
        said = dict(self.cleaned_data)
        said["fields"] = tuple(said.pop("fields_shown"))
        return said


class BatchForm(ChoiceForm):
    """… and of many projects the kinds of content that come along."""

    takes = forms.MultipleChoiceField(
        label=_("一并公开的内容"),
        choices=Taken.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["township"]

    def chosen(self) -> dict[str, Any]:
        said = super().chosen()
        return {**said, "takes": tuple(said["takes"])}


class ContentForm(forms.Form):
    """A project's milestones, its photos and videos, and its results, of which some are chosen."""

    milestones = forms.MultipleChoiceField(
        label=_("时间线"), required=False, widget=forms.CheckboxSelectMultiple
    )
    media = forms.TypedMultipleChoiceField(  # type: ignore[assignment]  # of no widget: the field
        label=_("照片与视频"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    results = forms.TypedMultipleChoiceField(
        label=_("绩效目标与评价结果"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: dict[str, list[tuple[Any, str]]] = {
            "milestones": [(one.key, f"{one.on} {one.text}") for one in milestones.offered(project)],
            "media": [(row.pk, str(row)) for row in ProgressMedia.objects.filter(project=project)],
            "results": [
                (row.pk, f"{row.year} {row.target[:60]}")
                for row in PerformanceResult.objects.filter(project=project)
            ],
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = choices

    def content(self) -> dict[str, tuple[Any, ...]]:
        return {kind.value: tuple(self.cleaned_data[kind.value]) for kind in Taken}


class ProposalForm(ChoiceForm, ContentForm):
    """… and of one project what it has to show."""

    def chosen(self) -> dict[str, Any]:
        return super().chosen() | self.content()


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("理由"), max_length=300)


class MediaForm(forms.Form):
    """Where a photo was taken, where its file doesn't say so or says it wrong."""

    caption = forms.CharField(label=_("说明（公开）"), max_length=200, required=False)
    lon = forms.FloatField(label=_("经度"), min_value=-180, max_value=180, required=False)
    lat = forms.FloatField(label=_("纬度"), min_value=-90, max_value=90, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if (said.get("lon") is None) != (said.get("lat") is None):
            raise forms.ValidationError(_("经度和纬度须同时填写。"))
        return said

    def location(self) -> Point | None:
        lon, lat = self.cleaned_data["lon"], self.cleaned_data["lat"]
        return None if lon is None else Point(lon, lat, srid=4490)


class ResultForm(forms.Form):
    year = forms.IntegerField(label=_("年度"), min_value=1990, max_value=2100)
    target = forms.CharField(label=_("绩效目标"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    result = forms.CharField(
        label=_("评价结果"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    grade = forms.CharField(label=_("评价等级"), max_length=20, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class RuleForm(forms.ModelForm[DisclosureRule]):
    fields_shown = forms.MultipleChoiceField(
        label=_("公开的字段"), required=False, widget=forms.CheckboxSelectMultiple
    )
    form = forms.ChoiceField(label=_("位置形式"), choices=Place.choices)

    class Meta:
        model = DisclosureRule
        fields = [
            "name",
            "basis",
            "document",
            "region",
            "authority",
            "form",
            "precision_m",
            "results",
            "offered",
        ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = self.fields["fields_shown"]
        assert isinstance(shown, forms.MultipleChoiceField)
        shown.choices = optional_fields()
        if self.instance.pk:
            self.initial["fields_shown"] = self.instance.fields
        units = self.fields["authority"]
        assert isinstance(units, forms.ModelChoiceField)
        units.queryset = Organisation.objects.filter(Q(kind=OrganisationKind.DEPARTMENT)).order_by("name")
        regions = self.fields["region"]
        assert isinstance(regions, forms.ModelChoiceField)
        regions.queryset = Region.objects.divisions()
        dress(self)


def dress(form: forms.BaseForm) -> None:
    """The classes of the house."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
            continue
        kind = "form-select" if isinstance(widget, forms.Select) else "form-control"
        widget.attrs.setdefault("class", kind)
