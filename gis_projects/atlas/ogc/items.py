"""Features as GeoJSON: a page of a collection, and one alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from django.http import Http404
from django.utils.translation import gettext as _

from gis_projects.atlas.ogc import parameters
from gis_projects.atlas.ogc.answers import GEOJSON, Answer, BadQuestion, Question, link, resource
from gis_projects.atlas.ogc.collections import in_validity, properties_of, property_fields, version
from gis_projects.atlas.ogc.crs import OutputCrs
from layers.browsing import Row, Selection, count, feature, page
from layers.models import LayerVersion


def properties(found: LayerVersion, row: Row) -> dict[str, Any]:
    """A feature's own columns and its attributes; an attribute of the same name is what the data say."""
    own = {
        "key": row.key, "class_code": row.class_code, "class_name": found.class_names.get(row.class_code, ""),
        "name": row.name, "area_m2": round(row.area_m2, 2),
    }  # fmt: skip
    return {**own, **row.attributes}


def _numbers(found: LayerVersion) -> set[str]:
    """Attributes whose whole values are written as 1.0: programs take a column's type from the first page."""
    return {name for name, field in property_fields(found).items() if field.kind == "number"}


def _features(found: LayerVersion, rows: Sequence[Row], system: OutputCrs) -> list[str]:
    """Each feature as JSON; the geometries of a page are written all at once."""
    geometries = np.array([row.geometry for row in rows], dtype=object)
    shapes = shapely.to_geojson(system.written(geometries)).tolist() if len(rows) else []
    numbers = _numbers(found) if rows else set()
    said = [properties(found, row) for row in rows]
    for one in said:
        one |= {name: float(one[name]) for name in numbers & one.keys() if type(one[name]) is int}
    return [
        f'{{"type": "Feature", "id": {_json(row.key)}, "geometry": {shape}, "properties": {_json(one)}}}'
        for row, shape, one in zip(rows, shapes, said, strict=True)
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@resource(
    "bbox", "bbox-crs", "crs", "limit", "offset", "after", "datetime", "version", also=properties_of
)  # fmt: skip
def items(question: Question, code: str) -> Answer:
    """/req/core/fc-op. Pages are in the order of the features' identifiers; "next" goes on behind the last one."""
    asked = question.parameters
    system = parameters.crs(asked, "crs")
    limit = parameters.limit(asked)
    offset = parameters.whole(asked, "offset", least=0, most=parameters.MAX_OFFSET) or 0
    after = asked.get("after")
    if after is not None and offset:
        raise BadQuestion(_("参数 after 和 offset 不能同时给出。"))
    found = version(question, code)
    chosen = parameters.selection(asked, frozenset(property_fields(found)))
    valid = in_validity(found, parameters.interval(asked))
    rows: Sequence[Row] = ()
    links = [link(question.url(f"collections/{code}", version=asked.get("version")), "collection")]
    if valid:
        place = None if after is None else (after, after)
        turned = page(found, chosen, limit=limit, offset=offset, after=place, geometry=True)
        rows = turned.rows
        if turned.next is not None:
            following = question.again(after=turned.next[1], offset=None, f="json")
            links.append(link(following, "next", GEOJSON, _("下一页")))
    body: dict[str, Any] = {
        "type": "FeatureCollection",
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "numberReturned": len(rows),
    }
    # Counting takes longer than a page: it is done once, for the first.
    if after is None:
        body["numberMatched"] = matched(found, chosen) if valid else 0
    body["links"] = links
    features = ", ".join(_features(found, rows, system))
    return Answer(
        f"{found.layer.name} v{found.number}",
        body,
        GEOJSON,
        {"Content-Crs": f"<{system.uri}>"},
        lambda outline: f'{_json(outline)[:-1]}, "features": [{features}]}}',
    )


def matched(found: LayerVersion, chosen: Selection) -> int:
    """How many features there are over all pages."""
    return found.feature_count if chosen.everything else count(found, chosen).number


@resource("crs", "version", "datetime")
def item(question: Question, code: str, key: str) -> Answer:
    """/req/core/f-op: one feature."""
    asked = question.parameters
    system = parameters.crs(asked, "crs")
    found = version(question, code)
    row = feature(found, key) if in_validity(found, parameters.interval(asked)) and "\0" not in key else None
    if row is None:
        raise Http404
    (written,) = _features(found, [row], system)
    links = [link(question.url(f"collections/{code}", version=asked.get("version")), "collection")]
    return Answer(
        row.name or row.key,
        {"links": links},
        GEOJSON,
        {"Content-Crs": f"<{system.uri}>"},
        lambda outline: f"{written[:-1]}, {_json(outline)[1:]}",
    )
