"""What a browser needs to keep the public pages on a device: manifest, worker, the page for none, and what changed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from gis_projects.disclosure.built import Builds, NotBuilt
from gis_projects.disclosure.caching import kept_public
from gis_projects.disclosure.models import ChangeKind, PublicChange
from gis_projects.disclosure.queries import PUBLIC

KEPT_DAYS = 30  # a kept copy is older than that nowhere
_BUILDS = Builds(Path(str(settings.DJANGO_VITE["default"]["manifest_path"])))
_SUBJECT = "project:"
_SHELL = ("src/portal.ts", "src/public.ts")


@require_safe
@kept_public
def manifest(request: HttpRequest) -> HttpResponse:
    """How the site is called and looks when it is installed."""
    return JsonResponse(
        {
            "name": _("包头市项目策划生成平台 · 公开项目"),
            "short_name": _("公开项目"),
            "description": _("经批准公开的项目：地图、清单、统计和办理公示。"),
            "lang": "en" if get_language() == "en" else "zh-Hans",
            "start_url": "/",
            "id": "/",
            "scope": "/",
            "display": "minimal-ui",
            "background_color": "#f7f6f2",
            "theme_color": "#163c5e",
            "icons": [
                {"src": static(f"icons/portal-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
                for size in (192, 512)
            ]
            + [
                {
                    "src": static("icons/portal-maskable-512.png"),
                    "sizes": "512x512",
                    "type": "image/png",
                    "purpose": "maskable",
                }
            ],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
@conditional_page
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker with the files and pages that it keeps from the start: those of the newest build.

    It isn't kept: what it says changes with a build, which no revision tells of. Browsers ask for it with an ETag.
    """
    try:
        built = _BUILDS.current()
    except NotBuilt:
        # A build is under way, the first one that this process sees: the browser keeps the worker it has.
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    kept = {
        "files": [static(file) for file in built.files(*_SHELL)],
        "pages": [reverse("disclosure:offline")],
        "offline": reverse("disclosure:offline"),
        "changes": reverse("disclosure:changes"),
        "static": settings.STATIC_URL,
        "days": KEPT_DAYS,
    }
    return HttpResponse(
        f"self.__kept = {json.dumps(kept)};\n{built.worker}",
        content_type="text/javascript; charset=utf-8",
        headers={"Service-Worker-Allowed": "/", "Cache-Control": "public, no-cache"},
    )


@require_safe
@kept_public
def offline(request: HttpRequest) -> HttpResponse:
    """What stands for a page that was never seen, while there is no network."""
    return render(request, "disclosure/offline.html", {})


@require_safe
@kept_public
def changes(request: HttpRequest) -> HttpResponse:
    """Which projects were corrected or withdrawn of late, so that kept copies go: slug → seconds since 1970."""
    rows = (
        PublicChange.objects.using(PUBLIC)
        .filter(
            subject__startswith=_SUBJECT,
            kind__in=[ChangeKind.CORRECTED, ChangeKind.WITHDRAWN],
            at__gte=timezone.now() - timedelta(days=KEPT_DAYS + 1),
        )
        .order_by("at")
        .values_list("subject", "at")
    )
    return JsonResponse(
        {
            "changed": {subject.removeprefix(_SUBJECT): int(at.timestamp()) for subject, at in rows},
        }
    )
