"""The map of what is disclosed, and what it loads."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.forms import PublicFilter, filtered, refusal
from gis_projects.disclosure.queries import places, tiles
from gis_projects.disclosure.views.listing import listing, said_of_all

MVT = "application/vnd.mapbox-vector-tile"


@require_safe
@kept_public
def public_map(request: HttpRequest) -> HttpResponse:
    """Map and list of what is disclosed, for everyone; without script the list and its filters."""
    form, selection = filtered(request)
    return render(
        request,
        "disclosure/map.html",
        listing(form, selection) | said_of_all(request) | {"home": places.extent()},
    )


@require_safe
@kept_public
def list_part(request: HttpRequest) -> HttpResponse:
    """The list beside the map for other filters: its rows as markup, and the counts of every choice."""
    form = PublicFilter(request.GET)
    if refused := refusal(form):
        return refused
    found = listing(form, form.selection())
    return JsonResponse(
        {
            "count": found["count"],
            "rows": render_to_string("disclosure/rows.html", found | {"beside_map": True}, request),
            "said": render_to_string("disclosure/count.html", found, request),
            "choices": {
                sort: {choice.code: choice.count for choice in choices}
                for sort, choices in found["choices"].items()
            },
            "query": found["query"],
        },
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
@kept_public
def search(request: HttpRequest) -> HttpResponse:
    """Regions, townships and projects that a name leads to, each with where it is."""
    form = PublicFilter(request.GET)
    if refused := refusal(form):
        return refused
    return JsonResponse(places.found(form.cleaned_data["q"]), json_dumps_params={"ensure_ascii": False})


@require_safe
@kept_public
def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """One vector tile under the same filters as the list."""
    if not tiles.exists(z, x, y):
        raise Http404
    form = PublicFilter(request.GET)
    if refused := refusal(form):
        return refused
    return HttpResponse(tiles.tile(z, x, y, form.selection()), content_type=MVT)
