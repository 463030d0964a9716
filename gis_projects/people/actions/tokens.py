"""Personal tokens: made, revoked, used."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import MAX_TOKEN_DAYS, TOKEN_DAYS, AccessToken, TokenScope, User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail import actions as trail

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
