"""A new version of a layer: prepared in memory, then written behind the version in force.

A failure anywhere leaves that one as it was. Of each layer one version at most is on its way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction

from layers import copying, hashing, pieces, rasters, staging, tiles
from layers.areas import exact_areas
from layers.models import Kind, Layer, LayerVersion, Raster, Status
from layers.notices import Notice, UnusableLayer
from layers.progress import Phase, Progress, silent
from layers.publishing import LoadReport, lock, next_version, publish
from layers.reading import read_features
from layers.staging import Content, Staged
from layers.table import Table

_REPORTED = 1000  # repairs and rejections kept with the version; the counts are always whole
_ANALYSE_FROM = 5000


def _live(layer: Layer) -> dict[bytes, tuple[int, str]]:
    """Hash → (id, key) of the features of the current version."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash, id, key FROM layers_feature WHERE layer_id = %s AND last_version IS NULL",
            [layer.pk],
        )
        return {bytes(hash_): (id_, key) for hash_, id_, key in cursor.fetchall()}


def _rows(
    layer: Layer, number: int, content: Content, which: np.ndarray[Any, Any], ids: list[int] | None
) -> Iterator[bytes]:
    """Encoded rows of the features `which`; with their ids where those were drawn before."""
    layer_field, first = copying.int8(layer.pk), copying.int4(number)
    areas, vertices = content.areas[which].tolist(), content.vertices[which].tolist()
    wkbs = shapely.to_wkb(content.geometries[which], byte_order=1)
    for n, i in enumerate(which.tolist()):
        hash_, wkb, area = content.hashes[i], wkbs[n], areas[n]
        yield b"".join(
            (
                copying.int8(ids[n]) if ids is not None else b"",
                layer_field,
                copying.text(content.keys[i]),
                first,
                copying.NULL,
                copying.raw(hash_),
                copying.raw(hashing.seal(hash_, area, wkb)),
                copying.text(content.class_codes[i]),
                copying.text(content.names[i]),
                copying.jsonb(content.attributes[i]),
                copying.float8(area),
                copying.int4(vertices[n]),
                copying.geometry(wkb),
            )
        )


_COLUMNS = (
    "layer_id", "key", "first_version", "last_version", "hash", "seal", "class_code", "name", "attributes",
    "area_m2", "vertices", "geom",
)  # fmt: skip


def _draw_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('layers_feature', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def _write_features(layer: Layer, number: int, content: Content, which: np.ndarray[Any, Any]) -> None:
    big = pieces.is_big(content.vertices[which])
    small = which[~big]
    if len(small):
        copying.copy("layers_feature", _COLUMNS, _rows(layer, number, content, small, None))
    which = which[big]
    if not len(which):
        return
    ids = _draw_ids(len(which))
    copying.copy("layers_feature", ("id", *_COLUMNS), _rows(layer, number, content, which, ids))
    cuts, owners = pieces.cut(content.geometries[which])
    areas = exact_areas(cuts).tolist()
    layer_field = copying.int8(layer.pk)
    hashes = [content.hashes[i] for i in which.tolist()]

    def rows() -> Iterator[bytes]:
        for wkb, area, owner in zip(shapely.to_wkb(cuts, byte_order=1), areas, owners.tolist(), strict=True):
            seal = copying.raw(hashing.seal(hashes[owner], area, wkb))
            yield b"".join(
                (copying.int8(ids[owner]), layer_field, seal, copying.float8(area), copying.geometry(wkb))
            )

    copying.copy("layers_featurepiece", ("feature_id", "layer_id", "seal", "area_m2", "geom"), rows())


def _close(ids: list[int], last_version: int) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE layers_feature SET last_version = %s WHERE id = ANY(%s)", [last_version, ids]
            )


def _multipolygon(geometry: Any) -> Any:
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=4490)


def _names(layer: Layer) -> dict[str, Any]:
    """What a version keeps of its layer's words."""
    return {"layer_name": layer.name, "class_system": layer.class_system, "class_names": layer.class_names}


def write(
    layer: Layer, staged: Staged, *, withdraws: LayerVersion | None = None, progress: Progress = silent
) -> LayerVersion:
    """Write a prepared version behind the one in force, in one transaction; it is staged then, not published.

    Features with an equal content hash are shared with the version in force; the others are closed or inserted.

    Raises
    ------
    UnusableLayer
        The layer holds no vectors, or another version of it waits already.
    """
    if layer.kind != Kind.VECTOR:
        raise UnusableLayer(
            Notice("layer-not-vector", "图层 %(layer)s 不是矢量图层。", {"layer": layer.code})
        )
    content = staged.content
    with transaction.atomic():
        lock(layer)
        current, number = next_version(layer)
        progress(Phase.WRITING, 0, len(content))
        live = _live(layer) if current else {}
        hashes = set(content.hashes)
        gone = [row for hash_, row in live.items() if hash_ not in hashes]
        _close([id_ for id_, _ in gone], number - 1)
        new = np.array([i for i, hash_ in enumerate(content.hashes) if hash_ not in live], dtype=np.intp)
        _write_features(layer, number, content, new)
        gone_keys = {key for _, key in gone}
        changed = sum(content.keys[i] in gone_keys for i in new.tolist())
        details = {
            "repaired": [asdict(repair) for repair in staged.repaired[:_REPORTED]],
            "rejected": [asdict(rejection) for rejection in staged.rejected[:_REPORTED]],
            "notices": [
                {"code": n.code, "template": n.template, "params": dict(n.params)} for n in staged.notices
            ],
        }
        version = LayerVersion.objects.create(
            layer=layer, number=number, status=Status.STAGED, **_names(layer),
            root_hash=hashing.root_hash(content.hashes), hash_algorithm=hashing.ALGORITHM,
            coverage=_multipolygon(staged.coverage), coverage_given=staged.coverage_given,
            feature_count=len(content), non_overlapping=staged.non_overlapping, detail_zoom=staged.detail_zoom,
            source_name=staged.source_name, source_sha256=staged.source_sha256, source_crs=staged.source_crs,
            source_date=staged.source_date, withdraws=withdraws, report=details, overviews_done=True,
            changes={
                "added": len(new) - changed, "removed": len(gone) - changed, "changed": changed,
                "unchanged": len(content) - len(new), "repaired": len(staged.repaired),
                "rejected": len(staged.rejected),
            },
        )  # fmt: skip
        tiles.store(version, staged.tiles, replacing=current)
        if len(new) >= _ANALYSE_FROM:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE layers_feature, layers_featurepiece")
        progress(Phase.WRITING, len(content), len(content))
    return version


def prepare(
    layer: Layer,
    source: Path | Table,
    *,
    coverage: Any = None,
    epsg: int | None = None,
    layer_name: str | None = None,
    source_date: date | None = None,
    progress: Progress = silent,
) -> Staged:
    """Read and stage a file or a table for a layer (saved or not); nothing is written.

    Parameters
    ----------
    layer
        The layer.
    source
        A file (read in confinement) or features in memory.
    coverage
        Where the layer can be asked, EPSG:4490 polygons (shapely). Without it the current version's is kept
        if that was given; otherwise the features' union is taken.
    epsg
        The answer to "which coordinate system?", used only where the file declares none.
    layer_name
        Which layer of a file that has several.
    progress
        See `layers.progress`.

    Raises
    ------
    UnreadableFile, UnusableLayer
        With notices.
    """
    if isinstance(source, Table):
        table = source
    else:
        progress(Phase.READING, 0, 0)
        table = read_features(source, layer_name=layer_name, epsg=epsg)
    if source_date is not None:
        table = replace(table, source_date=source_date)
    if coverage is None:
        coverage = _given_before(layer)
    return staging.stage(table, coverage=coverage, min_zoom=layer.min_zoom, progress=progress)


def load(
    layer: Layer,
    source: Path | Table,
    *,
    coverage: Any = None,
    epsg: int | None = None,
    layer_name: str | None = None,
    source_date: date | None = None,
    progress: Progress = silent,
) -> LoadReport:
    """`prepare`, `write` and `publish` as the layer's next version; if any fails, the layer is as it was."""
    started = time.perf_counter()
    staged = prepare(
        layer, source, coverage=coverage, epsg=epsg, layer_name=layer_name, source_date=source_date,
        progress=progress,
    )  # fmt: skip
    with transaction.atomic():
        version = write(layer, staged, progress=progress)
        return publish(version, seconds=time.perf_counter() - started)


def _given_before(layer: Layer) -> Any:
    """The coverage that was given for the current version, as a shapely geometry; None if none was."""
    if layer.pk is None:
        return None
    current = LayerVersion.objects.filter(layer=layer, status=Status.PUBLISHED, coverage_given=True).first()
    return None if current is None else shapely.from_wkb(bytes(current.coverage.wkb))


def stage_raster(layer: Layer, path: Path, *, source_date: date | None = None) -> LayerVersion:
    """Stage a GeoTIFF as the next version of a raster layer; it is rewritten in confinement first.

    The version's root hash is the SHA-256 of the stored file, its coverage the raster's extent.

    Raises
    ------
    UnreadableFile, UnusableLayer
        With notices; the previous version stays as it was.
    """
    if layer.kind != Kind.RASTER:
        raise UnusableLayer(
            Notice("layer-not-raster", "图层 %(layer)s 不是栅格图层。", {"layer": layer.code})
        )
    stored = rasters.store(path)
    with transaction.atomic():
        lock(layer)
        current, number = next_version(layer)
        same = current is not None and current.root_hash == stored.sha256
        version = LayerVersion.objects.create(
            layer=layer, number=number, status=Status.STAGED, **_names(layer), root_hash=stored.sha256,
            coverage=_multipolygon(stored.outline), feature_count=1, source_name=path.name,
            source_sha256=rasters.file_hash(path), source_crs=stored.crs, source_date=source_date,
            overviews_done=True,
            changes={
                "added": int(current is None), "changed": int(current is not None and not same),
                "unchanged": int(same),
            },
        )  # fmt: skip
        Raster.objects.create(
            version=version, path=stored.path, sha256=stored.sha256, crs=stored.crs, width=stored.width,
            height=stored.height, nodata=stored.nodata,
        )  # fmt: skip
    return version


def load_raster(layer: Layer, path: Path, *, source_date: date | None = None) -> LoadReport:
    """`stage_raster` and `publish`; if either fails, the layer is as it was."""
    started = time.perf_counter()
    with transaction.atomic():
        version = stage_raster(layer, path, source_date=source_date)
        return publish(version, seconds=time.perf_counter() - started)
