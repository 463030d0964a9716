"""Which town a patch lies in: the division with most of its ground, by the layer of townships or else of districts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

import layers.queries
from layers.lookup import names
from siting.engine.area import exact_area
from siting.engine.slivers import ObjectArray

TOWN_LAYERS = ("XZJXZQ", "XZQ")
"""Layers of divisions, the finest first: townships (乡级行政区) and districts."""


@dataclass(frozen=True)
class Towns:
    """Divisions by their code. `source` names the layer and its version; empty where there is none."""

    source: str
    codes: ObjectArray
    shapes: ObjectArray
    names: dict[str, str]

    def of(self, patches: ObjectArray) -> list[str]:
        """The code of the division with most of each patch's ground; empty where it lies in none."""
        found = [""] * len(patches)
        if not len(self.shapes) or not len(patches):
            return found
        patch, piece = shapely.STRtree(self.shapes).query(patches, predicate="intersects")
        counts = np.bincount(patch, minlength=len(patches))
        areas = np.ones(len(patch))
        several = counts[patch] > 1
        areas[several] = exact_area(
            shapely.intersection(patches[patch[several]], self.shapes[piece[several]])
        )
        shares: list[dict[str, float]] = [{} for _ in found]
        for one, code, area in zip(patch.tolist(), self.codes[piece].tolist(), areas.tolist(), strict=True):
            shares[one][code] = shares[one].get(code, 0.0) + area
        return [
            max(sorted(share), key=lambda code, share=share: share[code]) if share else ""  # type: ignore[misc]
            for share in shares
        ]


def read() -> Towns:
    """The divisions as published now."""
    for layer in TOWN_LAYERS:
        versions = layers.queries.current([layer])
        if layer not in versions or versions[layer].kind != "vector":
            continue
        version = versions[layer]
        parts = list(layers.queries.everything(version))
        keys = np.concatenate([np.empty(0, dtype=object), *(part.keys for part in parts)])
        classes = np.concatenate([np.empty(0, dtype=object), *(part.classes for part in parts)])
        shapes = np.concatenate([np.empty(0, dtype=object), *(part.geometries for part in parts)])
        known = names(version)
        codes = np.array([c or k for c, k in zip(classes, keys, strict=True)], dtype=object)
        labels = {
            code: version.class_names.get(code) or known.get(key) or code
            for code, key in zip(codes.tolist(), keys.tolist(), strict=True)
        }
        return Towns(f"{layer}@{version.number}", codes, shapes, labels)
    nothing = np.empty(0, dtype=object)
    return Towns("", nothing, nothing, {})
