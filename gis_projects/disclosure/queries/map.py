"""What stands beside the public map."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Func, Max, TextField

from gis_projects.disclosure.models import DisclosedProject, PublicOutline
from gis_projects.disclosure.queries import PUBLIC


@dataclass(frozen=True)
class Group:
    """One choice of a filter and how many disclosed projects it has."""

    code: str
    name: str
    count: int


@dataclass(frozen=True)
class Overview:
    """``changed`` is the time of the newest copy in ISO form, or empty."""

    total: int
    regions: tuple[Group, ...]
    kinds: dict[str, int]
    review_numbers: tuple[str, ...]
    notices: tuple[str, ...]
    changed: str


def overview() -> Overview:
    """What stands beside the public map: the filters' choices with their counts, 审图号, notices."""
    everything = DisclosedProject.objects.using(PUBLIC)
    regions = (
        everything.order_by("region_code")
        .values_list("region_code", "region_name")
        .annotate(number=Count("pk"))
    )
    kinds = (
        everything.order_by()
        .annotate(kind=Func(F("kinds"), function="unnest", output_field=TextField()))
        .values_list("kind")
        .annotate(number=Count("pk"))
    )
    newest = everything.aggregate(total=Count("pk"), changed=Max("changed_at"))
    outlined = PublicOutline.objects.using(PUBLIC)
    words = {
        field: tuple(
            sorted(
                {
                    *outlined.exclude(**{field: ""}).order_by().values_list(field, flat=True).distinct(),
                    *everything.exclude(**{field: ""}).order_by().values_list(field, flat=True).distinct(),
                }
            )
        )
        for field in ("review_number", "notice")
    }
    return Overview(
        total=newest["total"],
        regions=tuple(Group(code, name, number) for code, name, number in regions),
        kinds=dict(kinds),
        review_numbers=words["review_number"],
        notices=words["notice"],
        changed=newest["changed"].isoformat() if newest["changed"] else "",
    )
