"""Programmes, and how far they have come."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, DecimalField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from gis_projects.library.models import InvestmentRecord, Programme, Project
from gis_projects.library.money import Rounding, share
from gis_projects.library.queries import projects as projects_of
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible


@dataclass(frozen=True)
class Completion:
    """What a programme's members have invested, of its target.

    ``ratio`` is exact to four decimals, rounded the programme's way (1.2125); ``percent`` is what is shown (121).
    """

    number: int
    planned_yuan: Decimal
    actual_yuan: Decimal
    target_yuan: Decimal
    ratio: Decimal
    percent: int


def programmes(user: User) -> QuerySet[Programme]:
    """The programmes of the regions that a user reads projects of."""
    return visible(user, Permission.READ_PROJECTS, Programme.objects.select_related("region"))


def members(user: User, programme: Programme) -> QuerySet[Project]:
    """A programme's projects that the user may know of, with their money."""
    return projects_of.projects(user).filter(programmes__programme=programme).order_by("code")


def completion(user: User, programme: Programme) -> Completion:
    """How far a programme has come by what the user may know of. One query."""
    zero = Value(Decimal(0), output_field=DecimalField(max_digits=20, decimal_places=2))
    latest = InvestmentRecord.objects.filter(project=OuterRef("pk")).order_by("-recorded_on", "-pk")
    rows = visible(user, Permission.READ_PROJECTS, Project.objects.filter(programmes__programme=programme))
    found = rows.annotate(
        planned=Subquery(latest.values("planned_yuan")[:1]),
        actual=Subquery(latest.values("cumulative_yuan")[:1]),
    )
    sums = found.order_by().aggregate(
        number=Count("pk"),
        planned_sum=Coalesce(Sum("planned"), zero),
        actual_sum=Coalesce(Sum("actual"), zero),
    )
    actual = sums["actual_sum"]
    rounding = Rounding(programme.rounding)
    target = programme.target_yuan
    whole = share(actual, target, places=0, rounding=rounding)
    ratio = share(actual, target, places=2, rounding=rounding)
    assert whole is not None
    assert ratio is not None  # a target is greater than zero, says the database
    return Completion(sums["number"], sums["planned_sum"], actual, target, ratio / Decimal(100), int(whole))
