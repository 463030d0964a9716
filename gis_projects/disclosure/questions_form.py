"""What the public fills in to ask something."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects.disclosure import places
from gis_projects.disclosure.inbox import Sent
from gis_projects.disclosure.models import QuestionKind

SHORTEST, LONGEST = 10, 2000


def bounds() -> tuple[float, float, float, float]:
    """West, south, east and north (EPSG:4490) of where a question may be about: the maps' extent."""
    return cast("tuple[float, float, float, float]", settings.LEAFLET_CONFIG["SPATIAL_EXTENT"])


class QuestionForm(forms.Form):
    """A question; ``geometry`` is what the map's script drew, ``coordinates`` what was typed in its place."""

    kind = forms.ChoiceField(
        label=gettext_lazy("类型"), choices=QuestionKind.choices, initial=QuestionKind.CONSULT
    )
    text = forms.CharField(label=gettext_lazy("来信内容"), min_length=SHORTEST, max_length=LONGEST)
    nickname = forms.CharField(label=gettext_lazy("称呼"), max_length=40, required=False)
    contact = forms.CharField(label=gettext_lazy("联系方式"), max_length=100, required=False)
    project = forms.SlugField(max_length=20, required=False)
    geometry = forms.CharField(required=False, strip=True)
    coordinates = forms.CharField(label=gettext_lazy("坐标"), required=False, max_length=12_000)

    def clean_geometry(self) -> Any:
        return places.drawn(self.cleaned_data["geometry"], bounds())

    def clean_coordinates(self) -> Any:
        return places.typed(self.cleaned_data["coordinates"], bounds())

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("geometry") is not None and said.get("coordinates") is not None:
            raise ValidationError(_("请在地图上标注或填写坐标，二者取其一。"), code="two-places")
        return said

    def sent(self) -> Sent:
        said = self.cleaned_data
        place = said["geometry"] if said["geometry"] is not None else said["coordinates"]
        return Sent(
            kind=said["kind"],
            text=said["text"],
            nickname=said["nickname"],
            contact=said["contact"],
            project_slug=said["project"],
            geometry=place,
        )
