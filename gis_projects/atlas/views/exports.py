"""Exports: small ones at once, big ones as jobs, and one's own finished files."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_projects.atlas.actions import exports as actions
from gis_projects.atlas.queries import browsing as browsing_queries
from gis_projects.atlas.queries import exports as queries
from gis_projects.atlas.views.browsing import version_asked
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.sentences import sentence
from layers import browsing, exporting
from layers.notices import Refused

_IN_MEMORY = 16 * 1024**2


@login_required
@require_POST
def export(request: HttpRequest, code: str) -> HttpResponseBase:
    """Export what the feature table shows: ``query`` is its address, with the same filters."""
    user = cast(User, request.user)
    require(user, Permission.EXPORT_LAYERS)
    asked = QueryDict(request.POST.get("query", ""))
    version = version_asked(user, code, asked)
    require(user, Permission.EXPORT_LAYERS, Scope(secrecy=version.layer.secrecy))
    wanted: dict[str, Any] = {
        "kind": request.POST.get("format", ""),
        "encoding": request.POST.get("encoding", "utf-8"),
        "epsg": _epsg(request.POST.get("crs", "4490")),
    }
    try:
        names = [field.name for field in browsing.fields(version)]
        selection = browsing_queries.selection_of(asked, names)
        actions.check(by=user, version=version, **wanted)
        if not actions.small(version, selection):
            actions.request_export(by=user, version=version, selection=selection, **wanted)
            return redirect("atlas:exports")
        file, written = actions.export_now(by=user, version=version, selection=selection, **wanted)
    except ValidationError as error:
        return _refused(request, code, asked, error.messages)
    except Refused as refusal:
        return _refused(request, code, asked, [sentence(notice) for notice in refusal.notices])
    form = exporting.FORMATS[wanted["kind"]]
    name = actions.file_name(version, form.code)
    response: HttpResponseBase
    if written.size <= _IN_MEMORY:
        with file:
            response = HttpResponse(file.read(), content_type=form.media_type)
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    else:
        response = FileResponse(file, as_attachment=True, filename=name, content_type=form.media_type)
    response["Cache-Control"] = "private, no-store"
    return response


def _epsg(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _refused(request: HttpRequest, code: str, asked: QueryDict, reasons: list[str]) -> HttpResponse:
    back = f"{reverse('atlas:features', args=[code])}?{asked.urlencode()}"
    shown = {"title": _("没有导出"), "reasons": reasons, "back": back}
    return render(request, "atlas/export_refused.html", shown, status=400)


@login_required
@require_safe
def exports_page(request: HttpRequest) -> HttpResponse:
    """One's own big exports: how far they are, and their files."""
    found = queries.exports(cast(User, request.user))
    return render(request, "atlas/exports.html", {"exports": found, "days": actions.KEPT.days})


@login_required
@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of one's own export, for some days."""
    user = cast(User, request.user)
    found = queries.export(user, pk)
    if found.path is None:
        raise Http404
    result = found.job.result or {}
    file = found.path.open("rb")
    actions.note_download(by=user, version=found.version, sha256=result["sha256"])
    response = FileResponse(file, as_attachment=True, filename=found.name, content_type=result["media_type"])
    response["Cache-Control"] = "private, no-store"
    return response
