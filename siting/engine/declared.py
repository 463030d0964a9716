"""A declared boundary as JSON and back, to the last bit: how it is stored, hashed, signed and sent to workers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from siting.engine.boundary import DeclaredBoundary, Plot, Ring
from siting.engine.corridor import Caps, CentreLine
from siting.engine.crs import DeclaredCrs
from siting.engine.notices import Notice

_STORED_AS = 1


def declared_to_json(declared: DeclaredBoundary) -> dict[str, Any]:
    """Make JSON of a declared boundary that gives the same one back, to the last bit and in the same order.

    Header and attributes are lists of pairs: a JSON column of the database keeps no order of keys.
    """
    return {
        "stored_as": _STORED_AS,
        "format": declared.format,
        "epsg": declared.crs.epsg,
        "header": [list(pair) for pair in declared.header.items()],
        "plots": [
            {
                "attributes": [list(pair) for pair in plot.attributes.items()],
                "number": plot.number,
                "name": plot.name,
                "use": plot.use,
                "declared_area_m2": plot.declared_area_m2,
                **_centre_lines(plot),
                "rings": [
                    {"label": ring.label, "numbers": list(ring.numbers), "xy": ring.xy.tolist()}
                    for ring in plot.rings
                ],
            }
            for plot in declared.plots
        ],
        "notices": [
            {
                "code": notice.code,
                "template": notice.template,
                "params": dict(notice.params),
                "line": notice.line,
                "field": notice.field,
                "place": None if notice.place is None else list(notice.place),
            }
            for notice in declared.notices
        ],
    }


def _centre_lines(plot: Plot) -> dict[str, Any]:
    """Say what a plot's rings were made from; nothing of one that was declared by its rings."""
    if not plot.centre_lines:
        return {}
    return {
        "centre_lines": [
            {
                "numbers": list(line.numbers),
                "xy": line.xy.tolist(),
                "epsg": line.epsg,
                "width_m": line.width_m,
                "caps": str(line.caps),
            }
            for line in plot.centre_lines
        ]
    }


def _centre_line(stored: Mapping[str, Any]) -> CentreLine:
    xy = np.array(stored["xy"], dtype=np.float64).reshape(-1, 2)
    return CentreLine(tuple(stored["numbers"]), xy, stored["epsg"], stored["width_m"], Caps(stored["caps"]))


def declared_from_json(stored: Mapping[str, Any]) -> DeclaredBoundary:
    """Undo :func:`declared_to_json`.

    Raises
    ------
    ValueError
        Where it was stored in a form that this version doesn't know.
    """
    if stored.get("stored_as") != _STORED_AS:
        raise ValueError(f"unknown form of a stored boundary: {json.dumps(stored.get('stored_as'))}")
    return DeclaredBoundary(
        plots=tuple(
            Plot(
                rings=tuple(
                    Ring(
                        tuple(ring["numbers"]),
                        np.array(ring["xy"], dtype=np.float64).reshape(-1, 2),
                        ring["label"],
                    )
                    for ring in plot["rings"]
                ),
                attributes=dict(plot["attributes"]),
                number=plot["number"],
                name=plot["name"],
                use=plot["use"],
                declared_area_m2=plot["declared_area_m2"],
                centre_lines=tuple(_centre_line(line) for line in plot.get("centre_lines", ())),
            )
            for plot in stored["plots"]
        ),
        crs=DeclaredCrs(stored["epsg"]),
        header=dict(stored["header"]),
        format=stored["format"],
        notices=tuple(
            Notice(
                notice["code"],
                notice["template"],
                notice["params"],
                notice["line"],
                notice["field"],
                None if notice["place"] is None else (notice["place"][0], notice["place"][1]),
            )
            for notice in stored["notices"]
        ),
    )
