"""A comparison as rows: its totals, its digest, and every patch."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import shapely
from django.db import connection, transaction

from layers.standards import code_list
from siting.conflicts.comparison import Comparison, Side
from siting.conflicts.run import Answer, Question
from siting.models import PlanComparison

_AT_ONCE = 2_000
_TOLD = 1_000  # features that couldn't be overlaid are named up to so many, and counted all
_NAME = 100

_INSERT = """
INSERT INTO siting_conflictpatch (comparison_id, number, class_a, class_b, name_a, name_b, area_m2, width_m, sliver,
    town, town_name, keys_a, keys_b, count_a, count_b, geometry)
SELECT %s, number, class_a, class_b, name_a, name_b, area, width, sliver, town, town_name, keys_a::jsonb, keys_b::jsonb,
       count_a, count_b, ST_GeomFromWKB(shape, 4490)
FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[], %s::bool[],
            %s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::bytea[])
     AS patches (number, class_a, class_b, name_a, name_b, area, width, sliver, town, town_name, keys_a, keys_b,
                 count_a, count_b, shape)
"""


@transaction.atomic
def keep(answer: Answer) -> PlanComparison:
    """Keep a comparison and its patches."""
    asked, found = answer.question, answer.comparison
    sums = totals(answer)
    patches = found.patches
    row = PlanComparison.objects.create(
        version_a_id=asked.a.version_id, version_b_id=asked.b.version_id,
        root_hash_a=asked.a.root_hash, root_hash_b=asked.b.root_hash,
        crosswalk=asked.crosswalk, crosswalk_sha256=asked.crosswalk.sha256, turned=asked.turned,
        sliver_width_m=asked.sliver_width_m, towns=answer.town_source, versions=_libraries(), totals=sums,
        patch_count=len(patches), sliver_count=int(patches.slivers.sum()), conflict_m2=found.conflict_m2,
        digest=digest(answer),
    )  # fmt: skip
    names = [_labels(side.classes, pin) for side, pin in ((found.a, asked.a), (found.b, asked.b))]
    with connection.cursor() as cursor:
        for begin in range(0, len(patches), _AT_ONCE):
            span = range(begin, min(begin + _AT_ONCE, len(patches)))
            a, b = ([int(numbers[n]) for n in span] for numbers in (patches.a, patches.b))
            towns = [answer.towns[n] for n in span]
            cursor.execute(
                _INSERT,
                [
                    row.pk, [n + 1 for n in span],
                    [found.a.classes[k] for k in a], [found.b.classes[k] for k in b],
                    [names[0][k] for k in a], [names[1][k] for k in b],
                    patches.areas[span].tolist(), patches.widths[span].tolist(), patches.slivers[span].tolist(),
                    towns, [answer.town_names.get(town, "")[:_NAME] for town in towns],
                    [json.dumps(patches.keys_a[n], ensure_ascii=False) for n in span],
                    [json.dumps(patches.keys_b[n], ensure_ascii=False) for n in span],
                    patches.count_a[span].tolist(), patches.count_b[span].tolist(),
                    [memoryview(shape) for shape in shapely.to_wkb(patches.shapes[span]).tolist()],
                ],
            )  # fmt: skip
    return row


def totals(answer: Answer) -> dict[str, Any]:
    """The sums of a comparison, m² as full doubles: by side and class, the matrix, and what is told beside them."""
    found, asked = answer.comparison, answer.question
    slivers = found.patches.slivers
    return {
        "a": _side(found, found.a, asked, 1),
        "b": _side(found, found.b, asked, 0),
        "matrix": found.m2.tolist(),
        "conflicting": found.conflicting.tolist(),
        "agreed_m2": found.agreed_m2,
        "conflict_m2": found.conflict_m2,
        "contact_m2": found.contact_m2,
        "sliver_m2": float(found.patches.areas[slivers].sum()),
        "not_overlaid": [{"side": one.side, "key": one.key} for one in found.not_overlaid[:_TOLD]],
        "not_overlaid_count": len(found.not_overlaid),
    }


def _side(found: Comparison, side: Side, asked: Question, axis: int) -> dict[str, Any]:
    """One plan's sums; `axis` is the one of the matrix that runs over the other plan's classes."""
    pin = asked.a if axis == 1 else asked.b
    conflict = np.where(found.conflicting, found.m2, 0.0).sum(axis=axis)
    agreed = found.m2.sum(axis=axis) - conflict
    residual = found.residual_a if axis == 1 else found.residual_b
    columns = {
        "ground_m2": side.ground, "agreed_m2": agreed, "conflict_m2": conflict, "only_m2": side.only,
        "not_overlaid_m2": side.not_overlaid, "doubled_m2": side.doubled, "residual_m2": residual,
    }  # fmt: skip
    labels = _labels(side.classes, pin)
    classes = [
        {
            "class": code, "label": labels[n], "unlisted": bool(side.unlisted[n]),
            **{name: float(values[n]) for name, values in columns.items()},
        }
        for n, code in enumerate(side.classes)
    ]  # fmt: skip
    return {"classes": classes, **{name: float(values.sum()) for name, values in columns.items()}}


def _labels(codes: tuple[str, ...], pin: Any) -> list[str]:
    known = code_list(pin.class_system)
    names = dict(known.codes) if known is not None else {}
    return [(pin.class_names.get(code) or names.get(code) or "")[:_NAME] for code in codes]


def _libraries() -> dict[str, str]:
    return {"shapely": shapely.__version__, "geos": ".".join(map(str, shapely.geos_version))}


def digest(answer: Answer) -> str:
    """SHA-256 (hex) over what was compared, by what, and what was found: areas to 0.01 m², places to 1e-7°."""
    asked, found = answer.question, answer.comparison
    patches = found.patches
    boxes = shapely.bounds(patches.shapes) if len(patches) else np.empty((0, 4))
    said = {
        "a": [asked.a.layer, asked.a.number, asked.a.root_hash],
        "b": [asked.b.layer, asked.b.number, asked.b.root_hash],
        "crosswalk": [asked.crosswalk.sha256, asked.turned],
        "sliver_width_m": asked.sliver_width_m,
        "classes": [found.a.classes, found.b.classes],
        "matrix": np.round(found.m2, 2).tolist(),
        "only": [np.round(side.only, 2).tolist() for side in (found.a, found.b)],
        "not_overlaid": [[one.side, one.key] for one in found.not_overlaid],
        "towns": answer.town_source,
        "patches": [
            [a, b, round(area, 2), bool(sliver), town, *box]
            for a, b, area, sliver, town, box in zip(
                patches.a.tolist(), patches.b.tolist(), patches.areas.tolist(), patches.slivers.tolist(),
                answer.towns, np.round(boxes, 7).tolist(), strict=True,
            )
        ],
    }  # fmt: skip
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
