"""What intermediaries render: declarations of interest, deliverables, and what was said of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import Project
from gis_projects.people.models import Engagement
from gis_projects.people.permissions import Scoped, ScopePaths


class InterestDeclaration(models.Model):
    """利益冲突声明 of one engagement: with a conflict, or without one, nothing is delivered.

    Rows are only ever inserted (``argument_interestdeclaration_append_only``).
    """

    engagement = models.OneToOneField(Engagement, on_delete=models.PROTECT, related_name="declaration")
    conflict = models.BooleanField(_("存在利益冲突"))
    text = models.CharField(_("说明"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(conflict=False) | Q(text__regex=r"\S"), name="argument_conflict_is_described"
            ),
        ]

    def __str__(self) -> str:
        return f"declaration for engagement {self.engagement_id}: {self.conflict}"


class Deliverable(Scoped, models.Model):
    """成果 of an engagement; its file is a library attachment beside ``argument.deliverable:<key>``.

    Rows are only ever inserted (``argument_deliverable_append_only``).
    """

    SCOPE = ScopePaths(
        region="project__region_id",
        organisation="project__organisation_id",
        project="project_id",
        secrecy="project__secrecy",
    )

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="deliverables")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="deliverables")
    title = models.CharField(_("成果名称"), max_length=200)
    text = models.TextField(_("说明"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(title__regex=r"\S"), name="argument_deliverable_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title


class Receipt(models.Model):
    """What the engaging side says of a deliverable, once. Only inserted (``argument_receipt_append_only``)."""

    deliverable = models.OneToOneField(Deliverable, on_delete=models.PROTECT, related_name="receipt")
    accepted = models.BooleanField(_("验收通过"))
    reason = models.CharField(_("意见"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted=True) | Q(reason__regex=r"\S"), name="argument_returned_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"receipt of deliverable {self.deliverable_id}: {self.accepted}"
