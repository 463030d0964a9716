"""Which standards there are, which holds on a day, and what an approval still has to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import (
    Approval,
    ApprovalCheck,
    CheckPoint,
    EnforcementStandard,
    Project,
)


class StandardState(TextChoices):
    """How a standard stands today."""

    DRAFT = "draft", _("草稿")
    COMING = "coming", _("待施行")
    IN_FORCE = "in_force", _("施行中")
    ENDED = "ended", _("已失效")


def in_force(item: str, day: date) -> EnforcementStandard | None:
    """The published standard of an item that holds on a day."""
    return _on(day).filter(item=item).first()


def standards(state: str = "") -> QuerySet[EnforcementStandard]:
    """All, or those that stand so today; by item, the newest edition first, with ``number_of_points``."""
    today = timezone.localdate()
    published = EnforcementStandard.objects.filter(published_at__isnull=False)
    rows = {
        StandardState.DRAFT: EnforcementStandard.objects.filter(published_at=None),
        StandardState.COMING: published.filter(valid_from__gt=today),
        StandardState.IN_FORCE: _on(today),
        StandardState.ENDED: published.filter(valid_to__lte=today),
    }
    found = rows[StandardState(state)] if state else EnforcementStandard.objects.all()
    rows_of = found.annotate(number_of_points=Count("points")).order_by("item", "-edition")
    return rows_of.select_related("entered_by", "published_by")


def state_of(standard: EnforcementStandard) -> StandardState:
    today = timezone.localdate()
    if standard.published_at is None:
        return StandardState.DRAFT
    if standard.valid_from > today:
        return StandardState.COMING
    if standard.valid_to is not None and standard.valid_to <= today:
        return StandardState.ENDED
    return StandardState.IN_FORCE


def overlapping(standard: EnforcementStandard) -> QuerySet[EnforcementStandard]:
    """The published editions of the same item that hold on a day of this one's, first in time first."""
    rows = EnforcementStandard.objects.filter(item=standard.item, published_at__isnull=False).exclude(
        pk=standard.pk
    )
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=standard.valid_from))
    if standard.valid_to is not None:
        rows = rows.filter(valid_from__lt=standard.valid_to)
    return rows.order_by("valid_from")


@dataclass(frozen=True)
class Checked:
    """One point of an approval's standard with its answer; None: not answered yet."""

    point: CheckPoint
    check: ApprovalCheck | None


@dataclass(frozen=True)
class Checklist:
    """An approval with every point that it has to answer, in order; without a standard there are none."""

    approval: Approval
    points: tuple[Checked, ...]

    @property
    def missing(self) -> tuple[CheckPoint, ...]:
        return tuple(one.point for one in self.points if one.check is None)

    @property
    def answered(self) -> int:
        return len(self.points) - len(self.missing)


def checklists(project: Project) -> list[Checklist]:
    """Every approval of a project, oldest first, with its checklist."""
    rows = project.approvals.select_related("standard").order_by("pk")
    return [checklist(row) for row in rows.prefetch_related("standard__points", "checks__by")]


def checklist(approval: Approval) -> Checklist:
    given = {row.point_id: row for row in approval.checks.all()}
    points = approval.standard.points.all() if approval.standard is not None else ()
    return Checklist(approval, tuple(Checked(point, given.get(point.pk)) for point in points))


def _on(day: date) -> QuerySet[EnforcementStandard]:
    rows = EnforcementStandard.objects.filter(published_at__isnull=False, valid_from__lte=day)
    return rows.filter(Q(valid_to=None) | Q(valid_to__gt=day))
