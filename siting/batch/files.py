"""Findings of a batch as files: one Parquet with a row for every rule that isn't clear, one GeoPackage of the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio.raw
import pyproj
import shapely

from siting.batch.running import Findings
from siting.engine.batch import FindingRow, SiteAnswer

#: Outcomes of rows that are about a site and no rule of it.
ALL_CLEAR, UNUSABLE = "clear", "unusable"

_SCHEMA = pa.schema(
    [
        ("site", pa.string()),
        ("feature", pa.int32()),
        ("verdict", pa.string()),
        ("site_area_m2", pa.float64()),
        ("digest", pa.string()),
        ("rule", pa.string()),
        ("name", pa.string()),
        ("layer", pa.string()),
        ("severity", pa.string()),
        ("outcome", pa.string()),
        ("area_m2", pa.float64()),
        ("raw_area_m2", pa.float64()),
        ("share", pa.float64()),
        ("count", pa.int32()),
        ("classes", pa.string()),
        ("features", pa.string()),
        ("questions", pa.string()),
        ("reason", pa.string()),
        ("basis", pa.string()),
        ("authority", pa.string()),
        ("geometry", pa.binary()),
    ]
)


def write(findings: Findings, folder: Path) -> tuple[Path, Path]:
    """Write ``findings.parquet`` and ``findings.gpkg`` (layers ``findings`` and ``sites``); their paths.

    Every site has a row in both, also where nothing is to be found or it can't be used. Files that were there before
    are replaced once the new ones are whole.

    Raises
    ------
    OSError
        The folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for answer in findings.answers for row in _rows(answer)]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    parquet, geopackage = folder / "findings.parquet", folder / "findings.gpkg"
    draft = folder / "findings.parquet.part"
    pq.write_table(table.replace_schema_metadata(_metadata(findings)), draft, compression="zstd")
    draft.replace(parquet)
    draft = folder / "findings.part.gpkg"
    draft.unlink(missing_ok=True)
    _append(draft, "sites", _sites(findings))
    _append(draft, "findings", rows)
    draft.replace(geopackage)
    return parquet, geopackage


def _rows(answer: SiteAnswer) -> list[dict[str, Any]]:
    own = {
        "site": answer.id,
        "feature": answer.number,
        "verdict": answer.verdict,
        "site_area_m2": answer.area_m2,
        "digest": answer.digest,
    }
    if answer.refusal:
        return [{**own, "outcome": UNUSABLE, "reason": _text(answer.refusal), "geometry": None}]
    if not answer.findings:
        return [{**own, "outcome": ALL_CLEAR, "geometry": None}]
    return [{**own, **_row(finding)} for finding in answer.findings]


def _row(finding: FindingRow) -> dict[str, Any]:
    entry = finding.entry
    reason = entry.get("reason")
    return {
        "rule": finding.rule,
        "name": entry["name"],
        "layer": entry["layer"],
        "severity": entry["severity"],
        "outcome": finding.outcome,
        "area_m2": entry.get("area_m2"),
        "raw_area_m2": entry.get("raw_area_m2"),
        "share": entry.get("share"),
        "count": entry.get("count"),
        "classes": _json(entry.get("classes")),
        "features": _json(entry.get("features")),
        "questions": _json(entry.get("questions")),
        "reason": None if reason is None else str(reason["text"]),
        "basis": entry.get("basis"),
        "authority": entry.get("authority"),
        "geometry": finding.geometry,
    }


def _json(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None


def _text(notices: tuple[Mapping[str, Any], ...]) -> str:
    return "；".join(str(notice["text"]) for notice in notices)


def _metadata(findings: Findings) -> dict[str, str]:
    geo = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": [],
                "crs": pyproj.CRS.from_epsg(4490).to_json_dict(),
            }
        },
    }
    batch = {**findings.shared, "digest": findings.digest}
    return {"geo": json.dumps(geo), "batch": json.dumps(batch, ensure_ascii=False, sort_keys=True)}


def _sites(findings: Findings) -> list[dict[str, Any]]:
    return [
        {
            "site": answer.id,
            "feature": answer.number,
            "verdict": answer.verdict or UNUSABLE,
            "site_area_m2": answer.area_m2,
            "digest": answer.digest,
            "questions": _json(answer.questions),
            "reason": _text(answer.refusal) or None,
            "geometry": answer.geometry,
        }
        for answer in findings.answers
    ]


def _append(path: Path, layer: str, rows: list[dict[str, Any]]) -> None:
    """Write a layer of our own rows into a GeoPackage."""
    names = [
        name
        for name in (_SCHEMA.names if layer == "findings" else (rows[0] if rows else _SCHEMA.names))
        if name != "geometry"
    ]
    columns, masks = [], []
    for name in names:
        values = [row.get(name) for row in rows]
        mask = np.array([value is None for value in values], dtype=bool)
        numeric = name in _SCHEMA.names and not pa.types.is_string(_SCHEMA.field(name).type)
        kind = _SCHEMA.field(name).type.to_pandas_dtype() if numeric else object
        filler = 0 if numeric else ""
        columns.append(np.array([filler if value is None else value for value in values], dtype=kind))
        masks.append(mask)
    geometries = np.array([row.get("geometry") for row in rows], dtype=object)
    known = np.array([None if value is None else _multi(value) for value in geometries], dtype=object)
    pyogrio.raw.write(
        path,
        known,
        columns,
        np.array(names, dtype=object),
        field_mask=masks,
        driver="GPKG",
        layer=layer,
        geometry_type="MultiPolygon",
        crs="EPSG:4490",
        append=path.exists(),
    )


def _multi(wkb: bytes) -> bytes:
    """A layer of a GeoPackage has one type: a single polygon becomes a collection of one."""
    geometry = shapely.from_wkb(wkb)
    parts = shapely.get_parts(geometry)
    content: bytes = shapely.to_wkb(shapely.multipolygons(parts[shapely.get_type_id(parts) == 3]))
    return content
