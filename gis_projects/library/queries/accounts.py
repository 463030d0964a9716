"""Completed government projects and their two accounts: what is behind, and last year's rates against the city's."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise

from gis_projects.library.models import (
    AccountKind,
    Completion,
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

#: How many calendar years the backlog has, this one among them (近三年).
YEARS = 3
_AVERAGES = {
    AccountKind.SETTLEMENT: ParameterKey.CITY_SETTLEMENT_RATE,
    AccountKind.FINAL: ParameterKey.CITY_FINAL_RATE,
}


def completed(user: User, *, since: int | None = None) -> QuerySet[Any]:
    """Completed government projects that a user may know of, with ``completed_on``, ``settled_on``, ``final_on``.

    ``since``: completed in that year or later; a project whose day nobody has registered is among them, as it may be.
    """
    days = Completion.objects.filter(project=OuterRef("pk")).order_by("-pk").values("completed_on")
    accounts = CompletionAccount.objects.filter(project=OuterRef("pk")).order_by("-pk")
    rows = visible(user, Permission.READ_PROJECTS, Project.objects.all()).filter(
        stage=Stage.COMPLETED, investment_kind=InvestmentKind.GOVERNMENT
    )
    rows = rows.select_related("region", "organisation").annotate(
        completed_on=Subquery(days[:1]),
        settled_on=Subquery(accounts.filter(kind=AccountKind.SETTLEMENT).values("concluded_on")[:1]),
        final_on=Subquery(accounts.filter(kind=AccountKind.FINAL).values("concluded_on")[:1]),
    )
    if since is not None:
        rows = rows.filter(Q(completed_on__year__gte=since) | Q(completed_on=None))
    return rows.order_by("completed_on", "code")


def standing_accounts(project: Project) -> list[CompletionAccount]:
    """A project's accounts as they stand, the settlement first: of each kind the newest row."""
    rows = {row.kind: row for row in project.completion_accounts.order_by("pk")}
    return [rows[kind] for kind in AccountKind.values if kind in rows]


def behind(rows: QuerySet[Any], what: str) -> QuerySet[Any]:
    """Of `completed`: ``settlement`` or ``final`` outstanding, the ``day`` unknown, or all ``done``."""
    if what == "day":
        return rows.filter(completed_on=None)
    if what == "settlement":
        return rows.filter(settled_on=None)
    if what == "final":
        return rows.filter(final_on=None)
    return rows.filter(settled_on__isnull=False, final_on__isnull=False) if what == "done" else rows


@dataclass(frozen=True)
class Rate:
    """Of the projects completed in a year, how many have an account; against the city's average.

    ``share`` is in per cent with two decimals, None where none was completed. ``met`` compares exactly, a rate that
    equals the average reaching it unless whoever stated that said otherwise (`Setting.inclusive`), and is None where
    there is no share or nobody stated the average.
    """

    kind: str
    label: str | Promise
    part: int
    whole: int
    share: Decimal | None
    average: Setting | None
    met: bool | None


def rates(user: User, year: int) -> list[Rate]:
    """The settlement rate and the final-account rate of a year's completed projects (F255).

    The average is the one that holds where the user works: in their region, or their unit's.
    """
    found = list(completed(user).filter(completed_on__year=year).values_list("settled_on", "final_on"))
    region = user.region_id or (user.organisation.region_id if user.organisation is not None else None)
    parts = {
        AccountKind.SETTLEMENT: sum(settled is not None for settled, _final in found),
        AccountKind.FINAL: sum(final is not None for _settled, final in found),
    }
    return [_rate(kind, part, len(found), setting(_AVERAGES[kind], region)) for kind, part in parts.items()]


def _rate(kind: AccountKind, part: int, whole: int, average: Setting | None) -> Rate:
    met = None
    if whole and average is not None:  # without dividing: whatever rounding shows
        reached, wanted = Decimal(part * 100), average.value * whole
        met = reached >= wanted if average.inclusive else reached > wanted
    return Rate(
        kind.value,
        kind.label,
        part,
        whole,
        share(Decimal(part), Decimal(whole)) if whole else None,
        average,
        met,
    )
