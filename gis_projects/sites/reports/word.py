"""Reports as Word files, from templates that a bureau may edit in Word: its own folder comes before ours."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import jinja2
import resvg_py
import segno
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from gis_projects.people.models import User
from gis_projects.sites.reports import compliance as compliance_report
from gis_projects.sites.templatetags import report_numbers
from siting.models import Check

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_OURS = Path(settings.BASE_DIR) / "frontend" / "templates" / "sites" / "word"
_MAP_WIDTH = Mm(165)
_PIXELS = 1950  # 300 dots per inch over the width of the page


def compliance(check: Check, *, reader: User, verify_at: str) -> bytes:
    """Return 合规性检测报告 as a Word file, without what the reader may not read of its layers."""
    return fill("compliance.docx", compliance_report.context(check, reader, verify_at=verify_at))


def fill(name: str, context: dict[str, Any]) -> bytes:
    """Fill a template of that name; ``map`` (SVG) and ``verify_at`` of the context become pictures."""
    template = DocxTemplate(str(template_path(name)))
    pictures: dict[str, Any] = {}
    if context.get("map"):
        pictures["map"] = InlineImage(template, io.BytesIO(picture(str(context["map"]))), width=_MAP_WIDTH)
    if context.get("verify_at"):
        code = io.BytesIO()
        segno.make(context["verify_at"], error="m", micro=False).save(code, kind="png", scale=6, border=2)
        code.seek(0)
        pictures["qr"] = InlineImage(template, code, width=Mm(26))
    template.render({**context, **pictures}, _environment(), autoescape=True)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def template_path(name: str) -> Path:
    """Return the template to fill: the bureau's (``WORD_TEMPLATES``) where it has one, else ours."""
    own = Path(settings.WORD_TEMPLATES) / name if settings.WORD_TEMPLATES else None
    return own if own is not None and own.exists() else _OURS / name


def picture(svg: str) -> bytes:
    """Return a drawing as PNG; Word before 2016 shows no SVG."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg, width=_PIXELS, font_family="Noto Sans CJK SC", background="#fff"
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.globals["_"] = gettext
    environment.filters |= {
        "area": report_numbers.area,
        "hectare": report_numbers.hectare,
        "metre": report_numbers.metre,
        "percent": report_numbers.percent,
        "moment": lambda at: timezone.localtime(at).strftime("%Y-%m-%d %H:%M"),
    }
    return environment
