"""What is in an untrusted file, without reading all of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from layers import projection
from layers.notices import Notice, UnreadableFile
from layers.reading import formats
from layers.reading.candidates import CrsCandidate, candidates, to_json
from layers.reading.refusals import refused, remarks
from layers.reading.sandbox import Confined, Limits

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class FileField:
    """A field of a file's layer, or a raster's band; `type` is text, integer, number, boolean, or a band's."""

    name: str
    type: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class FileLayer:
    """A layer of a file. `bounds` are in the file's own coordinates, `crs` a label; candidates where it is None."""

    name: str
    geometry_type: str | None
    feature_count: int | None
    crs: str | None
    bounds: Box | None
    fields: tuple[FileField, ...]
    encoding: str | None = None
    crs_candidates: tuple[CrsCandidate, ...] = ()
    problems: tuple[Notice, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "geometry_type": self.geometry_type, "feature_count": self.feature_count,
            "crs": self.crs, "bounds": self.bounds and list(self.bounds), "encoding": self.encoding,
            "fields": [{"name": f.name, "type": f.type, "samples": list(f.samples)} for f in self.fields],
            "crs_candidates": [candidate.to_json() for candidate in self.crs_candidates],
            "problems": [to_json(notice) for notice in self.problems],
        }  # fmt: skip


@dataclass(frozen=True)
class Inspection:
    """A file's format, its layers with geometry, and what there is to say about it."""

    format: str
    kind: str
    layers: tuple[FileLayer, ...]
    notices: tuple[Notice, ...] = ()
    usage: tuple[tuple[str, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "kind": self.kind,
            "layers": [layer.to_json() for layer in self.layers],
            "notices": [to_json(notice) for notice in self.notices],
        }


def inspect(
    path: Path, *, region: Any = None, limits: Limits | None = None, bwrap: str = "bwrap"
) -> Inspection:
    """Look into an untrusted file, in confinement.

    Parameters
    ----------
    path
        The file; its name's extension is not believed.
    region
        The bureau's region (shapely, EPSG:4490): ranks the candidates for a missing coordinate system.
    limits, bwrap
        Bounds, and the program to confine with.

    Returns
    -------
    Its layers with fields, samples, counts where the file states them, bounds and coordinate system. A layer's
    `problems` are what would stop it from being read as it is (another datum, axes the wrong way round).

    Raises
    ------
    UnreadableFile
        With notices in Chinese.
    """
    sniffed = formats.sniff(path)
    raster = sniffed.kind == formats.GEOTIFF
    run = Confined(
        "raster" if raster else "vector", sniffed.task | {"mode": "describe", "kind": sniffed.kind}, path,
        sniffed.inside, sniffed.drivers, limits=limits or Limits().for_size(path.stat().st_size), bwrap=bwrap,
    )  # fmt: skip
    with run:
        told = run.output.read()
        answer = run.finish()
    try:
        layers = tuple(_layer(layer, region) for layer in json.loads(told)["layers"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(refused({"code": "incomplete"})) from error
    return Inspection(
        sniffed.kind, "raster" if raster else "vector", layers, remarks(answer), tuple(run.usage.items())
    )


def _layer(told: dict[str, Any], region: Any) -> FileLayer:
    bounds: Box | None = tuple(map(float, told["bounds"])) if told["bounds"] else None  # type: ignore[assignment]
    layer = FileLayer(
        name=str(told["name"]),
        geometry_type=told["geometry_type"],
        feature_count=told["count"],
        crs=None,
        bounds=bounds,
        fields=tuple(FileField(f["name"], f["type"], tuple(f["samples"])) for f in told["fields"]),
        encoding=told["encoding"],
    )
    if told["crs"] is None:
        return replace(layer, crs_candidates=candidates(bounds, region))
    try:
        crs = projection.declared(told["crs"])
        layer = replace(layer, crs=projection.label(crs))
        projection.check(crs)
        if bounds is not None:
            projection.check_box(bounds, crs)
    except UnreadableFile as error:
        return replace(layer, crs=layer.crs or "?", problems=error.notices)
    return layer
