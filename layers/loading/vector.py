"""A new version of a vector layer: written behind the one in force in batches, then looked at as a whole.

Few features are written by the connection that asks, in one transaction; many by several processes, each batch in
a transaction of its own. Whatever ends the work before the version is staged, what was written goes (`discard`), or
is taken away by the next one who stages or tidies.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.db import DatabaseError, InterfaceError, connection, transaction

from layers import hashing, locks, overviews
from layers.loading import repeated, rows, workers
from layers.loading.claims import Claims
from layers.loading.geometries import multipolygon
from layers.loading.predecessor import Predecessor, hashes_of
from layers.loading.sources import FileLayer, Source, of_file, of_table, together
from layers.loading.writing import Rules, Writer, Written
from layers.locks import Lock
from layers.models import Kind as LayerKind
from layers.models import Layer, LayerVersion, Severity, Status
from layers.notices import Notice, UnusableLayer
from layers.progress import Phase, Progress, silent
from layers.publishing import LoadReport, discard, lock, next_version, publish
from layers.quality import findings, report
from layers.quality.findings import Finding, Kind
from layers.quality.geometry import as_multipolygon
from layers.table import Table

BATCH = 10_000
SEVERAL_FROM = 20_000  # features: below, starting processes takes longer than they save
_ANALYSE_FROM = 5000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Wishes:
    """What was asked for beside the features."""

    coverage: Any
    rules: Rules
    region: Any
    progress: Progress
    told: dict[str, Any]


def stage(
    layer: Layer,
    source: Path | Table,
    *,
    coverage: Any = None,
    epsg: int | None = None,
    layer_name: str | None = None,
    swap_axes: bool = False,
    mapping: Mapping[str, str] | None = None,
    source_date: date | None = None,
    legal_source: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    region: Any = None,
    progress: Progress = silent,
) -> LayerVersion:
    """Write a file or a table behind the version in force; it is staged then, not published.

    Features with an equal content hash are shared with the version in force; the others are closed or inserted.

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
    swap_axes
        The file has latitude or northing first.
    mapping
        The layer's standard's fields and where the file has them; remembered with the layer.
    source_date, legal_source, valid_from, valid_to
        Of the data; kept with the version.
    region
        Where features of this bureau may lie, EPSG:4490 polygons.
    progress
        See `layers.progress`; `Cancelled` leaves nothing behind.

    Raises
    ------
    UnreadableFile, UnusableLayer
        With notices: the file can't be used, or another version of the layer is on its way.
    """
    if layer.kind != LayerKind.VECTOR:
        raise UnusableLayer(
            Notice("layer-not-vector", "图层 %(layer)s 不是矢量图层。", {"layer": layer.code})
        )
    if coverage is not None:
        coverage = as_multipolygon(coverage if shapely.is_valid(coverage) else shapely.make_valid(coverage))
        if coverage.is_empty:
            raise UnusableLayer(Notice("coverage-empty", "覆盖范围不是有面积的区域。"))
    told = {
        "source_date": source_date, "legal_source": legal_source, "valid_from": valid_from, "valid_to": valid_to,
    }  # fmt: skip
    rules = Rules(layer.standard, layer.class_system, dict(layer.mapping if mapping is None else mapping))
    wishes = _Wishes(coverage, rules, region, progress, told)
    with ExitStack() as stack:
        stack.enter_context(_alone(layer))
        progress(Phase.READING, 0, 0)
        processes = 1 if connection.in_atomic_block else workers.PROCESSES
        if isinstance(source, Table):
            features = of_table(source, size=BATCH, several_from=SEVERAL_FROM)
        else:
            features = of_file(
                FileLayer(source, layer_name, epsg, swap_axes), stack, size=BATCH, several_from=SEVERAL_FROM,
                processes=processes,
            )  # fmt: skip
        if processes == 1 or not features.many:
            with transaction.atomic():
                return _in_one(layer, features, wishes)
        return _in_several(layer, features, wishes)


@contextmanager
def _alone(layer: Layer) -> Iterator[None]:
    """Hold the layer's staging: who comes second is told."""
    if not locks.take(Lock.STAGING, layer.pk):
        raise UnusableLayer(
            Notice("version-on-its-way", "图层 %(layer)s 正在由别人入库，请稍后再试。", {"layer": layer.code})
        )
    session = connection.connection
    try:
        yield
    finally:
        if connection.connection is session:  # a new one no longer has it
            with suppress(DatabaseError, InterfaceError):
                locks.give_back(Lock.STAGING, layer.pk)


def _in_one(layer: Layer, features: Source, wishes: _Wishes) -> LayerVersion:
    """All of it by this connection, in the transaction that is open."""
    version = _begun(layer, features, wishes)
    predecessor = Predecessor.read(layer.pk, version.number)
    writer = Writer(version, predecessor, Claims().claim, wishes.rules)
    for table in features.batches:
        _written(wishes.progress, writer.written.read, features.count)
        writer.write(table, offset=writer.written.read)
    _written(wishes.progress, writer.written.read, features.count)
    return _finished(version, features, wishes, predecessor, writer.written)


def _in_several(layer: Layer, features: Source, wishes: _Wishes) -> LayerVersion:
    """Rows by several processes; whatever goes wrong, they are stopped first, then what they wrote goes."""
    with transaction.atomic():
        version = _begun(layer, features, wishes)
    try:
        predecessor = Predecessor.read(layer.pk, version.number)
        written = workers.write(
            version, predecessor, wishes.rules, features, batch=BATCH,
            progress=lambda done: _written(wishes.progress, done, features.count),
        )  # fmt: skip
        return _finished(version, features, wishes, predecessor, written)
    except BaseException:
        _forgotten(version)
        raise


def _forgotten(version: LayerVersion) -> None:
    """Discard what failed; where the connection is what failed, over a new one. Else `tidy` will."""
    for attempt in (1, 2):
        try:
            discard(version)
            return
        except (DatabaseError, InterfaceError):
            _log.warning("could not discard %s, attempt %d", version, attempt, exc_info=True)
            connection.close()


def _written(progress: Progress, done: int, count: int) -> None:
    """Reading, checking, cutting and writing go hand in hand, batch by batch."""
    for phase in (Phase.READING, Phase.CHECKING, Phase.CUTTING, Phase.WRITING):
        progress(phase, done, max(count, done))


def _begun(layer: Layer, features: Source, wishes: _Wishes) -> LayerVersion:
    """The version's row, in a short transaction: from here on its number is taken."""
    lock(layer)
    # we hold the layer's staging, so nobody alive is at this
    for dead in LayerVersion.objects.filter(layer=layer, status=Status.STAGING).select_related("layer"):
        discard(dead)
    _, number = next_version(layer)
    given = wishes.coverage if wishes.coverage is not None else _given_before(layer)
    told = {name: value for name, value in wishes.told.items() if value}
    return LayerVersion.objects.create(
        layer=layer, number=number, status=Status.STAGING, **_words(layer), hash_algorithm=hashing.ALGORITHM,
        coverage=multipolygon(given if given is not None else shapely.MultiPolygon()),
        coverage_given=given is not None, **{**features.origin, **told},
    )  # fmt: skip


def _words(layer: Layer) -> dict[str, Any]:
    """What a version keeps of its layer's words."""
    return {"layer_name": layer.name, "class_system": layer.class_system, "class_names": layer.class_names}


def _given_before(layer: Layer) -> Any:
    """The coverage that was given for the current version, as a shapely geometry; None if none was."""
    current = LayerVersion.objects.filter(layer=layer, status=Status.PUBLISHED, coverage_given=True).first()
    return None if current is None else shapely.from_wkb(bytes(current.coverage.wkb))


def _finished(
    version: LayerVersion, features: Source, wishes: _Wishes, predecessor: Predecessor, written: Written
) -> LayerVersion:
    """From rows to a staged version: what is gone is closed, keys are settled, all is counted, sealed and inspected."""
    _refuse_nothing(version, written)
    notices = together([*features.notices(), *written.notices])
    with transaction.atomic():
        hashes = _closed(version, predecessor, written)
        version.root_hash = hashing.root_hash_of(hashes)
        version.feature_count = len(hashes)
        version.report = _report(version, notices, written)
        version.save(update_fields=["root_hash", "feature_count", "changes", "report"])
        findings.write(version, _lost(notices))
        if written.inserted >= _ANALYSE_FROM:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE layers_feature, layers_featurepiece")
    report.inspect(version, region=wishes.region, progress=wishes.progress)
    overviews.settle(version)
    with transaction.atomic():
        if wishes.rules.mapping:
            Layer.objects.filter(pk=version.layer_id).update(mapping=wishes.rules.mapping)
        LayerVersion.objects.filter(pk=version.pk).update(status=Status.STAGED)
    return LayerVersion.objects.select_related("layer").get(pk=version.pk)


def _refuse_nothing(version: LayerVersion, written: Written) -> None:
    if not written.read and not version.coverage_given:
        # With a coverage, "nothing of the kind here" is an answer; without one, there is nothing to say it about.
        raise UnusableLayer(Notice("no-features", "数据中没有要素；确无要素的图层须给出覆盖范围。"))
    if written.read and written.rejected == written.read:
        raise UnusableLayer(
            Notice(
                "nothing-usable", "全部 %(count)d 个要素都不可用，第一个的原因：%(reason)s。",
                {"count": written.read, "reason": written.details["rejected"][0]["reason"]},
            )
        )  # fmt: skip


def _closed(version: LayerVersion, predecessor: Predecessor, written: Written) -> np.ndarray[Any, Any]:
    """Close what the version no longer has, settle its keys and count; the hashes of all its features."""
    layer, number = version.layer_id, version.number
    gone = rows.close_ids(number, predecessor.ids[~written.shared])
    if written.waiting:
        repeated.settle(layer, number, predecessor)
        hashes = hashes_of(layer, number)
        inserted, removed, changed = _counted(layer, number)
    else:
        hashes = np.frombuffer(b"".join(written.hashes), dtype=np.uint8).reshape(-1, 32)
        inserted, removed, changed = written.inserted, gone + written.closed, written.closed
    version.changes = {
        "added": inserted - changed, "removed": removed - changed, "changed": changed,
        "unchanged": len(hashes) - inserted, "repaired": written.repaired, "rejected": written.rejected,
    }  # fmt: skip
    return hashes


_COUNT = """
SELECT (SELECT count(*) FROM layers_feature WHERE layer_id = %(layer)s AND first_version = %(number)s),
       (SELECT count(*) FROM layers_feature WHERE layer_id = %(layer)s AND last_version = %(number)s - 1),
       (SELECT count(*) FROM layers_feature a JOIN layers_feature b USING (layer_id, key)
        WHERE a.layer_id = %(layer)s AND a.first_version = %(number)s AND b.last_version = %(number)s - 1)
"""


def _counted(layer: int, number: int) -> tuple[int, int, int]:
    """How many features came with a version, went with it, and did both under one key."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"layer": layer, "number": number})
        came, went, both = cursor.fetchone()
    return came, went, both


def _lost(notices: list[Notice]) -> list[Finding]:
    """Features that a file states and the reader didn't find: where they lay, the ground would read as clear."""
    return [
        Finding(Kind.REJECTED, Severity.ERROR, notice.template, notice.params)
        for notice in notices
        if notice.code == "count-differs" and notice.params["read"] < notice.params["there"]
    ]


def _report(version: LayerVersion, notices: list[Notice], written: Written) -> dict[str, Any]:
    if written.waiting:
        notices.append(
            Notice("key-repeated", "%(count)d 个要素的标识重复，已加序号区分。", {"count": written.waiting})
        )
    if written.names_cut:
        notices.append(
            Notice(
                "name-cut", "%(count)d 个要素的名称超过 200 个字符，已截断。", {"count": written.names_cut}
            )
        )
    if not version.coverage_given:
        notices.append(
            Notice(
                "coverage-from-features", "没有给出覆盖范围，只在要素所及之处可以核查，其余一律为“未核查”。"
            )
        )
    told = [{"code": n.code, "template": n.template, "params": dict(n.params)} for n in notices]
    return {**written.details, "notices": told}


def load(
    layer: Layer,
    source: Path | Table,
    *,
    progress: Progress = silent,
    **described: Any,
) -> LoadReport:
    """`stage` (which takes the same), draw the overviews, publish; if any of it fails, the layer is as it was."""
    started = time.perf_counter()
    version = stage(layer, source, progress=progress, **described)
    return finish(version, progress=progress, started=started)


def finish(version: LayerVersion, *, progress: Progress = silent, started: float | None = None) -> LoadReport:
    """Publish what was staged with nobody to look at it first; if that fails, it is discarded."""
    try:
        if not version.overviews_done:
            overviews.build(version, progress)
        progress(Phase.PUBLISHING, 0, version.feature_count)
        published = publish(version, seconds=time.perf_counter() - started if started is not None else 0.0)
    except BaseException:
        if not connection.needs_rollback:
            discard(version)
        raise
    progress(Phase.PUBLISHING, version.feature_count, version.feature_count)
    return published
