"""The list that a batch is: what stands for it when it is approved, and what becomes of a project that may not be
shown.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.publishing import copying
from gis_projects.publishing.models import BatchItem, BatchState, PublicationBatch
from gis_projects.trail import actions as trail

#: Of these an item may still be shown.
UNDONE = (BatchState.PREPARING, BatchState.OPEN, BatchState.SCHEDULED, BatchState.PUBLISHING)


def undone(batch: PublicationBatch) -> QuerySet[BatchItem]:
    """What of a batch is neither shown nor refused."""
    return batch.items.filter(refusal="", done_at=None)


def digest_of(batch: PublicationBatch) -> str:
    """SHA-256 (hex) over the list: which projects, and what of each."""
    return copying.digest([list(row) for row in batch.items.values_list("project_id", "digest", "refusal")])


def refuse(*, by: User | None, project: Project, reason: str) -> None:
    """Take a project out of every batch that might still show it. Whoever calls holds the project's lock
    (`guards.locked`), which showing and preparing take first.

    The digest of a list that waits to be approved changes with it.
    """
    found = BatchItem.objects.filter(project=project, refusal="", done_at=None, batch__state__in=UNDONE)
    keys = sorted(found.values_list("batch_id", flat=True))
    if not keys:
        return
    batches = list(PublicationBatch.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    why = _("列入清单后公开已撤回或项目被标记为敏感：%(reason)s") % {"reason": reason}
    BatchItem.objects.filter(project=project, batch__in=keys, refusal="", done_at=None).update(
        refusal=why[:300]
    )
    for batch in batches:
        if batch.state == BatchState.OPEN:
            batch.digest = digest_of(batch)
            batch.save(update_fields=["digest"])
    trail.record(
        by=by,
        verb="disclosure.drop_of_batches",
        subject=subject(project),
        data={"batches": keys, "reason": reason},
    )
