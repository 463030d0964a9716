"""HTML to PDF by WeasyPrint: a page holds all it shows, and nothing is fetched, from disk or from the network.

Import it where a page is printed, not at the top: WeasyPrint takes longer to load than all else a process needs to
answer, and most processes never print.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

#: What lies behind an address inside the page: its bytes or text, and their media type. None: it isn't ours.
Inside = Callable[[str], tuple[bytes | str, str] | None]


class _OnlyInside(URLFetcher):
    def __init__(self, inside: Inside) -> None:
        super().__init__(fail_on_errors=True)
        self.inside = inside

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        found = self.inside(url)
        if found is None:
            raise ValueError(f"a printed page fetches nothing: {url[:80]}")
        content, media_type = found
        return URLFetcherResponse(url, content, {"Content-Type": media_type})


@lru_cache(maxsize=1)
def _fonts() -> FontConfiguration:
    """Fonts are looked up once a process: that costs more than a page."""
    return FontConfiguration()


def pdf(html: str, inside: Inside, **options: Any) -> bytes:
    """Return a page as a PDF; ``options`` are those of WeasyPrint's ``write_pdf``.

    Raises
    ------
    ValueError
        The page names an address that ``inside`` doesn't know.
    """
    page = HTML(string=html, url_fetcher=_OnlyInside(inside))
    made: bytes = page.write_pdf(font_config=_fonts(), **options)
    return made


def attachment(content: str, name: str) -> Attachment:
    """Return a text file to lie in a PDF as what the page was made of."""
    return Attachment(string=content, name=name, relationship="Source")
