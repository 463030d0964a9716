"""The only writers of what the public sees.

Showing a project takes two people: whoever proposes it (they may edit the project, or disclose) and whoever
approves it (they may disclose). Taking it back takes one. Each act copies or deletes the public row, writes a
`PublicationRecord` and a step of the trail, in one transaction.
"""

from __future__ import annotations

import secrets
from typing import Any

import shapely
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.disclosure.models import DisclosedProject, Form, PublicOutline
from gis_projects.library.actions.disclosure import mark_disclosed
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Secrecy, may, require
from gis_projects.publishing import copying, generalise, outlines
from gis_projects.publishing.models import Act, Decision, Proposal, PublicationRecord
from gis_projects.trail import actions as trail


@transaction.atomic
def propose(
    *,
    by: User,
    project: Project,
    form: str = Form.OUTLINE,
    precision_m: int = generalise.DEFAULT_PRECISION_M,
    township: str = "",
    review_number: str = "",
    reason: str = "",
) -> Proposal:
    """Ask for a project to be shown to the public, or to be shown anew as it is now.

    Raises
    ------
    ValidationError
        For a confidential project, an open proposal, or a precision out of range.
    """
    project = _locked(project)
    _require_proposer(by, project)
    _refuse_confidential(project)
    if Proposal.objects.filter(project=project, decision=Decision.OPEN).exists():
        raise ValidationError(_("该项目已有待审批的公开申请。"), code="open-proposal")
    proposal = Proposal(
        project=project,
        form=form,
        precision_m=precision_m,
        township=township,
        review_number=review_number,
        reason=reason,
        proposed_by=by,
    )
    proposal.full_clean()
    copying.public_geometry(project, form, precision_m)
    proposal.save(force_insert=True)
    trail.record(
        by=by,
        verb="disclosure.propose",
        subject=subject(project),
        data={"proposal": proposal.pk, "form": form, "precision_m": precision_m, "reason": reason},
    )
    return proposal


@transaction.atomic
def approve(*, by: User, proposal: Proposal) -> DisclosedProject:
    """Let the public see what someone else proposed, as the project is now."""
    proposal = _open(proposal)
    project = _locked(proposal.project)
    shown = current_copy(project)
    act = Act.CORRECTED if shown else Act.PUBLISHED
    public = _show(
        act,
        by=proposal.proposed_by,
        approved_by=by,
        project=project,
        form=proposal.form,
        precision_m=proposal.precision_m,
        township=proposal.township,
        review_number=proposal.review_number,
        notice=shown.notice if shown else "",
        reason=proposal.reason,
    )
    _decide(proposal, Decision.APPROVED, by)
    return public


@transaction.atomic
def reject(*, by: User, proposal: Proposal, reason: str = "") -> Proposal:
    """Turn a proposal down; who proposed it may take it back by this."""
    proposal = _open(proposal)
    if by.pk != proposal.proposed_by.pk:
        require(by, Permission.DISCLOSE_PROJECTS, proposal.project)
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
    *,
    by: User,
    approved_by: User,
    project: Project,
    form: str = Form.OUTLINE,
    precision_m: int = generalise.DEFAULT_PRECISION_M,
    township: str = "",
    review_number: str = "",
    notice: str = "",
    reason: str = "",
) -> DisclosedProject:
    """Copy a project's permitted fields and a generalised geometry for the public.

    Parameters
    ----------
    by, approved_by
        Two different people; the first may edit the project or disclose, the second may disclose.
    form, precision_m
        ``"outline"`` or ``"point"``, on a grid of so many metres (10 to 10,000). A project without a site is
        shown as a point; one whose place isn't known is shown without.

    Raises
    ------
    ValidationError
        For one person alone, a confidential project, one already shown, or a precision out of range.
    PermissionDenied
        If either may not.
    """
    project = _locked(project)
    if current_copy(project):
        raise ValidationError(_("该项目已公开；内容有变请更正。"), code="already-shown")
    return _show(
        Act.PUBLISHED,
        by=by,
        approved_by=approved_by,
        project=project,
        form=form,
        precision_m=precision_m,
        township=township,
        review_number=review_number,
        notice=notice,
        reason=reason,
    )


@transaction.atomic
def correct_project(
    *,
    by: User,
    approved_by: User,
    project: Project,
    reason: str,
    form: str | None = None,
    precision_m: int | None = None,
    township: str | None = None,
    review_number: str | None = None,
) -> DisclosedProject:
    """Copy a shown project anew, as it is now. What isn't given stays as it was shown."""
    project = _locked(project)
    shown = current_copy(project)
    if shown is None:
        raise ValidationError(_("该项目尚未公开。"), code="not-shown")
    return _show(
        Act.CORRECTED,
        by=by,
        approved_by=approved_by,
        project=project,
        form=shown.form if form is None else form,
        precision_m=shown.precision_m if precision_m is None else precision_m,
        township=shown.township if township is None else township,
        review_number=shown.review_number if review_number is None else review_number,
        notice=shown.notice,
        reason=reason,
    )


@transaction.atomic
def withdraw_project(*, by: User | None, project: Project, reason: str) -> PublicationRecord:
    """Delete the public copy. One person is enough, as nothing is shown by it; None is the platform."""
    project = _locked(project)
    if by is not None:
        require(by, Permission.DISCLOSE_PROJECTS, project)
    shown = current_copy(project)
    if shown is None:
        raise ValidationError(_("该项目尚未公开。"), code="not-shown")
    shown.delete()
    for proposal in Proposal.objects.filter(project=project, decision=Decision.OPEN):
        # An approval given for the shown state must not bring it back.
        _decide(proposal, Decision.REJECTED, by or proposal.proposed_by)
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


@transaction.atomic
def publish_outlines(
    *,
    by: User,
    approved_by: User,
    precision_m: int = generalise.DEFAULT_PRECISION_M,
    review_number: str = "",
) -> int:
    """Replace the public base map by generalised copies of the regions and the open water in force.

    The precision is 50 m or coarser; `gis_projects.disclosure.outlines` says which layers they are from.
    Returns how many outlines there are now.
    """
    _require_two(by, approved_by)
    for person in (by, approved_by):
        require(person, Permission.DISCLOSE_PROJECTS)
    if precision_m < generalise.DEFAULT_PRECISION_M:
        raise ValidationError(_("公开底图的概化精度不得细于 50 米。"), code="precision")
    rows = outlines.generalised(precision_m)
    PublicOutline.objects.all().delete()
    PublicOutline.objects.bulk_create(
        PublicOutline(
            kind=row.kind,
            code=row.code,
            name=row.name,
            geometry=copying.geos(row.geometry),
            precision_m=precision_m,
            review_number=review_number,
            notice=row.notice,
        )
        for row in rows
    )
    digest = copying.digest([[row.kind, row.code, row.name, shapely.to_wkt(row.geometry)] for row in rows])
    PublicationRecord.objects.create(
        act=Act.OUTLINES,
        by=by,
        approved_by=approved_by,
        precision_m=precision_m,
        review_number=review_number,
        digest=digest,
    )
    trail.record(
        by=by,
        verb="disclosure.publish_outlines",
        subject="disclosure.outlines:all",
        data={"approved_by": approved_by.get_username(), "outlines": len(rows), "digest": digest},
    )
    return len(rows)


def _show(
    act: Act,
    *,
    by: User,
    approved_by: User,
    project: Project,
    form: str,
    precision_m: int,
    township: str,
    review_number: str,
    notice: str,
    reason: str,
) -> DisclosedProject:
    """Both acts that let the public see something end here, so nothing goes past these questions."""
    _require_two(by, approved_by)
    require(approved_by, Permission.DISCLOSE_PROJECTS, project)
    _refuse_confidential(project)
    _require_proposer(by, project)
    geometry = copying.public_geometry(project, form, precision_m)
    copied: dict[str, Any] = {
        **copying.permitted(project),
        "form": geometry.form if geometry else Form.POINT,
        "precision_m": precision_m,
        "township": township,
        "review_number": review_number,
        "notice": notice,
    }
    slug = _slug(project)
    digest = copying.digest({**copied, "geometry": shapely.to_wkt(geometry.geometry) if geometry else None})
    public, _created = DisclosedProject.objects.update_or_create(
        slug=slug,
        defaults=copied
        | {"geometry": copying.geos(geometry.geometry) if geometry else None, "changed_at": timezone.now()},
    )
    public.full_clean(validate_unique=False)
    PublicationRecord.objects.create(
        project=project,
        slug=slug,
        act=act,
        by=by,
        approved_by=approved_by,
        reason=reason,
        form=public.form,
        precision_m=precision_m,
        review_number=review_number,
        digest=digest,
    )
    mark_disclosed(by=approved_by, project=project, disclosed=True)
    trail.record(
        by=by,
        verb="disclosure.publish_project" if act == Act.PUBLISHED else "disclosure.correct_project",
        subject=subject(project),
        data={"approved_by": approved_by.get_username(), "slug": slug, "digest": digest, "reason": reason},
    )
    return public


def _require_two(by: User, approved_by: User) -> None:
    if by.pk == approved_by.pk:
        raise ValidationError(_("公开须经另一人批准。"), code="one-person")


def _require_proposer(by: User, project: Project) -> None:
    if not (may(by, Permission.EDIT_PROJECTS, project) or may(by, Permission.DISCLOSE_PROJECTS, project)):
        raise PermissionDenied(Permission.DISCLOSE_PROJECTS)


def _refuse_confidential(project: Project) -> None:
    if project.secrecy == Secrecy.CONFIDENTIAL:
        raise ValidationError(_("涉密项目不能公开。"), code="confidential")


def _locked(project: Project) -> Project:
    """Locked against a change of its secrecy until the copy is made."""
    return (
        Project.objects.select_for_update(of=("self",))
        .select_related("region", "site__current")
        .get(pk=project.pk)
    )


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
    proposal.save(update_fields=["decision", "decided_by", "decided_at"])


def current_copy(project: Project) -> DisclosedProject | None:
    """What the public sees of a project now, if anything."""
    record = PublicationRecord.objects.filter(project=project).first()
    return DisclosedProject.objects.filter(slug=record.slug).first() if record else None


def _slug(project: Project) -> str:
    """The address that the project had before, or a new one by lot: it says nothing about the row inside."""
    record = PublicationRecord.objects.filter(project=project).first()
    return record.slug if record else secrets.token_hex(6)
