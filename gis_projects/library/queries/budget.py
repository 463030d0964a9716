"""What lines of the budget hold."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from gis_projects.library.models import Appropriation, BudgetChange, BudgetLine, Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible

_MONEY = DecimalField(max_digits=20, decimal_places=2)


def with_sums(queryset: QuerySet[BudgetLine]) -> QuerySet[BudgetLine]:
    """Lines with ``changed_yuan``, ``paid_yuan``, ``arranged_yuan`` (as changed) and ``balance_yuan``."""
    changed = (
        BudgetChange.objects.filter(line=OuterRef("pk"))
        .order_by()
        .values("line")
        .annotate(sum=Sum("delta_yuan"))
    )
    paid = (
        Appropriation.objects.filter(line=OuterRef("pk"))
        .order_by()
        .values("line")
        .annotate(sum=Sum("amount_yuan"))
    )
    zero = Value(Decimal(0), output_field=_MONEY)
    return queryset.annotate(
        changed_yuan=Coalesce(Subquery(changed.values("sum"), output_field=_MONEY), zero),
        paid_yuan=Coalesce(Subquery(paid.values("sum"), output_field=_MONEY), zero),
    ).annotate(
        arranged_yuan=F("amount_yuan") + F("changed_yuan"),
        balance_yuan=F("amount_yuan") + F("changed_yuan") - F("paid_yuan"),
    )


def lines(user: User) -> QuerySet[BudgetLine]:
    """The lines of projects that a user may know of, newest year first."""
    rows = visible(user, Permission.READ_PROJECTS, BudgetLine.objects.all())
    return (
        with_sums(rows).select_related("project", "project__region", "review", "by").order_by("-year", "-pk")
    )


def balance_of(project: Project) -> Decimal:
    """What all lines of a project still hold, 元."""
    found = with_sums(BudgetLine.objects.filter(project=project)).aggregate(sum=Sum("balance_yuan"))
    return found["sum"] or Decimal(0)
