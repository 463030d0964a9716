"""From staged to published, or to nothing: one transaction that changes two rows, whatever the layer's size."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from layers import locks
from layers.locks import Lock
from layers.models import WAITING, Layer, LayerVersion, Status
from layers.notices import Notice, UnusableLayer


@dataclass(frozen=True)
class LoadReport:
    """What a publication did. Counts are features; `changed` ones kept their key."""

    layer: str
    version: int
    features: int
    added: int
    removed: int
    changed: int
    unchanged: int
    repaired: int
    rejected: int
    root_hash: str
    seconds: float
    quality: dict[str, Any]
    details: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The report for programs; `details` (per feature) are kept with the version."""
        return {name: value for name, value in asdict(self).items() if name != "details"}


def lock(layer: Layer) -> None:
    """Wait until no other transaction stages, publishes or discards a version of this layer."""
    locks.wait(Lock.LAYER, layer.pk)


def next_version(layer: Layer) -> tuple[LayerVersion | None, int]:
    """The version in force, and the number that the next one gets. Call it under the lock.

    Raises
    ------
    UnusableLayer
        There is a next one already, staging or staged.
    """
    versions = LayerVersion.objects.filter(layer=layer).defer("coverage")
    waiting = versions.filter(status__in=WAITING).first()
    if waiting is not None:
        raise UnusableLayer(
            Notice(
                "version-waiting", "图层 %(layer)s 的第 %(number)d 版正在入库或待发布，请先发布或退回它。",
                {"layer": layer.code, "number": waiting.number},
            )
        )  # fmt: skip
    current = versions.filter(status=Status.PUBLISHED).first()
    return current, current.number + 1 if current else 1


def publish(version: LayerVersion, *, seconds: float = 0.0) -> LoadReport:
    """Make a staged version the one in force.

    Raises
    ------
    UnusableLayer
        It isn't staged (any more): someone else published or discarded it, or it was never finished.
    """
    started = time.perf_counter()
    with transaction.atomic():
        lock(version.layer)
        row = LayerVersion.objects.defer("coverage").select_related("layer").filter(pk=version.pk).first()
        if row is None or row.status != Status.STAGED:
            raise UnusableLayer(
                Notice(
                    "version-not-staged", "图层 %(layer)s 的第 %(number)d 版不在待发布状态。",
                    {"layer": version.layer.code, "number": version.number},
                )
            )  # fmt: skip
        LayerVersion.objects.filter(layer=row.layer_id, status=Status.PUBLISHED).update(
            status=Status.SUPERSEDED
        )
        LayerVersion.objects.filter(pk=row.pk).update(status=Status.PUBLISHED, published_at=timezone.now())
    return report_of(row, seconds=seconds + time.perf_counter() - started)


def report_of(version: LayerVersion, *, seconds: float) -> LoadReport:
    """What staging and publishing this version did."""
    counts = {name: int(version.changes.get(name, 0)) for name in _COUNTS}
    return LoadReport(
        layer=version.layer.code, version=version.number, features=version.feature_count, **counts,
        root_hash=version.root_hash, seconds=round(seconds, 3), quality=version.quality, details=version.report,
    )  # fmt: skip


_COUNTS = ("added", "removed", "changed", "unchanged", "repaired", "rejected")

# Pieces first: a piece's feature says whether it may go.
_DISCARD = (
    """DELETE FROM layers_featurepiece p USING layers_feature f
       WHERE f.id = p.feature_id AND f.layer_id = %(layer)s AND f.first_version = %(number)s""",
    "DELETE FROM layers_feature WHERE layer_id = %(layer)s AND first_version = %(number)s",
    """UPDATE layers_feature SET last_version = NULL
       WHERE layer_id = %(layer)s AND last_version = %(number)s - 1""",
    "DELETE FROM layers_overviewtile WHERE layer_id = %(layer)s AND first_version = %(number)s",
    "DELETE FROM layers_raster WHERE version_id = %(version)s",
    "DELETE FROM layers_qualityfinding WHERE version_id = %(version)s",
    "DELETE FROM layers_layerversion WHERE id = %(version)s",
)


def discard(version: LayerVersion) -> None:
    """Take a version that was never published out again; the one in force stays as it is.

    Raises
    ------
    UnusableLayer
        It is published, or its rows are being written by a process that lives: that one has to be stopped first.
    """
    with transaction.atomic():
        alive = not locks.taken(Lock.STAGING, version.layer_id)
        if not alive:
            locks.wait(
                Lock.WRITING, version.layer_id
            )  # a killed writer's last transaction may still be ending
        lock(version.layer)
        # whoever writes tiles of this version holds its row: they are written whole before they go
        row = LayerVersion.objects.select_for_update().only("status").filter(pk=version.pk).first()
        if row is None:
            return
        if alive and row.status == Status.STAGING:
            raise UnusableLayer(
                Notice(
                    "version-being-staged", "图层 %(layer)s 的第 %(number)d 版正在入库，请先取消入库。",
                    {"layer": version.layer.code, "number": version.number},
                )
            )  # fmt: skip
        if row.status not in WAITING:
            raise UnusableLayer(
                Notice(
                    "version-published", "图层 %(layer)s 的第 %(number)d 版已经发布，只能撤回。",
                    {"layer": version.layer.code, "number": version.number},
                )
            )  # fmt: skip
        window = {"layer": version.layer_id, "number": version.number, "version": version.pk}
        with connection.cursor() as cursor:
            for statement in _DISCARD:
                cursor.execute(statement, window)
