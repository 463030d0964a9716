"""The file of a print series."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from gis_projects.atlas.actions import series as actions
from gis_projects.atlas.queries import series as queries
from gis_projects.people.models import User


@login_required
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One's own finished series, for some days, while all that it shows may be read."""
    user = cast(User, request.user)
    found = queries.one(user, pk)
    if found.path is None:
        raise Http404
    file = found.path.open("rb")
    actions.note_download(by=user, sha256=(found.job.result or {})["sha256"])
    response = FileResponse(file, as_attachment=True, filename=found.name, content_type="application/pdf")
    response["Cache-Control"] = "private, no-store"
    return response
