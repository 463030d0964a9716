"""Accounts: opened, given roles, stopped, let in again."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import AccessToken, Organisation, Region, Session, User
from gis_projects.people.permissions import Permission, Role, Scope, may, require
from gis_projects.people.queries.delegations import same_person
from gis_projects.people.roles import roles_of_unit
from gis_projects.sentences import listed
from gis_projects.trail import actions as trail


@transaction.atomic
def create_user(
    *,
    by: User | None,
    username: str,
    password: str | None,
    roles: Iterable[Role | str],
    region: Region | None = None,
    organisation: Organisation | None = None,
    full_name: str = "",
    email: str = "",
) -> User:
    """Open an account. ``by`` None is the machine's own operator, who has the command line.

    ``password`` None: there is none yet; its owner chooses one by a link (`passwords.issue_link`).

    Raises
    ------
    ValidationError
        For a taken name, a weak password, an unknown role, or a unit that is closed.
    PermissionDenied
        Unless ``by`` manages people where the account belongs, or is the administrator of its unit and gives nothing
        but that unit's roles.
    """
    user = User(
        username=User.normalize_username(username),
        email=email,
        full_name=full_name.strip(),
        region=region,
        organisation=organisation,
        roles=_listed(roles),
    )
    may_manage(by, user, changing=user.roles)
    if organisation is not None and organisation.closed_at is not None:
        raise ValidationError({"organisation": _("该单位已注销。")}, code="closed")
    if password is None:
        user.set_unusable_password()
    else:
        validate_password(password, user)
        user.set_password(password)
    user.full_clean(exclude=["password"])
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
def take_over_accounts(*, by: User | None, accounts: Iterable[User]) -> int:
    """Open many accounts at once, as a directory that is taken over has them; how many were new.

    Each comes as an unsaved `User`. One without a password chooses it by a link; one that brings an encoded password
    keeps it. Known user names stay as they are.

    Raises
    ------
    ValidationError
        For a name, an address or a role that is none; then none of them is opened.
    PermissionDenied
        As `create_user`, for any of them.
    """
    rows = list(accounts)
    known = set(User.objects.values_list("username", flat=True))
    new = [row for row in rows if row.username not in known]
    for row in new:
        row.roles = _listed(row.roles)
        may_manage(by, row, changing=row.roles)
        if not row.password:
            row.set_unusable_password()
        row.clean_fields(exclude=["region", "organisation"])
    User.objects.bulk_create(new)
    trail.record_many(
        by=by,
        steps=[
            (
                "people.create_user",
                f"people.user:{row.pk}",
                {
                    "username": row.username,
                    "roles": list(row.roles),
                    "region": row.region_id,
                    "organisation": row.organisation.code if row.organisation else None,
                },
            )
            for row in new
        ],
    )
    return len(new)


@transaction.atomic
def set_roles(*, by: User | None, user: User, roles: Iterable[Role | str]) -> User:
    """Give a user exactly these roles. Nobody changes their own, nor those of who acts for them."""
    user = User.objects.select_for_update().get(pk=user.pk)
    before, after = list(user.roles), _listed(roles)
    may_manage(by, user, changing=set(before) ^ set(after))
    if by is not None and same_person(by, user):
        raise ValidationError(_("不能更改自己的角色。"), code="own-roles")
    user.roles = after
    user.save(update_fields=["roles"])
    trail.record(
        by=by,
        verb="people.set_roles",
        subject=f"people.user:{user.pk}",
        data={"username": user.username, "before": before, "after": after},
    )
    return user


@transaction.atomic
def assign(*, by: User | None, user: User, organisation: Organisation | None, region: Region | None) -> User:
    """Let somebody belong to a unit and a region from now on; who manages people both where they were and where they
    come to does that.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    before = {"organisation": user.organisation and user.organisation.code, "region": user.region_id}
    if by is not None:
        require(by, Permission.MANAGE_PEOPLE, Scope(region=home(user)))
    if organisation is not None and organisation.closed_at is not None:
        raise ValidationError({"organisation": _("该单位已注销。")}, code="closed")
    user.organisation, user.region = organisation, region
    if by is not None:
        require(by, Permission.MANAGE_PEOPLE, Scope(region=home(user)))
    user.save(update_fields=["organisation", "region"])
    after = {"organisation": organisation and organisation.code, "region": region and region.code}
    trail.record(
        by=by,
        verb="people.assign",
        subject=f"people.user:{user.pk}",
        data={"username": user.username, "before": before, "after": after},
    )
    return user


@transaction.atomic
def deactivate(*, by: User | None, user: User, reason: str) -> User:
    """Stop an account: its sessions end and its tokens are revoked at once. Nobody stops their own.

    Raises
    ------
    ValidationError
        Without a reason, or for one's own account.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    may_manage(by, user, changing=user.roles)
    if by is not None and by.pk == user.pk:
        raise ValidationError(_("不能停用自己的账号。"), code="own")
    if not reason.strip():
        raise ValidationError({"reason": _("请写明停用原因。")}, code="reason")
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        Session.objects.filter(user=user).delete()
        AccessToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
        trail.record(
            by=by,
            verb="people.deactivate",
            subject=f"people.user:{user.pk}",
            data={"username": user.username, "reason": reason.strip()},
        )
    return user


@transaction.atomic
def reactivate(*, by: User | None, user: User) -> User:
    """Let an account work again; the accounts of a closed unit stay closed."""
    user = User.objects.select_for_update().get(pk=user.pk)
    may_manage(by, user, changing=user.roles)
    if user.organisation is not None and user.organisation.closed_at is not None:
        raise ValidationError(_("该单位已注销，账号不能启用。"), code="closed")
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        trail.record(
            by=by,
            verb="people.reactivate",
            subject=f"people.user:{user.pk}",
            data={"username": user.username},
        )
    return user


def home(user: User) -> str:
    """The code of the region whose administrators manage an account: its own, its unit's, or the platform's."""
    if user.region_id:
        return user.region_id
    if user.organisation is not None and user.organisation.region_id:
        return user.organisation.region_id
    return str(settings.REGION_CODE)


def manages(by: User, user: User, changing: Iterable[Role | str]) -> bool:
    """Whether ``by`` may deal with an account as far as these of its roles go."""
    if may(by, Permission.MANAGE_PEOPLE, Scope(region=home(user))):
        return True
    unit = user.organisation
    if unit is None or not may(by, Permission.MANAGE_UNIT, Scope(organisation=str(unit.pk))):
        return False
    return {str(role) for role in changing} <= set(roles_of_unit(unit.kind, unit.department_id))


def may_manage(by: User | None, user: User, changing: Iterable[Role | str]) -> None:
    """Refuse whoever may not: `manages`."""
    if by is None:
        return
    if by.limited_to is not None or not manages(by, user, changing):
        raise PermissionDenied(Permission.MANAGE_PEOPLE)
    if not may(by, Permission.MANAGE_PEOPLE, Scope(region=home(user))):
        require(by, Permission.MANAGE_UNIT, Scope(organisation=str(user.organisation_id)))


def _listed(roles: Iterable[Role | str]) -> list[str]:
    """Known roles, each once, in the order of `Role`."""
    wanted = {str(role) for role in roles}
    if unknown := wanted - set(Role):
        raise ValidationError(
            _("没有这样的角色：%(roles)s"), params={"roles": listed(sorted(unknown))}, code="role"
        )
    return [str(role) for role in Role if role in wanted]
