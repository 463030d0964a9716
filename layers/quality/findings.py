"""What is wrong, or worth a look, in a version: written in bulk, counted whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from django.db import models, transaction

from layers import copying
from layers.models import LayerVersion, QualityFinding, Severity
from layers.notices import Notice

CAP = 10_000  # findings of one kind kept with a version; they are counted whole
_EMPTY: Mapping[str, Any] = MappingProxyType({})


class Kind(models.TextChoices):
    """What is tested. The values are stable: thresholds, the API and exports name them."""

    REJECTED = "rejected", "无法使用而剔除"
    REPAIRED = "repaired", "几何已修复"
    DUPLICATE_KEY = "duplicate_key", "标识重复"
    DUPLICATE = "duplicate", "几何重复"
    OVERLAP = "overlap", "相互重叠"
    GAP = "gap", "缝隙"
    SLIVER = "sliver", "狭长图形"
    SPIKE = "spike", "尖刺"
    TINY = "tiny", "面积过小"
    OUTSIDE = "outside", "超出范围"
    REQUIRED = "required", "必填项缺失"
    FORMAT = "format", "格式不符"
    TOO_LONG = "too_long", "超出长度"
    CODE = "code", "代码不在表中"
    AREA = "area", "面积不符"
    ENCODING = "encoding", "乱码"


@dataclass(frozen=True)
class Finding:
    """One finding about a version.

    Parameters
    ----------
    kind
        What was tested, a `Kind`.
    severity
        A `layers.models.Severity`.
    template, params
        Its sentence, as in a `Notice`: the Chinese template is the message id.
    key, other_key
        The feature, and the other one where there are two.
    field
        The standard's field, where it is about an attribute.
    area_m2
        Of the fault itself: of the overlap, of the gap, what a repair changed.
    place
        Longitude and latitude (EPSG:4490) to look at; taken from `geom` where it isn't given.
    geom
        The fault's shape (shapely, EPSG:4490), where it has one.
    """

    kind: str
    severity: str
    template: str
    params: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    key: str = ""
    other_key: str = ""
    field: str = ""
    area_m2: float | None = None
    place: tuple[float, float] | None = None
    geom: Any = None

    @property
    def notice(self) -> Notice:
        """The same as a sentence to a person."""
        return Notice(self.kind, self.template, self.params, field=self.field or None, place=self.place)


Counts = dict[str, dict[str, int]]  # kind → severity → how many
Areas = dict[str, dict[str, float]]  # kind → "total" and "largest" → m²


@dataclass(frozen=True)
class Tally:
    """All findings of a version so far, kept or not."""

    counts: Counts
    areas: Areas

    def add(self, found: Iterable[Finding]) -> None:
        for finding in found:
            kind = str(finding.kind)
            by_severity = self.counts.setdefault(kind, {severity.value: 0 for severity in Severity})
            by_severity[str(finding.severity)] += 1
            if finding.area_m2 is not None:
                area = self.areas.setdefault(kind, {"total": 0.0, "largest": 0.0})
                area["total"] += float(finding.area_m2)
                area["largest"] = max(area["largest"], float(finding.area_m2))

    def without(self, kinds: set[str]) -> Tally:
        return Tally(
            {kind: counts for kind, counts in self.counts.items() if kind not in kinds},
            {kind: areas for kind, areas in self.areas.items() if kind not in kinds},
        )


def write(version: LayerVersion, findings: Iterable[Finding]) -> int:
    """Keep findings of a version that isn't published yet, and count them in its `quality`.

    May be called batch by batch. Of each kind `CAP` are kept, the counts go on. Concurrent calls for one version
    wait for each other: until the transaction that they are in has ended.

    Returns
    -------
    int
        How many there were.
    """
    found = findings if isinstance(findings, list) else list(findings)
    if not found:
        return 0
    with transaction.atomic():
        counted = _locked_tally(version)
        room = {kind: CAP - sum(by_severity.values()) for kind, by_severity in counted.counts.items()}
        kept = []
        for finding in found:
            left = room.setdefault(finding.kind, CAP)
            room[finding.kind] = left - 1
            if left > 0:
                kept.append(finding)
        _copy(version, kept)
        counted.add(found)
        _save(version, counted)
    return len(found)


def clear(version: LayerVersion, kinds: Iterable[str]) -> None:
    """Forget the findings of these kinds, as they are about to be found again."""
    version.quality = _qualities(version).get()
    again = {str(kind) for kind in kinds}
    if not again & tally(version).counts.keys():
        return
    with transaction.atomic():
        counted = _locked_tally(version)
        QualityFinding.objects.filter(version=version, kind__in=again).delete()
        _save(version, counted.without(again))


def tally(version: LayerVersion) -> Tally:
    """What was counted up to now."""
    return Tally(version.quality.get("counts", {}), version.quality.get("areas", {}))


def _locked_tally(version: LayerVersion) -> Tally:
    """The same as the database has it; the version's row is locked until the transaction ends."""
    version.quality = _qualities(version).select_for_update().get()
    return tally(version)


def _qualities(version: LayerVersion) -> models.QuerySet[LayerVersion, dict[str, Any]]:
    return LayerVersion.objects.filter(pk=version.pk).values_list("quality", flat=True)


def _save(version: LayerVersion, tally: Tally) -> None:
    version.quality = {**version.quality, "counts": tally.counts, "areas": tally.areas}
    LayerVersion.objects.filter(pk=version.pk).update(quality=version.quality)


_COLUMNS = (
    "version_id", "kind", "severity", "key", "other_key", "field", "template", "params", "area_m2", "place", "geom",
)  # fmt: skip


def _copy(version: LayerVersion, findings: list[Finding]) -> None:
    if findings:
        copying.copy(QualityFinding._meta.db_table, _COLUMNS, _rows(version.pk, findings))


def _rows(version: int, findings: list[Finding]) -> Iterator[bytes]:
    shapes = np.empty(len(findings), dtype=object)
    shapes[:] = [finding.geom for finding in findings]
    places = shapely.point_on_surface(shapes)
    given = [i for i, finding in enumerate(findings) if finding.place is not None]
    if given:
        places[given] = shapely.points([findings[i].place for i in given])
    shape_bytes, place_bytes = (_wkb(geometries) for geometries in (shapes, places))
    owner = copying.int8(version)
    for finding, shape, place in zip(findings, shape_bytes, place_bytes, strict=True):
        yield b"".join(
            (
                owner,
                copying.text(finding.kind),
                copying.text(finding.severity),
                copying.text(_clean(finding.key)[:100]),
                copying.text(_clean(finding.other_key)[:100]),
                copying.text(_clean(finding.field)[:60]),
                copying.text(finding.template),
                copying.jsonb(json.dumps(_plain(finding.params), ensure_ascii=False, allow_nan=False)),
                copying.NULL if finding.area_m2 is None else copying.float8(finding.area_m2),
                copying.NULL if place is None else copying.geometry(place),
                copying.NULL if shape is None else copying.geometry(shape),
            )
        )


def _wkb(geometries: Any) -> Any:
    """WKB of each geometry; None where there is none or it has no point."""
    geometries = np.where(shapely.is_empty(geometries), None, geometries)
    return shapely.to_wkb(geometries, byte_order=1)


def _clean(text: str) -> str:
    """What PostgreSQL takes as text: without NUL and lone surrogates, which damaged files have."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON takes: texts cleaned, numpy's scalars as Python's."""
    plain: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, str):
            plain[name] = _clean(value)
        else:
            plain[name] = value.item() if isinstance(value, np.generic) else value
    return plain
