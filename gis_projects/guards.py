"""What holds for every request and answer, whatever room they are for."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import has_vary_header

from gis_projects import problems

Answer = Callable[[HttpRequest], HttpResponse]


def body_limit(get_response: Answer) -> Answer:
    """Refuse a body past ``MAX_BODY_BYTES`` before any of it is read; a server in front may be stricter.

    Without a length there is no body: Django reads none of it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length[:15]) > settings.MAX_BODY_BYTES:
            return problems.too_large(request, settings.MAX_BODY_BYTES // 1024**2)
        return get_response(request)

    return middleware


def private_unless_said(get_response: Answer) -> Answer:
    """An answer that depends on who asks is kept by no one but them, and asked for again each time."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if has_vary_header(response, "Cookie") and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache"
        return response

    return middleware
