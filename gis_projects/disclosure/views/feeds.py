"""The feeds, and the page that lists them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.feeds.feeds import LAST_PAGE, PORTALS, feeds, page
from gis_projects.disclosure.feeds.sources import Wanted
from gis_projects.disclosure.feeds.writing import FeedForm, Links, written
from gis_projects.disclosure.open_data.formats import configured_root


def _address(name: str, form: FeedForm) -> str:
    return reverse("disclosure:feed", kwargs={"name": name, "form": form.value})


@require_safe
@kept_public
def feed_list(request: HttpRequest) -> HttpResponse:
    """Which feeds there are, in which formats, with which filters."""
    portals = {name for name, _title, _wanted in PORTALS}
    rows = [
        {
            "feed": feed,
            "portal": feed.name in portals,
            "links": [(form, _address(feed.name, form)) for form in FeedForm],
            "sources": [source.title for source, _kinds in feed.taken],
            "kinds": [
                kind for source, kinds in feed.taken for kind in source.kinds if not kinds or kind[0] in kinds
            ],
        }
        for feed in feeds().values()
    ]
    return render(request, "disclosure/feeds.html", {"rows": rows})


@require_safe
@kept_public
def feed(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """A page of a feed. ``region`` and ``kind`` narrow it, ``page`` goes back in time."""
    try:
        wanted_feed, wanted_form = feeds()[name], FeedForm(form)
        number = int(request.GET.get("page", "1"))
    except (KeyError, ValueError) as error:
        raise Http404 from error
    if not 1 <= number <= LAST_PAGE:
        raise Http404
    wanted = Wanted(request.GET.get("region", ""), request.GET.get("kind", ""))
    known = {
        kind
        for source, kinds in wanted_feed.taken
        for kind, _label in source.kinds
        if not kinds or kind in kinds
    }
    if (wanted.kind and wanted.kind not in known) or (
        wanted.region
        and not (wanted.region.isascii() and wanted.region.isdigit() and len(wanted.region) == 6)
    ):
        raise BadRequest
    found = page(wanted_feed, wanted, number)
    if found is None:
        raise Http404
    root = configured_root() or f"{request.scheme}://{request.get_host()}"

    def at(number: int) -> str:
        asked = {"region": wanted.region, "kind": wanted.kind, "page": number if number > 1 else ""}
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"{root}{_address(name, wanted_form)}" + (f"?{query}" if query else "")

    links = Links(
        root=root,
        home=f"{root}{reverse('disclosure:map')}",
        own=at(number),
        first=at(1),
        before=at(number - 1) if number > 1 else "",
        after=at(number + 1) if found.more else "",
    )
    return HttpResponse(written(found, wanted_form, links), content_type=wanted_form.media_type)
