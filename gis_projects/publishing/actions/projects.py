"""The acts by which a project is shown to the public and taken back.

Showing a project takes two people: whoever proposes it (they may edit the project, or disclose) and whoever
approves it (they may disclose). Taking it back takes one. Each act copies or deletes the public rows, writes a
`PublicationRecord` and a step of the trail, in one transaction.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.disclosure.models import DisclosedProject
from gis_projects.library.actions.disclosure import mark_disclosed
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.publishing import copying, differences
from gis_projects.publishing.actions import batch_lists, public_rows
from gis_projects.publishing.actions.guards import locked, refuse_secret, require_proposer, require_two
from gis_projects.publishing.models import Act, Decision, DisclosureRule, Proposal, PublicationRecord
from gis_projects.publishing.queries import standing
from gis_projects.trail import actions as trail
from layers.full_disk import is_full

logger = logging.getLogger(__name__)


@transaction.atomic
def propose(
    *,
    by: User,
    project: Project,
    starts_at: datetime | None = None,
    reason: str = "",
    rule: DisclosureRule | None = None,
    **chosen: Any,
) -> Proposal:
    """Ask for a project to be shown to the public, or to be shown anew as it is now.

    Parameters
    ----------
    starts_at
        Not before this moment; None: as soon as it is approved.
    chosen
        As `copying.Choice` names it.

    Raises
    ------
    ValidationError
        For a confidential or sensitive project, an open proposal, days that can't be, or a place that can't be
        generalised to this precision.
    """
    project = locked(project)
    require_proposer(by, project)
    refuse_secret(project)
    if Proposal.objects.filter(project=project, decision=Decision.OPEN).exists():
        raise ValidationError(_("该项目已有待审批的公开申请。"), code="open-proposal")
    choice = copying.Choice(**chosen)
    refuse_days(choice, starts_at)
    copy = copying.would_be(project, choice)
    proposal = Proposal(
        project=project,
        **choice.as_columns(),
        starts_at=starts_at,
        reason=reason,
        rule=rule,
        content=copy,
        digest=copying.digest(copy),
        proposed_by=by,
    )
    proposal.full_clean()
    proposal.save(force_insert=True)
    trail.record(
        by=by,
        verb="disclosure.propose",
        subject=subject(project),
        data={
            "proposal": proposal.pk,
            "form": choice.form,
            "precision_m": choice.precision_m,
            "reason": reason,
            "digest": proposal.digest,
        },
    )
    return proposal


def refuse_days(choice: copying.Choice, starts_at: datetime | None) -> None:
    """Raise ValidationError where the last day lies before the first, or behind us."""
    first = timezone.localtime(starts_at).date() if starts_at else timezone.localdate()
    if choice.until is not None and choice.until < max(first, timezone.localdate()):
        raise ValidationError(_("公开截止日期早于公开日期。"), code="until")


@transaction.atomic
def approve(*, by: User, proposal: Proposal, seen: str) -> DisclosedProject | None:
    """Let the public see what someone else proposed; None where its time has not come yet.

    Parameters
    ----------
    seen
        The digest of the copy that the approver was shown.

    Raises
    ------
    ValidationError
        With the code ``changed`` where the copy would now be another one: it has to be looked at again.
    """
    proposal = _open(proposal)
    project = locked(proposal.project)
    require_two(proposal.proposed_by, by)
    require(by, Permission.DISCLOSE_PROJECTS, project)
    refuse_secret(project)
    choice = copying.Choice.of(proposal)
    copy = copying.would_be(project, choice)
    if copying.digest(copy) != seen:
        raise ValidationError(_("项目内容已变化，请核对差异后重新确认。"), code="changed")
    now = timezone.now()
    proposal.approved_digest = seen
    proposal.content = copy
    if proposal.starts_at is not None and proposal.starts_at > now:
        _supersede_scheduled(project, by)
        _decide(proposal, Decision.APPROVED, by)
        trail.record(
            by=by,
            verb="disclosure.schedule",
            subject=subject(project),
            data={"proposal": proposal.pk, "starts_at": proposal.starts_at.isoformat(), "digest": seen},
        )
        return None
    _supersede_scheduled(project, by)
    proposal.done_at = now
    _decide(proposal, Decision.APPROVED, by)
    return show(
        by=proposal.proposed_by,
        approved_by=by,
        project=project,
        choice=choice,
        reason=proposal.reason,
        copy=copy,
    )


@transaction.atomic
def carry_out(*, proposal: Proposal) -> DisclosedProject | None:
    """Show a scheduled proposal whose time has come; None where it lapsed, or was dealt with already."""
    project = locked(proposal.project)
    proposal = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if proposal.decision != Decision.APPROVED or proposal.done_at or proposal.lapsed_at:
        return None
    if proposal.starts_at is None or proposal.starts_at > timezone.now():
        return None
    assert proposal.decided_by is not None
    choice = copying.Choice.of(proposal)
    try:
        require_proposer(proposal.proposed_by, project)
        require(proposal.decided_by, Permission.DISCLOSE_PROJECTS, project)
        refuse_secret(project)
        refuse_days(choice, proposal.starts_at)
        copy = copying.would_be(project, choice)
        if copying.digest(copy) != proposal.approved_digest:
            raise ValidationError(_("项目内容在批准后已变化，须重新申请和批准。"), code="changed")
    except ValidationError as refusal:
        _lapse(proposal, None, " ".join(refusal.messages))
        return None
    except PermissionDenied:
        _lapse(proposal, None, _("申请人或批准人无权公开该项目。"))
        return None
    try:
        with transaction.atomic():
            Proposal.objects.filter(pk=proposal.pk).update(done_at=timezone.now())
            return show(
                by=proposal.proposed_by,
                approved_by=proposal.decided_by,
                project=project,
                choice=choice,
                reason=proposal.reason,
                copy=copy,
            )
    except OSError as error:
        if is_full(error):  # somebody makes room, and its time is still now
            raise
        logger.exception("proposal %s could not be carried out", proposal.pk)
        _lapse(proposal, None, _("服务器不能读写该项目的照片或视频，未公开。请联系管理员。"))
        return None


@transaction.atomic
def reject(*, by: User, proposal: Proposal, reason: str = "") -> Proposal:
    """Turn a proposal down, or call off one that is scheduled; who proposed it may take it back by this."""
    proposal = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("project", "proposed_by")
        .get(pk=proposal.pk)
    )
    if by.pk != proposal.proposed_by.pk:
        require(by, Permission.DISCLOSE_PROJECTS, proposal.project)
    if proposal.decision == Decision.APPROVED and not (proposal.done_at or proposal.lapsed_at):
        _lapse(proposal, by, reason)
        return proposal
    if proposal.decision != Decision.OPEN:
        raise ValidationError(_("该公开申请已处理。"), code="decided")
    proposal.outcome = reason[:300]
    _decide(proposal, Decision.REJECTED, by)
    trail.record(
        by=by,
        verb="disclosure.reject",
        subject=subject(proposal.project),
        data={"proposal": proposal.pk, "reason": reason},
    )
    return proposal


@transaction.atomic
def publish_project(
    *, by: User, approved_by: User, project: Project, reason: str = "", **chosen: Any
) -> DisclosedProject:
    """Copy what is chosen of a project (`copying.Choice`) for the public, by two people who are both here.

    Raises
    ------
    ValidationError
        For one person alone, a confidential or sensitive project, one already shown, or a precision out of range.
    PermissionDenied
        If either may not.
    """
    project = locked(project)
    if standing.current_copy(project):
        raise ValidationError(_("该项目已公开；内容有变请更正。"), code="already-shown")
    return show(
        by=by, approved_by=approved_by, project=project, choice=copying.Choice(**chosen), reason=reason
    )


@transaction.atomic
def correct_project(
    *, by: User, approved_by: User, project: Project, reason: str, **chosen: Any
) -> DisclosedProject:
    """Copy a shown project anew, as it is now. What isn't given stays as it was chosen."""
    project = locked(project)
    last = standing.last_choice(project)
    if last is None:
        raise ValidationError(_("该项目尚未公开。"), code="not-shown")
    return show(by=by, approved_by=approved_by, project=project, choice=last.but(**chosen), reason=reason)


@transaction.atomic
def withdraw_project(*, by: User | None, project: Project, reason: str) -> PublicationRecord:
    """Delete the public copy. One person is enough, as nothing is shown by it; None is the platform."""
    project = locked(project)
    if by is not None:
        require(by, Permission.DISCLOSE_PROJECTS, project)
    shown = standing.current_copy(project)
    if shown is None:
        raise ValidationError(_("该项目尚未公开。"), code="not-shown")
    public_rows.take(shown.slug)
    drop_proposals(project, by, reason)
    record = PublicationRecord.objects.create(
        project=project, slug=shown.slug, act=Act.WITHDRAWN, by=by, reason=reason
    )
    mark_disclosed(by=by, project=project, disclosed=False)
    trail.record(
        by=by,
        verb="disclosure.withdraw_project",
        subject=subject(project),
        data={"slug": shown.slug, "reason": reason},
    )
    return record


def drop_proposals(project: Project, by: User | None, reason: str) -> None:
    """An approval given, or asked for, in the state before must not bring the project back: by itself or in a batch.

    ``project`` is `guards.locked`.
    """
    for proposal in Proposal.objects.filter(project=project, decision=Decision.OPEN):
        proposal.outcome = reason[:300]
        _decide(proposal, Decision.REJECTED, by or proposal.proposed_by)
    for proposal in standing.scheduled().filter(project=project):
        _lapse(proposal, by, reason)
    batch_lists.refuse(by=by, project=project, reason=reason)


@transaction.atomic
def show(
    *,
    by: User,
    approved_by: User,
    project: Project,
    choice: copying.Choice,
    reason: str,
    copy: copying.Copy | None = None,
) -> DisclosedProject:
    """Every act that lets the public see something ends here, so nothing goes past these questions.

    ``project`` is `guards.locked`; ``copy`` what it would be, where that was made already.
    """
    require_two(by, approved_by)
    require(approved_by, Permission.DISCLOSE_PROJECTS, project)
    refuse_secret(project)
    require_proposer(by, project)
    copy = copying.would_be(project, choice) if copy is None else copy
    before = standing.shown_copy(project)
    act = Act.PUBLISHED if standing.current_copy(project) is None else Act.CORRECTED
    slug = _slug(project)
    public = public_rows.put(slug, copy)
    digest = copying.digest(copy)
    PublicationRecord.objects.create(
        project=project,
        slug=slug,
        act=act,
        by=by,
        approved_by=approved_by,
        reason=reason,
        form=public.form,
        precision_m=choice.precision_m,
        review_number=choice.review_number,
        digest=digest,
        content=copy,
        choice=choice.as_json(),
    )
    mark_disclosed(by=approved_by, project=project, disclosed=True)
    said: dict[str, Any] = {
        "approved_by": approved_by.get_username(),
        "slug": slug,
        "digest": digest,
        "reason": reason,
    }
    if act == Act.CORRECTED and before is not None:
        said["before"], said["after"] = differences.said(before, copy)
    trail.record(
        by=by,
        verb="disclosure.publish_project" if act == Act.PUBLISHED else "disclosure.correct_project",
        subject=subject(project),
        data=said,
    )
    return public


def _open(proposal: Proposal) -> Proposal:
    proposal = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("project", "proposed_by")
        .get(pk=proposal.pk)
    )
    if proposal.decision != Decision.OPEN:
        raise ValidationError(_("该公开申请已处理。"), code="decided")
    return proposal


def _decide(proposal: Proposal, decision: Decision, by: User) -> None:
    proposal.decision, proposal.decided_by, proposal.decided_at = decision, by, timezone.now()
    proposal.save()


def _supersede_scheduled(project: Project, by: User) -> None:
    """What is approved now goes before what was approved for later."""
    for earlier in standing.scheduled().filter(project=project):
        _lapse(earlier, by, _("由新的公开申请取代。"))


def _lapse(proposal: Proposal, by: User | None, reason: str) -> None:
    proposal.lapsed_at, proposal.outcome = timezone.now(), reason[:300]
    proposal.save(update_fields=["lapsed_at", "outcome"])
    trail.record(
        by=by,
        verb="disclosure.lapse",
        subject=subject(proposal.project),
        data={"proposal": proposal.pk, "reason": reason},
    )


def _slug(project: Project) -> str:
    """The address that the project had before, or a new one by lot: it says nothing about the row inside."""
    record = PublicationRecord.objects.filter(project=project).first()
    return record.slug if record else secrets.token_hex(6)
