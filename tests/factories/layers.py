"""Layers, tables and published versions for tests: small squares around a point near Baotou."""

from __future__ import annotations

from typing import Any

import factory
import numpy as np
import shapely

from layers.loading import load
from layers.models import Layer
from layers.publishing import LoadReport
from layers.table import Table

ORIGIN = (109.9, 40.6)
STEP = 0.01  # degrees
REGION = shapely.box(109.0, 40.0, 111.5, 42.5)


class LayerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Layer

    code = factory.Sequence(lambda n: f"LAYER{n}")
    name = factory.LazyAttribute(lambda layer: f"图层 {layer.code}")
    class_system = "test"


def square(column: float, row: float, size: float = STEP) -> Any:
    """A square whose lower left corner is `column`, `row` steps from the origin."""
    west, south = ORIGIN[0] + column * STEP, ORIGIN[1] + row * STEP
    # rounded: neighbours have the very same vertices
    return shapely.box(*(round(value, 12) for value in (west, south, west + size, south + size)))


def grid_table(columns: int = 3, rows: int = 3, **changes: Any) -> Table:
    """A gap-free grid of squares with keys K0000…, classes 01 and 02 in turn."""
    cells = [square(i, j) for j in range(rows) for i in range(columns)]
    count = len(cells)
    return Table(
        **{
            "geometries": np.array(cells, dtype=object),
            "keys": [f"K{n:04d}" for n in range(count)],
            "class_codes": ["01" if n % 2 else "02" for n in range(count)],
            "names": [f"图斑{n}" for n in range(count)],
            "attributes": {"TBMJ": np.arange(count) * 1.5, "QSXZ": np.array(["20"] * count, dtype=object)},
            "source_name": "grid",
            **changes,
        }
    )


def published(
    code: str = "GRID", table: Table | None = None, coverage: Any = REGION, **layer: Any
) -> LoadReport:
    """A layer with one (more) published version."""
    row = Layer.objects.filter(code=code).first() or LayerFactory(code=code, **layer)
    return load(row, table if table is not None else grid_table(), coverage=coverage)
