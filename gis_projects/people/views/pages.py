"""What the lists of this room share: reading an address, pages of rows, and what else an address says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 50


def asked(request: HttpRequest, names: Mapping[str, int]) -> dict[str, str]:
    """What an address asks for under these names, cut to their lengths; a NUL means nothing to a database."""
    return {
        name: request.GET.get(name, "")[:length].replace("\0", "").strip() for name, length in names.items()
    }


def context(request: HttpRequest, rows: QuerySet[Any], wanted: Mapping[str, str]) -> dict[str, Any]:
    """A page of the rows, with the rest of the address for its links."""
    page: Page[Any] = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    kept = {name: value for name, value in wanted.items() if value}
    return {
        "page": page,
        "wanted": wanted,
        "filtered": bool(kept),
        "query": urlencode(kept) + "&" if kept else "",
    }
