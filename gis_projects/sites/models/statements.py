"""What staff write into the chapters of a siting report (选址论证报告), beside what the platform computes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Chapter(models.TextChoices):
    """The usual chapters of a siting report, in their order; maps and the table of points follow as annexes."""

    OVERVIEW = "overview", _("项目概况")
    ALTERNATIVES = "alternatives", _("选址方案比选")
    OPINIONS = "opinions", _("部门意见")
    LEGALITY = "legality", _("合法合规性分析")
    RATIONALITY = "rationality", _("选址合理性分析")
    SAVING = "saving", _("节约集约用地分析")
    CONCLUSION = "conclusion", _("结论与建议")


class Statement(models.Model):
    """One version of one chapter's text; the one with the highest number stands. An empty text takes a chapter back.

    Rows are only ever inserted (trigger ``sites_statement_append_only``). Of two persons who start from the same
    version the second is told: the number is taken.
    """

    project = models.ForeignKey("library.Project", on_delete=models.PROTECT, related_name="statements")
    chapter = models.CharField(_("章节"), max_length=12, choices=Chapter)
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["project_id", "chapter", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "chapter", "number"], name="sites_statement_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(chapter__in=Chapter.values), name="sites_statement_chapter_known"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="sites_statement_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.chapter} {self.number} of project {self.project_id}"
