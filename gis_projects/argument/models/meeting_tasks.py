"""What a meeting leaves to be done, and the files beside a meeting."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.argument.models.committee import AgendaItem, Meeting
from gis_projects.people.models import Organisation
from gis_projects.people.permissions import Scoped, ScopePaths


class MeetingTaskState(models.TextChoices):
    """``REPORTED``: the department says that it is done and shows it; the office hasn't looked yet."""

    OPEN = "open", _("办理中")
    REPORTED = "reported", _("待核销")
    CLOSED = "closed", _("已办结")


class MeetingTask(Scoped, models.Model):
    """What a meeting asks of one department, by a day.

    The department reports it as done, with words and a file (`MeetingFile`); somebody else, of the committee's office,
    closes it or sends it back. A closed one doesn't change, and none is closed without a file (trigger
    ``argument_meetingtask_final``).
    """

    SCOPE = ScopePaths(region="meeting__committee__region_id", organisation="organisation_id")
    #: Whose it is to do.
    HANDLING = ScopePaths(organisation="organisation_id")

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="tasks")
    item = models.ForeignKey(
        AgendaItem, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    title = models.CharField(_("交办事项"), max_length=200)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("承办单位")
    )
    due_on = models.DateField(_("办结期限"))
    state = models.CharField(
        _("状态"), max_length=10, choices=MeetingTaskState, default=MeetingTaskState.OPEN
    )
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    report = models.TextField(_("办理情况"), blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reported_at = models.DateTimeField(null=True)
    returned = models.CharField(_("退回意见"), max_length=300, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["organisation", "state", "due_on"], name="argument_meetingtask_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=MeetingTaskState.values), name="argument_meetingtask_state"
            ),
            models.CheckConstraint(
                condition=Q(state="open")
                | (Q(reported_by__isnull=False, reported_at__isnull=False) & Q(report__regex=r"\S")),
                name="argument_meetingtask_reported",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_by__isnull=False, closed_at__isnull=False)
                | (~Q(state="closed") & Q(closed_by=None, closed_at=None)),
                name="argument_meetingtask_closed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(closed_by=None) | ~Q(closed_by=F("reported_by")),
                name="argument_meetingtask_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MeetingFile(Scoped, models.Model):
    """A file beside a meeting (``task`` None: material or the signed minutes) or beside what a department reports.

    The bytes lie below ``MEDIA_ROOT/files`` by their SHA-256 (`gis_projects.files`). Rows are only ever inserted
    (trigger ``argument_meetingfile_append_only``). A file beside an item about a project is
    read by who may read the project.
    """

    SCOPE = ScopePaths(region="meeting__committee__region_id")

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="files")
    item = models.ForeignKey(
        AgendaItem, null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    task = models.ForeignKey(
        MeetingTask, null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    name = models.CharField(_("文件名"), max_length=120)
    kind = models.CharField(max_length=10)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="argument_meetingfile_sha256"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="argument_meetingfile_has_content"),
            models.CheckConstraint(
                condition=~Q(name__regex=r"[/\\[:cntrl:]]") & ~Q(name=""),
                name="argument_meetingfile_plain_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name
