"""The public pages. Everything on them is read over the public's own database role; nobody is asked who they are."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from gis_projects.disclosure import drawing, queries
from gis_projects.disclosure.forms import PublicFilter
from gis_projects.library import money
from gis_projects.library.money import Unit
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage


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


@require_safe
def public_project(request: HttpRequest, slug: str) -> HttpResponse:
    """What the public may know of one project, with a small drawing of where it is."""
    found = queries.projects().filter(slug=slug)
    project = found.first()
    if project is None:
        raise Http404
    kinds = dict(ProjectKind.choices)
    (feature,) = queries.features(found)
    return render(
        request,
        "disclosure/project.html",
        {
            "project": project,
            "kinds": [kinds[kind] for kind in project.kinds],
            "industry": Industry(project.industry).label,
            "level": Level(project.level).label,
            "stage": Stage(project.stage).label,
            "planned": None if project.planned_yuan is None else money.show(project.planned_yuan, Unit.YUAN),
            "drawing": drawing.locate(feature, queries.outlines()),
            "notices": [project.notice] if project.notice else [],
        },
    )
