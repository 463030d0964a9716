"""How long nobody has kept a project's record up (F031)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.library.upkeep import thresholds

GREEN, YELLOW, RED = "green", "yellow", "red"


@dataclass(frozen=True)
class Staleness:
    """Days since the last update, the lamp that they light, and the days at which it turns."""

    days: int
    lamp: str
    yellow_days: int
    red_days: int


def of(
    project: Project, limits: Mapping[str, tuple[int, int]] | None = None, today: date | None = None
) -> Staleness:
    """How stale one record is. Pass ``limits`` (`thresholds`) when asking for many: then it asks no query."""
    yellow, red = (thresholds() if limits is None else limits)[project.stage]
    days = max(0, ((today or timezone.localdate()) - timezone.localtime(project.updated_at).date()).days)
    return Staleness(days, RED if days >= red else YELLOW if days >= yellow else GREEN, yellow, red)


def of_lamp(queryset: QuerySet[Project], lamp: str) -> QuerySet[Project]:
    """The projects whose record lights this lamp today."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), datetime.min.time()))
    chosen = Q(pk__in=[])
    for stage, (yellow, red) in thresholds().items():
        # what was updated on the day so many days ago has just reached the limit
        turns_yellow = midnight - timedelta(days=yellow - 1)
        turns_red = midnight - timedelta(days=red - 1)
        if lamp == RED:
            chosen |= Q(stage=stage, updated_at__lt=turns_red)
        elif lamp == YELLOW:
            chosen |= Q(stage=stage, updated_at__lt=turns_yellow, updated_at__gte=turns_red)
        elif lamp == GREEN:
            chosen |= Q(stage=stage, updated_at__gte=turns_yellow)
    return queryset.filter(chosen)
