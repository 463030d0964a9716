"""Reading the statistics as of a day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from gis_projects.library.models import InvestmentRecord
from gis_projects.people.models import Region, RegionKind, User
from gis_projects.people.permissions import Permission, ScopePaths, visible
from gis_projects.reporting.statistics import Figures, Row, table

# A record counts where the project stood then. Whoever may not know of a project doesn't count it either.
SCOPE = ScopePaths(region="region_id", organisation="project__organisation_id", secrecy="project__secrecy")


@dataclass(frozen=True)
class Statistics:
    """The table as of ``as_of``, from what had been entered by ``known_at`` (None: by now)."""

    rows: list[Row]
    as_of: date
    known_at: datetime | None


def statistics(
    user: User,
    as_of: date,
    known_at: datetime | None = None,
    *,
    projects: Collection[int] | None = None,
) -> Statistics:
    """Count and money by region, of each project's last record on or before a day. Three queries.

    ``projects`` (keys) leaves out all others: the same table over a selection.

    Records are only ever added, and each keeps its own region, so the same ``as_of`` gives the same numbers
    after later records. Figures that are entered late for an earlier day (a ledger taken over) do belong to
    that day; ``known_at`` leaves out what was entered after a moment, and so repeats any report exactly.
    """
    regions = list(visible(user, Permission.READ_STATISTICS, Region.objects.all(), ScopePaths(region="code")))
    records = InvestmentRecord.objects.filter(recorded_on__lte=as_of)
    if known_at is not None:
        records = records.filter(entered_at__lte=known_at)
    if projects is not None:
        records = records.filter(project__in=projects)
    latest = records.order_by("project_id", "-recorded_on", "-pk").distinct("project_id").values("pk")
    rows = (
        visible(user, Permission.READ_STATISTICS, InvestmentRecord.objects.filter(pk__in=latest), SCOPE)
        .order_by()
        .values_list("region_id")
        .annotate(Count("pk"), Sum("planned_yuan"), Sum("cumulative_yuan"))
    )
    figures = {code: Figures(number, planned, cumulative) for code, number, planned, cumulative in rows}
    city = next((region for region in regions if region.code == settings.REGION_CODE), None)
    return Statistics(
        table(
            [
                (region.code, region.short_name)
                for region in regions
                if region.kind in (RegionKind.COUNTY, RegionKind.ZONE)
            ],
            (city.code, city.short_name) if city else None,
            figures,
            total_name=_("汇总"),
            subtotal_name=_("旗县汇总"),
        ),
        as_of,
        known_at,
    )


def last_day(user: User) -> date | None:
    """The day of the newest record that the user may count: what the page shows unless asked for another."""
    records = visible(user, Permission.READ_STATISTICS, InvestmentRecord.objects.all(), SCOPE)
    newest: date | None = records.aggregate(day=Max("recorded_on"))["day"]
    return newest
