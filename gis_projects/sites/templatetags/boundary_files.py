"""The menu of a boundary's files."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext

from siting.formats import EXPORTS
from siting.models import SiteVersion

register = template.Library()


@register.inclusion_tag("sites/downloads.html")
def boundary_downloads(
    version: SiteVersion, look: str = "btn btn-outline-primary", inline: bool = False
) -> dict[str, Any]:
    """Links to one version's boundary in every format, and to the file that it came from; `inline` within a table."""
    return {
        "look": look,
        "inline": inline,
        "number": version.number,
        "files": [
            (reverse("sites:boundary-file", args=[version.pk, kind]), gettext(export.label))
            for kind, export in EXPORTS.items()
        ],
        "original": reverse("sites:original", args=[version.pk]) if version.source_sha256 else "",
    }
