"""Open data: the page that explains the files, and the files."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.core.paginator import EmptyPage, Paginator
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from gis_projects.disclosure.caching import kept_public, revision
from gis_projects.disclosure.feeds.feeds import feeds, titles
from gis_projects.disclosure.models import PublicChange
from gis_projects.disclosure.open_data import holdings, made, oc4ids
from gis_projects.disclosure.open_data.fields import FIELDS
from gis_projects.disclosure.open_data.formats import LATEST, File, Format, configured_root
from gis_projects.disclosure.open_data.mapping import mapping
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import disclosed
from gis_projects.library.terms import Industry, Stage

CHANGES = 50  # of a page of the change log


@require_safe
@kept_public
def open_data(request: HttpRequest) -> HttpResponse:
    """What there is to download, what each field is, under which licence, and what changed when."""
    try:
        number = int(request.GET.get("page", "1"))
        log = Paginator(PublicChange.objects.using(PUBLIC).order_by("-at", "-pk"), CHANGES).page(number)
    except (ValueError, EmptyPage) as error:
        raise Http404 from error
    named = titles(list(log))
    return render(
        request,
        "disclosure/open_data.html",
        {
            "files": [(form, File(form, None, "").path) for form in Format],
            "days": [
                (day, [(form, File(form, day, "").path) for form in Format])
                for day in holdings.days()
                if day < timezone.localdate()
            ],
            "total": disclosed().count(),
            "changed": holdings.changed_at(),
            "fields": FIELDS,
            "statuses": [(stage, mapping().status.get(stage.value, "")) for stage in Stage],
            "sectors": [
                (industry, industry.label, ", ".join(mapping().sector.get(industry.value, [])))
                for industry in Industry
            ],
            "schemes": mapping().schemes,
            "data": settings.OPEN_DATA,
            "log": log,
            "changes": [(change, named.get(change.pk, "")) for change in log],
            "feed": feeds()["all"],
        },
    )


@require_safe
def open_data_file(request: HttpRequest, day: str, form: str) -> HttpResponseBase:
    """One file as of a day or of now, made once for each state of what is public.

    All days on which the same version stood share its file: there are as many as versions, whatever days are asked for.
    """
    try:
        wanted = Format(form)
        when = None if day == LATEST else date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    if when is not None and when > timezone.localdate():
        raise Http404
    root = configured_root() or f"{request.scheme}://{request.get_host()}"
    past = when is not None and when < timezone.localdate()
    file = File(wanted, holdings.version_of(when) if when and past else when, root)
    # The token changes with everything public, so a tag holds for exactly this state; what "today" is belongs to it.
    token = revision()
    state = f"{token} {timezone.localdate()} {root}{file.path}"
    tag = f'W/"{salted_hmac("gis_projects.disclosure.open_data", state).hexdigest()[:32]}"'
    response: HttpResponseBase
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        response = HttpResponseNotModified()
    else:
        try:
            found = made.folder.get(token, f"{root}{file.path}", file.lines, now=revision)
        except oc4ids.Empty as empty:
            raise Http404 from empty
        packs = "gzip" in request.headers.get("Accept-Encoding", "")
        if request.method == "HEAD":
            response = HttpResponse(content_type=wanted.media_type)
        else:
            response = StreamingHttpResponse(found.pieces(unpacked=not packs), content_type=wanted.media_type)
        response["Content-Length"] = str(found.packed_size if packs else found.size)
        if packs:
            response["Content-Encoding"] = "gzip"
        response["Content-Disposition"] = f'attachment; filename="{File(wanted, when, root).name}"'
    response["ETag"] = tag
    response["Cache-Control"] = "public, no-cache"
    response["Access-Control-Allow-Origin"] = (
        "*"  # open data: any page may read it, and no cookie plays a part
    )
    patch_vary_headers(response, ("Accept-Encoding",))
    return response
