"""The map of what is disclosed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from gis_projects.disclosure.forms import PublicFilter
from gis_projects.disclosure.queries import map as queries
from gis_projects.library.terms import ProjectKind, Stage


@require_safe
def public_map(request: HttpRequest) -> HttpResponse:
    """The map of what is disclosed, for everyone. Everything but the page's frame comes from the public role."""
    form = PublicFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"region": "", "kind": "", "q": ""}
    overview = queries.overview()
    kinds = [
        {"code": code, "label": label, "count": overview.kinds.get(code, 0)}
        for code, label in ProjectKind.choices
    ]
    return render(
        request,
        "disclosure/map.html",
        {
            "form": form,
            "chosen": chosen,
            "total": overview.total,
            "regions": overview.regions,
            "kinds": kinds,
            "stages": Stage.choices,
            "review_numbers": overview.review_numbers,
            "changed": overview.changed,
            "notices": overview.notices,
            "projects_url": reverse("disclosure:projects"),
            "outlines_url": reverse("disclosure:outlines"),
            "table_url": reverse("disclosure:table"),
        },
    )
