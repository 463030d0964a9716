"""Units that ask to be let in: the application, its return with reasons, its approval by a second person."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects import files
from gis_projects.people.actions.organisations import described, may_manage_there
from gis_projects.people.actions.passwords import Link, link_of
from gis_projects.people.models import (
    Department,
    Organisation,
    OrganisationKind,
    Region,
    Registration,
    RegistrationState,
    User,
)
from gis_projects.people.permissions import Role
from gis_projects.people.queries.delegations import same_person
from gis_projects.people.roles import roles_of_unit
from gis_projects.trail import actions as trail

#: Of all applications that wait, from wherever: past this many none is taken, so that nobody fills the queue.
MOST_WAITING = 500


class TooMany(Exception):
    """Too many applications from one address within an hour, or too many that wait; try again later."""


@dataclass(frozen=True)
class Application:
    """What a unit says of itself. ``proof_content`` None: as brought before."""

    name: str
    code: str
    kind: str
    region: Region
    contact: str
    phone: str
    department: Department | None = None
    email: str = ""
    address: str = ""
    proof_name: str = ""
    proof_content: bytes | None = None


def receipt_digest(receipt: str) -> str:
    """What is kept of a receipt."""
    return hashlib.sha256(receipt.encode()).hexdigest()


@transaction.atomic
def register(
    *, application: Application, from_address: str | None = None, by: User | None = None
) -> tuple[Registration, str]:
    """Take a unit's application. Returns it with its receipt, which nobody can learn again.

    ``by`` is who enters it for the unit; None: the unit itself, which has no account.

    Raises
    ------
    TooMany
        From this address within the hour, or of all that wait.
    ValidationError
        A field that is wrong; a unit that is registered already.
    UnusableInput
        The proof is no file that is taken.
    """
    hour = timezone.now() - timedelta(hours=1)
    if by is None:
        recent = Registration.objects.filter(from_address=from_address, submitted_at__gte=hour)
        if recent.count() >= settings.REGISTRATIONS_PER_HOUR:
            raise TooMany
    else:
        may_manage_there(by, application.region)
    if Registration.objects.filter(state=RegistrationState.WAITING).count() >= MOST_WAITING:
        raise TooMany
    receipt = secrets.token_urlsafe(24)
    row = Registration(receipt=receipt_digest(receipt), from_address=from_address, proposed_by=by)
    if application.proof_content is None:
        raise ValidationError({"proof": _("请上传证明材料。")}, code="proof")
    _fill(row, application)
    _record(by, "people.register", row, rounds=row.rounds, sha256=row.proof_sha256, code=row.code)
    return row, receipt


@transaction.atomic
def register_again(*, registration: Registration, application: Application) -> Registration:
    """Bring a returned application in again, corrected; whoever holds its receipt does."""
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.state != RegistrationState.RETURNED:
        raise ValidationError(_("这份申请不在退回状态。"), code="state")
    row.state, row.decided_by, row.decided_at, row.reason = RegistrationState.WAITING, None, None, ""
    row.submitted_at, row.rounds = timezone.now(), row.rounds + 1
    _fill(row, application)
    _record(None, "people.register", row, rounds=row.rounds, sha256=row.proof_sha256, code=row.code)
    return row


@transaction.atomic
def return_registration(*, by: User, registration: Registration, reason: str) -> Registration:
    """Send an application back with what has to be corrected."""
    row = _to_decide(by, registration)
    if not reason.strip():
        raise ValidationError({"reason": _("请写明退回原因。")}, code="reason")
    row.state, row.reason = RegistrationState.RETURNED, reason.strip()
    row.decided_by, row.decided_at = by, timezone.now()
    row.full_clean(exclude=["receipt"])
    row.save()
    _record(by, "people.return_registration", row, reason=row.reason)
    return row


@transaction.atomic
def approve_registration(*, by: User, registration: Registration) -> tuple[Organisation, User, Link]:
    """Let a unit in: it gets its record and its first administrator's account.

    Returns
    -------
    tuple
        The unit, the account, and the link by which its owner chooses a password. The unit gets the same link with its
        receipt.

    Raises
    ------
    ValidationError
        It is not waiting; the unit is registered already; ``by`` entered it.
    """
    row = _to_decide(by, registration)
    if Organisation.objects.filter(code=row.code).exists():
        raise ValidationError(_("这个统一社会信用代码的单位已经登记。"), code="known")
    unit = Organisation(
        code=row.code,
        name=row.name,
        kind=row.kind,
        department=row.department,
        region=row.region,
        contact=row.contact,
        phone=row.phone,
        email=row.email,
        address=row.address,
    )
    unit.full_clean()
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:  # of two applications of one unit, another one was let in just now
        raise ValidationError(_("这个统一社会信用代码的单位已经登记。"), code="known") from error
    # In an owner's or an intermediary's unit the first person also works: there may be no second one.
    roles = [Role.UNIT_ADMIN]
    if row.kind != OrganisationKind.DEPARTMENT:
        roles += roles_of_unit(row.kind, None)
    account = User(
        username=f"{row.code.lower()}_admin",
        full_name=row.contact,
        email=row.email,
        organisation=unit,
        region=row.region if row.kind == OrganisationKind.DEPARTMENT else None,
        roles=[str(role) for role in Role if role in roles],
    )
    account.set_unusable_password()
    account.full_clean(exclude=["password"])
    account.save()
    row.state, row.organisation = RegistrationState.APPROVED, unit
    row.decided_by, row.decided_at = by, timezone.now()
    row.full_clean(exclude=["receipt"])
    row.save()
    _record(
        by, "people.approve_registration", row, unit=described(unit), code=unit.code, account=account.username
    )
    return unit, account, link_of(account)


def _to_decide(by: User, registration: Registration) -> Registration:
    row = (
        Registration.objects.select_for_update(of=("self",)).select_related("region").get(pk=registration.pk)
    )
    may_manage_there(by, row.region)
    if row.state != RegistrationState.WAITING:
        raise ValidationError(_("这份申请已经办理。"), code="state")
    if same_person(by, row.proposed_by, since=timezone.localdate(row.submitted_at)):
        raise ValidationError(_("录入申请的人不能审批，请由另一人办理。"), code="second-person")
    return row


def _fill(row: Registration, application: Application) -> None:
    row.name, row.code = application.name.strip(), application.code.strip().upper()
    row.kind, row.department, row.region = application.kind, application.department, application.region
    row.contact, row.phone = application.contact.strip(), application.phone.strip()
    row.email, row.address = application.email.strip(), application.address.strip()
    if application.proof_content is not None:
        row.proof_name = files.safe_name(application.proof_name)
        files.refuse_unknown(row.proof_name, application.proof_content)
        row.proof_sha256 = files.keep(application.proof_content)
    if Organisation.objects.filter(code=row.code).exists():
        raise ValidationError({"code": _("这个统一社会信用代码的单位已经登记。")}, code="known")
    row.full_clean()
    row.save()


def _record(by: User | None, verb: str, row: Registration, **data: Any) -> None:
    trail.record(by=by, verb=verb, subject=f"people.registration:{row.pk}", data={"name": row.name, **data})
