"""Where the public copies of photos and videos lie. Only what a `DisclosedMedia` names may be given out."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

_PREVIEW = "_480.jpg"


def folder() -> Path:
    """Below it stands each file of `DisclosedMedia` under its ``name``, and a photo's preview beside it."""
    return Path(settings.MEDIA_ROOT) / "public"


def preview_of(name: str) -> str:
    """The name of a photo's small copy (480 px): ``3f2a….jpg`` → ``3f2a…_480.jpg``."""
    return f"{name.rpartition('.')[0]}{_PREVIEW}"


def named_by(name: str) -> str:
    """The ``name`` of the `DisclosedMedia` that lets a file be given out: of a preview the photo's, else its own."""
    return f"{name.removesuffix(_PREVIEW)}.jpg" if name.endswith(_PREVIEW) else name
