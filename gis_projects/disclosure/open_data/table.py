"""CSV in UTF-8 with a byte order mark: one row a project. Where it lies is its middle, on the public geometry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import shapely

from gis_projects import exports
from gis_projects.disclosure.open_data.fields import FIELDS, values
from gis_projects.disclosure.open_data.holdings import Holding

MEDIA_TYPE = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\ufeff"
#: Beside the fields: the middle of the public geometry, in degrees, to about a metre.
MIDDLE = ("longitude", "latitude")


def lines(holdings: Iterable[Holding]) -> Iterator[str]:
    """The table's text, a row at a time; a cell that would run as a formula is marked as text."""
    yield BYTE_ORDER_MARK
    header = [*(field.name for field in FIELDS), *MIDDLE]
    yield from exports.csv_lines(header, (_row(holding) for holding in holdings))


def _row(holding: Holding) -> list[Any]:
    return [*(_cell(value) for value in values(holding).values()), *_middle(holding)]


def _cell(value: Any) -> Any:
    return "|".join(value) if isinstance(value, list) else value


def _middle(holding: Holding) -> tuple[float | None, float | None]:
    if holding.geometry is None:
        return None, None
    middle = shapely.centroid(shapely.geometry.shape(holding.geometry))
    return round(middle.x, 5), round(middle.y, 5)
