"""The only writers of people."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import (
    MAX_TOKEN_DAYS,
    TOKEN_DAYS,
    AccessToken,
    Organisation,
    Region,
    TokenScope,
    User,
)
from gis_projects.people.permissions import Permission, Role, require
from gis_projects.trail import actions as trail


def save_region(
    *, by: User | None, code: str, name: str, short_name: str, kind: str, parent: Region | None, position: int
) -> Region:
    """Enter or correct a region; its code is its identity."""
    with transaction.atomic():
        region = Region(
            code=code, name=name, short_name=short_name, kind=kind, parent=parent, position=position
        )
        region.full_clean(validate_unique=False)
        region.save()
        trail.record(
            by=by,
            verb="people.save_region",
            subject=f"people.region:{code}",
            data={
                "name": name,
                "short_name": short_name,
                "kind": kind,
                "parent": parent.code if parent else None,
                "position": position,
            },
        )
    return region


@transaction.atomic
def save_organisation(*, by: User | None, code: str, name: str, region: Region | None = None) -> Organisation:
    """Enter or correct a unit; its credit code is its identity."""
    _may_manage(by)
    row = Organisation.objects.filter(code=code).first() or Organisation(code=code)
    row.name, row.region = name, region
    row.full_clean(validate_unique=False)
    row.save()
    trail.record(
        by=by,
        verb="people.save_organisation",
        subject=f"people.organisation:{code}",
        data={"name": name, "region": region.code if region else None},
    )
    return row


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


# --- tokens ---------------------------------------------------------------------------------------

MAX_TOKENS = 20  # that work, of one person
TOKEN_PREFIX_LENGTH = len("gp-") + 8
_USE_IS_NOTED_EVERY = timedelta(minutes=5)
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def token_digest(word: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(word.encode()).hexdigest()


@transaction.atomic
def create_token(
    *, by: User, name: str, days: int = TOKEN_DAYS, scopes: Iterable[str] = (TokenScope.READ_LAYERS,)
) -> tuple[AccessToken, str]:
    """Make a token for oneself. Returns it with its word, which nobody can learn again.

    Raises
    ------
    ValidationError
        For an empty name, a term outside 1 to 366 days, an unknown scope, or too many tokens.
    PermissionDenied
        A scope needs a permission that its owner lacks; a token makes no tokens.
    """
    wanted = {str(scope) for scope in scopes} | {TokenScope.READ_LAYERS.value}
    if wanted - set(TokenScope.values):
        raise ValidationError({"scopes": _("没有这样的读取范围。")}, code="scope")
    for scope in sorted(wanted):
        require(by, Permission(scope))
    if by.limited_to is not None:
        raise PermissionDenied(_("令牌不能用来创建令牌。"))
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise ValidationError(
            {"days": _("有效期应为 1 到 %(most)d 天。") % {"most": MAX_TOKEN_DAYS}}, code="days"
        )
    # Locked: two requests at once count each other.
    User.objects.select_for_update().get(pk=by.pk)
    now = timezone.now()
    if by.tokens.filter(revoked_at=None, expires_at__gt=now).count() >= MAX_TOKENS:
        raise ValidationError(
            _("有效的令牌已有 %(most)d 个，请先撤销不再使用的。"), params={"most": MAX_TOKENS}, code="many"
        )
    prefix = "gp-" + "".join(secrets.choice(_LETTERS) for _letter in range(8))
    word = f"{prefix}-{secrets.token_urlsafe(32)}"
    token = AccessToken(
        user=by,
        name=name.strip(),
        prefix=prefix,
        digest=token_digest(word),
        scopes=[scope for scope in TokenScope.values if scope in wanted],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    token.full_clean()
    token.save()
    trail.record(
        by=by,
        verb="people.create_token",
        subject=f"people.token:{prefix}",
        data={"name": token.name, "scopes": token.scopes, "expires_at": token.expires_at.isoformat()},
    )
    return token, word


@transaction.atomic
def revoke_token(*, by: User, token: AccessToken) -> AccessToken:
    """End a token at once: one's own, or anybody's for who manages people. Ending it twice changes nothing."""
    token = AccessToken.objects.select_for_update().get(pk=token.pk)
    if token.user_id != by.pk:
        require(by, Permission.MANAGE_PEOPLE)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        trail.record(
            by=by,
            verb="people.revoke_token",
            subject=f"people.token:{token.prefix}",
            data={"name": token.name},
        )
    return token


def note_token_use(*, token: AccessToken, now: datetime) -> None:
    """Keep when a token was last used, to a few minutes: a map asks for a hundred tiles at once."""
    if token.last_used_at is None or token.last_used_at < now - _USE_IS_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _USE_IS_NOTED_EVERY)
        AccessToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
