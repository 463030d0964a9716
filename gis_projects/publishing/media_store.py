"""Where the copies of photos and videos lie: those of the inside, and those that the public may ask for by name.

Every copy here is already without metadata (`gis_projects.publishing.cleaning`). A public name is drawn by lot anew for
each publication, so the address of what was withdrawn never comes back.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from gis_projects.disclosure import media_files
from gis_projects.disclosure.models import DisclosedMedia, MediaKind
from gis_projects.publishing.models import ProgressMedia

_YOUNG_SECONDS = 3600
_DRAFT_SECONDS = 2 * 24 * 3600
ENDINGS = {MediaKind.PHOTO: ".jpg", MediaKind.VIDEO: ".mp4"}


def folder() -> Path:
    """Of the inside's copies; the web server gives none of them out."""
    return Path(settings.MEDIA_ROOT) / "progress"


def path_of(row: ProgressMedia, *, preview: bool = False) -> Path:
    return folder() / row.token[:2] / f"{row.token}{_ending(row, preview)}"


def keep(kind: str, copy: Path, preview: Path | None) -> str:
    """Take the cleaned files into the store; returns the token that names them."""
    token = secrets.token_hex(16)
    below = folder() / token[:2]
    below.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(copy, below / f"{token}{ENDINGS[MediaKind(kind)]}")
    if preview is not None:
        shutil.copyfile(preview, below / f"{token}_480.jpg")
    return token


def drop(paths: Iterable[Path]) -> None:
    """Delete the inside's own copies."""
    for path in paths:
        path.unlink(missing_ok=True)


def draft_of(job: int) -> Path:
    """Where a video lies as it came while a job encodes it anew; nobody can ask for it."""
    return folder() / "drafts" / str(job)


def keep_draft(job: int, path: Path) -> None:
    draft = draft_of(job)
    draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(path, draft)
    draft.chmod(0o600)


def show(row: ProgressMedia) -> str:
    """Put a copy where the public's addresses lead; nobody can ask for it before a `DisclosedMedia` names it."""
    name = secrets.token_hex(16) + _ending(row, False)
    public = media_files.folder()
    public.mkdir(parents=True, exist_ok=True)
    _link(path_of(row), public / name)
    if row.kind == MediaKind.PHOTO:
        _link(path_of(row, preview=True), public / media_files.preview_of(name))
    return name


def hide(names: Iterable[str]) -> None:
    """Delete public copies. Those that are gone already are no matter."""
    for name in names:
        for file in (name, media_files.preview_of(name)):
            (media_files.folder() / file).unlink(missing_ok=True)


def sweep() -> int:
    """Delete public copies that nothing names: of a publication that was rolled back, or a process that died between;
    and videos as they came whose job is long gone.

    One that is an hour young may be of a publication that isn't committed yet.
    """
    drafts = draft_of(0).parent
    for entry in os.scandir(drafts) if drafts.is_dir() else ():
        if entry.stat(follow_symlinks=False).st_mtime < time.time() - _DRAFT_SECONDS:
            Path(entry.path).unlink(missing_ok=True)
    public = media_files.folder()
    if not public.is_dir():
        return 0
    named = set(DisclosedMedia.objects.values_list("name", flat=True))
    named |= {media_files.preview_of(name) for name in named}
    swept = 0
    for entry in os.scandir(public):
        young = entry.stat(follow_symlinks=False).st_mtime > time.time() - _YOUNG_SECONDS
        if entry.name not in named and not young and entry.is_file(follow_symlinks=False):
            Path(entry.path).unlink(missing_ok=True)
            swept += 1
    return swept


def _ending(row: ProgressMedia, preview: bool) -> str:
    return "_480.jpg" if preview else ENDINGS[MediaKind(row.kind)]


def _link(source: Path, target: Path) -> None:
    """A copy of its own: what happens to one name never touches the other."""
    shutil.copyfile(source, target)
    target.chmod(0o644)
