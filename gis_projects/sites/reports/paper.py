"""HTML to a PDF that archives keep (PDF/A-3u): fetches nothing, carries its evidence, is sealed over every byte."""

from __future__ import annotations

import io
import re
from typing import Any

import pydyf
import segno
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from siting import sealed_pdf
from siting.documents import canonical

_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_FAMILY = re.compile(r"body \{ font-family: ([^;}]+)")


class _Figures:
    """The drawings of one page, and nothing else: a report holds all it shows."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def __call__(self, url: str) -> tuple[str, str] | None:
        kind, _colon, number = url.partition(":")
        return (self.drawn[int(number)], "image/svg+xml") if kind == "figure" else None

    def taken_out(self, html: str) -> str:
        """Return the page with each SVG element as an image of it.

        Inside the page a map of thousands of corners goes through the HTML tokenizer letter by letter, and each of its
        elements through the cascade; apart it is parsed once as XML. An image inherits no font, so it is told.
        """
        family = _FAMILY.search(html)
        font = escape(family[1].replace('"', "'")) if family else "sans-serif"

        def put(found: re.Match[str]) -> str:
            self.drawn.append(found[0].replace("<svg", f'<svg font-family="{font}"', 1))
            label = re.search(r'aria-label="([^"]*)"', found[0])
            return f'<img src="figure:{len(self.drawn) - 1}" alt="{label[1] if label else ""}">'

        return _SVG.sub(put, html)


def pdf(html: str) -> bytes:
    """Return a page as a plain PDF."""
    from gis_projects import typesetting

    figures = _Figures()
    return typesetting.pdf(figures.taken_out(html), figures)


def sealed(html: str, certificate: dict[str, Any]) -> bytes:
    """Return a page as a sealed PDF with a check's certificate attached as its canonical JSON."""
    from gis_projects import typesetting

    evidence = typesetting.attachment(canonical(certificate), sealed_pdf.ATTACHMENT)
    figures = _Figures()
    made = typesetting.pdf(
        figures.taken_out(html),
        figures,
        pdf_variant="pdf/a-3u",
        attachments=[evidence],
        finisher=_leave_room,
    )
    return sealed_pdf.seal(made)


def _leave_room(document: Any, pdf: pydyf.PDF) -> None:
    """Put the seal's placeholder into the file: an object of its own, and uncompressed, so that it can be found."""
    room = pydyf.Stream([sealed_pdf.PLACEHOLDER], compress=False)
    pdf.add_object(room)
    pdf.catalog["GISProjectsSeal"] = room.reference


def qr(text: str) -> SafeString:
    """Return a QR code (level M) as an SVG element."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", border=2, xmldecl=False, svgns=True, omitsize=True
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - made by us of modules, not of the text
