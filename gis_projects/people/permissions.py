"""The one permission question.

`may` answers it for one object, `visible` for a set; both read an object's region, organisation and secrecy
by the same lookup paths (`ScopePaths`), so a list and a detail page can't disagree.

>>> may(user, Permission.EDIT_SITES, project)
>>> visible(user, Permission.READ_PROJECTS, Project.objects.all())
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from gis_projects.people.roles import ENGAGED, ROLES, Permission, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from gis_projects.people.models import User

__all__ = [
    "ROLES", "Permission", "Role", "Scope", "ScopePaths", "Scoped", "Secrecy",
    "find", "has", "listed", "may", "region_prefix", "require", "visible", "visible_by_post",
]  # fmt: skip

M = TypeVar("M", bound=Model)


class Secrecy(StrEnum):
    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"


_OPEN = (Secrecy.PUBLIC, Secrecy.INTERNAL)  # to everyone inside; whatever else needs READ_CONFIDENTIAL


@dataclass(frozen=True)
class Scope:
    """Whose an object is and who may know of it.

    ``region`` and ``organisation`` are the region's code and the organisation's key. None: the object is
    bound to no such thing (a city-wide layer); empty: it should be bound and isn't, so it is in nobody's
    reach. ``project`` is the key of the project that it is, or is part of: who is engaged for that reaches it.
    """

    region: str | None = None
    organisation: str | None = None
    project: str | None = None
    secrecy: str = Secrecy.INTERNAL


@dataclass(frozen=True)
class ScopePaths:
    """Lookup paths (``a__b``) from a model to its region's code, its organisation's and its project's key and its
    secrecy.

    None where the model is bound to no such thing. A model of a lower floor knows none of these; whoever
    shows it names the paths.
    """

    region: str | None = None
    organisation: str | None = None
    project: str | None = None
    secrecy: str | None = None

    def scope(self, target: Model) -> Scope:
        return Scope(
            region=None if self.region is None else _follow(target, self.region),
            organisation=None if self.organisation is None else _follow(target, self.organisation),
            project=None if self.project is None else _follow(target, self.project),
            # A secrecy that can't be read is the strictest one, as in the queryset, where NULL matches
            # nothing.
            secrecy=Secrecy.INTERNAL
            if self.secrecy is None
            else _follow(target, self.secrecy) or Secrecy.CONFIDENTIAL,
        )


class Scoped:
    """A model that answers the permission question itself; ``SCOPE`` holds the paths."""

    SCOPE: ScopePaths

    def scope(self) -> Scope:
        return self.SCOPE.scope(cast(Model, self))


def _follow(target: Any, path: str) -> str:
    for name in path.split("__"):
        try:
            target = getattr(target, name)
        except ObjectDoesNotExist:
            return ""
        if target is None:
            return ""
    return str(target)


def region_prefix(code: str) -> str:
    """The digits that a region shares with every division below it: 150200 → 1502, 150000 → 15, 150207101 as it is.

    A code has 6, 9 or 12 digits. Only the first six go by pairs: the town 150207100 ends in zeros of its own.
    """
    while len(code) > 6 and code.endswith("000"):
        code = code[:-3]
    if len(code) > 6:
        return code
    while code.endswith("00"):
        code = code[:-2]
    return code


@dataclass(frozen=True)
class _Grant:
    """Whose roles and reach let the user do something: their own, or those of who lends them the permission.

    ``cleared`` lets it reach what is confidential.
    """

    person: User
    cleared: bool


def has(user: User | AnonymousUser, permission: Permission) -> bool:
    """Whether the user's roles, or somebody who lends it to them, give the permission; whose objects it reaches is
    `may`'s question.

    A user who comes with a token carries ``limited_to`` and has no permission beside it.
    """
    return bool(_grants(user, permission))


def _grants(user: User | AnonymousUser, permission: Permission) -> list[_Grant]:
    """The user's own grant first. Nothing is asked of the database for who borrows nothing, and once for who does."""
    if not (user.is_authenticated and user.is_active):
        return []
    limited_to: frozenset[Permission] | None = getattr(user, "limited_to", None)
    if limited_to is not None and permission not in limited_to:
        return []
    secret = limited_to is None or Permission.READ_CONFIDENTIAL in limited_to

    def grant(person: User, permissions: frozenset[Permission]) -> list[_Grant]:
        if permission not in permissions:
            return []
        return [_Grant(person, secret and Permission.READ_CONFIDENTIAL in permissions)]

    found = grant(user, listed(user))
    for giver, lent in _borrowed(user):
        found += grant(giver, lent)
    return found


def listed(user: User) -> frozenset[Permission]:
    """What the user's own roles list."""
    return frozenset().union(*(ROLES[Role(role)] for role in user.roles))


def _borrowed(user: User) -> list[tuple[User, frozenset[Permission]]]:
    """Who lends the user what today, cut down to what they have themselves; remembered on this user object."""
    if user.organisation_id is None or user.borrows_until is None:
        return []
    if user.borrows_until < timezone.localdate():
        return []
    if user.borrowed_now is None:
        from gis_projects.people.models import Delegation  # the models are written with this module's scopes

        # Who changes the unit leaves what was lent there.
        rows = Delegation.objects.current().filter(
            taker=user, giver__is_active=True, giver__organisation_id=user.organisation_id
        )
        user.borrowed_now = [
            (row.giver, listed(row.giver) & {Permission(each) for each in row.permissions})
            for row in rows.select_related("giver").order_by("pk")
        ]
    return user.borrowed_now


def may(
    user: User | AnonymousUser,
    permission: Permission,
    target: Scope | Scoped | None = None,
) -> bool:
    """The one permission question.

    Parameters
    ----------
    target
        What it is about: a `Scope`, or an object that answers ``scope()``. None asks whether the user may
        do it at all, somewhere.
    """
    return _through(user, permission, target) is not None


def _through(
    user: User | AnonymousUser, permission: Permission, target: Scope | Scoped | None
) -> User | None:
    """By whose right the user may: their own before a lent one. None: not at all."""
    grants = _grants(user, permission)
    if not grants or target is None:
        return grants[0].person if grants else None
    scope = target if isinstance(target, Scope) else target.scope()
    return next((grant.person for grant in grants if _covers(grant, permission, scope)), None)


def _covers(grant: _Grant, permission: Permission, scope: Scope) -> bool:
    if scope.secrecy not in _OPEN and not grant.cleared:
        return False
    if scope.region is None and scope.organisation is None:
        return True
    prefix = _reach(grant.person, permission)
    if prefix is not None and scope.region and scope.region.startswith(prefix):
        return True
    if scope.organisation and scope.organisation == str(grant.person.organisation_id or ""):
        return True
    return (
        bool(scope.project) and _engagements(grant.person, permission).filter(project=scope.project).exists()
    )


def visible(
    user: User | AnonymousUser,
    permission: Permission,
    queryset: QuerySet[M],
    paths: ScopePaths | None = None,
) -> QuerySet[M]:
    """The rows for which `may` says yes, as a filter.

    ``paths`` are the model's own ``SCOPE`` unless given.
    """
    grants = _grants(user, permission)
    if not grants:
        return queryset.none()
    if paths is None:
        paths = cast(Any, queryset.model).SCOPE
        assert paths is not None
    if grants[0].person.pk != user.pk:
        for grant in grants:
            _note(user, grant.person)
    covered = [_covered(grant, permission, paths) for grant in grants]
    wanted = Q()
    for reach in covered:
        if reach is None:
            continue
        if not reach:
            return queryset
        wanted |= reach
    return queryset.filter(wanted) if wanted else queryset.none()


def visible_by_post(
    user: User | AnonymousUser,
    permission: Permission,
    queryset: QuerySet[M],
    paths: ScopePaths | None = None,
) -> QuerySet[M]:
    """`visible` but for what an engagement alone lets the user in to: the rows of their region and of their unit.

    What others bring for a project is no business of whoever is let in to it, whatever posts they hold elsewhere.
    """
    own = paths if paths is not None else cast(Any, queryset.model).SCOPE
    return visible(user, permission, queryset, replace(own, project=None))


def _covered(grant: _Grant, permission: Permission, paths: ScopePaths) -> Q | None:
    """What `_covers` says of one row, as a filter; empty where it says yes to all, None where to none."""
    secrecy = Q()
    if paths.secrecy is not None and not grant.cleared:
        secrecy = Q(**{f"{paths.secrecy}__in": _OPEN})
    if paths.region is None and paths.organisation is None:
        return secrecy
    reach, person = Q(), grant.person
    prefix = _reach(person, permission)
    if paths.region is not None and prefix is not None:
        # Codes are digits, so this range is the same as "begins with", which a foreign key has no lookup for.
        reach |= Q(**{f"{paths.region}__gte": prefix, f"{paths.region}__lte": prefix.ljust(12, "9")})
    if paths.organisation is not None and person.organisation_id is not None:
        reach |= Q(**{paths.organisation: person.organisation_id})
    if paths.project is not None and not ENGAGED.isdisjoint(person.roles):
        reach |= Q(**{f"{paths.project}__in": _engagements(person, permission).values("project")})
    return secrecy & reach if reach else None


def _engagements(user: User, permission: Permission) -> QuerySet[Any]:
    """What the user is engaged for today, if that lets them do this at all: each role by engagements of its own kind,
    an expert in person, an intermediary's people by its services, a supervising body's by what was referred to it.
    """
    # The models are written with this module's scopes.
    from gis_projects.people.models import Engagement, Service

    opened = Q()
    for role in ENGAGED.intersection(user.roles):
        if permission not in ROLES[role]:
            continue
        if role == Role.EXPERT:
            opened |= Q(user=user)
        elif user.organisation_id is not None:
            referred = Q(service=Service.REFERRAL)
            unit = Q(organisation=user.organisation_id)
            opened |= unit & (referred if role == Role.JOINT else ~referred)
    return Engagement.objects.current().filter(opened) if opened else Engagement.objects.none()


def _reach(user: User, permission: Permission) -> str | None:
    """The region that a role of the user's reaches with a permission; who has it by being let in reaches none by it."""
    if not user.region_id:
        return None
    by_region = (Role(role) for role in user.roles if role not in ENGAGED)
    return region_prefix(user.region_id) if any(permission in ROLES[role] for role in by_region) else None


def require(user: User | AnonymousUser, permission: Permission, target: Scope | Scoped | None = None) -> None:
    """Raise PermissionDenied (403) unless `may`; the answer of someone who knows that the target exists.

    Where only a lent permission says yes, whose it is stands on the user from then on (``acted_for``), and in every
    step that they record.
    """
    through = _through(user, permission, target)
    if through is None:
        raise PermissionDenied(permission)
    _note(user, through)


def _note(user: User | AnonymousUser, through: User | None) -> None:
    if through is not None and through.pk != user.pk:
        user = cast("User", user)
        user.acted_for |= {through.get_username()}


def find(
    user: User | AnonymousUser,
    permission: Permission,
    queryset: QuerySet[M],
    *,
    reading: Permission | None = None,
    paths: ScopePaths | None = None,
    **lookup: Any,
) -> M:
    """One object for an action: 404 if the user may not know of it, 403 if they may only read it.

    ``reading`` is the permission that lets them know of it (the same one by default).
    """
    seen = visible(user, reading or permission, queryset, paths).filter(**lookup)
    target = seen.first()
    if target is None:
        # Lacking the permission anywhere says nothing about this object; so that may be told.
        if not has(user, reading or permission):
            raise PermissionDenied(reading or permission)
        raise Http404
    if reading is not None and not visible(user, permission, queryset, paths).filter(**lookup).exists():
        raise PermissionDenied(permission)
    if _borrowed(cast("User", user)):
        known = paths or cast(Any, target).SCOPE
        _note(user, _through(user, permission, known.scope(target)))
    return target
