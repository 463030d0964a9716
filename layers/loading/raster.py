"""A new version of a raster layer: one file, rewritten in confinement, and one row."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from layers import locks, rasters
from layers.loading.geometries import multipolygon
from layers.locks import Lock
from layers.models import Kind, Layer, LayerVersion, Raster, Status
from layers.notices import Notice, UnusableLayer
from layers.progress import Phase, Progress, silent
from layers.publishing import LoadReport, lock, next_version, publish


def stage_raster(
    layer: Layer,
    path: Path,
    *,
    band: int | None = None,
    epsg: int | None = None,
    source_date: date | None = None,
    legal_source: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    progress: Progress = silent,
) -> LayerVersion:
    """Stage a GeoTIFF as the next version of a raster layer; it is rewritten in confinement first.

    The version's root hash is the SHA-256 of the stored file, its coverage the raster's extent. `band` and `epsg`
    answer what the file doesn't say (`layers.rasters.store`).

    Raises
    ------
    UnreadableFile, UnusableLayer
        With notices; the previous version stays as it was.
    """
    if layer.kind != Kind.RASTER:
        raise UnusableLayer(
            Notice("layer-not-raster", "图层 %(layer)s 不是栅格图层。", {"layer": layer.code})
        )
    progress(Phase.READING, 0, 1)
    with locks.shared(Lock.RASTERS, 0):
        stored = rasters.store(path, band=band, epsg=epsg)
        progress(Phase.READING, 1, 1)
        progress(Phase.WRITING, 0, 1)
        with transaction.atomic():
            lock(layer)
            current, number = next_version(layer)
            same = current is not None and current.root_hash == stored.sha256
            version = LayerVersion.objects.create(
                layer=layer, number=number, status=Status.STAGED, layer_name=layer.name,
                class_system=layer.class_system, class_names=layer.class_names, root_hash=stored.sha256,
                coverage=multipolygon(stored.outline), feature_count=1, source_name=path.name,
                source_sha256=rasters.file_hash(path), source_crs=stored.crs, source_date=source_date,
                legal_source=legal_source, valid_from=valid_from, valid_to=valid_to, overviews_done=True,
                changes={
                    "added": int(current is None), "changed": int(current is not None and not same),
                    "unchanged": int(same),
                },
            )  # fmt: skip
            Raster.objects.create(
                version=version, path=stored.path, sha256=stored.sha256, crs=stored.crs, width=stored.width,
                height=stored.height, nodata=stored.nodata,
            )  # fmt: skip
    progress(Phase.WRITING, 1, 1)
    return version


def load_raster(layer: Layer, path: Path, **told: Any) -> LoadReport:
    """`stage_raster` and `publish`; if either fails, the layer is as it was."""
    started = time.perf_counter()
    # the file is guarded until the row that names it can be seen
    with locks.shared(Lock.RASTERS, 0), transaction.atomic():
        version = stage_raster(layer, path, **told)
        return publish(version, seconds=time.perf_counter() - started)
