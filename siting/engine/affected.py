"""What of a site a rule concerns: joined per feature, told from slivers, dissolved, measured once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt
import shapely

from siting.engine.area import FloatArray, IntArray, areal_parts, exact_area, measure
from siting.engine.overlap import BoolArray, Overlay
from siting.engine.slivers import ObjectArray, Width, classify

_JOIN_FROM_M2 = 1e-4  # parts below are noise of shared edges: joining them could change no reported figure
_FEW = 8  # so few parts are dissolved fastest the plain way


@dataclass(frozen=True)
class Measured:
    """Dissolved figures of some parts: exact m² (not scaled), m² by class code, and feature keys, sorted.

    Classes add up to the area: where features of several classes overlap, the ground counts for the
    first of them in the order of their codes.
    """

    area_m2: float
    by_class: tuple[tuple[str, float], ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Affected:
    """Connected parts of the selected features within the site, as columns of equal length.

    ``rows`` are rows of ``overlay``; ``kinds`` values of `siting.engine.slivers.Width`; ``areas`` exact m²;
    ``joined`` says which parts were put together from several pieces of their feature.
    """

    overlay: Overlay
    site: shapely.MultiPolygon
    parts: ObjectArray
    areas: FloatArray
    kinds: npt.NDArray[np.int8]
    rows: IntArray
    joined: BoolArray

    def measured(self, least: Width) -> Measured:
        """Measure what is at least ``least`` wide. Overlapping features are dissolved first."""
        chosen = self.kinds >= least
        areas, rows = self.areas[chosen], self.rows[chosen]
        keys = sorted(set(self.overlay.keys[rows].tolist()))
        codes = self.overlay.classes[rows].tolist()
        by_class: dict[str, float] = {}
        if self.overlay.non_overlapping or len(keys) == 1:
            for code, area in zip(codes, areas.tolist(), strict=True):
                by_class[code] = by_class.get(code, 0.0) + area
        else:
            before = None
            order = sorted(range(len(codes)), key=codes.__getitem__)
            parts = self.parts[chosen]
            for code, members in groupby(order, key=codes.__getitem__):
                geometry = shapely.union_all(parts[list(members)])
                added = geometry if before is None else shapely.difference(geometry, before)
                by_class[code] = exact_area(added)
                before = geometry if before is None else shapely.union(before, geometry)
        return Measured(sum(by_class.values()), tuple(sorted(by_class.items())), tuple(keys))

    def geometry(self, least: Width) -> shapely.MultiPolygon | None:
        """Dissolve what is at least ``least`` wide, EPSG:4490; None where there is nothing."""
        chosen = self.kinds >= least
        if not chosen.any():
            return None
        parts = self.parts[chosen]
        if self.overlay.non_overlapping and len(parts) > _FEW:
            return self._dissolved_coverage(chosen)
        return polygons_of(shapely.union_all(parts))

    def _dissolved_coverage(self, chosen: BoolArray) -> shapely.MultiPolygon:
        # Uncut pieces of a coverage share their edges exactly and dissolve many times faster than cut ones,
        # so they are dissolved before they are cut. Pieces of which a part is left out go the plain way.
        partly = np.zeros(len(self.overlay.keys), dtype=bool)
        partly[self.rows[~chosen | self.joined]] = True
        whole_rows = np.unique(self.rows[chosen & ~partly[self.rows]])
        try:
            core = shapely.coverage_union_all(self.overlay.originals[whole_rows])
            if not shapely.is_valid(core):
                raise shapely.GEOSException("edges of the coverage don't match")
            core = shapely.intersection(self.site, core)
        except shapely.GEOSException:
            return polygons_of(shapely.union_all(self.parts[chosen]))
        rest = self.parts[chosen & partly[self.rows]]
        return polygons_of(shapely.union_all(np.append(rest, core)) if len(rest) else core)


def polygons_of(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep a geometry's polygons: touching edges leave lines and points beside them."""
    parts, _ = areal_parts(np.array([geometry], dtype=object))
    return shapely.multipolygons(parts)


def affected(
    site: shapely.MultiPolygon, overlay: Overlay, selected: BoolArray, sliver_width_m: float
) -> Affected:
    """Take the selected pieces of an overlay apart into connected parts and say how wide each is.

    Pieces of one feature are joined first wherever a thin part may owe its width to the cut.

    Parameters
    ----------
    site
        What the overlay was cut to, EPSG:4490.
    overlay
        From `siting.engine.overlap.overlay`.
    selected
        bool (m,), which of its rows.
    sliver_width_m
        From this width on a part is a true overlap.
    """
    inside = np.flatnonzero(selected & overlay.inside)
    of_selected = selected[overlay.part_rows]
    cut, cut_areas = overlay.parts[of_selected], overlay.part_areas[of_selected]
    cut_rows = overlay.part_rows[of_selected]
    kinds = classify(cut, cut_areas, overlay.part_perimeters[of_selected], sliver_width_m)

    parts = np.concatenate((overlay.geometries[inside], cut))
    areas = np.concatenate((overlay.areas[inside], cut_areas))
    rows = np.concatenate((inside, cut_rows))
    # Thinness tells where two outlines nearly agree; what lies away from the site's outline is what it is.
    all_kinds = np.concatenate((np.full(len(inside), Width.WIDE, dtype=np.int8), kinds))

    joined = np.zeros(len(parts), dtype=bool)
    suspects = cut_rows[(kinds < Width.WIDE) & (cut_areas >= _JOIN_FROM_M2)]
    if len(suspects):
        pieces_of = Counter(overlay.keys[selected].tolist())
        for key in sorted({k for k in overlay.keys[suspects].tolist() if pieces_of[k] > 1}):
            own = overlay.keys[rows] == key
            whole = shapely.get_parts(shapely.union_all(parts[own]))
            whole_areas, perimeters = measure(whole)
            whole_kinds = classify(whole, whole_areas, perimeters, sliver_width_m)
            parts = np.concatenate((parts[~own], whole))
            areas = np.concatenate((areas[~own], whole_areas))
            all_kinds = np.concatenate((all_kinds[~own], whole_kinds))
            joined = np.concatenate((joined[~own], np.ones(len(whole), dtype=bool)))
            rows = np.concatenate((rows[~own], np.full(len(whole), rows[own][0])))
    return Affected(overlay, site, parts, areas, all_kinds, rows, joined)
