"""Public answers that are kept: rendered once, compressed once, given out until anything public changes.

Every kept answer belongs to one `Revision`, whose token every change of a public table replaces in its own
transaction. So a withdrawal reaches the next request, in every process, without anyone being told. Browsers and
proxies may keep an answer too, but must ask before they use it (``no-cache`` and an ETag).
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags
from django.utils.translation import get_language

from gis_projects.disclosure.models import Revision

PUBLIC = "public"
KEPT_BYTES = 48 * 1024 * 1024  # in one process
_LARGEST = 2 * 1024 * 1024  # of one answer: an export is made for who asks
_WORTH_COMPRESSING = 500
_COMPRESSIBLE = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/feed+json",
    "application/atom+xml",
    "application/rss+xml",
    "application/vnd.mapbox-vector-tile",
)


@dataclass(frozen=True)
class Kept:
    """A whole answer; ``packed`` is its gzip, or empty where that doesn't pay."""

    body: bytes
    packed: bytes
    headers: tuple[tuple[str, str], ...]
    etag: str

    @property
    def size(self) -> int:
        return len(self.body) + len(self.packed)


class Shelf:
    """The kept answers of one revision, the longest unused ones dropped first. Threads share it."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._token = ""
        self._bytes = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def get(self, token: str, key: str) -> Kept | None:
        with self._lock:
            if token != self._token:
                return None
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def put(self, token: str, key: str, kept: Kept) -> None:
        with self._lock:
            if token != self._token:
                self._token, self._bytes = token, 0
                self._kept.clear()
            old = self._kept.pop(key, None)
            self._bytes += kept.size - (old.size if old else 0)
            self._kept[key] = kept
            while self._bytes > self._most and len(self._kept) > 1:
                _key, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size


shelf = Shelf()


def revision() -> str:
    """The token of what the public may see now; empty where nothing was ever published. One query.

    Another one every day: what is shown until a day is gone on the next, though no table changed.
    """
    token = Revision.objects.using(PUBLIC).values_list("token", flat=True).first()
    return f"{token} {timezone.localdate()}" if token else ""


def kept_public(view: Callable[..., Any]) -> Callable[..., Any]:
    """Keep a view's 200 answers to GET and HEAD; nothing else is kept, nothing else has an ETag.

    The view may depend on the whole address with its query, on the language and on the day, and on nothing else: not
    on cookies, not on who asks. An address that isn't there (or isn't there any more) is found out anew each time, and
    says 404 whatever ETag it is asked with.
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        # Read before the view reads anything: what changes in between is shown under the older token, once.
        token = revision()
        # The host too, as feeds carry whole addresses; and the day, as what is shown until a day ends with it.
        address = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
        key = f"{timezone.localdate()} {get_language()} {address}"
        kept = shelf.get(token, key) if token else None
        if kept is None:
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and callable(response.render):
                response = response.render()
            if response.status_code != 200 or response.streaming:
                return response
            kept = _keep(response, token, key)
            if token and kept.size <= _LARGEST:
                shelf.put(token, key, kept)
        return _give(request, kept)

    return answered


def _keep(response: HttpResponse, token: str, key: str) -> Kept:
    body = bytes(response.content)
    kind = response.headers.get("Content-Type", "")
    packed = b""
    if len(body) >= _WORTH_COMPRESSING and kind.startswith(_COMPRESSIBLE):
        # No time in it: the same content is the same bytes.
        packed = gzip.compress(body, compresslevel=6, mtime=0)
    # Keyed by this installation's secret: nobody can make up the tag of a page that they haven't seen.
    digest = hashlib.sha256(body).hexdigest()
    etag = salted_hmac("gis_projects.disclosure.caching", f"{token} {key} {digest}").hexdigest()[:32]
    headers = tuple(
        (name, value)
        for name, value in response.headers.items()
        if name not in ("Content-Length", "ETag", "Cache-Control", "Vary", "Content-Encoding")
    )
    return Kept(body, packed if len(packed) < len(body) else b"", headers, f'W/"{etag}"')


def _give(request: HttpRequest, kept: Kept) -> HttpResponse:
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponse
    if kept.etag in asked:
        response = HttpResponseNotModified()
    elif kept.packed and "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(kept.packed)
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(kept.body)
    for name, value in kept.headers:
        if response.status_code == 200 or name not in ("Content-Type",):
            response[name] = value
    response["ETag"] = kept.etag
    response["Cache-Control"] = "public, no-cache"
    # The language may come from a cookie (the reader's choice) or from what the browser asks for.
    patch_vary_headers(response, ("Accept-Encoding", "Accept-Language", "Cookie"))
    return response
