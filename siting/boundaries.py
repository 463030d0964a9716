"""Boundaries: brought as a file or drawn on the map, kept as declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting import drawings, formats
from siting.engine.boundary import Boundary, build
from siting.engine.corridor import Caps
from siting.engine.declared import declared_from_json as declared_from_json
from siting.engine.declared import declared_to_json as declared_to_json
from siting.engine.notices import Notice, UnusableInput
from siting.formats import Answers


def read(
    content: bytes,
    filename: str,
    *,
    central_meridian: int | None = None,
    epsg: int | None = None,
    width_m: float | None = None,
    caps: Caps = Caps.FLAT,
    layer: str | None = None,
) -> Boundary:
    """Read a boundary file of any supported format and measure it.

    Parameters
    ----------
    content, filename
        The whole file; its name only for messages.
    central_meridian, epsg, width_m, caps, layer
        A person's answers where the file leaves its coordinate system, the width of its lines or the choice of a layer
        open, see :func:`siting.formats.read`.

    Raises
    ------
    UnusableInput
        From reading (with line or field) or from validation (with place).
    """
    return build(
        formats.read(
            content,
            filename,
            central_meridian=central_meridian,
            epsg=epsg,
            width_m=width_m,
            caps=caps,
            layer=layer,
        )
    )


def read_text(
    text: str,
    *,
    central_meridian: int | None = None,
    epsg: int | None = None,
    width_m: float | None = None,
    caps: Caps = Caps.FLAT,
) -> Boundary:
    """Read coordinates that a person pasted or typed, one point a line, and measure them.

    Raises
    ------
    UnusableInput
        With the number of every line that can't be read, or from validation with the place.
    """
    return build(formats.pasted.read(text, answers=Answers(central_meridian, epsg, width_m, caps)))


def from_drawing(geometry: Mapping[str, Any], *, max_vertices: int | None = None) -> Boundary:
    """Measure what was drawn on the map.

    Parameters
    ----------
    geometry
        GeoJSON Polygon or MultiPolygon, longitude/latitude in degrees (EPSG:4490), or a FeatureCollection with a plot
        per feature, see :func:`siting.drawings.read`.
    max_vertices
        A bound below the engine's own, kept before anything is measured.

    Raises
    ------
    UnusableInput
        Where the JSON is no such geometry, or the drawing no usable boundary.
    """
    return measured(drawings.read(geometry), max_vertices=max_vertices)


def measured(drawing: drawings.Drawing, *, max_vertices: int | None = None) -> Boundary:
    """Measure a drawing that was read; raises as :func:`from_drawing` does."""
    declared = drawing.declared()
    count = sum(len(ring.xy) for plot in declared.plots for ring in plot.rings)
    if max_vertices is not None and count > max_vertices:
        raise UnusableInput(
            Notice(
                "too-many-vertices-live",
                "界址点 %(count)s 个，超过实时检查的上限 %(limit)s 个；可先保存边界，再正式检查",
                {"count": count, "limit": max_vertices},
                field="geometry",
            )
        )
    return build(declared)
