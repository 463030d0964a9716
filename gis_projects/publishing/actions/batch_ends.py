"""A batch whose work has failed: it is gone on with, or ended as far as it came."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, may, require
from gis_projects.publishing.actions.batch_lists import undone
from gis_projects.publishing.actions.batches import prepare_batch, publish_batch
from gis_projects.publishing.models import BatchState, PublicationBatch
from gis_projects.trail import actions as trail
from gis_projects.trail.jobs import OPEN, start
from gis_projects.trail.models import Job

_WORK = {
    BatchState.PREPARING: (prepare_batch, "publishing.prepare_batch"),
    BatchState.PUBLISHING: (publish_batch, "publishing.publish_batch"),
}


def is_stuck(batch: PublicationBatch) -> bool:
    """Whether it is being worked on by nothing any more."""
    if batch.state not in _WORK:
        return False
    return batch.job is None or not Job.objects.filter(pk=batch.job, state__in=OPEN).exists()


def may_mend(user: User, batch: PublicationBatch) -> bool:
    return user.pk == batch.proposed_by_id or may(user, Permission.DISCLOSE_PROJECTS, batch)


@transaction.atomic
def resume_batch(*, by: User, batch: PublicationBatch) -> PublicationBatch:
    """Go on where the failed work stopped. Nothing new is shown by it: what was approved stays what it was.

    Raises
    ------
    ValidationError
        It is being worked on, or has nothing to be worked on.
    """
    batch = _stuck(by, batch)
    work, kind = _WORK[BatchState(batch.state)]
    batch.job = start(work, by=by, kind=kind, subject=f"publishing.batch:{batch.pk}", batch=batch.pk).pk
    batch.save(update_fields=["job"])
    trail.record(by=by, verb="disclosure.resume_batch", subject=f"publishing.batch:{batch.pk}", data={})
    return batch


@transaction.atomic
def end_batch(*, by: User, batch: PublicationBatch, reason: str = "") -> PublicationBatch:
    """Leave it as far as it came: what is shown stays, what isn't won't be.

    Raises
    ------
    ValidationError
        As `resume_batch`.
    """
    batch = _stuck(by, batch)
    batch.answer = reason[:300]
    if batch.state == BatchState.PREPARING:
        batch.state, batch.decided_by, batch.decided_at = BatchState.REJECTED, by, timezone.now()
    else:
        batch.state = BatchState.DONE
        undone(batch).update(refusal=(_("批量公开已终止：%(reason)s") % {"reason": reason or "—"})[:300])
    batch.save()
    trail.record(
        by=by,
        verb="disclosure.end_batch",
        subject=f"publishing.batch:{batch.pk}",
        data={"reason": batch.answer},
    )
    return batch


def _stuck(by: User, batch: PublicationBatch) -> PublicationBatch:
    batch = (
        PublicationBatch.objects.select_for_update(of=("self",))
        .select_related("proposed_by", "region")
        .get(pk=batch.pk)
    )
    if by.pk != batch.proposed_by_id:
        require(by, Permission.DISCLOSE_PROJECTS, batch)
    if not is_stuck(batch):
        raise ValidationError(_("该批量公开没有中断，不能继续或终止。"), code="not-stuck")
    return batch
