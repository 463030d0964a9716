"""The construction diary of a project."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped, ScopePaths


class DiaryEntry(Scoped, models.Model):
    """What somebody saw or did on a day, with photos (`Attachment` beside ``library.diary:<key>``) and a position.

    Rows are only ever inserted (trigger ``library_diaryentry_unchanged``). What is wrong is corrected by a new
    entry that names the one that it ``corrects``; both stay, and the page shows the newest with what stood before.
    ``location`` is EPSG:4490.
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        organisation="project__organisation_id",
        project="project_id",
        secrecy="project__secrecy",
    )

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="diary")
    on = models.DateField(_("日期"))
    text = models.TextField(_("内容"), max_length=4000)
    location = models.PointField(_("位置"), srid=4490, null=True, blank=True)
    corrects = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("记录人"),
    )
    at = models.DateTimeField(_("记录时间"), default=timezone.now)

    class Meta:
        ordering = ["-on", "-pk"]
        indexes = [models.Index(fields=["project", "-on", "-id"], name="library_diary_of_project")]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="library_diary_says_something"),
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(corrects=F("id")), name="library_diary_corrects_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.text[:30]}"
