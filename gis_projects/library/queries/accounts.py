"""Completed government projects and their two accounts: what is behind, and last year's rates against the city's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise

from gis_projects.library.models import (
    AccountKind,
    CompletionAccount,
    InvestmentKind,
    ParameterKey,
    Project,
    Stage,
)
from gis_projects.library.money import share
from gis_projects.library.queries.parameters import Setting, setting
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible

#: How many years back the backlog goes (近三年).
YEARS = 3
_AVERAGES = {
    AccountKind.SETTLEMENT: ParameterKey.CITY_SETTLEMENT_RATE,
    AccountKind.FINAL: ParameterKey.CITY_FINAL_RATE,
}


def completed(user: User, *, since: int | None = None) -> QuerySet[Any]:
    """Completed government projects that a user may know of, with ``completed_on``, ``settled_on``, ``final_on``.

    ``since``: completed in that year or later; a project whose day nobody has registered is among them, as it may be.
    """
    accounts = CompletionAccount.objects.filter(project=OuterRef("pk"))
    rows = visible(user, Permission.READ_PROJECTS, Project.objects.all()).filter(
        stage=Stage.COMPLETED, investment_kind=InvestmentKind.GOVERNMENT
    )
    rows = rows.select_related("region", "organisation", "completion").annotate(
        settled_on=Subquery(accounts.filter(kind=AccountKind.SETTLEMENT).values("concluded_on")),
        final_on=Subquery(accounts.filter(kind=AccountKind.FINAL).values("concluded_on")),
    )
    if since is not None:
        rows = rows.filter(Q(completion__completed_on__year__gte=since) | Q(completion=None))
    return rows.order_by("completion__completed_on", "code")


def behind(rows: QuerySet[Any], what: str) -> QuerySet[Any]:
    """Of `completed`: ``settlement`` or ``final`` outstanding, the ``day`` unknown, or all ``done``."""
    if what == "day":
        return rows.filter(completion=None)
    if what == "settlement":
        return rows.filter(settled_on=None)
    if what == "final":
        return rows.filter(final_on=None)
    return rows.filter(settled_on__isnull=False, final_on__isnull=False) if what == "done" else rows


@dataclass(frozen=True)
class Rate:
    """Of the projects completed in a year, how many have an account; against the city's average.

    ``share`` is in per cent with two decimals, None where none was completed. ``met`` compares exactly and is None
    where there is no share or nobody stated the average.
    """

    kind: str
    label: str | Promise
    part: int
    whole: int
    share: Decimal | None
    average: Setting | None
    met: bool | None


def rates(user: User, year: int, region: str = "") -> list[Rate]:
    """The settlement rate and the final-account rate of a year's completed projects (F255)."""
    rows = completed(user).filter(completion__completed_on__year=year)
    if region:
        rows = rows.filter(region=region)
    found = list(rows.values_list("settled_on", "final_on"))
    parts = {
        AccountKind.SETTLEMENT: sum(settled is not None for settled, _final in found),
        AccountKind.FINAL: sum(final is not None for _settled, final in found),
    }
    return [
        _rate(kind, part, len(found), setting(_AVERAGES[kind], region or user.region_id))
        for kind, part in parts.items()
    ]


def _rate(kind: AccountKind, part: int, whole: int, average: Setting | None) -> Rate:
    met = None
    if whole and average is not None:  # 不低于: what equals it reaches it, whatever rounding shows
        met = part * 100 >= average.value * whole
    return Rate(
        kind.value,
        kind.label,
        part,
        whole,
        share(Decimal(part), Decimal(whole)) if whole else None,
        average,
        met,
    )
