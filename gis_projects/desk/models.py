"""Notices to persons."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gis_projects.people.permissions import ScopePaths


class Kind(models.TextChoices):
    """What a notice is about."""

    WORSE = "worse", _("结论变严")
    UNANSWERABLE = "unanswerable", _("变为无法判定")
    BETTER = "better", _("结论变宽")
    ANSWERED = "answered", _("变为可判定")
    MANY = "many", _("多个项目有变化")


class Notice(models.Model):
    """One thing that a person is told. Nothing of it changes but ``read_at`` (no action does anything else).

    ``template`` (Chinese, the message id) and ``params`` are its sentence, ``address`` the page that tells more. A
    notice about a project is shown only to those who may read the project when they look; ``step`` is the number of
    the step in the trail that it follows from, so that nothing is told twice.
    """

    #: Of notices that are about a project; the others are about nothing that could be out of somebody's reach.
    PROJECT_SCOPE: ClassVar[ScopePaths] = ScopePaths(
        region="project__region_id",
        project="project_id",
        organisation="project__organisation_id",
        secrecy="project__secrecy",
    )

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices", db_index=False
    )
    kind = models.CharField(_("类型"), max_length=12, choices=Kind)
    project = models.ForeignKey(
        "library.Project", null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("项目")
    )
    step = models.BigIntegerField()
    template = models.CharField(max_length=300)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    address = models.CharField(max_length=200)
    created_at = models.DateTimeField(_("时间"))
    read_at = models.DateTimeField(_("已读时间"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="desk_notice_by_user"),
            models.Index(fields=["user"], name="desk_notice_unread", condition=Q(read_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "step", "project"], name="desk_told_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="desk_notice_kind"),
            models.CheckConstraint(
                condition=Q(address__startswith="/") & ~Q(address__startswith="//"), name="desk_address_here"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"
