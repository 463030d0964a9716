"""GeoJSON (RFC 7946): one feature a project, its place generalised as on the public map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gis_projects.disclosure.open_data.exact import dumps
from gis_projects.disclosure.open_data.fields import values
from gis_projects.disclosure.open_data.holdings import Holding

MEDIA_TYPE = "application/geo+json"


def lines(holdings: Iterable[Holding]) -> Iterator[str]:
    """The collection's text, a feature at a time."""
    yield '{"type":"FeatureCollection","features":['
    for number, holding in enumerate(holdings):
        yield (",\n" if number else "\n") + dumps(feature(holding))
    yield "\n]}\n"


def feature(holding: Holding) -> dict[str, Any]:
    """``id`` is the slug; what was not disclosed is null."""
    return {
        "type": "Feature",
        "id": holding.slug,
        "geometry": holding.geometry,
        "properties": {name: None if value == "" else value for name, value in values(holding).items()},
    }
