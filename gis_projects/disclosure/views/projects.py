"""One disclosed project."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gis_projects.disclosure import drawing
from gis_projects.disclosure.queries import projects as queries
from gis_projects.disclosure.queries.outlines import outlines
from gis_projects.library import money
from gis_projects.library.money import Unit
from gis_projects.library.terms import Industry, Level, ProjectKind, Stage


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
            "drawing": drawing.locate(feature, outlines()),
            "notices": [project.notice] if project.notice else [],
        },
    )
