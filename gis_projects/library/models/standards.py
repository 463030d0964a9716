"""Standards of enforcement (行政执法规范): what is checked before an approval item is granted, and the answers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.permits import Approval, ApprovalItem
from gis_projects.people.permissions import Scoped, ScopePaths


class EnforcementStandard(models.Model):
    """One edition of the standard for an approval item, from ``valid_from`` until before ``valid_to`` (None: open).

    A draft belongs to whoever entered it (``entered_by``); ``revision`` counts how often it was saved, so that
    somebody else publishes what they have read. Of one item no two that are published hold on one day (exclusion
    constraint). Published with at least one point, not for days that are past, and unchanged from then on, but that
    an open edition is given its end, once (trigger ``library_standard_guarded``): where the next begins. An approval
    is begun under the one of its day (``library_approval_standard``). It holds for the whole platform: everybody
    inside may read it.
    """

    item = models.CharField(_("审批事项"), max_length=12, choices=ApprovalItem)
    edition = models.PositiveSmallIntegerField(_("版次"))
    number = models.CharField(_("规范编号"), max_length=60, unique=True)
    name = models.CharField(_("规范名称"), max_length=200)
    valid_from = models.DateField(_("施行日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)
    source = models.CharField(_("来源说明"), max_length=300)
    revision = models.PositiveIntegerField(default=1)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(_("起草时间"), default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True)

    class Meta:
        ordering = ["item", "-edition"]
        verbose_name = _("执法规范")
        constraints = [
            models.CheckConstraint(condition=Q(item__in=ApprovalItem.values), name="library_standard_item"),
            models.UniqueConstraint(fields=["item", "edition"], name="library_standard_edition"),
            models.CheckConstraint(
                condition=Q(number__regex=r"\S", name__regex=r"\S", source__regex=r"\S"),
                name="library_standard_named",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="library_standard_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None) | Q(published_at__isnull=False),
                name="library_standard_published_whole",
            ),
            models.CheckConstraint(
                condition=Q(published_by=None) | ~Q(published_by=F("entered_by")),
                name="library_standard_by_two",
            ),
            ExclusionConstraint(
                name="library_standards_apart",
                expressions=[
                    ("item", RangeOperators.EQUAL),
                    (
                        Func(
                            F("valid_from"),
                            F("valid_to"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.number}）"


class CheckPoint(models.Model):
    """One point of a standard, in its place: what is to be checked, and by which article of which law.

    ``key`` names it in every edition. Written while the standard is a draft only (trigger
    ``library_point_of_a_draft``).
    """

    standard = models.ForeignKey(EnforcementStandard, on_delete=models.PROTECT, related_name="points")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(_("要点编号"), max_length=20)
    text = models.CharField(_("核对要点"), max_length=300)
    law = models.CharField(_("依据"), max_length=120)
    article = models.CharField(_("条款"), max_length=60, blank=True)

    class Meta:
        ordering = ["standard_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["standard", "position"], name="library_point_position"),
            models.UniqueConstraint(fields=["standard", "key"], name="library_point_key"),
            models.CheckConstraint(
                condition=Q(text__regex=r"\S", law__regex=r"\S", key__regex=r"\S"),
                name="library_point_has_a_basis",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class CheckAnswer(models.TextChoices):
    MET = "met", _("符合")
    NOT_APPLICABLE = "not_applicable", _("不适用")


class ApprovalCheck(Scoped, models.Model):
    """The answer to one point for one approval, given once; what is not met is not answered, and holds the approval up.

    A point of the standard that the approval was begun under, before it is granted (trigger ``library_check_gate``);
    only ever inserted (``library_check_unchanged``). Without an answer to every point the approval is not granted
    (``library_approval_checked``).
    """

    SCOPE = ScopePaths(
        region="approval__project__region_id",
        organisation="approval__project__organisation_id",
        project="approval__project_id",
        secrecy="approval__project__secrecy",
    )

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="checks")
    point = models.ForeignKey(CheckPoint, on_delete=models.PROTECT, related_name="checks")
    answer = models.CharField(_("核对结果"), max_length=16, choices=CheckAnswer)
    reason = models.CharField(_("说明"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("核对时间"), default=timezone.now)

    class Meta:
        ordering = ["approval_id", "point__position"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "point"], name="library_one_answer_per_point"),
            models.CheckConstraint(condition=Q(answer__in=CheckAnswer.values), name="library_check_answer"),
            models.CheckConstraint(
                condition=~Q(answer="not_applicable") | Q(reason__regex=r"\S"),
                name="library_check_says_why_not",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.approval_id}: {self.point_id} {self.answer}"
