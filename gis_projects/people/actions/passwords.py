"""Passwords: links by which they are chosen, and the record that they were changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from gis_projects.people.actions.users import may_manage
from gis_projects.people.models import Session, User
from gis_projects.trail import actions as trail


@dataclass(frozen=True)
class Link:
    """What names an account and lets its owner choose a password, once, for some days (``PASSWORD_RESET_TIMEOUT``)."""

    uid: str
    token: str


@transaction.atomic
def issue_link(*, by: User | None, user: User) -> Link:
    """Make a link for somebody who has no password or forgot it; it is shown once and kept nowhere.

    Who makes one could sign in with it: so it is made by those alone who could give all of that account's roles, and
    the step tells who did.

    Raises
    ------
    ValidationError
        The account is stopped, or one's own.
    """
    user = User.objects.get(pk=user.pk)
    may_manage(by, user, changing=user.roles)
    if not user.is_active:
        raise ValidationError(_("该账号已停用。"), code="inactive")
    if by is not None and by.pk == user.pk:
        raise ValidationError(_("请在“更改密码”中更改自己的密码。"), code="own")
    trail.record(
        by=by,
        verb="people.issue_password_link",
        subject=f"people.user:{user.pk}",
        data={"username": user.username},
    )
    return link_of(user)


def link_of(user: User) -> Link:
    """The link itself; whoever calls it has asked whether it may be given out."""
    return Link(urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user))


@transaction.atomic
def note_password_change(*, by: User, keep: str = "") -> None:
    """Record that someone chose a new password, and end their sessions but the one of this key. The password itself is
    nowhere.
    """
    Session.objects.filter(user=by).exclude(pk=keep).delete()
    trail.record(by=by, verb="people.change_password", subject=f"people.user:{by.pk}")
