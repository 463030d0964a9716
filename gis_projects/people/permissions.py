"""The one permission question.

`may` answers it for one object, `visible` for a set; both read an object's region, organisation and secrecy
by the same lookup paths (`ScopePaths`), so a list and a detail page can't disagree.

>>> may(user, Permission.EDIT_SITES, project)
>>> visible(user, Permission.READ_PROJECTS, Project.objects.all())
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from gis_projects.people.models import User

M = TypeVar("M", bound=Model)


class Permission(StrEnum):
    """Everything that needs to be asked. The values stay stable: they stand in the trail."""

    READ_PROJECTS = "read_projects"
    EDIT_PROJECTS = "edit_projects"
    RECORD_INVESTMENT = "record_investment"
    READ_STATISTICS = "read_statistics"
    READ_SITES = "read_sites"
    EDIT_SITES = "edit_sites"
    RUN_CHECKS = "run_checks"
    REVIEW_CHECKS = "review_checks"
    SIGN_CHECKS = "sign_checks"
    EDIT_RULES = "edit_rules"
    PUBLISH_RULES = "publish_rules"
    COMPARE_PLANS = "compare_plans"
    SETTLE_CONFLICTS = "settle_conflicts"
    READ_LAYERS = "read_layers"
    UPLOAD_LAYERS = "upload_layers"
    PUBLISH_LAYERS = "publish_layers"
    EXPORT_LAYERS = "export_layers"
    DISCLOSE_PROJECTS = "disclose_projects"
    READ_CONFIDENTIAL = "read_confidential"
    READ_TRAIL = "read_trail"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_KEYS = "manage_keys"


class Role(StrEnum):
    PLANNER = "planner"
    REVIEWER = "reviewer"
    SURVEYOR = "surveyor"
    ADMINISTRATOR = "administrator"

    @staticmethod
    def choices() -> list[tuple[str, str]]:
        from django.utils.translation import gettext_lazy as _

        return cast(
            "list[tuple[str, str]]",
            [
                ("planner", _("规划人员")),
                ("reviewer", _("审核人员")),
                ("surveyor", _("测绘人员")),
                ("administrator", _("管理员")),
            ],
        )


_EVERYONE_INSIDE = frozenset(
    {
        Permission.READ_PROJECTS,
        Permission.READ_STATISTICS,
        Permission.READ_SITES,
        Permission.READ_LAYERS,
        Permission.RUN_CHECKS,
    }
)

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.PLANNER: _EVERYONE_INSIDE
    | {
        Permission.EDIT_PROJECTS,
        Permission.RECORD_INVESTMENT,
        Permission.EDIT_SITES,
        Permission.EDIT_RULES,
        Permission.COMPARE_PLANS,
        Permission.SETTLE_CONFLICTS,
    },
    Role.REVIEWER: _EVERYONE_INSIDE
    | {
        Permission.PUBLISH_LAYERS,
        Permission.EXPORT_LAYERS,
        Permission.REVIEW_CHECKS,
        Permission.SIGN_CHECKS,
        Permission.PUBLISH_RULES,
        Permission.COMPARE_PLANS,
        Permission.SETTLE_CONFLICTS,
        Permission.DISCLOSE_PROJECTS,
        Permission.READ_CONFIDENTIAL,
        Permission.READ_TRAIL,
    },
    Role.SURVEYOR: _EVERYONE_INSIDE
    | {Permission.UPLOAD_LAYERS, Permission.EXPORT_LAYERS, Permission.READ_CONFIDENTIAL},
    Role.ADMINISTRATOR: frozenset(Permission),
}


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
    reach.
    """

    region: str | None = None
    organisation: str | None = None
    secrecy: str = Secrecy.INTERNAL


@dataclass(frozen=True)
class ScopePaths:
    """Lookup paths (``a__b``) from a model to its region's code, its organisation's key and its secrecy.

    None where the model is bound to no such thing. A model of a lower floor knows none of these; whoever
    shows it names the paths.
    """

    region: str | None = None
    organisation: str | None = None
    secrecy: str | None = None

    def scope(self, target: Model) -> Scope:
        return Scope(
            region=None if self.region is None else _follow(target, self.region),
            organisation=None if self.organisation is None else _follow(target, self.organisation),
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
    return bool(scope.organisation) and scope.organisation == str(user.organisation_id or "")


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
    return queryset.filter(reach) if reach else queryset.none()


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
