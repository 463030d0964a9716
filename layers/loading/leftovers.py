"""What a staging leaves that was killed, not stopped: found by the locks that nobody holds any more."""

from __future__ import annotations

import shutil

from layers import locks
from layers.locks import Lock
from layers.models import LayerVersion, Raster, Status
from layers.publishing import discard
from layers.rasters import media_path


def tidy() -> dict[str, int]:
    """Take away versions that nobody alive is staging, with their rows, and raster files that no version names.

    Returns
    -------
    dict
        How many `versions` and `files` there were. What is being staged now is left alone: rasters all of them,
        while one is.
    """
    return {"versions": _versions(), "files": _files()}


def _versions() -> int:
    count = 0
    for version in (
        LayerVersion.objects.filter(status=Status.STAGING).defer("coverage").select_related("layer")
    ):
        if not locks.take(Lock.STAGING, version.layer_id):
            continue
        try:
            # it may have been finished since we asked
            if LayerVersion.objects.filter(pk=version.pk, status=Status.STAGING).exists():
                discard(version)
                count += 1
        finally:
            locks.give_back(Lock.STAGING, version.layer_id)
    return count


def _files() -> int:
    folder = media_path("rasters")
    if not folder.is_dir() or not locks.take(Lock.RASTERS, 0):
        return 0
    try:
        named = set(Raster.objects.values_list("path", flat=True))
        count = 0
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".new-"):
                shutil.rmtree(path)
            elif path.suffix == ".tif" and f"rasters/{path.name}" not in named:
                path.unlink()
            else:
                continue
            count += 1
        return count
    finally:
        locks.give_back(Lock.RASTERS, 0)
