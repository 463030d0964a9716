"""Many projects by one proposal and one decision; each is shown, or refused, in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.filters import ProjectFilter
from gis_projects.library.models import Project
from gis_projects.library.queries.projects import projects
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, has, require
from gis_projects.publishing import copying
from gis_projects.publishing.actions import projects as acts
from gis_projects.publishing.actions.batch_lists import digest_of, undone
from gis_projects.publishing.actions.guards import locked, refuse_secret, require_proposer, require_two
from gis_projects.publishing.models import (
    BatchItem,
    BatchState,
    DisclosureRule,
    PerformanceResult,
    ProgressMedia,
    PublicationBatch,
    Taken,
)
from gis_projects.publishing.queries import milestones, standing
from gis_projects.trail import actions as trail
from gis_projects.trail.jobs import Progress, job, start
from layers.full_disk import is_full

MOST = 5000
logger = logging.getLogger(__name__)


def selected(user: User, query: str) -> Any:
    """The projects that a filter of the library's list chooses, in the order of their codes.

    Raises
    ------
    ValidationError
        The filter can't be understood: it chooses nothing, and certainly not everything.
    """
    chosen = ProjectFilter(QueryDict(query), queryset=projects(user))
    if not chosen.form.is_valid():
        raise ValidationError(_("筛选条件有误。"), code="filter")
    return chosen.qs.order_by("code")


@transaction.atomic
def propose_batch(
    *,
    by: User,
    query: str,
    reason: str = "",
    rule: DisclosureRule | None = None,
    starts_at: datetime | None = None,
    takes: Collection[str] = (),
    **chosen: Any,
) -> PublicationBatch:
    """Ask for all projects that a filter chooses now to be shown with the same choices (`copying.Choice`).

    A job works out each project's copy, or why there can be none; then somebody else sees the list and decides.

    Parameters
    ----------
    starts_at
        Not before this moment; None: as soon as it is approved.
    takes
        `Taken`: what each project has of these comes with it. `choose` leaves out single ones.

    Raises
    ------
    ValidationError
        The filter chooses nothing, too much, or can't be understood; or the days can't be.
    PermissionDenied
        They may propose nothing, or belong to no region.
    """
    if not (has(by, Permission.EDIT_PROJECTS) or has(by, Permission.DISCLOSE_PROJECTS)) or by.region is None:
        raise PermissionDenied(Permission.DISCLOSE_PROJECTS)
    choice = copying.Choice(**chosen)
    acts.refuse_days(choice, starts_at)
    unknown = set(choice.fields) - set(copying.OPTIONAL)
    if unknown or choice.milestones or choice.media or choice.results:
        raise ValidationError(_("批量公开按项目字段、位置形式和内容种类选择。"), code="field")
    keys = list(selected(by, query).values_list("pk", flat=True)[: MOST + 1])
    if not keys:
        raise ValidationError(_("没有符合条件的项目。"), code="nothing")
    if len(keys) > MOST:
        raise ValidationError(
            _("一次最多 %(limit)s 个项目，请缩小范围。"), params={"limit": MOST}, code="many"
        )
    batch = PublicationBatch(
        query=query, region=by.region, reason=reason, rule=rule, proposed_by=by, starts_at=starts_at,
        takes=sorted(takes), **choice.as_columns(),
    )  # fmt: skip
    batch.full_clean(exclude=["decided_by", "job", "decided_at"])
    batch.save()
    BatchItem.objects.bulk_create(BatchItem(batch=batch, project_id=key) for key in keys)
    work = start(
        prepare_batch, by=by, kind="publishing.prepare_batch", subject=_subject(batch), batch=batch.pk
    )
    batch.job = work.pk
    batch.save(update_fields=["job"])
    trail.record(
        by=by,
        verb="disclosure.propose_batch",
        subject=_subject(batch),
        data={"projects_number": len(keys), "projects": keys, "query": query, "reason": reason},
    )
    return batch


@job
def prepare_batch(progress: Progress, *, batch: int) -> dict[str, int]:
    """Work out what each project's copy would be. Each is a step of its own: a repeated run goes on."""
    row = PublicationBatch.objects.get(pk=batch)
    keys = list(row.items.values_list("pk", flat=True))
    for at, key in enumerate(keys, start=1):
        progress.once(f"item {key}", partial(_prepare, row, key))
        progress.report(95 * at / len(keys), f"{at}/{len(keys)}")
    progress.once("open", partial(_open, row))
    return {"projects": len(keys), "refused": row.items.exclude(refusal="").count()}


def _prepare(batch: PublicationBatch, key: int) -> None:
    item, project = _taken(key)
    if item.refusal:
        return
    last = standing.last_record(project)
    item.after = last.pk if last else None
    try:
        refuse_secret(project)
        require_proposer(User.objects.get(pk=batch.proposed_by_id), project)
        if standing.current_copy(project) is not None:
            raise ValidationError(_("该项目已公开；内容有变请更正。"), code="already-shown")
        item.chosen = _usual(batch, project)
        item.content = copying.would_be(project, _choice(batch, item))
        item.digest = copying.digest(item.content)
    except ValidationError as refusal:
        item.refusal = " ".join(refusal.messages)[:300]
    except PermissionDenied:
        item.refusal = _("申请人无权公开该项目。")
    except OSError as error:
        item.refusal = _unreadable(error)
    item.save()


def _taken(key: int) -> tuple[BatchItem, Project]:
    """An item as it is once its project is locked: what voids it takes that lock too."""
    project = locked(BatchItem.objects.select_related("project").get(pk=key).project)
    return BatchItem.objects.get(pk=key), project


def _unreadable(error: OSError) -> str:
    """Why nothing was shown; what went wrong and where stands in the log."""
    logger.error("a project of a batch could not be copied", exc_info=error)
    if is_full(error):
        return _("服务器磁盘空间不足，未公开。请联系管理员清理后重新申请。")
    return _("服务器不能读写该项目的照片或视频，未公开。请联系管理员。")


def _usual(batch: PublicationBatch, project: Project) -> dict[str, Any]:
    """All that the batch takes of a project, but for what was written freely into its diary: that is chosen singly."""
    found = offered(project)
    found[Taken.MILESTONES.value] = [one.key for one in milestones.offered(project) if not one.by_hand]
    return {kind: keys for kind, keys in found.items() if kind in batch.takes}


def offered(project: Project) -> dict[str, list[Any]]:
    """The keys of what a project has that can be chosen, by `Taken`."""
    return {
        Taken.MILESTONES.value: [one.key for one in milestones.offered(project)],
        Taken.MEDIA.value: list(ProgressMedia.objects.filter(project=project).values_list("pk", flat=True)),
        Taken.RESULTS.value: list(
            PerformanceResult.objects.filter(project=project).values_list("pk", flat=True)
        ),
    }


def _choice(batch: PublicationBatch, item: BatchItem) -> copying.Choice:
    return copying.Choice.of(batch).but(**{kind: tuple(keys) for kind, keys in item.chosen.items()})


@transaction.atomic
def choose(*, by: User, item: BatchItem, **chosen: Collection[Any]) -> BatchItem:
    """Choose anew which milestones, photos and results (`Taken`) of one project a waiting batch shows.

    Only who proposed the batch does; the list's digest changes with it, so nobody approves what they didn't see.

    Raises
    ------
    ValidationError
        The batch was decided, the project can't be shown, or it has nothing of that name.
    """
    batch = _deciding(item.batch)
    if batch.state != BatchState.OPEN:
        raise ValidationError(_("该批量公开申请已处理，或还在准备。"), code="decided")
    if by.pk != batch.proposed_by_id:
        raise PermissionDenied(Permission.EDIT_PROJECTS)
    item = BatchItem.objects.select_for_update().get(pk=item.pk)
    project = _read(item.project_id)
    require_proposer(by, project)
    there = offered(project)
    if item.refusal or any(set(keys) - set(there.get(kind, ())) for kind, keys in chosen.items()):
        raise ValidationError(_("该项目没有这项内容。"), code="not-there")
    before = item.chosen
    item.chosen = {kind: [key for key in there[kind] if key in keys] for kind, keys in chosen.items()}
    item.content = copying.would_be(project, _choice(batch, item))
    item.digest = copying.digest(item.content)
    item.save(update_fields=["chosen", "content", "digest"])
    batch.digest = digest_of(batch)
    batch.save(update_fields=["digest"])
    trail.record(
        by=by,
        verb="disclosure.choose_of_batch",
        subject=_subject(batch),
        data={"projects": [project.pk], "name": str(project), "before": before, "after": item.chosen},
    )
    return item


def _open(batch: PublicationBatch) -> None:
    PublicationBatch.objects.filter(pk=batch.pk, state=BatchState.PREPARING).update(
        state=BatchState.OPEN, digest=digest_of(batch)
    )


@transaction.atomic
def approve_batch(*, by: User, batch: PublicationBatch, seen: str) -> PublicationBatch:
    """Let all of a batch be shown that can be, at once or when its moment has come; ``seen`` is the digest of the list
    that was on the page.
    """
    batch = _deciding(batch)
    if batch.state != BatchState.OPEN:
        raise ValidationError(_("该批量公开申请已处理，或还在准备。"), code="decided")
    require_two(batch.proposed_by, by)
    require(by, Permission.DISCLOSE_PROJECTS, batch)
    if seen != batch.digest:
        raise ValidationError(_("清单已变化，请重新查看。"), code="changed")
    batch.decided_by, batch.decided_at = by, timezone.now()
    keys = list(batch.items.filter(refusal="").values_list("project_id", flat=True))
    said: dict[str, Any] = {"projects_number": len(keys), "projects": keys, "digest": seen}
    verb = "disclosure.approve_batch"
    if batch.starts_at is not None and batch.starts_at > batch.decided_at:
        batch.state = BatchState.SCHEDULED
        batch.save()
        verb, said = "disclosure.schedule_batch", said | {"starts_at": batch.starts_at.isoformat()}
    else:
        _begin(batch)
    trail.record(by=by, verb=verb, subject=_subject(batch), data=said)
    return batch


def _begin(batch: PublicationBatch) -> None:
    assert batch.decided_by is not None
    batch.state = BatchState.PUBLISHING
    work = start(
        publish_batch,
        by=batch.decided_by,
        kind="publishing.publish_batch",
        subject=_subject(batch),
        batch=batch.pk,
    )
    batch.job = work.pk
    batch.save()


@transaction.atomic
def begin_due(*, batch: PublicationBatch) -> bool:
    """Begin with a scheduled batch whose moment has come; False where another tick did, or it was called off."""
    found = (
        PublicationBatch.objects.select_for_update(of=("self",))
        .select_related("decided_by")
        .filter(pk=batch.pk, state=BatchState.SCHEDULED, starts_at__lte=timezone.now())
        .first()
    )
    if found is None:
        return False
    _begin(found)
    return True


@transaction.atomic
def reject_batch(*, by: User, batch: PublicationBatch, reason: str) -> PublicationBatch:
    """Turn a batch down, or call off one that is scheduled; who proposed it may take it back by this."""
    batch = _deciding(batch)
    if by.pk != batch.proposed_by_id:
        require(by, Permission.DISCLOSE_PROJECTS, batch)
    batch.state, batch.decided_by, batch.decided_at = BatchState.REJECTED, by, timezone.now()
    batch.answer = reason[:300]
    batch.save()
    trail.record(
        by=by, verb="disclosure.reject_batch", subject=_subject(batch), data={"reason": batch.answer}
    )
    return batch


@job
def publish_batch(progress: Progress, *, batch: int) -> dict[str, int]:
    """Show each project, one transaction each; what can't be any more is refused with its reason."""
    row = PublicationBatch.objects.get(pk=batch)
    keys = list(undone(row).values_list("pk", flat=True))
    for at, key in enumerate(keys, start=1):
        progress.once(f"item {key}", partial(_publish, batch, key))
        progress.report(99 * at / len(keys), f"{at}/{len(keys)}")
    PublicationBatch.objects.filter(pk=batch, state=BatchState.PUBLISHING).update(state=BatchState.DONE)
    return {
        "shown": row.items.exclude(done_at=None).count(),
        "refused": row.items.exclude(refusal="").count(),
    }


def _publish(key_of_batch: int, key: int) -> None:
    """One project, in the names of both people as far as their rights reach now: the whole may take an hour."""
    item, project = _taken(key)
    batch = PublicationBatch.objects.select_related("proposed_by", "decided_by").get(pk=key_of_batch)
    if item.done_at is not None or item.refusal or batch.state != BatchState.PUBLISHING:
        return
    assert batch.decided_by is not None
    try:
        with transaction.atomic():
            _show(batch, batch.decided_by, item, project)
    except ValidationError as refusal:
        item.refusal = " ".join(refusal.messages)[:300]
    except PermissionDenied:
        item.refusal = _("申请人或批准人无权公开该项目。")
    except OSError as error:
        item.refusal = _unreadable(error)
    else:
        item.done_at = timezone.now()
    item.save(update_fields=["refusal", "done_at"])


def _show(batch: PublicationBatch, approved_by: User, item: BatchItem, project: Project) -> None:
    refuse_secret(project)
    last = standing.last_record(project)
    if (last.pk if last else None) != item.after:
        raise ValidationError(_("列入清单后该项目已公开、更正或撤回过。"), code="acted")
    choice = _choice(batch, item)
    acts.refuse_days(choice, batch.starts_at)
    copy = copying.would_be(project, choice)
    if copying.digest(copy) != item.digest:
        raise ValidationError(_("列入清单后项目内容已变化。"), code="changed")
    acts.show(
        by=batch.proposed_by,
        approved_by=approved_by,
        project=project,
        choice=choice,
        reason=batch.reason,
        copy=copy,
    )


def _read(key: int) -> Project:
    return Project.objects.select_related(
        "region", "site__current", "organisation", "authority", "start"
    ).get(pk=key)


def _deciding(batch: PublicationBatch) -> PublicationBatch:
    batch = (
        PublicationBatch.objects.select_for_update(of=("self",))
        .select_related("proposed_by", "region")
        .get(pk=batch.pk)
    )
    if batch.state not in (BatchState.OPEN, BatchState.SCHEDULED):
        raise ValidationError(_("该批量公开申请已处理，或还在准备。"), code="decided")
    return batch


def _subject(batch: PublicationBatch) -> str:
    return f"publishing.batch:{batch.pk}"
