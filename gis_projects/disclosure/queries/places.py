"""Where the disclosed projects are, as a whole and by names of places."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db.models import Extent
from django.db.models import Count, Q

from gis_projects.disclosure.models import PublicOutline
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import Selection, disclosed, selected

_MOST = 8
_STEP = 4  # decimals of a degree


def extent() -> list[float] | None:
    """West, south, east, north of the public base map; None where there is none."""
    return _rounded(_regions().aggregate(box=Extent("geometry"))["box"])


def found(words: str) -> dict[str, list[dict[str, Any]]]:
    """Up to `_MOST` regions, townships and projects of a name; ``box`` is west, south, east, north."""
    words = " ".join(words.split())
    if not words:
        return {"regions": [], "townships": [], "projects": []}
    regions = (
        _regions()
        .filter(Q(name__icontains=words) | Q(code=words))
        .order_by("code")
        .values("code", "name")
        .annotate(box=Extent("geometry"))
    )
    townships = (
        disclosed()
        .filter(township__icontains=words)
        .order_by("region_name", "township")
        .values("region_code", "region_name", "township")
        .annotate(box=Extent("geometry"), number=Count("pk"))
    )
    projects = (
        selected(Selection(words=words))
        .annotate(box=Extent("geometry"))
        .values("slug", "name", "region_name", "box")
    )
    return {
        "regions": [
            {"code": row["code"], "name": row["name"], "box": _rounded(row["box"])} for row in regions[:_MOST]
        ],
        "townships": [
            {
                "region": row["region_code"],
                "name": row["township"],
                "of": row["region_name"],
                "count": row["number"],
                "box": _rounded(row["box"]),
            }
            for row in townships[:_MOST]
        ],
        "projects": [
            {
                "slug": row["slug"],
                "name": row["name"],
                "of": row["region_name"],
                "box": _rounded(row["box"]),
            }
            for row in projects[:_MOST]
        ],
    }


def _regions() -> Any:
    return PublicOutline.objects.using(PUBLIC).filter(kind="region")


def _rounded(box: tuple[float, ...] | None) -> list[float] | None:
    return [round(part, _STEP) for part in box] if box else None
