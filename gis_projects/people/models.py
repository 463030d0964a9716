"""Who works here, for which region and which organisation, and in which roles."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.permissions import Permission, Role


class RegionKind(models.TextChoices):
    PROVINCE = "province", _("自治区")
    CITY = "city", _("市")
    COUNTY = "county", _("旗县区")
    ZONE = "zone", _("功能区")


class Region(models.Model):
    """An administrative division by its GB/T 2260 code; its shape is a layer's feature, found by the code.

    ``short_name`` is the name in the statistics table, where 150200 reads 市本级; ``position`` is its row
    there.
    """

    code = models.CharField(_("区划代码"), max_length=6, primary_key=True)
    name = models.CharField(_("名称"), max_length=60, unique=True)
    short_name = models.CharField(_("简称"), max_length=30)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    kind = models.CharField(_("类型"), max_length=10, choices=RegionKind)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{6}$"), name="people_region_code_six_digits"
            ),
            models.CheckConstraint(condition=~Q(parent=F("code")), name="people_region_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A unit that people work for and projects belong to (项目单位, 管理部门)."""

    code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("单位名称"), max_length=120)
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person with an account.

    What they may do stands in ``roles`` and nowhere else (`gis_projects.people.permissions`): Django's
    groups, user permissions and ``is_superuser`` open no door here. They reach the objects of ``region``
    and of every division below it, and those of ``organisation`` wherever they are.
    """

    full_name = models.CharField(_("姓名"), max_length=60, blank=True)
    region = models.ForeignKey(
        Region,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        verbose_name=_("所属区划"),
    )
    organisation = models.ForeignKey(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
        verbose_name=_("所属单位"),
    )
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices()), default=list, blank=True)

    #: Set on the user of a request that came with a token: nothing but these is allowed to it.
    limited_to: frozenset[Permission] | None = None

    class Meta:
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(roles__contained_by=[str(role) for role in Role]), name="people_user_roles_known"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    def get_full_name(self) -> str:
        return self.full_name or super().get_full_name()


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
