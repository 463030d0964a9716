"""Where an exported file is from: said inside it."""

from __future__ import annotations

from typing import Any

from layers.browsing import Selection
from layers.models import LayerVersion


def metadata(version: LayerVersion, selection: Selection, *, count: int, epsg: int) -> dict[str, Any]:
    """Layer, version, root hash and what was chosen, as JSON."""
    layer = version.layer
    chosen: dict[str, Any] = {
        "boxes": [list(box) for box in selection.boxes],
        "filters": dict(selection.filters),
        "words": selection.words,
        "least_m2": selection.least_m2,
        "most_m2": selection.most_m2,
    }
    return {
        "layer": layer.code,
        "layer_name": version.layer_name,
        "version": version.number,
        "status": version.status,
        "root_hash": version.root_hash,
        "hash_algorithm": version.hash_algorithm,
        "published_at": version.published_at.isoformat(timespec="seconds") if version.published_at else None,
        "source_name": version.source_name,
        "source_sha256": version.source_sha256,
        "source_date": version.source_date.isoformat() if version.source_date else None,
        "legal_source": version.legal_source,
        "authority": layer.authority,
        "secrecy": layer.secrecy,
        "notice": layer.notice,
        "class_system": version.class_system,
        "selection": {name: value for name, value in chosen.items() if value not in (None, "", {}, [])},
        "complete": selection.everything,
        "features": count,
        "crs": f"EPSG:{epsg}",
    }
