"""Accounts."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.people.models import Organisation, Region, User
from gis_projects.people.permissions import Permission, Role, require
from gis_projects.trail import actions as trail


@transaction.atomic
def create_user(
    *,
    by: User | None,
    username: str,
    password: str,
    roles: Iterable[Role | str],
    region: Region | None = None,
    organisation: Organisation | None = None,
    full_name: str = "",
    email: str = "",
) -> User:
    """Open an account. ``by`` None is the machine's own operator, who has the command line.

    Raises
    ------
    ValidationError
        For a taken name, a weak password or an unknown role.
    """
    _may_manage(by)
    user = User(
        username=User.normalize_username(username),
        email=email,
        full_name=full_name,
        region=region,
        organisation=organisation,
        roles=_listed(roles),
    )
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()
    trail.record(
        by=by,
        verb="people.create_user",
        subject=f"people.user:{user.pk}",
        data={
            "username": user.username,
            "roles": list(user.roles),
            "region": region.code if region else None,
            "organisation": organisation.code if organisation else None,
        },
    )
    return user


@transaction.atomic
def set_roles(*, by: User | None, user: User, roles: Iterable[Role | str]) -> User:
    """Give a user exactly these roles. Nobody changes their own."""
    _may_manage(by)
    if by is not None and by.pk == user.pk:
        raise ValidationError(_("不能更改自己的角色。"), code="own-roles")
    user = User.objects.select_for_update().get(pk=user.pk)
    before, user.roles = list(user.roles), _listed(roles)
    user.save(update_fields=["roles"])
    trail.record(
        by=by,
        verb="people.set_roles",
        subject=f"people.user:{user.pk}",
        data={"before": before, "after": list(user.roles)},
    )
    return user


def _may_manage(by: User | None) -> None:
    if by is not None:
        require(by, Permission.MANAGE_PEOPLE)


def _listed(roles: Iterable[Role | str]) -> list[str]:
    """Known roles, each once, in the order of `Role`."""
    wanted = {str(role) for role in roles}
    if unknown := wanted - set(Role):
        raise ValidationError(
            _("没有这样的角色：%(roles)s"), params={"roles": "、".join(sorted(unknown))}, code="role"
        )
    return [str(role) for role in Role if role in wanted]


def note_password_change(*, by: User) -> None:
    """Record that someone chose a new password; the password itself is nowhere."""
    trail.record(by=by, verb="people.change_password", subject=f"people.user:{by.pk}")
