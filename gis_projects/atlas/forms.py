"""The forms of a layer's own description and look, and of a bookmark."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gis_projects.atlas.models.bookmarks import MOST_NOTE
from gis_projects.parsing import loads
from layers.models import Layer

HATCHES = [
    ("", _("无")),
    ("diagonal", _("斜线")),
    ("backward", _("反斜线")),
    ("cross", _("交叉线")),
    ("horizontal", _("横线")),
    ("vertical", _("竖线")),
    ("grid", _("方格")),
    ("dots", _("点")),
]
_COLOUR = r"^#[0-9a-fA-F]{6}$"


class _JSON(forms.JSONField):
    """JSON as everything from outside is parsed: bounded in depth, and with nothing that can't be stored."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip():
            try:
                return loads(value)
            except ValueError as error:
                raise forms.ValidationError(str(error), code="invalid") from error
        return super().to_python(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return loads(data or "null")
        except ValueError:
            return InvalidJSONInput(data)


class LayerForm(forms.ModelForm[Layer]):
    """Everything of a layer that may be changed, but its look."""

    thresholds = _JSON(label=_("质量阈值"), required=False)

    class Meta:
        model = Layer
        fields = (
            "name", "theme", "authority", "legal_status", "description", "notice", "order", "opacity", "min_zoom",
            "max_zoom", "visible_by_default", "thresholds",
        )  # fmt: skip
        widgets = {
            "description": forms.Textarea({"rows": 4}),
            "opacity": forms.NumberInput({"min": 0, "max": 1, "step": 0.05}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "visible_by_default":
                field.widget.attrs["class"] = "form-control"
        self.fields["thresholds"].widget.attrs.update({"rows": 6, "class": "form-control font-monospace"})

    def clean_thresholds(self) -> Any:
        return self.cleaned_data["thresholds"] or {}


class LookForm(forms.Form):
    """How one class of a layer looks. An empty colour leaves the fill or the edge out."""

    code = forms.CharField(required=False, widget=forms.HiddenInput)
    fill = forms.RegexField(_COLOUR, label=_("填充"), required=False)
    fill_opacity = forms.FloatField(label=_("填充不透明度"), min_value=0, max_value=1, required=False)
    stroke = forms.RegexField(_COLOUR, label=_("边线"), required=False)
    width = forms.FloatField(label=_("线宽"), min_value=0, max_value=10, required=False)
    hatch = forms.ChoiceField(label=_("花纹"), choices=HATCHES, required=False)

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label = label
        for name in ("fill", "stroke"):
            self.fields[name].widget.attrs.update({"size": 8, "maxlength": 7, "placeholder": "#rrggbb"})
            self.fields[name].error_messages["invalid"] = str(_("颜色写作 #rrggbb。"))
        for name in ("fill_opacity", "width"):
            self.fields[name].widget.attrs.update({"step": 0.05})
        for name, field in self.fields.items():
            kind = "form-select" if name == "hatch" else "form-control"
            field.widget.attrs.update({"class": f"{kind} {kind}-sm", "aria-label": f"{label} {field.label}"})

    def look(self) -> dict[str, Any]:
        """The class's entry of `Layer.style`."""
        data = self.cleaned_data
        look = {
            "fill": data["fill"] or None,
            "stroke": data["stroke"] or None,
            "hatch": data["hatch"] or None,
        }
        for name in ("fill_opacity", "width"):
            if data[name] is not None:
                look[name] = data[name]
        return look


class _Looks(BaseFormSet[LookForm]):
    labels: list[str]

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        label = self.labels[index] if index is not None and index < len(self.labels) else ""
        return {**super().get_form_kwargs(index), "label": label}


def looks(layer: Layer, data: Any = None) -> Any:
    """One form for each class of a layer's legend."""
    initial = [
        {"code": code, **{k: v for k, v in look.items() if v is not None}}
        for code, look in layer.style.items()
    ]
    factory: Any = formset_factory(
        LookForm,
        formset=_Looks,
        extra=0,
        min_num=len(initial),
        max_num=len(initial),
        validate_min=True,
        validate_max=True,
    )
    labels = [
        f"{code} {layer.class_names.get(code, layer.name if code == '' else '')}".strip()
        for code in layer.style
    ]
    factory.labels = labels
    return factory(data, initial=initial, prefix="look")


class BookmarkForm(forms.Form):
    """What its owner says of a bookmark; what it shows is kept on the map itself."""

    NAMES = ("name", "series", "note", "shared")

    name = forms.CharField(
        label=_("名称"), max_length=80, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    series = forms.CharField(
        label=pgettext_lazy("bookmarks", "专题"),
        max_length=40,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "form-control", "list": "known-series", "autocomplete": "off"}
        ),
        help_text=_("同一专题的书签可以连续演示。"),
    )
    note = forms.CharField(
        label=_("备注"),
        max_length=MOST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 6}),
        help_text=_("演示时可以显示；共享后同事也能看到。"),
    )
    shared = forms.BooleanField(label=_("与本单位共享"), required=False)
