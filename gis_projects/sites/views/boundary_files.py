"""A saved boundary in every format that somebody may want it in."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects.people.models import User
from gis_projects.sites.queries import boundaries as queries
from gis_projects.sites.views.downloads import download
from siting import formats
from siting.boundaries import declared_from_json


@login_required
@require_safe
def boundary_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The declared vertices of one version as a file of the kind: the names of `siting.formats.EXPORTS`."""
    export = formats.EXPORTS.get(kind)
    if export is None:
        raise Http404
    version = queries.site_version(cast(User, request.user), pk)
    project = version.site.project
    content = formats.write(declared_from_json(version.declared), kind, title=project.name)
    title = _("选址边界第%(number)s版") % {"number": version.number}
    return download(content, f"{project.code}-{project.name[:60]}-{title}.{export.suffix}", export.media_type)
