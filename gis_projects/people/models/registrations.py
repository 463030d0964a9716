"""Units that ask to be let in."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.people.models.organisations import Department, Organisation, OrganisationKind
from gis_projects.people.models.regions import Region
from gis_projects.people.permissions import Scoped, ScopePaths


class RegistrationState(models.TextChoices):
    WAITING = "waiting", _("待审批")
    RETURNED = "returned", _("已退回")
    APPROVED = "approved", _("已通过")


class Registration(Scoped, models.Model):
    """A unit's application for an account of its own, decided by somebody who didn't enter it.

    Whoever applies has no account: they come back with a receipt, of which ``receipt`` keeps the SHA-256. Where staff
    enter an application for a unit, ``proposed_by`` is who did. ``from_address`` is the network address that it came
    from, by which too many at once are held up. ``region`` is the division that decides.
    """

    SCOPE: ClassVar[ScopePaths] = ScopePaths(region="region_id")  # type: ignore[misc]

    name = models.CharField(_("单位名称"), max_length=120)
    code = models.CharField(_("统一社会信用代码"), max_length=18)
    kind = models.CharField(_("单位类型"), max_length=12, choices=OrganisationKind)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("职能")
    )
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", verbose_name=_("所属区划"))
    address = models.CharField(_("地址"), max_length=200, blank=True)
    contact = models.CharField(_("联系人"), max_length=60)
    phone = models.CharField(_("联系电话"), max_length=30)
    email = models.EmailField(_("电子邮箱"), blank=True)
    proof_name = models.CharField(_("证明材料"), max_length=120)
    proof_sha256 = models.CharField(max_length=64)
    receipt = models.CharField(max_length=64, unique=True)
    from_address = models.GenericIPAddressField(null=True, blank=True)
    submitted_at = models.DateTimeField(_("提交时间"), default=timezone.now)
    rounds = models.PositiveSmallIntegerField(_("提交次数"), default=1)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        _("状态"), max_length=10, choices=RegistrationState, default=RegistrationState.WAITING
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("办理时间"), null=True, blank=True)
    reason = models.CharField(_("退回原因"), max_length=300, blank=True)
    organisation = models.OneToOneField(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="registration"
    )

    class Meta:
        ordering = ["-submitted_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "region"], name="people_registration_waiting"),
            models.Index(fields=["from_address", "submitted_at"], name="people_registration_from"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=OrganisationKind.values), name="people_registration_kind"
            ),
            models.CheckConstraint(
                condition=Q(department=None) | Q(kind="department"), name="people_registration_function"
            ),
            models.CheckConstraint(
                condition=Q(proposed_by=None) | Q(decided_by=None) | ~Q(proposed_by=F("decided_by")),
                name="people_registration_by_a_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by=None, decided_at=None, reason="", organisation=None)
                | Q(
                    state="returned",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    reason__regex=r"\S",
                    organisation=None,
                )
                | Q(
                    state="approved",
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    organisation__isnull=False,
                ),
                name="people_registration_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"
