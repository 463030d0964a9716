"""Files that belong to a project, whatever room asked for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models.projects import Project
from gis_projects.people.permissions import Scoped, ScopePaths


class Attachment(Scoped, models.Model):
    """A file beside something that is said of a project: a proposal, an opinion, minutes, a photo.

    ``subject`` names what it lies beside as the trail does (``argument.opinion:7``; ``library.project:3`` for the
    project itself), ``purpose`` what for (``proposal``, ``site_file``, ``photo``…). The bytes lie below
    ``MEDIA_ROOT/files`` by their SHA-256 (`gis_projects.files`). Rows are only ever inserted (trigger
    ``library_attachment_unchanged``); a newer file of the same purpose comes after it. Who may read the project may
    read its files.
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        organisation="project__organisation_id",
        project="project_id",
        secrecy="project__secrecy",
    )

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="attachments")
    subject = models.CharField(max_length=120)
    purpose = models.SlugField(_("用途"), max_length=40)
    name = models.CharField(_("文件名"), max_length=120)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["subject", "purpose"], name="library_attachment_beside")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="library_attachment_sha256"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="library_attachment_has_content"),
            models.CheckConstraint(
                condition=~Q(name__regex=r"[/\\[:cntrl:]]") & ~Q(name=""),
                name="library_attachment_plain_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name
