"""Sessions as their owner sees them, sign-ins as they are counted, and passwords that were."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.organisations import Organisation
from gis_projects.people.models.regions import Region


class Session(AbstractBaseSession):
    """A signed-in browser, with what tells its owner which one: their session ends when the row goes.

    ``public`` names it on pages; the key itself is the secret that the browser holds. ``last_seen`` is kept to a few
    minutes.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions"
    )
    public = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True)
    since = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "people_session"

    def __str__(self) -> str:
        return str(self.public)

    @classmethod
    def get_session_store_class(cls):
        from gis_projects.people.sessions import SessionStore

        return SessionStore


class SignInMethod(models.TextChoices):
    PASSWORD = "password", _("密码")
    OIDC = "oidc", _("统一身份认证")


class SignIn(models.Model):
    """Somebody signed in. Rows are only ever inserted, kept so by the trigger ``people_signin_append_only``.

    Organisation and region are those of that moment: a unit's weekly sign-ins are counted by them.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sign_ins")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=10, choices=SignInMethod)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["organisation", "at"], name="people_sign_in_of_a_unit"),
            models.Index(fields=["user", "-at"], name="people_sign_in_of_a_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.at}"


class PasswordRecord(models.Model):
    """A password that somebody had, as its hash, so that it isn't taken again too soon."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="old_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-set_at", "-pk"]

    def __str__(self) -> str:
        return f"of {self.user_id} since {self.set_at}"
