"""Public geometry as GeoJSON."""

from __future__ import annotations

from django.db.models import Func, TextField, Value

# Five decimals of a degree are about a metre, finer than any grid that is published.
_DECIMALS = 5


def as_geojson(shape: str | Func) -> Func:
    # Options 0: no "crs" member, which GeoJSON no longer has.
    return Func(shape, Value(_DECIMALS), Value(0), function="ST_AsGeoJSON", output_field=TextField())
