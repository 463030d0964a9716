"""Every spatial question asked of layers. Answers are frozen dataclasses; nobody above writes SQL on layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class PinnedVersion:
    """One published version of one layer: what a check names as its source.

    ``number`` counts a layer's versions from 1. ``root_hash`` is SHA-256 (hex) over the version's features'
    hashes. ``raster_path`` is set for raster layers only.
    """

    layer: str
    layer_id: int
    layer_name: str
    version_id: int
    number: int
    root_hash: str
    kind: str  # "vector" | "raster"
    class_system: str
    non_overlapping: bool
    raster_path: str | None = None


@dataclass(frozen=True)
class Candidates:
    """Pieces of one version's features near a geometry, as columns of equal length, sorted by key.

    A big feature comes as several pieces (same ``keys`` entry), a small one whole. Attributes
    ----------
    version
        The version they are from.
    keys
        Feature keys (str objects), unique within a version.
    classes
        Class codes (str objects, empty where the layer has none), in ``version.class_system``.
    areas
        Exact ellipsoidal area of each piece, m², float64.
    geometries
        shapely polygons, EPSG:4490.
    """

    version: PinnedVersion
    keys: npt.NDArray[np.object_]
    classes: npt.NDArray[np.object_]
    areas: npt.NDArray[np.float64]
    geometries: npt.NDArray[np.object_]
