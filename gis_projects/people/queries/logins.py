"""Which units were there: sign-ins counted by unit."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max

from gis_projects.people.models import SignIn


def organisations_seen(start: datetime, end: datetime) -> dict[int, int]:
    """How often somebody of each unit signed in from ``start`` until before ``end``, by the unit's key.

    Units without a sign-in are not in it.
    """
    rows = SignIn.objects.filter(at__gte=start, at__lt=end, organisation__isnull=False)
    return dict(rows.order_by().values_list("organisation").annotate(Count("pk")))


def last_seen(organisations: list[int]) -> dict[int, datetime]:
    """The last sign-in of each of these units; those that never did are not in it."""
    rows = SignIn.objects.filter(organisation__in=organisations)
    return dict(rows.order_by().values_list("organisation").annotate(Max("at")))
