"""Many projects by one proposal and one decision; each is shown, or refused, in a transaction of its own."""

from __future__ import annotations

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
from gis_projects.publishing.actions.guards import locked, refuse_secret, require_proposer, require_two
from gis_projects.publishing.models import BatchItem, BatchState, DisclosureRule, PublicationBatch
from gis_projects.publishing.queries import standing
from gis_projects.trail import actions as trail
from gis_projects.trail.jobs import Progress, job, start

MOST = 5000


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
    **chosen: Any,
) -> PublicationBatch:
    """Ask for all projects that a filter chooses now to be shown with the same choices (`copying.Choice`).

    A job works out each project's copy, or why there can be none; then somebody else sees the list and decides.

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
    acts.refuse_days(choice, None)
    unknown = set(choice.fields) - set(copying.OPTIONAL)
    if unknown or choice.milestones or choice.media or choice.results:
        raise ValidationError(_("批量公开只能选择项目字段和位置形式。"), code="field")
    keys = list(selected(by, query).values_list("pk", flat=True)[: MOST + 1])
    if not keys:
        raise ValidationError(_("没有符合条件的项目。"), code="nothing")
    if len(keys) > MOST:
        raise ValidationError(
            _("一次最多 %(limit)s 个项目，请缩小范围。"), params={"limit": MOST}, code="many"
        )
    batch = PublicationBatch(
        query=query, region=by.region, reason=reason, rule=rule, proposed_by=by, **choice.as_columns()
    )
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
    item = BatchItem.objects.get(pk=key)
    project = _read(item.project_id)
    last = standing.last_record(project)
    item.after = last.pk if last else None
    try:
        refuse_secret(project)
        require_proposer(batch.proposed_by, project)
        if standing.current_copy(project) is not None:
            raise ValidationError(_("该项目已公开；内容有变请更正。"), code="already-shown")
        item.content = copying.would_be(project, copying.Choice.of(batch))
        item.digest = copying.digest(item.content)
    except ValidationError as refusal:
        item.refusal = " ".join(refusal.messages)[:300]
    except PermissionDenied:
        item.refusal = _("申请人无权公开该项目。")
    item.save()


def _open(batch: PublicationBatch) -> None:
    PublicationBatch.objects.filter(pk=batch.pk, state=BatchState.PREPARING).update(
        state=BatchState.OPEN, digest=digest_of(batch)
    )


def digest_of(batch: PublicationBatch) -> str:
    """SHA-256 (hex) over the list: which projects, and what of each."""
    return copying.digest([list(row) for row in batch.items.values_list("project_id", "digest", "refusal")])


@transaction.atomic
def approve_batch(*, by: User, batch: PublicationBatch, seen: str) -> PublicationBatch:
    """Let all of a batch be shown that can be; ``seen`` is the digest of the list that was on the page."""
    batch = _deciding(batch)
    require_two(batch.proposed_by, by)
    require(by, Permission.DISCLOSE_PROJECTS, batch)
    if seen != batch.digest:
        raise ValidationError(_("清单已变化，请重新查看。"), code="changed")
    batch.state, batch.decided_by, batch.decided_at = BatchState.PUBLISHING, by, timezone.now()
    work = start(
        publish_batch, by=by, kind="publishing.publish_batch", subject=_subject(batch), batch=batch.pk
    )
    batch.job = work.pk
    batch.save()
    keys = list(batch.items.filter(refusal="").values_list("project_id", flat=True))
    trail.record(
        by=by,
        verb="disclosure.approve_batch",
        subject=_subject(batch),
        data={"projects_number": len(keys), "projects": keys, "digest": seen},
    )
    return batch


@transaction.atomic
def reject_batch(*, by: User, batch: PublicationBatch, reason: str) -> PublicationBatch:
    """Turn a batch down; who proposed it may take it back by this."""
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
    row = PublicationBatch.objects.select_related("proposed_by", "decided_by").get(pk=batch)
    keys = list(row.items.filter(refusal="", done_at=None).values_list("pk", flat=True))
    for at, key in enumerate(keys, start=1):
        progress.once(f"item {key}", partial(_publish, row, key))
        progress.report(99 * at / len(keys), f"{at}/{len(keys)}")
    PublicationBatch.objects.filter(pk=batch).update(state=BatchState.DONE)
    return {
        "shown": row.items.exclude(done_at=None).count(),
        "refused": row.items.exclude(refusal="").count(),
    }


def _publish(batch: PublicationBatch, key: int) -> None:
    item = BatchItem.objects.get(pk=key)
    if item.done_at is not None or item.refusal:
        return
    assert batch.decided_by is not None
    try:
        with transaction.atomic():
            _show(batch, batch.decided_by, item)
    except ValidationError as refusal:
        item.refusal = " ".join(refusal.messages)[:300]
    except PermissionDenied:
        item.refusal = _("申请人或批准人无权公开该项目。")
    else:
        item.done_at = timezone.now()
    item.save(update_fields=["refusal", "done_at"])


def _show(batch: PublicationBatch, approved_by: User, item: BatchItem) -> None:
    project = locked(item.project)
    refuse_secret(project)
    last = standing.last_record(project)
    if (last.pk if last else None) != item.after:
        raise ValidationError(_("列入清单后该项目已公开、更正或撤回过。"), code="acted")
    choice = copying.Choice.of(batch)
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
    if batch.state != BatchState.OPEN:
        raise ValidationError(_("该批量公开申请已处理，或还在准备。"), code="decided")
    return batch


def _subject(batch: PublicationBatch) -> str:
    return f"publishing.batch:{batch.pk}"
