"""The page of one layer: what it is, where it comes from, what it covers, its versions and its legend."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects.atlas import forms
from gis_projects.atlas.actions.layers import update_layer
from gis_projects.atlas.printing.drawing import swatch
from gis_projects.atlas.queries import catalogue, layer_page
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, may
from layers.models import Layer


def _legend(layer: Layer) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "label": layer.class_names.get(code, layer.name if code == "" else code),
            "swatch": mark_safe(swatch(look, f"{number}")),  # noqa: S308 - drawn by us, texts escaped
        }
        for number, (code, look) in enumerate(layer.style.items())
    ]


@login_required
@require_safe
def layer(request: HttpRequest, code: str) -> HttpResponse:
    """One layer with all its versions."""
    user = cast(User, request.user)
    found = find(user, Permission.READ_LAYERS, Layer.objects.all(), paths=catalogue.LAYER_SCOPE, code=code)
    versions = layer_page.versions(user, found)
    current = next((row.version for row in versions if row.in_force), None)
    return render(
        request,
        "atlas/layer.html",
        {
            "layer": found,
            "versions": versions,
            "current": current,
            "coverage": mark_safe(layer_page.coverage_map(user, current)) if current else "",  # noqa: S308 - drawn by us
            "legend": _legend(found),
            "class_system": layer_page.class_system_label(found),
            "standard": layer_page.standard_label(found),
            "may_change": may(user, Permission.PUBLISH_LAYERS, catalogue.LAYER_SCOPE.scope(found)),
        },
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The form of a layer's own description and look."""
    user = cast(User, request.user)
    found = find(
        user, Permission.PUBLISH_LAYERS, Layer.objects.all(), reading=Permission.READ_LAYERS,
        paths=catalogue.LAYER_SCOPE, code=code,
    )  # fmt: skip
    form = forms.LayerForm(request.POST or None, instance=found)
    looks = forms.looks(found, request.POST or None)
    if request.method == "POST" and form.is_valid() and looks.is_valid():
        style = {one.cleaned_data["code"]: one.look() for one in looks.forms}
        # the form's own instance is thrown away: the action writes, under its lock
        try:
            update_layer(by=user, code=code, **form.cleaned_data, style=_kept(found, style))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("已保存。地图立即按新的显示方式绘制。"))
            return redirect("atlas:layer", code)
    return render(request, "atlas/layer_edit.html", {"layer": found, "form": form, "looks": looks})


def _kept(layer: Layer, style: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The legend in its order, with what the form doesn't show (dashes) as it was."""
    return {code: {**look, **style.get(code, {})} for code, look in layer.style.items()}
