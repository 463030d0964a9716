"""What part of the disclosed projects is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.disclosure.queries import PUBLIC

RADIUS = 6378137.0  # of Web Mercator's sphere, metres

#: How a list may be ordered; the slug makes every order total.
ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": (F("published_at").desc(), "slug"),
    "amount": (F("planned_yuan").desc(nulls_last=True), "slug"),
    "name": ("name", "slug"),
}


@dataclass(frozen=True)
class Selection:
    """Every field that is empty asks nothing. ``kinds`` are alternatives; ``no_kind`` asks for none at all.

    ``view`` is west, south, east, north in degrees: projects whose symbol stands in it.
    """

    region: str = ""
    kinds: tuple[str, ...] = ()
    no_kind: bool = False
    industry: str = ""
    level: str = ""
    stage: str = ""
    year: int | None = None
    least_yuan: Decimal | None = None
    most_yuan: Decimal | None = None
    words: str = ""
    township: str = ""
    view: tuple[float, ...] | None = None


EVERYTHING = Selection()


def disclosed() -> QuerySet[DisclosedProject]:
    """Every project that the public may see today."""
    shown = Q(until=None) | Q(until__gte=timezone.localdate())
    return DisclosedProject.objects.using(PUBLIC).filter(shown)


def selected(selection: Selection = EVERYTHING) -> QuerySet[DisclosedProject]:
    """The disclosed projects that a selection leaves."""
    found = unclassified(selection)
    if selection.no_kind:
        return found.none()
    for name in ("region_code", "industry", "level", "stage", "year"):
        wanted = getattr(selection, name.removesuffix("_code"))
        if wanted:
            found = found.filter(**{name: wanted})
    if selection.kinds:
        found = found.filter(kinds__overlap=list(selection.kinds))
    return found


def unclassified(selection: Selection) -> QuerySet[DisclosedProject]:
    """What a selection leaves before it is narrowed by region, kind, industry, level, stage and year.

    Every word has to stand in the code, the name, the content, the region or the township.
    """
    found = disclosed()
    for word in selection.words.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(code__icontains=word)
            | Q(content__icontains=word)
            | Q(region_name__icontains=word)
            | Q(township__icontains=word)
        )
    if selection.township:
        found = found.filter(township=selection.township)
    if selection.least_yuan is not None:
        found = found.filter(planned_yuan__gte=selection.least_yuan)
    if selection.most_yuan is not None:
        found = found.filter(planned_yuan__lte=selection.most_yuan)
    if selection.view is not None:
        west, south, east, north = selection.view
        box = Polygon.from_bbox((*_mercator(west, south), *_mercator(east, north)))
        box.srid = 3857
        found = found.filter(mark__contained=box)
    return found


def _mercator(longitude: float, latitude: float) -> tuple[float, float]:
    x = RADIUS * math.radians(longitude)
    return x, RADIUS * math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
