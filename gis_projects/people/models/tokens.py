"""Words by which programs read layers."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.users import User
from gis_projects.people.roles import Permission


class TokenScope(models.TextChoices):
    """What a token lets a program do: what its owner may do, and of that only this."""

    READ_LAYERS = Permission.READ_LAYERS.value, _("读取公开和内部图层")
    READ_CONFIDENTIAL = Permission.READ_CONFIDENTIAL.value, _("读取涉密图层")


TOKEN_DAYS = 90
MAX_TOKEN_DAYS = 366


class AccessToken(models.Model):
    """A word by which a program (QGIS, GDAL) reads layers in its owner's name.

    The word is shown once and kept nowhere; `digest` is its SHA-256, `prefix` its public beginning, by which the
    owner tells one from another. It works until `expires_at` or until it is revoked, for as long as its owner's
    account is active, and reaches what its owner reaches, cut down to `scopes`.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(_("用途"), max_length=60)
    prefix = models.CharField(_("前缀"), max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=30, choices=TokenScope))
    created_at = models.DateTimeField(_("创建时间"), default=timezone.now)
    expires_at = models.DateTimeField(_("到期时间"))
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("上次使用"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="people_token_digest"),
            models.CheckConstraint(condition=~Q(name=""), name="people_token_has_a_name"),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=[str(scope) for scope in TokenScope.values])
                & Q(scopes__len__gte=1),
                name="people_token_scopes_known",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"))
                & Q(expires_at__lte=F("created_at") + timedelta(days=MAX_TOKEN_DAYS)),
                name="people_token_lasts_a_year_at_most",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                name="people_token_revoked_after_it_was_made",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}"

    @property
    def works(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
