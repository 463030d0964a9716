"""What the page of a comparison is asked for, from its address; what makes no sense there is passed over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from gis_projects.sites.models import HandlingState
from gis_projects.sites.queries.comparisons import ORDERS, Filter

SQUARE_METRES_PER_HECTARE = 10_000


@dataclass(frozen=True)
class Asked:
    """A filter and an order, with the words of the form that they came from."""

    filter: Filter
    order: str
    words: Mapping[str, str]

    @property
    def query(self) -> str:
        """The address's query for links and exports, without the page."""
        return urlencode({name: value for name, value in self.words.items() if value})


def asked_of(query: Mapping[str, str]) -> Asked:
    """Read a page's query."""
    words = {
        name: query.get(name, "").replace("\0", "").strip()[:100]
        for name in ("pair", "town", "state", "department", "slivers", "min_ha", "max_ha", "sort")
    }
    class_a, bar, class_b = words["pair"].partition("|")
    slivers = {"only": True, "without": False}.get(words["slivers"])
    return Asked(
        Filter(
            class_a=class_a if bar else None,
            class_b=class_b if bar else None,
            town=words["town"] or None,
            state=words["state"] if words["state"] in HandlingState.values else None,
            organisation=_whole(words["department"]),
            slivers=slivers,
            min_area=_square_metres(words["min_ha"]),
            max_area=_square_metres(words["max_ha"]),
        ),
        words["sort"] if words["sort"] in ORDERS else "-area",
        words,
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _square_metres(hectares: str) -> float | None:
    try:
        value = float(hectares) if hectares else math.nan
    except ValueError:
        return None
    return value * SQUARE_METRES_PER_HECTARE if math.isfinite(value) and abs(value) < 1e9 else None
