"""The list of disclosed projects, and each one's page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from gis_projects.disclosure import drawing, media_files, showing
from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.forms import filtered
from gis_projects.disclosure.models import DisclosedMedia, DisclosedProject, MediaKind
from gis_projects.disclosure.queries import handling
from gis_projects.disclosure.queries import projects as queries
from gis_projects.disclosure.queries.outlines import outlines
from gis_projects.disclosure.views.listing import listing, said_of_all
from gis_projects.library import money
from gis_projects.library.money import Unit


@require_safe
@kept_public
def project_list(request: HttpRequest) -> HttpResponse:
    """Every disclosed project in words, with the same filters as the map."""
    form, selection = filtered(request)
    return render(request, "disclosure/projects.html", listing(form, selection) | said_of_all(request))


@require_safe
@kept_public
def public_project(request: HttpRequest, slug: str) -> HttpResponse:
    """What the public may know of one project, with a small drawing of where it is."""
    record = queries.record(slug)
    if record is None:
        raise Http404
    return page_of(request, record)


def page_of(
    request: HttpRequest, record: queries.Record, *, address: Callable[[str], str] | None = None
) -> HttpResponse:
    """The page of one project, whether it is shown already or looked at before; ``address`` is where a medium of this
    name is had from, the public's own address by default.
    """
    project = record.project
    address = address or (lambda name: reverse("disclosure:media", args=[name]))
    return render(
        request,
        "disclosure/project.html",
        {
            "project": project,
            "row": showing.row(project),
            "planned": _yuan(project.planned_yuan),
            "completed": _yuan(project.completed_yuan),
            "drawing": drawing.locate(record.feature, outlines()),
            "events": record.events,
            "photos": [_photo(one, address) for one in record.media if one.kind == MediaKind.PHOTO],
            "videos": [
                {"name": one.name, "address": address(one.name), "caption": one.caption, "taken_on": one.taken_on,
                 "width": one.width, "height": one.height}
                for one in record.media
                if one.kind == MediaKind.VIDEO
            ],
            "results": record.results,
            "matters": [{"matter": one, "stations": handling.stations(one)} for one in record.matters],
            "notices": [project.notice] if project.notice else [],
            "here": request.build_absolute_uri(request.path),
            "linked": _linked(request, project),
        },
    )  # fmt: skip


def _yuan(amount: Any) -> str:
    return "" if amount is None else money.show(amount, Unit.YUAN)


def _photo(one: DisclosedMedia, address: Callable[[str], str]) -> dict[str, Any]:
    return {
        "full": address(one.name),
        "preview": address(media_files.preview_of(one.name)),
        "caption": one.caption,
        "taken_on": one.taken_on,
        "width": one.width,
        "height": one.height,
    }


def _linked(request: HttpRequest, project: DisclosedProject) -> str:
    """The project as JSON-LD for search engines, in schema.org's words; no ``<`` that could end the element."""
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Project",
        "identifier": project.code or project.slug,
        "name": project.name,
        "url": request.build_absolute_uri(request.path),
        "areaServed": showing.place(project),
    }
    if project.content:
        said["description"] = project.content
    if project.owner:
        said["parentOrganization"] = {"@type": "Organization", "name": project.owner}
    if project.mark:
        at = project.mark.transform(4326, clone=True)
        said["location"] = {
            "@type": "Place",
            "geo": {"@type": "GeoCoordinates", "longitude": round(at.x, 4), "latitude": round(at.y, 4)},
        }
    return json.dumps(said, ensure_ascii=False).replace("<", "\\u003c")
