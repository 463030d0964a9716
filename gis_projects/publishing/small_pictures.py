"""A diary's photos made small for the map, without metadata: drawn once in confinement, kept by their bytes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile

from gis_projects import files
from gis_projects.library.models import Attachment
from gis_projects.publishing import cleaning, media_store


def small(photo: Attachment) -> Path:
    """The small copy (JPEG, at most 480 px) of an attachment that is a photo.

    Raises
    ------
    FileNotFoundError
        Its bytes are gone.
    UnusableInput
        As `cleaning.cleaned`.
    """
    path = media_store.folder() / "diary" / photo.sha256[:2] / f"{photo.sha256}.jpg"
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        cleaning.cleaned(photo.name, files.path_of(photo.sha256)) as clean,
        NamedTemporaryFile(dir=path.parent, delete=False) as draft,
    ):
        try:
            with clean.small.open("rb") as made:
                shutil.copyfileobj(made, draft)
            draft.flush()
            os.replace(draft.name, path)  # two that draw it at once leave one whole file
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    return path
