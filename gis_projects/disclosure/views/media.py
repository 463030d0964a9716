"""Photos and videos of disclosed projects: whole, in ranges, or not at all."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from gis_projects.disclosure import media_files
from gis_projects.disclosure.models import DisclosedMedia
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import disclosed

_CHUNK = 256 * 1024
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponse | StreamingHttpResponse:
    """A file by its name drawn by lot, as long as its row and its project are there; asked anew each time."""
    shown = disclosed().values("slug")
    of = media_files.named_by(name)
    if not DisclosedMedia.objects.using(PUBLIC).filter(name=of, slug__in=shown).exists():
        raise Http404
    path = media_files.folder() / name
    if not path.is_file():
        raise Http404
    size = path.stat().st_size
    # Behind a name stands one content for ever: the name is its tag.
    etag = f'"{name}-{size:x}"'
    response: HttpResponse | StreamingHttpResponse
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    if etag in asked or "*" in asked:
        response = HttpResponseNotModified()
    else:
        response = _part(request, path, size, etag)
        response["Content-Type"] = mimetypes.guess_type(name)[0] or "application/octet-stream"
        response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Cache-Control"] = "public, no-cache"
    return response


def _part(request: HttpRequest, path: Path, size: int, etag: str) -> HttpResponse | StreamingHttpResponse:
    """The range that is asked for (one; several are answered with the whole), 416 for one past the end."""
    start, end = 0, size - 1
    match = _RANGE.match(request.headers.get("Range", ""))
    partial = bool(match and any(match.groups()) and request.headers.get("If-Range", etag) == etag)
    if match and partial:
        first, last = match.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        if start > end:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    length = end - start + 1
    if request.method == "HEAD":
        response: HttpResponse | StreamingHttpResponse = HttpResponse(status=206 if partial else 200)
    else:
        response = StreamingHttpResponse(_read(path, start, length), status=206 if partial else 200)
    response["Content-Length"] = str(length)
    if partial:
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
    return response


def _read(path: Path, start: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while length > 0:
            chunk = file.read(min(_CHUNK, length))
            if not chunk:
                return
            length -= len(chunk)
            yield chunk
