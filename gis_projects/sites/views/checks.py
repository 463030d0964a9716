"""The boundary page, the check page and what can be downloaded from them."""

from __future__ import annotations

from typing import Literal, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects import exports
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find, require
from gis_projects.sites import presenting
from gis_projects.sites.queries import alternatives
from gis_projects.sites.queries import boundaries as queries
from gis_projects.sites.reviewing.data import review_of
from gis_projects.sites.views.downloads import download
from gis_projects.sites.withholding import for_reader
from siting import certificates, keys
from siting.boundaries import declared_from_json
from siting.checks import DEFAULT_RULEBOOK
from siting.engine.verdict import Verdict
from siting.formats import coordinate_table, coordinate_text
from siting.rulebook import in_force, pinned
from siting.versions import stored

_ENCODINGS: dict[str, Literal["utf-8", "gb18030"]] = {"utf-8": "utf-8", "gb18030": "gb18030"}


@login_required
@require_safe
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw, import or revise the boundary of a project's site, with the live check beside it."""
    projects = Project.objects.select_related("site__current", "region")
    project = find(
        cast(User, request.user), Permission.EDIT_SITES, projects, reading=Permission.READ_PROJECTS, pk=pk
    )
    current = project.site.current if project.site else None
    rulebook = in_force(DEFAULT_RULEBOOK, timezone.localdate())
    proposal = alternatives.proposed(cast(User, request.user), project, request.GET)
    return render(
        request,
        "sites/edit.html",
        {
            "proposal": presenting.boundary_data(proposal) if proposal else None,
            "project": project,
            "site_version": current,
            "boundary": presenting.boundary_data(stored(current)) if current else None,
            "facts": project.site.facts if project.site else {},
            "rulebook": presenting.rulebook_data(rulebook),
        },
    )


@login_required
@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """All checks that the user may see, newest first."""
    require(cast(User, request.user), Permission.READ_SITES)
    verdict = request.GET.get("verdict", "")
    words = request.GET.get("q", "")[:100].replace("\0", "")
    rows = queries.checks(
        cast(User, request.user), verdict=verdict if verdict in set(Verdict) else "", q=words
    )
    if (kind := request.GET.get("format")) in exports.FORMATS:
        return exports.table(
            _("合规检查"), presenting.check_columns(), presenting.check_rows(rows), kind=str(kind)
        )
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    filters = {name: value for name, value in (("verdict", verdict), ("q", words)) if value}
    return render(
        request,
        "sites/checks.html",
        {
            "page": page,
            "verdict": verdict,
            "q": words,
            "verdicts": list(Verdict),
            "export_query": urlencode(filters) + "&" if filters else "",
        },
    )


@login_required
@require_safe
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """One check: the map, the findings, the present land, and what was not checked and why."""
    row = queries.check(cast(User, request.user), pk)
    document = for_reader(cast(User, request.user), certificates.certificate(row))
    rulebook = pinned(row.rulebook.code, row.rulebook.version, presenting.day(document["on"]))
    data = presenting.rulebook_data(rulebook)
    read = presenting.layers_of(document["manifest"])
    return render(
        request,
        "sites/check.html",
        {
            "check": row,
            "result": presenting.translated(document),
            "rules": {rule["code"]: rule for rule in data["rules"]},
            "facts": {fact["name"]: fact for fact in data["facts"]},
            "layer_names": {code: layer.name for code, layer in read.items()},
            "site_version": row.site_version,
            "project": row.site_version.site.project,
            "geometry": presenting.site_geojson(row.site_version),
            "review": review_of(cast(User, request.user), row),
        },
    )


@login_required
@require_safe
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The check's certificate, for `verify_check`; without what the user may not read of its layers."""
    row = queries.check(cast(User, request.user), pk)
    certificate = for_reader(cast(User, request.user), certificates.certificate(row))
    response = JsonResponse(certificate, json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="check-{row.pk}.json"'
    return response


@require_safe
def public_key(request: HttpRequest) -> HttpResponse:
    """The key that verifies every certificate, for everyone."""
    return HttpResponse(keys.to_pem(keys.public_key()), content_type="application/x-pem-file")


@login_required
@require_safe
def coordinates(request: HttpRequest, pk: int) -> HttpResponse:
    """The boundary as coordinate text (报部坐标), UTF-8 or GB18030; longitude/latitude go out in the site's zone."""
    version = queries.site_version(cast(User, request.user), pk)
    encoding = _ENCODINGS.get(request.GET.get("encoding", "utf-8").lower())
    if encoding is None:
        raise Http404
    declared = coordinate_table.in_plane(declared_from_json(version.declared))
    text = coordinate_text.write(declared, encoding=encoding)
    filename = f"{version.site.project.code}-{_('界址点')}.txt"
    return download(text, filename, f"text/plain; charset={encoding}")


@login_required
@require_safe
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as it was brought, byte for byte."""
    version = queries.site_version(cast(User, request.user), pk)
    if not version.source_sha256:
        raise Http404
    return download(bytes(version.source_file), version.source_name, "application/octet-stream")
