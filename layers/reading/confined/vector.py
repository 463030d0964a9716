"""The program that reads features: one layer as Arrow to the pipe, or a description of all layers as JSON."""

import csv
import json
import sqlite3
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from . import curves
from .bounds import answer, refuse
from .sources import Batch, Opened, Source, chosen
from .text import Damage, decoder, distinct_names, plain, plain_type

_SAMPLE_ROWS = 200
_SAMPLES = 5
_SAMPLE_LENGTH = 60
_DESCRIBED = 100  # layers
_REMARKS = 5


def main(task: dict[str, Any]) -> None:
    """Do what the task's `mode` says."""
    damaged: tuple[type[Exception], ...] = (
        IndexError, KeyError, ValueError, UnicodeError, OSError, EOFError, RuntimeError, sqlite3.Error, zlib.error,
        csv.Error,
    )  # fmt: skip
    if task["drivers"]:
        # pyogrio takes pyproj in when it finds it, which is a fifth of a start; nothing here needs it
        sys.modules["pyproj"] = None  # type: ignore[assignment]
        import pyogrio

        if not set(pyogrio.list_drivers()) <= set(task["drivers"]):
            refuse("confinement-broken")
        errors = pyogrio.errors
        damaged += (errors.DataSourceError, errors.DataLayerError, errors.FeatureError)
    try:
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            source = _source(task)
            made = _describe(source) if task["mode"] == "describe" else _stream(source, task)
    except MemoryError:
        refuse("too-much-memory")
    except zipfile.BadZipFile:
        refuse("zip-broken")
    except pa.ArrowException as error:
        _refuse_for(error, task["path"], str(error))
    except damaged as error:
        _refuse_for(error, task["path"], f"{type(error).__name__}: {error}")
    said = dict.fromkeys(str(remark.message).replace(task["path"], "")[:200] for remark in remarks)
    made += [{"code": "driver-said", "params": {"reason": words}} for words in list(said)[:_REMARKS]]
    answer({"notices": made})


def _refuse_for(error: Exception, path: str, words: str) -> NoReturn:
    """The refusal that an error of a library means."""
    text = str(error)
    if "OGR_GEOJSON_MAX_OBJ_SIZE" in text or "single feature" in text or "Too large feature" in text:
        refuse("feature-too-large")
    if "alloc" in text or "out of memory" in text.lower():
        refuse("too-much-memory")
    refuse("not-readable", reason=words.replace(path, "")[:200])


def _source(task: dict[str, Any]) -> Source:
    kind = task["kind"]
    if kind == "shapefile-zip":
        from .gdal import Shapefile

        return Shapefile(task)
    if kind == "dxf":
        from .cad import Cad

        return Cad(task)
    if kind == "geoparquet":
        from .parquet import GeoParquet

        return GeoParquet(task)
    if kind == "csv":
        from .delimited import Csv

        return Csv(task)
    if kind in ("kml", "kmz"):
        from .markup import Kml

        return Kml(task)
    from .gdal import Gdal

    return Gdal(task)


def _names(opened: Opened) -> list[str]:
    names = [name for name, _ in opened.fields]
    if opened.latin1 is not None:
        decode = decoder(opened.latin1)
        names = [decode(name.encode("latin-1"))[0] for name in names]
    return distinct_names(names)


def _first(opened: Opened) -> tuple[Batch | None, Iterator[Batch]]:
    """The first batch, and all batches with it."""
    batches = opened.batches
    first = next(batches, None)
    return first, batches if first is None else chain([first], batches)


def _extent(batch: Batch | None) -> list[float] | None:
    """The box of a batch's coordinates, as far as they can be read."""
    import shapely

    if batch is None:
        return None
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkb(batch[1].to_numpy(zero_copy_only=False), on_invalid="ignore")
    xy = shapely.get_coordinates(shapes)
    xy = xy[np.isfinite(xy).all(axis=1)]
    return [*xy.min(axis=0).tolist(), *xy.max(axis=0).tolist()] if len(xy) else None


def _undeclared(task_kind: str, opened: Opened, extent: list[float] | None) -> bool:
    """GeoJSON is degrees unless it says otherwise; where its numbers can't be degrees, it hasn't said what they are."""
    beyond = extent is not None and (max(map(abs, extent[::2])) > 360 or max(map(abs, extent[1::2])) > 360)
    return task_kind == "geojson" and opened.head.crs in ("EPSG:4326", "OGC:CRS84") and beyond


def _describe(source: Source) -> list[dict[str, Any]]:
    layers = []
    names = source.names()
    if len(names) > _DESCRIBED:
        source.notices.append({"code": "many-layers", "params": {"count": len(names), "shown": _DESCRIBED}})
    for name in names[:_DESCRIBED]:
        opened = source.open(name, skip=0, size=_SAMPLE_ROWS)
        first, _ = _first(opened)
        first = None if first is None else _straightened(first)
        extent = _extent(first)
        if _undeclared(getattr(source, "kind", ""), opened, extent):
            opened.head.crs = None
        fields = []
        damage = Damage()
        for place, (field, (_, type_)) in enumerate(zip(_names(opened), opened.fields, strict=True)):
            latin1 = decoder(opened.latin1) if opened.latin1 else None
            values = [] if first is None else plain(first[0][place], field, damage, latin1).to_pylist()
            samples = dict.fromkeys(
                str(v)[:_SAMPLE_LENGTH] for v in values if v is not None and str(v).strip()
            )
            fields.append(
                {"name": field, "type": _type_name(plain_type(type_)), "samples": list(samples)[:_SAMPLES]}
            )
        head = opened.head
        layers.append(
            {
                "name": head.name, "geometry_type": head.geometry_type, "count": head.count, "crs": head.crs,
                "bounds": _trusted(head.bounds, extent), "extent": extent, "encoding": head.encoding, "fields": fields,
            }
        )  # fmt: skip
        source.notices.extend(damage.notices())
    if not layers:
        refuse("no-layer")
    # by the pipe: a description may be longer than what the parent keeps of messages
    sys.stdout.write(json.dumps({"layers": layers}))
    sys.stdout.flush()
    return summed(source.notices)


def _type_name(type_: pa.DataType) -> str:
    if pa.types.is_integer(type_):
        return "integer"
    if pa.types.is_floating(type_):
        return "number"
    return "boolean" if pa.types.is_boolean(type_) else "text"


def _trusted(stated: tuple[float, ...] | None, seen: list[float] | None) -> list[float] | None:
    """The stated box where it holds what was seen, else what was seen."""
    if stated is None or not np.isfinite(stated).all():
        return seen
    if seen is None:
        return list(stated)
    slack = 1e-6 * max(1.0, max(map(abs, seen)))
    holds = all(stated[i] <= seen[i] + slack and stated[i + 2] >= seen[i + 2] - slack for i in (0, 1))
    return list(stated) if holds else seen


def _stream(source: Source, task: dict[str, Any]) -> list[dict[str, Any]]:
    limits, wanted = task["limits"], task["count"]
    opened = source.open(chosen(source.names(), task["layer"]), skip=task["skip"], size=task["size"])
    names, damage = _names(opened), Damage()
    decode = decoder(opened.latin1) if opened.latin1 else None
    if task["kind"] == "geojson":
        first, opened.batches = _first(opened)
        if _undeclared("geojson", opened, _extent(first)):
            opened.head.crs = None
    head = opened.head
    told = {"crs": head.crs, "encoding": head.encoding, "count": head.count, "layer": head.name}
    schema = pa.schema(
        [pa.field(name, plain_type(type_)) for name, (_, type_) in zip(names, opened.fields, strict=True)]
        + [pa.field("geometry", pa.large_binary())],
        metadata={b"head": json.dumps(told).encode()},
    )
    features = 0
    with pa.ipc.new_stream(sys.stdout.buffer, schema) as writer:
        for batch in opened.batches:
            if wanted is not None:
                batch = ([array.slice(0, wanted) for array in batch[0]], batch[1].slice(0, wanted))
                wanted -= len(batch[1])
            features += len(batch[1])
            if features > limits["features"]:
                refuse("too-many-features", limit=limits["features"])
            columns, wkb = _straightened(batch, limits["vertices"], source.notices)
            arrays = [
                plain(column, name, damage, decode) for column, name in zip(columns, names, strict=True)
            ]
            writer.write_batch(pa.record_batch([*arrays, wkb.cast(pa.large_binary())], schema=schema))
            if wanted == 0:
                break
    sys.stdout.flush()
    _compare(source, opened, task, features)
    return summed(source.notices) + damage.notices()


def _compare(source: Source, opened: Opened, task: dict[str, Any], features: int) -> None:
    """Refuse a reading that lost rows; say where the file states another number."""
    stated = opened.head.count if opened.rows is None else opened.rows
    if stated is None:
        return
    expected = max(0, stated - task["skip"])
    if task["count"] is not None:
        expected = min(expected, task["count"])
    if features != expected and opened.rows is not None:
        refuse("rows-lost", there=expected, read=features)
    if features != expected:
        source.notices.append({"code": "count-differs", "params": {"there": expected, "read": features}})


def summed(notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Notices of one code that only count, as one."""
    made: dict[str, dict[str, Any]] = {}
    for notice in notices:
        before = made.get(notice["code"])
        if before is not None and list(notice["params"]) == ["count"]:
            before["params"]["count"] += notice["params"]["count"]
        else:
            made[notice["code"]] = notice
    return list(made.values())


def _straightened(
    batch: Batch, vertices: int | None = None, notices: list[dict[str, Any]] | None = None
) -> Batch:
    """A batch whose geometries are of the plain kinds, none too large."""
    columns, wkb = batch
    large = pa.types.is_large_binary(wkb.type)
    offsets = np.frombuffer(wkb.buffers()[1], np.int64 if large else np.int32)[
        wkb.offset : wkb.offset + len(wkb) + 1
    ]
    sizes = np.diff(offsets)
    if vertices is not None and len(sizes) and sizes.max() > vertices * 16 + 1024:
        refuse("too-many-vertices", count=int(sizes.max()) // 16, limit=vertices)
    data = np.frombuffer(wkb.buffers()[2] or b"", np.uint8)
    whole = np.flatnonzero(sizes >= 5)
    if not len(whole):
        return batch
    starts = offsets[:-1][whole].astype(np.int64)
    first = data[starts]
    low, high = data[starts + np.where(first == 1, 1, 4)], data[starts + np.where(first == 1, 2, 3)]
    kind = (low.astype(np.int64) + (high.astype(np.int64) << 8)) % 1000
    curved = whole[(kind > 7) & (kind < 18)]
    if not len(curved):
        return batch
    values = wkb.to_pylist()
    broken = 0
    for row in curved.tolist():
        values[row] = curves.straight(values[row])
        broken += values[row] is None
    if notices is not None:
        notices.append({"code": "curves-straightened", "params": {"count": len(curved) - broken}})
        if broken:
            notices.append({"code": "geometry-broken", "params": {"count": broken}})
    return columns, pa.array(values, pa.large_binary())
