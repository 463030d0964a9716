"""A few square kilometres with every layer that the default rulebook reads, on which a site is clear unless told."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from rasterio.transform import from_bounds

from layers.loading import load, load_raster
from layers.models import Layer, LayerVersion, Raster
from layers.table import Table
from siting.engine.boundary import Boundary
from siting.models import RuleBook
from siting.rulebook import DEFAULT_PATH, publish_defaults, read

WEST, SOUTH, EAST, NORTH = 109.80, 40.58, 109.90, 40.66
EXTENT = shapely.box(WEST, SOUTH, EAST, NORTH)
SITE = shapely.box(109.845, 40.615, 109.850, 40.619)  # some 424 m by 444 m, over 3 km from every edge
FACTS = {"intended_use": "07"}

Row = tuple[str, str, Any]
_SYSTEMS = {"DLTB": "survey", "GHFQ": "planning"}
_WHOLE: dict[str, list[Row]] = {
    "DLTB": [("P1", "0701", EXTENT)],
    "GHFQ": [("Z1", "07", EXTENT)],
    "CZKFBJ": [("B1", "", EXTENT)],
    "HJGK": [("U1", "general", EXTENT)],
}


def vector_codes() -> list[str]:
    """The vector layers of the default rulebook."""
    rules = read(DEFAULT_PATH.read_bytes())["rule"]
    return sorted({rule["layer"] for rule in rules if rule["relation"] != "raster_share"})


def raster_codes() -> list[str]:
    rules = read(DEFAULT_PATH.read_bytes())["rule"]
    return sorted({rule["layer"] for rule in rules if rule["relation"] == "raster_share"})


def publish_layer(code: str, rows: Iterable[Row], *, coverage: Any = EXTENT) -> Layer:
    """Publish the next version of a layer with these (key, class, geometry)."""
    layer, _ = Layer.objects.get_or_create(
        code=code, defaults={"name": f"图层{code}", "class_system": _SYSTEMS.get(code, code.lower())}
    )
    rows = list(rows)
    table = Table(
        geometries=np.array([row[2] for row in rows], dtype=object),
        keys=[row[0] for row in rows],
        class_codes=[row[1] for row in rows],
        source_name=f"{code}.gpkg",
    )
    load(layer, table, coverage=coverage)
    return layer


def publish_slope(folder: Path, degrees: float = 2.0, code: str = "PD") -> Layer:
    """Publish a slope raster with one value everywhere, a 200 × 160 grid over the extent."""
    path = folder / f"slope-{degrees:g}.tif"
    values = np.full((160, 200), degrees, dtype=np.float32)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=200,
        height=160,
        count=1,
        dtype="float32",
        crs="EPSG:4490",
        transform=from_bounds(WEST - 0.01, SOUTH - 0.01, EAST + 0.01, NORTH + 0.01, 200, 160),
        nodata=-9999.0,
    ) as raster:
        raster.write(values, 1)
    layer, _ = Layer.objects.get_or_create(code=code, defaults={"name": "坡度", "kind": "raster"})
    load_raster(layer, path)
    return layer


def publish_land(
    folder: Path, features: Mapping[str, Iterable[Row]] | None = None, *, without: Iterable[str] = ()
) -> None:
    """Publish the default rulebook and all its layers, but for those in ``without``.

    ``features`` adds to the sparse layers and replaces the four that cover the ground (DLTB, GHFQ, CZKFBJ, HJGK).
    The land as it is by default is published once by a process and kept. Where nothing is published yet its rows are
    put back, but for the layers that are to be others.
    """
    given, without = dict(features or {}), set(without)
    if Layer.objects.exists() or RuleBook.objects.exists():
        _publish_land(folder, given, without)
        return
    if _plain_land:
        _plain_land[0].put_back()
    else:
        _publish_land(folder, {}, set())
        _plain_land.append(Kept.of_now())
    _take_away([*given, *without])
    for code in vector_codes():
        if code in given and code not in without:
            publish_layer(code, given[code])


def _publish_land(folder: Path, given: Mapping[str, Iterable[Row]], without: set[str]) -> None:
    publish_defaults()
    for code in vector_codes():
        if code not in without:
            publish_layer(code, given.get(code, _WHOLE.get(code, [])))
    if "PD" not in without:
        publish_slope(folder)


def _take_away(codes: Iterable[str]) -> None:
    """As if these layers had never been: no version, feature or tile of theirs."""
    layers = list(Layer.objects.filter(code__in=codes).values_list("pk", flat=True))
    if not layers:
        return
    with transaction.atomic(), without_triggers(), connection.cursor() as cursor:
        for model in apps.get_app_config("layers").get_models():
            columns = {field.attname for field in model._meta.concrete_fields}
            whose = (
                "layer_id"
                if "layer_id" in columns
                else "(SELECT layer_id FROM layers_layerversion v WHERE v.id = version_id)"
                if "version_id" in columns
                else ""
            )
            if whose and model is not LayerVersion:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}" WHERE {whose} = ANY(%s)', [layers])
        cursor.execute("DELETE FROM layers_layerversion WHERE layer_id = ANY(%s)", [layers])
        cursor.execute("DELETE FROM layers_layer WHERE id = ANY(%s)", [layers])


@dataclass(frozen=True)
class Kept:
    """All rows of the two lower floors as COPY writes them, and the rasters that belong to them."""

    tables: dict[str, bytes]
    files: dict[str, bytes]

    @classmethod
    def of_now(cls) -> Kept:
        tables = {}
        with connection.cursor() as cursor:
            for label in ("layers", "siting"):
                for model in apps.get_app_config(label).get_models(include_auto_created=True):
                    if model.objects.exists():
                        rows = io.BytesIO()
                        cursor.cursor.copy_expert(
                            f'COPY "{model._meta.db_table}" TO STDOUT (FORMAT binary)', rows
                        )
                        tables[model._meta.db_table] = rows.getvalue()
        paths = Raster.objects.values_list("path", flat=True)
        return cls(tables, {path: (Path(settings.MEDIA_ROOT) / path).read_bytes() for path in paths})

    def put_back(self) -> None:
        """Numbers of rows are the same as before: a sequence never goes back, so nobody else has them."""
        with transaction.atomic(), without_triggers(), connection.cursor() as cursor:
            for table, rows in self.tables.items():
                cursor.cursor.copy_expert(f'COPY "{table}" FROM STDIN (FORMAT binary)', io.BytesIO(rows))
        for path, content in self.files.items():
            place = Path(settings.MEDIA_ROOT) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


_plain_land: list[Kept] = []


def boundary(polygon: Any = SITE) -> Boundary:
    """A drawn boundary."""
    from siting.boundaries import from_drawing

    return from_drawing(json.loads(shapely.to_geojson(polygon)))


@contextmanager
def without_triggers() -> Iterator[None]:
    """As somebody who owns the database could: no trigger fires."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")
