"""Reports of a check and of a boundary: sealed PDF, Word, red-line map, findings as tables and shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_projects.exports import XLSX
from gis_projects.people.models import User
from gis_projects.sites.queries import boundaries as queries
from gis_projects.sites.reports import compliance, findings, red_line, word
from gis_projects.sites.verification import address_of
from gis_projects.sites.views.downloads import download
from siting.models import Check

PDF = "application/pdf"
GPKG = "application/geopackage+sqlite3"


@login_required
@require_safe
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """合规性检测报告 as a sealed PDF."""
    row = queries.check(cast(User, request.user), pk)
    made = compliance.pdf(row, reader=cast(User, request.user), verify_at=address_of(request, row.digest))
    return download(made, f"{_('合规性检测报告')}-{row.pk}.pdf", PDF)


@login_required
@require_safe
def report_word(request: HttpRequest, pk: int) -> HttpResponse:
    """The same for those who go on writing in Word; what is edited proves nothing, so it isn't sealed."""
    row = queries.check(cast(User, request.user), pk)
    made = word.compliance(row, reader=cast(User, request.user), verify_at=address_of(request, row.digest))
    return download(made, f"{_('合规性检测报告')}-{row.pk}.docx", word.DOCX)


_FINDINGS: dict[str, tuple[Callable[..., bytes], str]] = {
    "xlsx": (findings.xlsx, XLSX),
    "gpkg": (findings.gpkg, GPKG),
}


@login_required
@require_safe
def findings_file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A check's findings as Excel or GeoPackage."""
    row: Check = queries.check(cast(User, request.user), pk)
    if kind not in _FINDINGS:
        raise Http404
    write, content_type = _FINDINGS[kind]
    content = write(row, reader=cast(User, request.user))
    return download(content, f"{_('检查发现')}-{row.pk}.{kind}", content_type)


@login_required
@require_safe
def red_line_map(request: HttpRequest, pk: int) -> HttpResponse:
    """建设用地红线图 of a boundary version, on A4 or A3."""
    version = queries.site_version(cast(User, request.user), pk)
    sheet = request.GET.get("paper", "A4")
    if sheet not in red_line.MAPS:
        raise Http404
    made = red_line.pdf(version, reader=cast(User, request.user), sheet=sheet)
    return download(made, f"{version.site.project.code}-{_('红线图')}-{version.number}.pdf", PDF)
