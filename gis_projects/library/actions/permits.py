"""The three refusals (三个不) and what follows from them: code, approval, start of building, purchases, monitoring."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date
from decimal import Decimal

from cryptography.exceptions import InvalidSignature
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from gis_projects.library.actions.budget import demand_review
from gis_projects.library.models import (
    Approval,
    ApprovalItem,
    ConstructionStart,
    Library,
    Monitoring,
    ProcurementConsent,
    ProcurementSlip,
    Project,
    Stage,
)
from gis_projects.library.queries.gates import demand_inside
from gis_projects.library.queries.standards import checklist
from gis_projects.library.refusals import NotThisPerson, Refused, refused
from gis_projects.library.subjects import demand, locked, subject
from gis_projects.library.workflow import ISSUING_SLIPS
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission
from gis_projects.people.queries.delegations import same_person
from gis_projects.trail import actions as trail
from siting import keys
from siting.engine.notices import Notice


@transaction.atomic
def assign_code(*, by: User | None, project: Project, code: str) -> Project:
    """Give a project its national code (赋码), once.

    Raises
    ------
    Refused
        The project is outside the libraries (F250), or has a code.
    ValidationError
        The code has not the form of one, or is another project's.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    demand_inside(project, "code")
    if project.national_code:
        raise refused("has-code", gettext_noop("项目已有代码 %(given)s。"), given=project.national_code)
    project.national_code = code.strip().upper()
    if not project.national_code:
        raise ValidationError({"national_code": _("请填写项目代码。")})
    project.clean_fields(exclude=[f.name for f in Project._meta.fields if f.name != "national_code"])
    project.validate_constraints()
    project.save(update_fields=["national_code", "updated_at"])
    trail.record(
        by=by, verb="library.assign_code", subject=subject(project), data={"code": project.national_code}
    )
    return project


@transaction.atomic
def start_approval(*, by: User | None, project: Project, item: str) -> Approval:
    """Begin an approval procedure of a project.

    Raises
    ------
    Refused
        The project is outside the libraries (F250), or the procedure has begun.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    demand_inside(project, "approval")
    if project.approvals.filter(item=item).exists():
        raise refused("approval-begun", gettext_noop("该审批事项已经受理。"))
    approval = Approval(project=project, item=item, started_by=by)
    approval.full_clean(exclude=["started_by", "granted_by"])
    approval.save(force_insert=True)
    approval.refresh_from_db()  # the database says under which standard
    said = {"item": item}
    if approval.standard is not None:
        said["standard"] = approval.standard.number
    trail.record(by=by, verb="library.start_approval", subject=subject(project), data=said)
    return approval


@transaction.atomic
def grant_approval(
    *, by: User | None, approval: Approval, number: str, granted_on: date | None = None
) -> Approval:
    """Write down the approval's number and day; by another person than the one who began it.

    Raises
    ------
    NotThisPerson
        Whoever began it, or someone who acts for them.
    Refused
        Granted already, the project is outside the libraries by now, or a point of the standard that it was begun
        under is not answered (one notice for each).
    """
    project = locked(approval.project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    demand_inside(project, "approval")
    approval = Approval.objects.select_for_update().get(pk=approval.pk)
    if (
        by is not None
        and approval.started_by is not None
        and same_person(by, approval.started_by, timezone.localdate(approval.started_at))
    ):
        raise NotThisPerson(Notice("same-person", gettext_noop("受理人及其代理人不能批复，须由另一人办理。")))
    if approval.granted_on is not None:
        raise refused("granted", gettext_noop("该事项已批复：%(number)s。"), number=approval.number)
    _demand_checked(approval)
    approval.number, approval.granted_on, approval.granted_by = (
        number.strip(),
        granted_on or timezone.localdate(),
        by,
    )
    if not approval.number:
        raise ValidationError({"number": _("请填写批复文号。")})
    if approval.granted_on > timezone.localdate():
        raise ValidationError({"granted_on": _("批复日期不能晚于今天。")})
    approval.full_clean(exclude=["started_by", "granted_by"])
    approval.save(update_fields=["number", "granted_on", "granted_by"])
    trail.record(
        by=by,
        verb="library.grant_approval",
        subject=subject(project),
        data={
            "item": approval.item,
            "number": approval.number,
            "granted_on": approval.granted_on.isoformat(),
        },
    )
    return approval


def _demand_checked(approval: Approval) -> None:
    missing = checklist(approval).missing
    if missing:
        unanswered = gettext_noop("要点“%(text)s”尚未核对（%(law)s%(article)s），不能批复。")
        raise Refused(
            *(
                Notice(
                    "point-unanswered",
                    unanswered,
                    {"text": point.text, "law": point.law, "article": point.article},
                )
                for point in missing
            )
        )


@transaction.atomic
def start_construction(
    *, by: User | None, project: Project, started_on: date | None = None
) -> ConstructionStart:
    """Write down that building began; the project is under construction from now on.

    Raises
    ------
    Refused
        The project is not in the implementation library, or was not set up by then (F192), or has begun.
    """
    project = locked(project)
    demand(by, Permission.EDIT_PROJECTS, project)
    day = started_on or timezone.localdate()
    if project.library != Library.IMPLEMENTATION:
        raise refused("not-in-implementation", gettext_noop("项目进入实施库后才能开工建设。"))
    if not project.approvals.filter(item=ApprovalItem.SETUP, granted_on__lte=day).exists():
        raise refused("not-set-up", gettext_noop("经立项后的项目才能实施：开工日期前还没有立项批复。"))
    if ConstructionStart.objects.filter(project=project).exists():
        raise refused("started", gettext_noop("项目已登记开工。"))
    if day > timezone.localdate():
        raise ValidationError({"started_on": _("开工日期不能晚于今天。")})
    start = ConstructionStart.objects.create(project=project, started_on=day, by=by)
    before = project.stage
    project.stage = Stage.CONSTRUCTION
    project.save(update_fields=["stage", "updated_at"])
    trail.record(
        by=by,
        verb="library.start_construction",
        subject=subject(project),
        data={"started_on": day.isoformat(), "before": {"stage": before}, "after": {"stage": project.stage}},
    )
    return start


@transaction.atomic
def issue_slip(
    *, by: User | None, project: Project, number: str, content: str, amount_yuan: Decimal
) -> ProcurementSlip:
    """Issue a signed procurement slip (项目采购联系单) of a project that is set up (F195).

    Raises
    ------
    PermissionDenied
        Not of a department that issues slips.
    Refused
        The project is outside the libraries or not set up; or the number is taken.
    """
    project = locked(project)
    demand(by, Permission.GIVE_OPINIONS, project)
    if by is not None and (by.organisation is None or by.organisation.department_id not in ISSUING_SLIPS):
        raise PermissionDenied(Permission.GIVE_OPINIONS)
    demand_inside(project, "slip")
    if not project.approvals.filter(item=ApprovalItem.SETUP, granted_on__isnull=False).exists():
        raise refused("not-set-up", gettext_noop("项目立项后才能签发采购联系单。"))
    slip = ProcurementSlip(
        project=project, number=number.strip(), content=content.strip(), amount_yuan=amount_yuan, by=by
    )
    if not slip.number or not slip.content:
        raise ValidationError(_("请填写联系单编号和采购内容。"), code="required")
    slip.canonical = _canonical(slip, by)
    slip.digest = hashlib.sha256(slip.canonical.encode()).hexdigest()
    slip.signature, slip.key_id = keys.sign(bytes.fromhex(slip.digest))
    slip.full_clean(exclude=["by"])
    slip.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.issue_slip",
        subject=subject(project),
        data={"number": slip.number, "amount_yuan": str(slip.amount_yuan), "digest": slip.digest},
    )
    return slip


def _canonical(slip: ProcurementSlip, by: User | None) -> str:
    said = {
        "number": slip.number,
        "project": {"id": slip.project_id, "code": slip.project.code, "name": slip.project.name},
        "content": slip.content,
        "amount_yuan": f"{slip.amount_yuan:.2f}",
        "issued_by": by.get_username() if by else "",
        "organisation": by.organisation.name if by is not None and by.organisation is not None else "",
        "issued_at": slip.at.isoformat(),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def slip_verifies(slip: ProcurementSlip) -> bool:
    """Whether a slip is what was signed, by a key that the platform published."""
    published = keys.published().get(slip.key_id)
    if published is None or published.revoked:
        return False
    if hashlib.sha256(slip.canonical.encode()).hexdigest() != slip.digest:
        return False
    said = json.loads(slip.canonical)
    if (said["number"], said["project"]["id"], said["amount_yuan"], said["content"]) != (
        slip.number, slip.project_id, f"{slip.amount_yuan:.2f}", slip.content,
    ):  # fmt: skip
        return False
    try:
        published.key.verify(base64.b64decode(slip.signature), bytes.fromhex(slip.digest))
    except InvalidSignature:
        return False
    return True


@transaction.atomic
def consent_procurement(
    *, by: User | None, project: Project, slip_number: str, amount_yuan: Decimal
) -> ProcurementConsent:
    """Let a project's unit purchase, on its slip.

    Raises
    ------
    Refused
        There is no such slip of this project, its signature doesn't hold, it has been used, or it is of less.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_BUDGET, project)
    demand_inside(project, "slip")
    slip = (
        ProcurementSlip.objects.select_for_update()
        .filter(project=project, number=slip_number.strip())
        .first()
    )
    if slip is None:
        raise refused("no-slip", gettext_noop("没有项目采购联系单，不能同意采购。"))
    if not slip_verifies(slip):
        raise refused("slip-unsigned", gettext_noop("采购联系单的签名不成立。"))
    if ProcurementConsent.objects.filter(slip=slip).exists():
        raise refused("slip-used", gettext_noop("该采购联系单已使用。"))
    if amount_yuan > slip.amount_yuan:
        raise refused(
            "over-the-slip",
            gettext_noop("采购金额超过联系单限额 %(limit)s 元。"),
            limit=f"{slip.amount_yuan:,}",
        )
    consent = ProcurementConsent(project=project, slip=slip, amount_yuan=amount_yuan, by=by)
    consent.full_clean(exclude=["by"])
    consent.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.consent_procurement",
        subject=subject(project),
        data={"slip": slip.number, "amount_yuan": str(consent.amount_yuan)},
    )
    return consent


@transaction.atomic
def monitor(*, by: User | None, project: Project) -> Monitoring:
    """Apply a review's result to a project: it is under dynamic management from now on (F021).

    Raises
    ------
    Refused
        No review report stands for it, or it is under management already.
    """
    project = locked(project)
    demand(by, Permission.MANAGE_LIBRARIES, project)
    report = demand_review(project)
    if Monitoring.objects.filter(project=project).exists():
        raise refused("monitored", gettext_noop("项目已纳入动态管理。"))
    row = Monitoring.objects.create(project=project, review=report, by=by)
    trail.record(
        by=by,
        verb="library.monitor",
        subject=subject(project),
        data={"review": report.pk, "title": report.title},
    )
    return row
