"""The page of a version: its source, its quality with places on a map, and the second person's decision."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects.atlas.actions import versions as actions
from gis_projects.atlas.api.layers import layer_data
from gis_projects.atlas.api.versions import OVERTAKEN
from gis_projects.atlas.queries import catalogue
from gis_projects.atlas.queries import versions as queries
from gis_projects.atlas.queries.uploads import sentences
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sentences import sentence, word
from layers.models import Kind, LayerVersion, Severity, Status
from layers.notices import Refused
from layers.quality import exports

FORMATS = {"gpkg": "application/geopackage+sqlite3", "csv": "text/csv; charset=utf-8"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def version_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version of a layer."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    version = catalogue.version_of(user, code, number)
    status, problem, given = 200, "", ""
    if request.method == "POST":
        given = request.POST.get("reason", "").replace("\0", "")
        try:
            return _act(user, version, request, given)
        except PermissionDenied as error:
            status, problem = 403, str(error)
        except Refused as refusal:
            status = 409 if refusal.notices[0].code in OVERTAKEN else 400
            problem = "\n".join(sentence(notice) for notice in refusal.notices)
    return render(
        request,
        "atlas/version.html",
        {**_shown(user, version, request), "problem": problem, "given": given},
        status=status,
    )


def _act(user: User, version: LayerVersion, request: HttpRequest, reason: str) -> HttpResponse:
    step, code, number = request.POST.get("step"), version.layer.code, version.number
    if step == "publish":
        actions.publish_version(by=user, version=version, reason=reason)
        messages.success(request, _("第 %(number)d 版已发布。") % {"number": number})
    elif step == "send_back":
        actions.send_back(by=user, version=version, reason=reason)
        messages.success(request, _("第 %(number)d 版已退回。") % {"number": number})
        return redirect("atlas:uploads")
    elif step == "withdraw":
        staged = actions.request_withdrawal(by=user, code=code, number=number, reason=reason)
        messages.success(
            request,
            _("已把此前的内容作为第 %(number)d 版提交，由另一人发布后即撤回本版。")
            % {"number": staged.number},
        )
        return redirect("atlas:version", code=code, number=staged.number)
    else:
        raise Http404
    return redirect("atlas:version", code=code, number=number)


def _shown(user: User, version: LayerVersion, request: HttpRequest) -> dict[str, Any]:
    kind = request.GET.get("kind", "")[:40].replace("\0", "")
    severity = request.GET.get("severity", "")[:10]
    found = Paginator(queries.findings(version, kind=kind, severity=severity), queries.PAGE)
    page = found.get_page(request.GET.get("page"))
    in_force = queries.current(version)
    outcome = queries.decision(version)[0]
    return {
        "version": version,
        "layer": version.layer,
        "in_force": in_force,
        "publication": queries.publication(version),
        "acts": queries.acts(user, version),
        "changes": [
            (name, word(label), version.changes[name])
            for name, label in queries.CHANGES.items()
            if name in version.changes
        ],
        "remarks": sentences(version.report.get("notices", [])),
        "quality": queries.quality_rows(version),
        "outcome": outcome,
        "outcome_label": word(queries.OUTCOMES.get(outcome, "")),
        "because": queries.because(version),
        "kind": kind,
        "severity": severity,
        "severities": [(value, word(label)) for value, label in Severity.choices],
        "page": page,
        "findings": [queries.finding_data(row) for row in page],
        "steps": queries.steps(user, version),
        "staged": version.status == Status.STAGED,
        "map": {
            "layer": layer_data(version) if version.layer.kind == Kind.VECTOR else None,
            "raster": version.layer.kind == Kind.RASTER,
            "code": version.layer.code,
            "number": version.number,
            "extent": queries.extent(version),
            "findings": f"/api/v1/layers/{version.layer.code}/versions/{version.number}/findings/",
        },
    }


@login_required
@require_safe
def quality_file(request: HttpRequest, code: str, number: int, kind: str) -> HttpResponse:
    """The findings of a version as a file; their number is bounded."""
    user = cast(User, request.user)
    require(user, Permission.READ_LAYERS)
    version = catalogue.version_of(user, code, number)
    if kind not in FORMATS:
        raise Http404
    name = f"{code}-v{number}-quality.{kind}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        exports.write(version, path, kind)
        response = HttpResponse(path.read_bytes(), content_type=FORMATS[kind])
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
