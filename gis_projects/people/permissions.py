"""The one permission question.

`may` answers it for one object, `visible` for a set; both read an object's region, organisation and secrecy
by the same lookup paths (`ScopePaths`), so a list and a detail page can't disagree.

>>> may(user, Permission.EDIT_SITES, project)
>>> visible(user, Permission.READ_PROJECTS, Project.objects.all())
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404

from gis_projects.people.roles import ENGAGED, ENGAGED_MAY, ROLES, Permission, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from gis_projects.people.models import User

__all__ = [
    "ROLES", "Permission", "Role", "Scope", "ScopePaths", "Scoped", "Secrecy",
    "find", "has", "may", "region_prefix", "require", "visible",
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
    """The digits that a region shares with every division below it: 150200 → 1502, 150000 → 15."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def has(user: User | AnonymousUser, permission: Permission) -> bool:
    """Whether any of the user's roles lists the permission; whose objects it reaches is `may`'s question.

    A user who comes with a token carries ``limited_to`` and has no permission beside it.
    """
    if not (user.is_authenticated and user.is_active):
        return False
    limited_to: frozenset[Permission] | None = getattr(user, "limited_to", None)
    if limited_to is not None and permission not in limited_to:
        return False
    return any(permission in ROLES[Role(role)] for role in user.roles)


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
    if not has(user, permission):
        return False
    if target is None:
        return True
    user = cast("User", user)
    scope = target if isinstance(target, Scope) else target.scope()
    if scope.secrecy not in _OPEN and not has(user, Permission.READ_CONFIDENTIAL):
        return False
    if scope.region is None and scope.organisation is None:
        return True
    prefix = _reach(user)
    if prefix is not None and scope.region and scope.region.startswith(prefix):
        return True
    if scope.organisation and scope.organisation == str(user.organisation_id or ""):
        return True
    return bool(scope.project) and _engagements(user, permission).filter(project=scope.project).exists()


def visible(
    user: User | AnonymousUser,
    permission: Permission,
    queryset: QuerySet[M],
    paths: ScopePaths | None = None,
) -> QuerySet[M]:
    """The rows for which `may` says yes, as a filter.

    ``paths`` are the model's own ``SCOPE`` unless given.
    """
    if not has(user, permission):
        return queryset.none()
    user = cast("User", user)
    if paths is None:
        paths = cast(Any, queryset.model).SCOPE
        assert paths is not None
    if paths.secrecy is not None and not has(user, Permission.READ_CONFIDENTIAL):
        queryset = queryset.filter(**{f"{paths.secrecy}__in": _OPEN})
    if paths.region is None and paths.organisation is None:
        return queryset
    reach = Q()
    prefix = _reach(user)
    if paths.region is not None and prefix is not None:
        # Codes are digits, so this range is the same as "begins with", which a foreign key has no lookup for.
        reach |= Q(**{f"{paths.region}__gte": prefix, f"{paths.region}__lte": prefix.ljust(12, "9")})
    if paths.organisation is not None and user.organisation_id is not None:
        reach |= Q(**{paths.organisation: user.organisation_id})
    if paths.project is not None and not ENGAGED.isdisjoint(user.roles):
        reach |= Q(**{f"{paths.project}__in": _engagements(user, permission).values("project")})
    return queryset.filter(reach) if reach else queryset.none()


def _engagements(user: User, permission: Permission) -> QuerySet[Any]:
    """What the user is engaged for today, if that lets them do this at all."""
    from gis_projects.people.models import Engagement  # the models are written with this module's scopes

    if permission not in ENGAGED_MAY or ENGAGED.isdisjoint(user.roles):
        return Engagement.objects.none()
    return Engagement.objects.current().filter(
        Q(user=user) if user.organisation_id is None else Q(user=user) | Q(organisation=user.organisation_id)
    )


def _reach(user: User) -> str | None:
    return region_prefix(user.region_id) if user.region_id else None


def require(user: User | AnonymousUser, permission: Permission, target: Scope | Scoped | None = None) -> None:
    """Raise PermissionDenied (403) unless `may`; the answer of someone who knows that the target exists."""
    if not may(user, permission, target):
        raise PermissionDenied(permission)


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
    return target
