"""Taking a version back: the content before it is published again, as a new version. Nothing is undone."""

from __future__ import annotations

import time

from django.db import connection, transaction

from layers.models import Kind, Layer, LayerVersion, Raster, Status
from layers.notices import Notice, UnusableLayer
from layers.publishing import LoadReport, lock, next_version, publish

_WINDOW = """{0}.layer_id = %(layer)s AND {0}.first_version <= %(source)s
    AND ({0}.last_version IS NULL OR {0}.last_version >= %(source)s)"""

_CLOSE = f"""
UPDATE layers_feature AS f SET last_version = %(current)s
WHERE f.layer_id = %(layer)s AND f.last_version IS NULL
  AND NOT EXISTS (SELECT FROM layers_feature o WHERE o.hash = f.hash AND {_WINDOW.format("o")})
RETURNING f.key
"""
_COLUMNS = "layer_id, key, hash, seal, class_code, name, attributes, area_m2, vertices, geom"
_BRING_BACK = f"""
WITH back AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('layers_feature', 'id')) AS new_id, f.* FROM layers_feature f
    WHERE {_WINDOW.format("f")} AND NOT EXISTS (
        SELECT FROM layers_feature o WHERE o.layer_id = f.layer_id AND o.hash = f.hash AND o.last_version IS NULL)),
features AS (
    INSERT INTO layers_feature (id, first_version, {_COLUMNS})
    SELECT new_id, %(number)s, {_COLUMNS} FROM back RETURNING key),
pieces AS (
    INSERT INTO layers_featurepiece (feature_id, layer_id, seal, area_m2, geom)
    SELECT back.new_id, p.layer_id, p.seal, p.area_m2, p.geom
    FROM layers_featurepiece p JOIN back ON back.id = p.feature_id ORDER BY p.id)
SELECT key FROM features
"""
_TILES = """
INSERT INTO layers_overviewtile (layer_id, z, x, y, first_version, mvt, cells)
SELECT t.layer_id, t.z, t.x, t.y, %(number)s, COALESCE(b.mvt, ''::bytea), b.cells
FROM (SELECT DISTINCT layer_id, z, x, y FROM layers_overviewtile
      WHERE layer_id = %(layer)s AND first_version > %(source)s) AS t
     LEFT JOIN LATERAL (
         SELECT o.mvt, o.cells FROM layers_overviewtile o
         WHERE (o.layer_id, o.z, o.x, o.y) = (t.layer_id, t.z, t.x, t.y) AND o.first_version <= %(source)s
         ORDER BY o.first_version DESC LIMIT 1) AS b ON true
"""

_KEPT = (
    "layer_name", "class_system", "class_names", "root_hash", "hash_algorithm", "coverage", "coverage_given",
    "feature_count", "non_overlapping", "detail_zoom", "feature_zoom", "source_name", "source_sha256", "source_crs",
    "source_date", "legal_source", "valid_from", "valid_to", "quality", "report",
)  # fmt: skip


def _content_before(version: LayerVersion) -> LayerVersion | None:
    """The version whose content stood before this one's; a withdrawal has the content it went back to."""
    at = version
    while at.withdraws is not None:
        before = _content_before(at.withdraws)
        if before is None:
            return None
        at = before
    return LayerVersion.objects.filter(layer=version.layer_id, number=at.number - 1).first()


def withdraw(layer: Layer) -> LoadReport:
    """`stage` and `publish` in one transaction."""
    started = time.perf_counter()
    with transaction.atomic():
        version = stage(layer)
        return publish(version, seconds=time.perf_counter() - started)


def stage(layer: Layer) -> LayerVersion:
    """Stage the content before the current version as the next version, which then waits as any other does.

    Raises
    ------
    UnusableLayer
        There is nothing before the current version, or another version waits already.
    """
    with transaction.atomic():
        lock(layer)
        current, number = next_version(layer)
        source = _content_before(current) if current is not None else None
        if current is None or source is None:
            raise UnusableLayer(
                Notice("nothing-before", "图层 %(layer)s 没有更早的版本可恢复。", {"layer": layer.code})
            )
        window = {"layer": layer.pk, "source": source.number, "current": current.number, "number": number}
        # tiles that are still to be made of what is withdrawn would show through copied ones
        since = LayerVersion.objects.filter(layer=layer, number__gte=source.number)
        drawn = not since.filter(overviews_done=False).exists()
        version = LayerVersion.objects.create(
            layer=layer, number=number, withdraws=current, status=Status.STAGING, overviews_done=drawn,
            **{name: getattr(source, name) for name in _KEPT},
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, window)
            gone = {row[0] for row in cursor.fetchall()}
            cursor.execute(_BRING_BACK, window)
            back = {row[0] for row in cursor.fetchall()}
        changed = len(gone & back)
        if layer.kind == Kind.RASTER:
            changed = int(source.root_hash != current.root_hash)
        version.status = Status.STAGED
        version.changes = {
            "added": len(back - gone), "removed": len(gone - back), "changed": changed,
            "unchanged": source.feature_count - len(back - gone) - changed,
        }  # fmt: skip
        version.save(update_fields=["status", "changes"])
        if drawn:  # otherwise they are made for this version as for any other
            with connection.cursor() as cursor:
                cursor.execute(_TILES, window)
        if layer.kind == Kind.RASTER:
            raster = Raster.objects.get(version=source)
            raster.pk, raster._state.adding, raster.version = None, True, version
            raster.save(force_insert=True)
    return version
