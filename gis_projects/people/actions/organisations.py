"""Units: entered, corrected, closed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.people.models import (
    Department,
    Organisation,
    OrganisationKind,
    Region,
    Session,
    User,
)
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail import actions as trail

DETAILS = ("contact", "phone", "email", "address")


@transaction.atomic
def save_organisation(
    *,
    by: User | None,
    code: str,
    name: str,
    region: Region | None = None,
    kind: str | None = None,
    department: Department | None = None,
    **details: str,
) -> Organisation:
    """Enter or correct a unit; its credit code is its identity.

    Parameters
    ----------
    kind, department
        An `OrganisationKind` and the function; a known unit keeps its own where None is given, a new one is an owner.
    details
        contact, phone, email, address; what isn't given stays.

    Raises
    ------
    PermissionDenied
        Unless ``by`` manages people where the unit is, and where it was.
    """
    row = Organisation.objects.select_for_update().filter(code=code).first()
    may_manage_there(by, region)
    if row is not None:
        may_manage_there(by, row.region)
    row = row or Organisation(code=code)
    row.name, row.region = name, region
    if kind is not None:
        row.kind = kind
    if department is not None or row.kind != OrganisationKind.DEPARTMENT:
        row.department = department
    for key, value in details.items():
        if key not in DETAILS:
            raise TypeError(f"a unit has no {key}")
        setattr(row, key, value.strip())
    row.full_clean(validate_unique=False)
    row.save()
    trail.record(
        by=by, verb="people.save_organisation", subject=f"people.organisation:{code}", data=described(row)
    )
    return row


def described(row: Organisation) -> dict[str, Any]:
    """What the trail keeps of a unit."""
    return {
        "name": row.name,
        "region": row.region_id,
        "kind": row.kind,
        "department": row.department_id,
        **{key: getattr(row, key) for key in DETAILS if getattr(row, key)},
    }


@transaction.atomic
def close_organisation(*, by: User, organisation: Organisation, reason: str) -> Organisation:
    """Close a unit: its people's accounts and their sessions end, what it did stays.

    Raises
    ------
    ValidationError
        Without a reason; it is closed; it is one's own.
    """
    may_manage_there(by, organisation.region)
    if not reason.strip():
        raise ValidationError({"reason": _("请写明注销原因。")}, code="reason")
    if by.organisation_id == organisation.pk:
        raise ValidationError(_("不能注销自己所在的单位。"), code="own")
    row = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if row.closed_at is not None:
        raise ValidationError(_("该单位已注销。"), code="closed")
    row.closed_at, row.closed_reason = timezone.now(), reason.strip()
    row.save(update_fields=["closed_at", "closed_reason"])
    people = User.objects.filter(organisation=row, is_active=True)
    names = list(people.values_list("username", flat=True))
    Session.objects.filter(user__organisation=row).delete()
    people.update(is_active=False)
    trail.record(
        by=by,
        verb="people.close_organisation",
        subject=f"people.organisation:{row.code}",
        data={"name": row.name, "reason": row.closed_reason, "accounts": names},
    )
    return row


def may_manage_there(by: User | None, region: Region | None) -> None:
    """Refuse whoever doesn't manage people in a region; without one, in the platform's own."""
    if by is not None:
        require(by, Permission.MANAGE_PEOPLE, Scope(region=home(region)))


def home(region: Region | None) -> str:
    """The code of the region whose administrators manage a unit: its own, or the platform's."""
    return region.code if region is not None else str(settings.REGION_CODE)


@transaction.atomic
def enter_organisations(*, by: User | None, organisations: Iterable[Organisation]) -> int:
    """Enter many units whose credit codes are not known yet; how many. Known ones stay as they are."""
    rows = list(organisations)
    known = set(
        Organisation.objects.filter(code__in=[row.code for row in rows]).values_list("code", flat=True)
    )
    new = [row for row in rows if row.code not in known]
    for row in new:
        may_manage_there(by, row.region)
        row.clean_fields(exclude=["region", "department"])
    Organisation.objects.bulk_create(new)
    trail.record_many(
        by=by,
        steps=[
            ("people.save_organisation", f"people.organisation:{row.code}", described(row)) for row in new
        ],
    )
    return len(new)
