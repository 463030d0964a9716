"""Uploads and jobs of a person, and what a page or a program is told about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import shapely
from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.http import Http404
from django.utils.translation import gettext, gettext_noop

from gis_projects.atlas import questions, workflow
from gis_projects.atlas.models import Upload
from gis_projects.atlas.queries.catalogue import LAYER_SCOPE
from gis_projects.atlas.workflow import State
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, visible
from gis_projects.sentences import filled, word
from gis_projects.trail.jobs import OPEN
from gis_projects.trail.models import Job, JobState
from layers.models import Layer, LayerVersion, Status

#: The bureau's region is this layer; without it, the map's extent.
REGION_LAYER = "XZQ"
SHOWN_JOBS = 50
_EXTENT: tuple[float, float, float, float] = settings.LEAFLET_CONFIG["SPATIAL_EXTENT"]  # type: ignore[assignment]


def layers_for(user: User) -> QuerySet[Layer]:
    """The layers that the user may bring a version of."""
    return visible(user, Permission.UPLOAD_LAYERS, Layer.objects.order_by("order", "code"), LAYER_SCOPE)


def uploads(user: User) -> QuerySet[Upload]:
    """The user's own uploads, newest first; none of a layer that they may not know of (any more)."""
    if not has(user, Permission.UPLOAD_LAYERS):
        return Upload.objects.none()
    codes = layers_for(user).values("code")
    known = ~Q(layer__in=Layer.objects.values("code"))  # the layer may be named later, or be gone
    rows = Upload.objects.filter(owner=user).filter(Q(layer="") | Q(layer__in=codes) | known)
    return rows.select_related("version")


def found(user: User, *, state: str = "", words: str = "") -> QuerySet[Upload]:
    """The user's own uploads in a state (or any), whose file or layer is named with these words."""
    rows = uploads(user)
    if state in State.values:
        rows = rows.filter(state=state)
    if words:
        rows = rows.filter(Q(filename__icontains=words) | Q(layer__icontains=words))
    return rows


def upload(user: User, key: UUID) -> Upload:
    """One of the user's own uploads; else 404."""
    row = uploads(user).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def layer_of(row: Upload) -> Layer | None:
    return Layer.objects.filter(code=row.layer).first() if row.layer else None


def announced() -> int:
    """Bytes that all unfinished uploads take or will take."""
    rows = Upload.objects.exclude(state__in=workflow.ENDED)
    return int(rows.aggregate(total=Sum("size"))["total"] or 0)


def still_to_come() -> int:
    """Bytes that unfinished uploads have announced and not yet brought."""
    rows = Upload.objects.filter(state=State.RECEIVING).aggregate(size=Sum("size"), received=Sum("received"))
    return int(rows["size"] or 0) - int(rows["received"] or 0)


def region() -> Any:
    """The bureau's region as a shapely geometry (EPSG:4490)."""
    row = (
        LayerVersion.objects.filter(layer__code=REGION_LAYER, status=Status.PUBLISHED)
        .only("coverage")
        .first()
    )
    if row is not None:
        return shapely.from_wkb(bytes(row.coverage.wkb))
    return shapely.box(*_EXTENT)


def sentences(notices: list[dict[str, Any]]) -> list[str]:
    """Notices that were kept as JSON, as sentences in the reader's language."""
    return [filled(str(notice["template"]), notice.get("params") or {}) for notice in notices]


#: At work, but no worker has begun with it yet.
WAITING = gettext_noop("排队等待处理")
PHASES = {
    "inspecting": gettext_noop("查看文件"),
    "reading": gettext_noop("读取"),
    "checking": gettext_noop("检查要素"),
    "cutting": gettext_noop("切分大图斑"),
    "writing": gettext_noop("写入"),
    "quality": gettext_noop("检查质量"),
    "generalising": gettext_noop("生成概览图块"),
    "publishing": gettext_noop("发布"),
}


_WORDS = {
    "shapefile-zip": gettext_noop("shapefile（zip）"),
    "filegdb-zip": gettext_noop("FileGDB（zip）"),
    "geopackage": "GeoPackage",
    "geojson": "GeoJSON",
    "flatgeobuf": "FlatGeobuf",
    "geoparquet": "GeoParquet",
    "kml": "KML",
    "kmz": "KMZ",
    "dxf": "DXF",
    "csv": "CSV",
    "geotiff": "GeoTIFF",
    "Polygon": gettext_noop("面"),
    "MultiPolygon": gettext_noop("面"),
    "LineString": gettext_noop("线"),
    "MultiLineString": gettext_noop("线"),
    "Point": gettext_noop("点"),
    "MultiPoint": gettext_noop("点"),
    "Unknown": gettext_noop("几何类型不一"),
    "text": gettext_noop("文本"),
    "integer": gettext_noop("整数"),
    "number": gettext_noop("小数"),
    "boolean": gettext_noop("是否"),
}


def content(row: Upload) -> dict[str, Any]:
    """What is in an upload's file, in the reader's words."""
    if not row.inspection:
        return {"format": "", "layers": []}
    return {
        "format": word(_WORDS.get(str(row.inspection["format"]), str(row.inspection["format"]))),
        "layers": [
            {
                "name": entry.name,
                "geometry": word(_WORDS.get(entry.geometry_type, entry.geometry_type)),
                "feature_count": entry.feature_count,
                "crs": entry.crs,
                "fields": [
                    {**field, "type": word(_WORDS.get(str(field["type"]), str(field["type"])))}
                    for field in entry.fields
                ],
            }
            for entry in questions.file_layers(row.inspection)
        ],
    }


def summary(row: Upload) -> dict[str, Any]:
    """An upload as the page and the API show it."""
    return {
        "uuid": str(row.uuid),
        "filename": row.filename,
        "size": row.size,
        "received": row.received,
        "crc32": f"{row.crc32:08x}",
        "sha256": row.sha256,
        "layer": row.layer,
        "state": row.state,
        "state_label": str(State(row.state).label),
        "at_work": row.state in workflow.AT_WORK,
        "ended": row.state in workflow.ENDED,
        "cancellable": row.state in workflow.CANCELLABLE,
        "phase": row.phase,
        "phase_label": word(PHASES.get(row.phase, WAITING if row.state in workflow.AT_WORK else "")),
        "done": row.done,
        "total": row.total,
        "percent": row.percent,
        "messages": sentences(row.notices),
        "number": row.number,
        "created_at": row.created_at.isoformat(timespec="seconds"),
        "changed_at": row.changed_at.isoformat(timespec="seconds"),
    }


def questions_of(row: Upload) -> list[dict[str, Any]]:
    """What is still to be answered: names and what may be chosen."""
    layer = layer_of(row)
    found = []
    for name in questions.open_questions(row.inspection, layer, row.answers):
        question: dict[str, Any] = {"name": name, "label": gettext(questions.label(name))}
        if name == "file_layer":
            question["choices"] = [entry.name for entry in questions.file_layers(row.inspection)]
        elif name == "epsg":
            question["choices"] = candidates(row)
        elif name == "swap_axes":
            question["choices"] = [True, False]
        elif name == "band":
            file_layer = questions.chosen(row.inspection, row.answers)
            question["choices"] = [
                {"band": number, "name": field["name"]}
                for number, field in enumerate(file_layer.fields if file_layer else (), start=1)
            ]
        elif name == "coverage":
            question["choices"] = questions.coverages(layer) if layer is not None else []
        elif name == "mapping" and layer is not None:
            file_layer = questions.chosen(row.inspection, row.answers)
            question["proposed"] = questions.mapping_of(layer, file_layer) if file_layer else {}
            question["choices"] = file_layer.field_names if file_layer else []
        found.append(question)
    return found


def candidates(row: Upload) -> list[dict[str, Any]]:
    """The coordinate systems that the chosen layer of the file may be in, best first, each with its outline."""
    file_layer = questions.chosen(row.inspection, row.answers)
    if file_layer is None or file_layer.crs is not None:
        return []
    return [
        {
            "epsg": entry["epsg"],
            "swap_axes": bool(entry.get("swapped")),
            "label": word(entry.get("label", "")),
            "score": entry.get("score"),
            "reason": sentences([entry["reason"]])[0] if entry.get("reason") else "",
            "outline": entry.get("outline"),
        }
        for entry in file_layer.candidates
    ]


def jobs(user: User) -> list[Job]:
    """The user's own jobs, newest first; none about a layer that they may not know of (any more)."""
    rows = list(Job.objects.filter(actor_id=str(user.pk)).order_by("-created_at", "-pk")[: SHOWN_JOBS * 2])
    hidden = set(
        Layer.objects.exclude(pk__in=visible(user, Permission.READ_LAYERS, Layer.objects.all(), LAYER_SCOPE))
        .values_list("code", flat=True)
    )  # fmt: skip
    uploads_hidden = {
        f"atlas.upload:{key}"
        for key in Upload.objects.filter(owner=user, layer__in=hidden).values_list("pk", flat=True)
    }
    return [
        row for row in rows if _layer_in(row.subject) not in hidden and row.subject not in uploads_hidden
    ][:SHOWN_JOBS]


JOBS = {
    "atlas.inspect_upload": gettext_noop("查看上传的文件"),
    "atlas.stage_upload": gettext_noop("图层入库"),
    "sites.compare_plans": gettext_noop("规划比对"),
    "atlas.make_overviews": gettext_noop("生成概览图块"),
    "atlas.export_layer": gettext_noop("导出要素"),
    "atlas.print_series": gettext_noop("打印系列图"),
    "sites.search_sites": gettext_noop("搜索推荐选址"),
    "sites.revalidate": gettext_noop("选址复检"),
    "publishing.prepare_batch": gettext_noop("准备批量公开清单"),
    "publishing.publish_batch": gettext_noop("批量公开"),
    "publishing.transcode_video": gettext_noop("视频转码"),
}


def job_rows(user: User) -> list[dict[str, Any]]:
    """The user's own jobs as a page and the API show them. Three queries."""
    rows = jobs(user)
    keys = [
        row.subject.removeprefix("atlas.upload:") for row in rows if row.subject.startswith("atlas.upload:")
    ]
    names = {
        f"atlas.upload:{key}": name
        for key, name in Upload.objects.filter(pk__in=keys).values_list("pk", "filename")
    }
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "label": word(JOBS.get(row.kind, row.kind)),
            "about": names.get(row.subject, row.subject.partition(":")[2]),
            "state": row.state,
            "state_label": str(JobState(row.state).label),
            "open": row.state in OPEN,
            "progress": row.progress,
            "message": word(row.message) if row.message and row.state != JobState.DONE else "",
            "created_at": row.created_at,
            "finished_at": row.finished_at,
        }
        for row in rows
    ]


def _layer_in(subject: str) -> str:
    """The layer's code in a subject of this floor: layers.version:DLTB@3, layers.layer:DLTB."""
    room, _, key = subject.partition(":")
    return key.partition("@")[0] if room.startswith("layers.") else ""
