"""Is this digest one of ours, and does it still hold? What anybody with a report in hand may ask.

A digest (SHA-256) can't be guessed, and whoever has it has the report. So the answer names what the report itself
says (its verdict, its day) and whether the platform has since answered anew, and nothing else: no project, no place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from siting import certificates, keys
from siting.certificates import Difference
from siting.models import Check

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Verified:
    """What the platform says of one of its checks. ``differences`` is empty where the record still holds."""

    digest: str
    verdict: str
    issued_at: datetime
    key: str
    key_until: str | None
    newer: datetime | None
    differences: tuple[Difference, ...]


def well_formed(digest: str) -> bool:
    return bool(_DIGEST.fullmatch(digest))


def verified(digest: str) -> Verified | None:
    """Look a digest up and verify the stored record; None where there is no such check."""
    check = Check.objects.filter(digest=digest).order_by("pk").first() if well_formed(digest) else None
    if check is None:
        return None
    later = Check.objects.filter(site_version__site=check.site_version.site_id, pk__gt=check.pk)
    published = keys.published().get(check.key_id)
    return Verified(
        digest=digest,
        verdict=check.verdict,
        issued_at=check.created_at,
        key=check.key_id,
        key_until=published.until if published else None,
        newer=later.order_by("-created_at").values_list("created_at", flat=True).first(),
        differences=tuple(certificates.verify(certificates.certificate(check))),
    )


def address_of(request: HttpRequest, digest: str) -> str:
    """Return the address that a report's QR code leads to.

    ``PUBLIC_ADDRESS`` is how the outside calls this installation, where the name in the request isn't it.
    """
    path = reverse("sites:verify-digest", args=[digest])
    return (
        f"{settings.PUBLIC_ADDRESS.rstrip('/')}{path}"
        if settings.PUBLIC_ADDRESS
        else request.build_absolute_uri(path)
    )
