"""Who acts for whom."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from gis_projects.people.models import Delegation, User
from gis_projects.people.roles import Permission


def acting_for(user: User, permission: Permission | None = None) -> list[User]:
    """Who lends the user anything today (or just this permission), each once. No query for who borrows nothing."""
    if user.organisation_id is None or user.borrows_until is None:
        return []
    if user.borrows_until < timezone.localdate():
        return []
    lent = Delegation.objects.current().filter(
        taker=user, giver__is_active=True, giver__organisation_id=user.organisation_id
    )
    if permission is not None:
        lent = lent.filter(permissions__contains=[str(permission)])
    return list(User.objects.filter(pk__in=lent.values("giver")).order_by("pk"))


def delegations_of(user: User, *, state: str = "", words: str = "") -> QuerySet[Delegation]:
    """What a user lends and borrows, the newest first. ``state``: ``current``, ``coming``, ``over``, empty for all;
    ``words`` of the other's name or of the reason.
    """
    rows = Delegation.objects.filter(Q(giver=user) | Q(taker=user)).select_related("giver", "taker")
    today = timezone.localdate()
    if state == "current":
        rows = rows.filter(ended_at=None, starts_on__lte=today, ends_on__gte=today)
    elif state == "coming":
        rows = rows.filter(ended_at=None, starts_on__gt=today)
    elif state == "over":
        rows = rows.filter(Q(ended_at__isnull=False) | Q(ends_on__lt=today))
    for word in words.split():
        of_other = Q(giver=user, taker__full_name__icontains=word) | Q(
            taker=user, giver__full_name__icontains=word
        )
        rows = rows.filter(of_other | Q(reason__icontains=word))
    return rows.order_by("-starts_on", "-pk")


def same_person(a: User | int | None, b: User | int | None, since: date | None = None) -> bool:
    """Whether two count as one where two different persons are asked for (who enters doesn't approve).

    They do if they are one, if one of them could act for the other on any day from ``since`` (today unless given) to
    today, or if both could act for a third. None is nobody, the platform itself.
    """
    first, second = (row.pk if isinstance(row, User) else row for row in (a, b))
    if first is None or second is None:
        return False
    if first == second:
        return True
    today = timezone.localdate()
    since = since or today
    # Ended on a day, it still was in force on that day until then.
    live = Delegation.objects.filter(starts_on__lte=today, ends_on__gte=since).filter(
        Q(ended_at=None) | Q(ended_at__date__gte=since)
    )
    pairs = set(live.filter(taker__in=[first, second]).values_list("giver", "taker"))
    if (first, second) in pairs or (second, first) in pairs:
        return True
    givers = {key: {giver for giver, taker in pairs if taker == key} for key in (first, second)}
    return not givers[first].isdisjoint(givers[second])
