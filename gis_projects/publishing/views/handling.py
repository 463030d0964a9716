"""Publicity of handling inside: what is shown of which project, and by which rule."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.disclosure import handling_table as table
from gis_projects.disclosure.models import HandlingStage
from gis_projects.disclosure.queries import handling as public
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require, visible
from gis_projects.publishing.models import MatterCopy

PAGE = 50


@login_required
@require_safe
def handling(request: HttpRequest) -> HttpResponse:
    """The matters that are shown of projects within reach, each with its five steps, and the rule."""
    user = cast(User, request.user)
    require(user, Permission.MANAGE_PORTAL)
    words = request.GET.get("q", "")[:100].replace("\0", "")
    readable = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    known = MatterCopy.objects.filter(project__in=readable.values("pk"))
    slugs = dict(known.values_list("slug", "project_id"))
    rows = public.matters(words=words).filter(slug__in=list(slugs))
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(_("办理公示"), table.columns(), table.rows(rows), kind=kind)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "publishing/handling.html",
        {
            "page": page,
            "rows": [
                {"matter": row, "stations": public.stations(row), "project": slugs[row.slug]} for row in page
            ],
            "stages": HandlingStage.choices,
            "q": words,
            "filters": {"q": words} if words else {},
            "export_query": urlencode({"q": words}) + "&" if words else "",
        },
    )
