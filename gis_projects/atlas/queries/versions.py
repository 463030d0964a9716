"""A version as its page and the API show it: where it comes from, what it changes, how good it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import shapely
from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from gis_projects.atlas.models import Publication
from gis_projects.atlas.queries import catalogue
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, has, may
from gis_projects.sentences import filled, sentence, word
from gis_projects.trail.queries import of_subject
from layers.models import Kind as LayerKind
from layers.models import LayerVersion, QualityFinding, Severity, Status
from layers.notices import Notice
from layers.quality.findings import Kind

PAGE = 50
ON_THE_MAP = 2000
CHANGES = {
    "added": gettext_noop("新增"),
    "removed": gettext_noop("删去"),
    "changed": gettext_noop("变更"),
    "unchanged": gettext_noop("未变"),
    "repaired": gettext_noop("修复"),
    "rejected": gettext_noop("剔除"),
}
OUTCOMES = {
    "pass": gettext_noop("合格，可以发布"),
    "reason": gettext_noop("有质量问题，须写明理由才能发布"),
    "refuse": gettext_noop("不合格，不能发布"),
}


def versions(user: User, code: str) -> QuerySet[LayerVersion]:
    """The versions of a layer that the user may know of, newest first."""
    return catalogue.known_versions(user).filter(layer__code=code).order_by("-number")


def waiting(user: User) -> list[Publication]:
    """Versions that wait for a second person, of the layers that the user may know of, oldest first."""
    rows = catalogue.known_versions(user).filter(status=Status.STAGED)
    found = Publication.objects.filter(version__in=rows.values("pk"), approver=None).order_by("submitted_at")
    return list(found.select_related("uploader", "version", "version__layer").defer("version__coverage"))


def current(version: LayerVersion) -> LayerVersion | None:
    """The version of the same layer that is in force."""
    return (
        LayerVersion.objects.filter(layer=version.layer_id, status=Status.PUBLISHED)
        .defer("coverage", "report")
        .first()
    )


def publication(version: LayerVersion) -> Publication | None:
    return Publication.objects.filter(version=version).select_related("uploader", "approver").first()


#: New features whose boxes are looked through; more of them lie all over the layer.
LOOKED_THROUGH = 50_000
_EXTENT = """
SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
FROM (SELECT ST_Extent(geom) AS box FROM layers_feature WHERE layer_id = %s AND first_version = %s) AS new
"""


def extent(version: LayerVersion) -> list[float] | None:
    """West, south, east, north of what is new in a version; of its coverage where nothing or very much is."""
    if version.changes.get("added", 0) + version.changes.get("changed", 0) <= LOOKED_THROUGH:
        with connection.cursor() as cursor:
            cursor.execute(_EXTENT, [version.layer_id, version.number])
            found = cursor.fetchone()
        if found[0] is not None:
            return list(found)
    coverage = LayerVersion.objects.only("coverage").get(pk=version.pk).coverage
    return None if coverage.empty else list(coverage.extent)


VERBS = {
    "atlas.stage_layer": gettext_noop("提交"),
    "atlas.publish_layer": gettext_noop("发布"),
    "atlas.send_back_layer": gettext_noop("退回"),
    "atlas.cancel_layer": gettext_noop("取消"),
    "atlas.request_withdrawal": gettext_noop("申请撤回"),
    "atlas.withdraw_layer": gettext_noop("批准撤回"),
}
SHOWN_STEPS = 20


def steps(user: User, version: LayerVersion) -> list[dict[str, Any]] | None:
    """What happened to versions of this number, newest first; None for whoever takes no part in it."""
    reads = (Permission.READ_TRAIL, Permission.UPLOAD_LAYERS, Permission.PUBLISH_LAYERS)
    if not any(has(user, permission) for permission in reads):
        return None
    rows = of_subject(f"layers.version:{version.layer.code}@{version.number}")[:SHOWN_STEPS]
    return [
        {
            "at": row.at,
            "actor": row.actor,
            "label": word(VERBS.get(row.verb, row.verb)),
            "reason": row.data.get("reason", ""),
        }
        for row in rows
    ]


@dataclass(frozen=True)
class Acts:
    """What a person may do about a version, and why not where they can't."""

    publish: bool = False
    send_back: bool = False
    withdraw: bool = False
    own: bool = False  # it waits for someone else, as this person brought it


def acts(user: User, version: LayerVersion) -> Acts:
    """What this person may do about the version now."""
    scope = Scope(secrecy=str(version.layer.secrecy))
    decides = may(user, Permission.PUBLISH_LAYERS, scope)
    brings = may(user, Permission.UPLOAD_LAYERS, scope)
    if version.status == Status.STAGED:
        row = publication(version)
        own = row is not None and row.uploader_id == user.pk
        return Acts(publish=decides and row is not None and not own, send_back=decides or own, own=own)
    if version.status == Status.PUBLISHED:
        return Acts(withdraw=decides or brings)
    return Acts()


@dataclass(frozen=True)
class QualityRow:
    """One kind of finding and how often it was found, by severity."""

    kind: str
    label: str
    error: int
    warning: int
    note: int


def quality_rows(version: LayerVersion) -> list[QualityRow]:
    """The counts of a version's findings, the gravest first."""
    rows = []
    for kind, counts in version.quality.get("counts", {}).items():
        error, warning, note = (int(counts.get(name, 0)) for name in ("error", "warning", "note"))
        if error or warning or note:
            rows.append(QualityRow(kind, kind_label(kind), error, warning, note))
    return sorted(rows, key=lambda row: (-row.error, -row.warning, -row.note, row.kind))


def kind_label(kind: str) -> str:
    """What a kind of finding is called."""
    return str(word(str(Kind(kind).label) if kind in Kind.values else kind))


def decision(version: LayerVersion) -> tuple[str, list[Notice]]:
    """What a version's quality means for its publication, and why. Not checked is never clear: it takes a reason."""
    if not version.quality.get("outcome"):
        if version.layer.kind == LayerKind.RASTER:
            return "pass", []
        return "reason", [Notice("quality-unknown", "这一版没有质量报告。")]
    found = [
        Notice(entry["code"], entry["template"], entry.get("params") or {})
        for entry in version.quality.get("because", [])
    ]
    return str(version.quality["outcome"]), found


def because(version: LayerVersion) -> list[str]:
    """Why the quality decides as it does."""
    return [sentence(notice) for notice in decision(version)[1]]


def findings(
    version: LayerVersion,
    *,
    kind: str = "",
    severity: str = "",
    box: tuple[float, float, float, float] | None = None,
) -> QuerySet[QualityFinding]:
    """The findings of a version that are kept (of each kind a bounded number), in the order they were found."""
    rows = QualityFinding.objects.filter(version=version).order_by("kind", "pk")
    if kind:
        rows = rows.filter(kind=kind)
    if severity in Severity.values:
        rows = rows.filter(severity=severity)
    if box is not None:
        area = Polygon.from_bbox(box)
        area.srid = 4490
        rows = rows.filter(place__isnull=False, place__bboverlaps=area)
    return rows


def finding_data(row: QualityFinding) -> dict[str, Any]:
    """One finding, in the reader's language."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "kind_label": kind_label(row.kind),
        "severity": row.severity,
        "severity_label": word(row.get_severity_display()),
        "key": row.key,
        "other_key": row.other_key,
        "field": row.field,
        "message": filled(row.template, row.params),
        "area_m2": row.area_m2,
        "place": list(row.place.coords) if row.place is not None else None,
    }


def on_the_map(rows: QuerySet[QualityFinding]) -> dict[str, Any]:
    """Findings as GeoJSON: a fault's shape where it has one, else its place; bounded, and it says so."""
    placed = list(rows.filter(place__isnull=False)[: ON_THE_MAP + 1])
    features = []
    for row in placed[:ON_THE_MAP]:
        shape: Any = row.geom if row.geom is not None else row.place
        geometry = shapely.from_wkb(bytes(shape.wkb))
        features.append(
            {
                "type": "Feature",
                "id": row.pk,
                "geometry": json.loads(shapely.to_geojson(geometry)),
                "properties": finding_data(row),
            }
        )
    return {"type": "FeatureCollection", "features": features, "truncated": len(placed) > ON_THE_MAP}


def version_data(user: User, version: LayerVersion) -> dict[str, Any]:
    """A version for programs."""
    row = publication(version)
    may_do = acts(user, version)
    return {
        "layer": version.layer.code,
        "number": version.number,
        "status": version.status,
        "name": version.layer_name,
        "features": version.feature_count,
        "changes": version.changes,
        "quality": {**version.quality, "because": because(version)} if version.quality else {},
        "root_hash": version.root_hash,
        "source": version.source_name,
        "source_sha256": version.source_sha256,
        "source_crs": version.source_crs,
        "source_date": version.source_date,
        "legal_source": version.legal_source,
        "valid_from": version.valid_from,
        "valid_to": version.valid_to,
        "overviews_done": version.overviews_done,
        "staged_at": version.staged_at,
        "published_at": version.published_at,
        "withdraws": version.withdraws.number if version.withdraws is not None else None,
        "brought_by": row.uploader.get_username() if row else None,
        "request": row.request if row else "",
        "approved_by": row.approver.get_username() if row and row.approver else None,
        "reason": row.reason if row else "",
        "may": {"publish": may_do.publish, "send_back": may_do.send_back, "withdraw": may_do.withdraw},
    }
