"""HTML to a PDF that archives keep (PDF/A-3u): fetches nothing, carries its evidence, is sealed over every byte."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

import pydyf
import segno
from django.utils.safestring import SafeString, mark_safe
from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration

from siting import sealed_pdf
from siting.documents import canonical


@lru_cache(maxsize=1)
def _fonts() -> FontConfiguration:
    """Fonts are looked up once a process: that costs more than a page."""
    return FontConfiguration()


def pdf(html: str) -> bytes:
    """Return a page as a plain PDF."""
    return HTML(string=html, url_fetcher=_no_outside).write_pdf(font_config=_fonts())


def sealed(html: str, certificate: dict[str, Any]) -> bytes:
    """Return a page as a sealed PDF with a check's certificate attached as its canonical JSON."""
    attachment = Attachment(
        string=canonical(certificate),
        name=sealed_pdf.ATTACHMENT,
        relationship="Source",
    )
    made = HTML(string=html, url_fetcher=_no_outside).write_pdf(
        font_config=_fonts(), pdf_variant="pdf/a-3u", attachments=[attachment], finisher=_leave_room
    )
    return sealed_pdf.seal(made)


def _leave_room(document: Any, pdf: pydyf.PDF) -> None:
    """Put the seal's placeholder into the file: an object of its own, and uncompressed, so that it can be found."""
    room = pydyf.Stream([sealed_pdf.PLACEHOLDER], compress=False)
    pdf.add_object(room)
    pdf.catalog["GISProjectsSeal"] = room.reference


def _no_outside(url: str, *args: Any, **kwargs: Any) -> Any:
    """A report holds all it shows: nothing is fetched, from disk or from the network."""
    raise ValueError(f"a report fetches nothing: {url}")


def qr(text: str) -> SafeString:
    """Return a QR code (level M) as an SVG element."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=2, xmldecl=False, svgns=True, omitsize=True
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - made by us of modules, not of the text
