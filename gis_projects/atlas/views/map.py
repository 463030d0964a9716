"""The map that fills the screen."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gis_projects.atlas.printing import sheet
from gis_projects.atlas.queries import bookmarks
from gis_projects.library.filters import ProjectFilter
from gis_projects.library.models import Industry, Level, Library, ProjectKind, Stage
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, may, require

#: What the map's filters and legends name.
_CHOICES: dict[str, Any] = {"industry": Industry, "level": Level, "stage": Stage, "library": Library}


@login_required
@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """一张图: the map that fills the screen."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    return render(
        request,
        "atlas/map.html",
        {
            "regions": dict(Region.objects.divisions().values_list("code", "short_name")),
            "kinds": [{"code": code, "label": label} for code, label in ProjectKind.choices],
            "stages": [{"code": code, "label": label} for code, label in Stage.choices],
            "print_sizes": {"windows": sheet.windows(), "scales": sheet.SCALES},
            "may_share": user.organisation_id is not None,
            "bookmark_series": bookmarks.series_of(user),
            "may_edit_sites": may(user, Permission.EDIT_SITES),
            "may_read_projects": may(user, Permission.READ_PROJECTS),
            "may_read_statistics": may(user, Permission.READ_STATISTICS),
            "project_choices": {
                name: [(code, str(label)) for code, label in choices.choices]
                for name, choices in _CHOICES.items()
            },
            "filter_names": list(ProjectFilter.base_filters),
        },
    )
