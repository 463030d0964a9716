"""Which state of the public content this is, and what became of it over time."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Revision(models.Model):
    """One row: a token that every change of a public table replaces in the same transaction (statement triggers
    ``disclosure_revised``), so that whatever was rendered or kept under another token is never given out again.

    The token says nothing (it is random, not a count). Who changes public tables for many projects does so in one
    transaction for each: the row is locked until the end of it.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    token = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="disclosure_one_revision")]

    def __str__(self) -> str:
        return str(self.token)


class ChangeKind(models.TextChoices):
    PUBLISHED = "published", _("公开")
    CORRECTED = "corrected", _("更正")
    WITHDRAWN = "withdrawn", _("撤回")


class PublicChange(models.Model):
    """That something was published, corrected or withdrawn: the change log and the feeds.

    ``subject`` is a stable id (``project:3f2a…``, ``notice:…``); a withdrawal leaves the id and nothing else:
    ``title`` is emptied on every row of a withdrawn subject.
    """

    subject = models.CharField(max_length=80, db_index=True)
    kind = models.CharField(max_length=10, choices=ChangeKind)
    title = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="disclosure_change_kind"),
            models.CheckConstraint(
                condition=~Q(kind="withdrawn") | Q(title=""), name="disclosure_withdrawn_has_no_title"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.kind}"


class Edition(models.Model):
    """A project's public content from one day to another, for open data of a past day.

    ``content`` is what `DisclosedProject` held, with its geometry as GeoJSON; ``until_day`` is the first day on which
    it no longer stood (None: it stands). A withdrawal deletes all editions of its slug: what was withdrawn can't be
    had by asking for yesterday.
    """

    slug = models.CharField(max_length=20, db_index=True)
    from_day = models.DateField()
    until_day = models.DateField(null=True, blank=True)
    content = models.JSONField()

    class Meta:
        ordering = ["slug", "from_day"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "from_day"], name="disclosure_one_edition_a_day"),
            models.CheckConstraint(
                condition=Q(until_day=None) | Q(until_day__gt=models.F("from_day")),
                name="disclosure_edition_has_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.from_day}"
