"""What a unit sets up for itself: internal units, posts, and the chains of approval."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.organisations import Organisation


class InternalUnit(models.Model):
    """An office, a division, a section of a unit."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="internal_units")
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("上级机构"),
    )
    name = models.CharField(_("内设机构"), max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="people_internal_unit_not_its_own"),
            models.UniqueConstraint(
                fields=["organisation", "parent", "name"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="people_internal_unit_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A position that people hold: 投资处处长, 分管副局长, 主任."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="posts")
    unit = models.ForeignKey(
        InternalUnit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="posts",
        verbose_name=_("所在机构"),
    )
    name = models.CharField(_("岗位名称"), max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "unit", "name"],
                condition=Q(closed_at=None),
                nulls_distinct=False,
                name="people_post_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PostHolding(models.Model):
    """Who holds a post, from a day until the day on which they no longer do (None: still)."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="holdings")
    since = models.DateField(default=timezone.localdate)
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "user"], condition=Q(until=None), name="people_post_held_once"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="people_post_held_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} holds {self.post_id}"


class ChainMode(models.TextChoices):
    """How an item is dealt with: each mode ends in a word of its own."""

    APPROVE = "approve", _("审批")
    VERIFY = "verify", _("核准")
    FILE = "file", _("备案")


class ApprovalChain(models.Model):
    """By whom an item of a unit's work is let through, level by level; one version.

    The newest version is the one that new work takes; running work keeps the one that it began with. Rows, and those
    of the levels, are only ever inserted, kept so by the triggers ``people_approvalchain_append_only`` and
    ``people_chainlevel_append_only``. A filed item needs no level.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="chains")
    item = models.CharField(_("事项"), max_length=40)
    version = models.PositiveIntegerField(_("版本"))
    mode = models.CharField(_("办理方式"), max_length=8, choices=ChainMode)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["organisation", "item", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "item", "version"], name="people_chain_version_once"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="people_chain_counts_from_one"),
            models.CheckConstraint(condition=Q(mode__in=ChainMode.values), name="people_chain_mode"),
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.organisation_id}, version {self.version}"


class ChainLevel(models.Model):
    """One level of a chain: who holds the post decides there; without one, anybody of the unit who may approve."""

    chain = models.ForeignKey(ApprovalChain, on_delete=models.PROTECT, related_name="levels")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(_("层级名称"), max_length=60)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="people_chain_level_once"),
            models.CheckConstraint(condition=Q(number__range=(1, 9)), name="people_chain_level_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
