"""Collections: the layers that somebody may read, each in one version."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.gis.db.models import Extent
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.atlas.ogc import parameters
from gis_projects.atlas.ogc.answers import (
    GEOJSON,
    HTML,
    SCHEMA,
    Answer,
    BadQuestion,
    Question,
    link,
    resource,
)
from gis_projects.atlas.ogc.crs import CRS84, STORAGE, URIS
from gis_projects.atlas.queries import browsing, catalogue
from gis_projects.people.models import User
from gis_projects.sentences import word
from layers.browsing import Field, extent, fields
from layers.models import Kind, LayerVersion

QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"

#: Parameters of /items that mean something else than a property of that name.
RESERVED = frozenset(
    {"f", "bbox", "bbox-crs", "crs", "limit", "offset", "after", "datetime", "version", "token"}
)
OWN = ("key", "class_code", "name")


def version(question: Question, code: str) -> LayerVersion:
    """The version that `version` or `datetime` asks for, by default the one in force; else 404."""
    number = parameters.whole(question.parameters, "version", least=1, most=parameters.MAX_VERSION)
    moment = parameters.state_at(parameters.interval(question.parameters))
    if number is not None and moment is not None:
        raise BadQuestion(_("参数 version 和 datetime 不能同时给出。"))
    return browsing.version_of(question.user, code, number=number, moment=moment)


def property_fields(found: LayerVersion) -> dict[str, Field]:
    """What can be filtered by: the feature's own columns and its attributes, but for names that are taken."""
    own = [Field(name, "text") for name in OWN]
    return {
        field.name: field
        for field in (*fields(found, found.layer.standard), *own)
        if field.name not in RESERVED
    }


def properties_of(question: Question, code: str, **_path: str) -> list[str]:
    """Names of properties, as parameters of /items."""
    return list(property_fields(version(question, code)))


def bounds(found: LayerVersion) -> tuple[float, float, float, float]:
    """West, south, east, north of the version's coverage in degrees, or of its features where it covers no ground."""
    return _bounds(found.pk, found.root_hash)


@lru_cache(maxsize=1024)
def _bounds(pk: int, root_hash: str) -> tuple[float, float, float, float]:
    """Of a version that never changes: its root hash is part of the question."""
    rows = LayerVersion.objects.filter(pk=pk).order_by()
    box = rows.aggregate(box=Extent("coverage"))["box"] or extent(rows.defer("coverage").get())
    assert box is not None, "a version without a coverage has features"
    west, south, east, north = box
    return west, south, east, north


def document(question: Question, found: LayerVersion, *, number: int | None = None) -> dict[str, Any]:
    """A collection; ``number`` where links should keep to that version."""
    layer = found.layer
    path = f"collections/{layer.code}"
    begin = found.valid_from or (found.published_at.date() if found.published_at else None)
    stamp = [None if day is None else f"{day.isoformat()}T00:00:00Z" for day in (begin, found.valid_to)]
    notice = word(layer.notice)
    return {
        "id": layer.code,
        "title": layer.name,
        "description": layer.description or notice or layer.name,
        "attribution": word(layer.authority),
        "extent": {
            "spatial": {"bbox": [list(bounds(found))], "crs": CRS84},
            "temporal": {
                "interval": [stamp], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
            },
        },
        "itemType": "feature",
        "crs": list(URIS),
        "storageCrs": STORAGE,
        "version": found.number,
        "featureCount": found.feature_count,
        "rootHash": found.root_hash,
        "sourceDate": found.source_date.isoformat() if found.source_date else None,
        "secrecy": layer.secrecy,
        "classSystem": found.class_system,
        "notice": notice,
        "links": [
            link(question.url(f"{path}/items", version=number), "items", GEOJSON, _("要素")),
            link(question.url(f"{path}/items", version=number, f="html"), "items", HTML, _("要素（网页）")),
            link(question.url(f"{path}/queryables", version=number), QUERYABLES, SCHEMA, _("可筛选的属性")),
            link(question.url(f"{path}/tiles", version=number), TILESETS, title=_("矢量瓦片")),
        ],
    }  # fmt: skip


def readable(user: User) -> list[LayerVersion]:
    """What /collections lists: vector layers in force, in the order of the map."""
    return list(catalogue.current_versions(user).filter(layer__kind=Kind.VECTOR))


@resource()
def collections(question: Question) -> Answer:
    """/req/core/fc-md-op: nothing in it tells of a layer that the asker may not know of."""
    documents = []
    for found in readable(question.user):
        entry = document(question, found)
        own = link(question.url(f"collections/{found.layer.code}"), "self", title=found.layer.name)
        documents.append({**entry, "links": [own, *entry["links"]]})
    return Answer(_("图层集合"), {"title": _("图层集合"), "crs": list(URIS), "collections": documents})


@resource("version")
def collection(question: Question, code: str) -> Answer:
    found = version(question, code)
    number = found.number if "version" in question.parameters else None
    return Answer(found.layer.name, document(question, found, number=number))


_TYPES = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
}


def schema_of(found: LayerVersion) -> dict[str, Any]:
    """JSON Schema of the properties that can be filtered by (19-079r2, /req/queryables)."""
    properties: dict[str, Any] = {
        name: {"title": name, **_TYPES.get(field.kind, {})} for name, field in property_fields(found).items()
    }
    names = {code: label for code, label in found.class_names.items() if code}
    if names:
        properties["class_code"] |= {"enum": sorted(names), "title": _("类别代码")}
    return properties


@resource("version")
def queryables(question: Question, code: str) -> Answer:
    found = version(question, code)
    return Answer(
        found.layer.name,
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": question.url(f"collections/{code}/queryables", version=question.parameters.get("version")),
            "type": "object",
            "title": found.layer.name,
            "properties": {
                **schema_of(found), "geometry": {"title": _("几何"), "format": "geometry-any"},
            },
            "additionalProperties": False,
        },
        SCHEMA,
    )  # fmt: skip


def in_validity(found: LayerVersion, asked: tuple[datetime | None, datetime | None] | None) -> bool:
    """Whether the version's declared validity, where it has one, meets the interval."""
    if asked is None:
        return True
    begin, end = (moment and timezone.localtime(moment).date() for moment in asked)
    after_its_end = found.valid_to is not None and begin is not None and begin > found.valid_to
    before_its_begin = found.valid_from is not None and end is not None and end < found.valid_from
    return not (after_its_end or before_its_begin)
