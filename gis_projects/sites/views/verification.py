"""The page that a report's QR code leads to, and the keys by which anybody verifies offline. For everyone."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_projects import parsing
from gis_projects.sentences import sentence
from gis_projects.sites import verification
from siting import certificates, keys

MAX_BYTES = 8 * 1024 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Verify by digest, or by the certificate (JSON) itself; nothing is kept."""
    if request.method == "POST":
        return _verify_file(request)
    digest = request.GET.get("digest", "").strip().lower()
    if not digest:
        return render(request, "sites/verify.html", {})
    if verification.well_formed(digest):
        return redirect("sites:verify-digest", digest)
    problem = _("摘要是 64 位十六进制数字，请核对后重新输入。")
    return render(request, "sites/verify.html", {"digest": digest[:80], "problem": problem}, status=400)


@require_safe
def verify_digest(request: HttpRequest, digest: str) -> HttpResponse:
    """What the platform says of one digest."""
    found = verification.verified(digest)
    context = {"digest": digest, "found": found, "asked": True}
    return render(request, "sites/verify.html", context, status=200 if found else 404)


@require_safe
def published_keys(request: HttpRequest) -> HttpResponse:
    """Every key that this installation signed with, the newest first."""
    return JsonResponse({"keys": [asdict(key) for key in keys.published().values()]})


def _verify_file(request: HttpRequest) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None or (upload.size or 0) > MAX_BYTES:
        problem = _("请选择检查证据文件（JSON，不超过 8 MB）。")
        return render(request, "sites/verify.html", {"problem": problem}, status=400)
    try:
        certificate = parsing.loads(upload.read().decode("utf-8-sig"))
    except ValueError:  # not UTF-8 either
        certificate = None
    if not isinstance(certificate, dict):
        problem = _("该文件不是检查证据（JSON）。PDF 报告请用 verify_check 命令验证，或输入其中的摘要。")
        return render(request, "sites/verify.html", {"problem": problem}, status=400)
    differences = certificates.verify(certificate)
    digest = str(certificate.get("digest", ""))
    context = {
        "asked": True,
        "file": True,
        "digest": digest,
        "differences": [sentence(difference) for difference in differences],
        "found": verification.verified(digest),
    }
    return render(request, "sites/verify.html", context)
