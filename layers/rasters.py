"""Rasters."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings


def media_path(relative: str) -> Path:
    """Where a stored raster is."""
    return Path(settings.MEDIA_ROOT) / relative


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
