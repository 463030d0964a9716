"""What a file leaves open and what may be answered: never guessed, asked once, with a proposal if there is one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from django.utils.translation import gettext_noop

from layers import standards
from layers.models import Kind, Layer, LayerVersion, Status
from layers.notices import Notice, Refused

MAX_LEGAL = 200
MAX_COVERAGE_VERTICES = 50_000
AXES_SWAPPED = "axes-swapped"  # the reader's word for it (layers.projection)
_WORLD = shapely.box(-180, -90, 180, 90)


@dataclass(frozen=True)
class FileLayer:
    """One layer of the file, as the inspection kept it."""

    name: str
    geometry_type: str
    feature_count: int | None
    crs: str | None
    fields: tuple[Mapping[str, Any], ...]
    candidates: tuple[Mapping[str, Any], ...]
    problems: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> FileLayer:
        return cls(
            name=str(data.get("name") or ""),
            geometry_type=str(data.get("geometry_type") or ""),
            feature_count=data.get("feature_count"),
            crs=data.get("crs"),
            fields=tuple(data.get("fields") or ()),
            candidates=tuple(data.get("crs_candidates") or ()),
            problems=tuple(data.get("problems") or ()),
        )

    @property
    def axes_in_doubt(self) -> bool:
        """The declared coordinate system fits only with the axes the other way round."""
        return any(problem.get("code") == AXES_SWAPPED for problem in self.problems)

    @property
    def field_names(self) -> list[str]:
        return [str(entry["name"]) for entry in self.fields]


def file_layers(inspection: Mapping[str, Any]) -> list[FileLayer]:
    return [FileLayer.of(entry) for entry in inspection.get("layers") or ()]


def chosen(inspection: Mapping[str, Any], answers: Mapping[str, Any]) -> FileLayer | None:
    """The layer of the file that is meant: the only one, or the one that was chosen."""
    found = file_layers(inspection)
    if len(found) == 1:
        return found[0]
    return next((entry for entry in found if entry.name == answers.get("file_layer")), None)


def standard_of(layer: Layer) -> Any:
    """The field standard that the layer's files follow, if it names one."""
    return standards.get(layer.standard) if layer.standard else None


def mapping_of(layer: Layer, file_layer: FileLayer) -> dict[str, str]:
    """Where the standard's fields are in this file: as remembered, else as their names say."""
    standard = standard_of(layer)
    if standard is None:
        return {}
    names = set(file_layer.field_names)
    remembered = {field: name for field, name in layer.mapping.items() if name in names}
    return {**standards.propose_mapping(standard, file_layer.field_names), **remembered}


def _mapping_is_open(layer: Layer, file_layer: FileLayer, answers: Mapping[str, Any]) -> bool:
    standard = standard_of(layer)
    if standard is None or "mapping" in answers:
        return False
    proposed = mapping_of(layer, file_layer)
    if layer.mapping:
        return proposed != {**proposed, **layer.mapping}  # a field that was remembered is gone
    return any(field.required and field.name not in proposed for field in standard.fields)


def given_before(layer: Layer) -> bool:
    """Whether the version in force was given its coverage."""
    return LayerVersion.objects.filter(layer=layer, status=Status.PUBLISHED, coverage_given=True).exists()


def coverages(layer: Layer) -> list[str]:
    """How this layer's coverage may be told in a word: a given one is kept until another is given."""
    return ["before" if given_before(layer) else "features", "region"]


def open_questions(
    inspection: Mapping[str, Any], layer: Layer | None, answers: Mapping[str, Any]
) -> list[str]:
    """Names of what must still be answered, in the order of a form."""
    open_: list[str] = []
    if layer is None:
        open_.append("layer")
    file_layer = chosen(inspection, answers)
    if file_layer is None:
        open_.append("file_layer")
    elif file_layer.crs is None and not answers.get("epsg"):
        open_.append("epsg")
    elif file_layer.axes_in_doubt and "swap_axes" not in answers:
        open_.append("swap_axes")
    if layer is not None and layer.kind == Kind.VECTOR:
        if file_layer is not None and _mapping_is_open(layer, file_layer, answers):
            open_.append("mapping")
        if "coverage" not in answers:
            open_.append("coverage")
    several = file_layer is not None and len(file_layer.fields) > 1
    if layer is not None and layer.kind == Kind.RASTER and several and not answers.get("band"):
        open_.append("band")
    # An empty answer is one too: whoever brings the file has seen the question.
    open_ += [name for name in ("source_date", "legal_source") if name not in answers]
    return open_


_LABELS = {
    "layer": gettext_noop("要更新的图层"),
    "file_layer": gettext_noop("文件中的图层"),
    "epsg": gettext_noop("坐标系"),
    "swap_axes": gettext_noop("坐标轴"),
    "band": gettext_noop("波段"),
    "mapping": gettext_noop("字段对应"),
    "coverage": gettext_noop("覆盖范围"),
    "source_date": gettext_noop("数据日期"),
    "legal_source": gettext_noop("法定依据"),
    "valid_from": gettext_noop("有效期起"),
    "valid_to": gettext_noop("有效期止"),
}


def label(name: str) -> str:
    """The question's name as a message id."""
    return _LABELS.get(name, name)


def _day(field: str, value: Any) -> str | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise Refused(Notice("date", "日期应写成 2026-01-31 的样子。", field=field)) from None


def checked(
    given: Mapping[str, Any], *, inspection: Mapping[str, Any], layer: Layer | None, before: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers that were given, each as it is kept; those of before stay where nothing new is said.

    Raises
    ------
    layers.notices.Refused
        An answer can't be used; its notice names the field.
    """
    answers = dict(before)
    if given.get("file_layer"):
        names = [entry.name for entry in file_layers(inspection)]
        if given["file_layer"] not in names:
            raise Refused(Notice("file-layer-unknown", "文件中没有这个图层。", field="file_layer"))
        if answers.get("file_layer") != given["file_layer"]:
            # what was said about another layer of the file doesn't hold for this one
            answers.pop("epsg", None)
            answers.pop("swap_axes", None)
            answers.pop("mapping", None)
            answers.pop("band", None)
        answers["file_layer"] = given["file_layer"]
    if given.get("epsg"):
        try:
            answers["epsg"] = int(given["epsg"])
        except (TypeError, ValueError):
            raise Refused(Notice("epsg", "坐标系应是 EPSG 编号。", field="epsg")) from None
    if given.get("swap_axes") is not None:
        answers["swap_axes"] = bool(given["swap_axes"])
    if given.get("band"):
        answers["band"] = _band(given["band"], chosen(inspection, answers))
    if "mapping" in given:
        answers["mapping"] = _mapping(given["mapping"], chosen(inspection, answers), layer)
    if given.get("coverage"):
        answers["coverage"] = _coverage(given["coverage"], layer)
    for name in ("source_date", "valid_from", "valid_to"):
        if name in given:
            answers[name] = _day(name, given[name])
    first, last = answers.get("valid_from"), answers.get("valid_to")
    if first and last and last < first:
        raise Refused(Notice("validity", "有效期的止不能早于起。", field="valid_to"))
    if "legal_source" in given:
        words = str(given["legal_source"] or "").strip()
        if len(words) > MAX_LEGAL:
            raise Refused(
                Notice("too-long", "不超过 %(limit)d 个字。", {"limit": MAX_LEGAL}, field="legal_source")
            )
        answers["legal_source"] = words
    return answers


def _band(given: Any, file_layer: FileLayer | None) -> int:
    """The number of a raster's band, from 1 on."""
    try:
        band = int(given)
    except (TypeError, ValueError):
        band = 0
    if file_layer is None or not 1 <= band <= len(file_layer.fields):
        raise Refused(Notice("band", "栅格文件中没有这个波段。", field="band"))
    return band


def _mapping(given: Any, file_layer: FileLayer | None, layer: Layer | None) -> dict[str, str]:
    standard = standard_of(layer) if layer is not None else None
    if standard is None or not isinstance(given, Mapping):
        raise Refused(Notice("mapping", "这个图层没有数据标准，不能对应字段。", field="mapping"))
    known = {field.name for field in standard.fields}
    there = set(file_layer.field_names) if file_layer is not None else set()
    kept = {str(field): str(name) for field, name in given.items() if name}
    for field, name in kept.items():
        if field not in known:
            raise Refused(
                Notice("mapping-field", "数据标准中没有字段 %(field)s。", {"field": field}, field="mapping")
            )
        if name not in there:
            raise Refused(
                Notice("mapping-name", "文件中没有字段 %(name)s。", {"name": name}, field="mapping")
            )
    return kept


def _coverage(given: Any, layer: Layer | None) -> Any:
    if isinstance(given, str):
        if layer is not None and given in coverages(layer):
            return given
        raise Refused(Notice("coverage-choice", "这个图层的覆盖范围不能这样给定，请另选。", field="coverage"))
    geometry_of(given)
    return given


def geometry_of(given: Any) -> Any:
    """A coverage given as GeoJSON polygons in longitude and latitude, as a shapely geometry."""
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(given)))
    except (TypeError, ValueError, shapely.errors.GEOSException):
        shape = None
    if shape is not None and shapely.get_num_coordinates(shape) > MAX_COVERAGE_VERTICES:
        # before its validity is looked at: of a scribble with very many edges that takes minutes
        raise Refused(
            Notice(
                "coverage-vertices", "覆盖范围不能超过 %(limit)d 个点。", {"limit": MAX_COVERAGE_VERTICES},
                field="coverage",
            )
        )  # fmt: skip
    if (
        shape is None
        or shape.geom_type not in ("Polygon", "MultiPolygon")
        or shape.is_empty
        or not shape.is_valid
        or not shapely.covers(_WORLD, shape)
    ):
        raise Refused(
            Notice("coverage", "覆盖范围应是经纬度的面（GeoJSON），且没有自相交。", field="coverage")
        )
    return shape
