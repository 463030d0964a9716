"""Intermediaries' services: engagement, declaration of interest, deliverables and their receipt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.argument.models import Deliverable, InterestDeclaration, Receipt
from gis_projects.argument.refusals import NotNow
from gis_projects.library.actions.attachments import attach
from gis_projects.library.models import Project
from gis_projects.library.subjects import demand, subject
from gis_projects.people.actions import engagements
from gis_projects.people.models import Engagement, Organisation, Service, User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice, UnusableInput

MAX_FILES = 10


@transaction.atomic
def engage(
    *, by: User, project: Project, organisation: Organisation, phase: str, service: str, purpose: str,
    starts_on: date, ends_on: date,
) -> Engagement:  # fmt: skip
    """Engage an intermediary for a project; an expert's engagement comes of a review's draw instead."""
    demand(by, Permission.MANAGE_ENGAGEMENTS, project)
    if service == Service.REFERRAL:
        raise ValidationError({"service": _("移送知悉由联席会议办理，不在这里委托。")}, code="referral")
    if service == Service.REVIEW:
        raise ValidationError({"service": _("专家评审由抽取产生，不在这里委托。")}, code="review")
    row = engagements.engage(
        by=by, project_key=project.pk, organisation=organisation, phase=phase, service=service, purpose=purpose,
        starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip
    _note(by, "argument.engage_service", project, row, name=organisation.name, phase=phase, service=service,
          starts_on=str(starts_on), ends_on=str(ends_on))  # fmt: skip
    return row


@transaction.atomic
def end(*, by: User, engagement: Engagement, reason: str) -> Engagement:
    """End an intermediary's engagement before its last day: the access ends at once."""
    project = project_of(engagement)
    demand(by, Permission.MANAGE_ENGAGEMENTS, project)
    if engagement.organisation is None:
        raise ValidationError(_("评审专家的聘请随评审结束。"), code="expert")
    row = engagements.end_engagement(by=by, engagement=engagement, reason=reason)
    _note(by, "argument.end_service", project, row, name=engagement.organisation.name, reason=reason.strip())
    return row


@transaction.atomic
def declare(*, by: User, engagement: Engagement, conflict: bool, text: str = "") -> InterestDeclaration:
    """利益冲突声明, by the engaged unit and before it delivers anything; once, and it stays.

    Raises
    ------
    PermissionDenied
        The user's unit isn't engaged, or no longer.
    NotNow
        It was declared already.
    """
    held = _served_by(by, engagement)
    if InterestDeclaration.objects.filter(engagement=held).exists():
        raise NotNow(Notice("declared-already", "已经作过利益冲突声明。"))
    if conflict and not text.strip():
        raise UnusableInput(Notice("declaration-text", "请说明存在怎样的利益冲突。", field="text"))
    row = InterestDeclaration.objects.create(
        engagement=held, conflict=conflict, text=text.strip().replace("\0", "")[:500], by=by
    )
    _note(by, "argument.declare_interest", project_of(held), held, conflict=conflict, text=row.text)
    return row


@transaction.atomic
def deliver(
    *, by: User, engagement: Engagement, title: str, text: str = "", files: Iterable[tuple[str, bytes]]
) -> Deliverable:
    """Hand in a deliverable with its files (name, bytes): only while the unit is engaged.

    Raises
    ------
    PermissionDenied
        The engagement has expired or was ended, or it is another unit's.
    NotNow
        There is no declaration of interest, or it names a conflict.
    """
    held = _served_by(by, engagement)
    project = project_of(held)
    declaration = InterestDeclaration.objects.filter(engagement=held).first()
    if declaration is None:
        raise NotNow(Notice("not-declared", "请先作利益冲突声明。"))
    if declaration.conflict:
        raise NotNow(Notice("declared-conflict", "已声明存在利益冲突，不能提交成果；请与委托方联系。"))
    given = list(files)
    if not title.strip():
        raise UnusableInput(Notice("deliverable-title", "请填写成果名称。", field="title"))
    if not 1 <= len(given) <= MAX_FILES:
        raise UnusableInput(
            Notice("deliverable-files", "请上传 1 至 %(n)s 个成果文件。", {"n": MAX_FILES}, field="files")
        )
    row = Deliverable.objects.create(
        engagement=held, project=project, title=title.strip().replace("\0", "")[:200],
        text=text.strip().replace("\0", ""), by=by,
    )  # fmt: skip
    kept = [
        attach(by=by, project=project, purpose="deliverable", name=name, content=content, subject=beside(row))
        for name, content in given
    ]
    _note(
        by,
        "argument.deliver",
        project,
        held,
        deliverable=row.pk,
        title=row.title,
        files=[[k.name, k.sha256] for k in kept],
    )
    return row


@transaction.atomic
def receive(*, by: User, deliverable: Deliverable, accepted: bool, reason: str = "") -> Receipt:
    """Accept a deliverable, or return it with the reason: the engaging side's, never the deliverer's own."""
    demand(by, Permission.MANAGE_ENGAGEMENTS, deliverable.project)
    if by.pk == deliverable.by_id or by.organisation_id == deliverable.engagement.organisation_id is not None:
        raise PermissionDenied("who delivers doesn't accept")
    if not accepted and not reason.strip():
        raise UnusableInput(Notice("receipt-reason", "请填写退回原因。", field="reason"))
    Deliverable.objects.select_for_update().only("pk").get(pk=deliverable.pk)
    if Receipt.objects.filter(deliverable=deliverable).exists():
        raise NotNow(Notice("received-already", "这项成果已经验收或退回。"))
    row = Receipt.objects.create(
        deliverable=deliverable, accepted=accepted, reason=reason.strip()[:500], by=by
    )
    _note(by, "argument.receive_deliverable", deliverable.project, deliverable.engagement, deliverable=deliverable.pk,
          title=deliverable.title, accepted=accepted, reason=row.reason)  # fmt: skip
    return row


def beside(deliverable: Deliverable) -> str:
    """What the files of a deliverable lie beside."""
    return f"argument.deliverable:{deliverable.pk}"


def project_of(engagement: Engagement) -> Project:
    return Project.objects.select_related("region", "organisation").get(pk=engagement.project)


def _served_by(by: User, engagement: Engagement) -> Engagement:
    """The engagement, locked, if it lets the user in today."""
    require(by, Permission.DELIVER_SERVICES)
    held = (
        Engagement.objects.current()
        .select_for_update(of=("self",))
        .select_related("organisation")
        .filter(pk=engagement.pk, organisation__isnull=False, organisation=by.organisation_id)
        .first()
    )
    if held is None:
        raise PermissionDenied("not engaged, or no longer")
    return held


def _note(by: User, verb: str, project: Project, engagement: Engagement, **data: object) -> None:
    trail.record(by=by, verb=verb, subject=subject(project), data={"engagement": engagement.pk, **data})
