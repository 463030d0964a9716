"""Which account somebody of the identity provider has."""

from __future__ import annotations

from django.db import transaction

from gis_projects.people.models import User
from gis_projects.trail import actions as trail


class UnknownIdentity(Exception):
    """Nobody here is that, or their account is stopped, or it is bound to somebody else there."""


@transaction.atomic
def account_of(*, issuer: str, subject: str, username: str) -> User:
    """The account that somebody signs in to. The first time it is found by the user name, and bound to the provider's
    subject from then on: who is given that name there later doesn't get this account.

    Raises
    ------
    UnknownIdentity
        There is none, it is stopped, or it is bound to another subject.
    """
    bound = f"{issuer} {subject}"[:255]
    user = User.objects.filter(external_subject=bound).first()
    if user is None and username:
        user = User.objects.select_for_update().filter(username=username, external_subject="").first()
        if user is not None and user.is_active:
            user.external_subject = bound
            user.save(update_fields=["external_subject"])
            trail.record(
                by=user,
                verb="people.bind_identity",
                subject=f"people.user:{user.pk}",
                data={"username": user.username, "issuer": issuer, "subject": subject},
            )
    if user is None or not user.is_active:
        raise UnknownIdentity
    return user
