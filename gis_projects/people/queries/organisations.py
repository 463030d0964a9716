"""Which unit does what where, and whether a credit code can be one."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404

from gis_projects.people.models import Organisation, OrganisationKind, Region, User
from gis_projects.people.permissions import Permission, ScopePaths, has, region_prefix, visible
from siting.engine.notices import Notice

#: GB 32100-2015: the characters in the order of their values, and the weights 3^i mod 31 of the first seventeen.
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def department_of(function: str, region: Region | str) -> Organisation | None:
    """The department with a function that is in charge in a region: the region's own, else the next one upwards.

    ``region`` is a region or its code, ``function`` the code of a `Department` ("water"). None where nobody up to the
    top has the function. Where two units of one region have it, the one that was entered first. Two queries.
    """
    code = region.code if isinstance(region, Region) else region
    way = ancestors(code)
    there = Organisation.objects.open().filter(
        kind=OrganisationKind.DEPARTMENT, department=function, region__in=way
    )
    nearest: dict[str, Organisation] = {}
    for unit in there.order_by("pk"):
        nearest.setdefault(str(unit.region_id), unit)
    return next((nearest[step] for step in way if step in nearest), None)


def ancestors(code: str) -> list[str]:
    """The codes from a region up to the top, itself first. One query."""
    rows = Region.objects.raw(
        """
        WITH RECURSIVE way AS (
            SELECT code, parent_id, 0 AS step FROM people_region WHERE code = %s
            UNION ALL
            SELECT up.code, up.parent_id, way.step + 1 FROM people_region up JOIN way ON up.code = way.parent_id
        )
        SELECT code, step FROM way ORDER BY step
        """,
        [code],
    )
    return [row.code for row in rows]


def credit_code_notice(code: str) -> Notice | None:
    """What is odd about a unified social credit code (GB 32100-2015); None if nothing.

    It is a warning: some early genuine codes don't pass the check digit.
    """
    if len(code) != 18:
        return Notice(
            "credit-code-length",
            "统一社会信用代码应为 18 位，现为 %(length)d 位，请核对。",
            {"length": len(code)},
        )
    if unknown := sorted(set(code) - set(_CHARACTERS)):
        return Notice(
            "credit-code-character",
            "统一社会信用代码只含数字和大写字母（不含 I、O、S、V、Z），请核对：%(letters)s",
            {"letters": " ".join(unknown)},
        )
    if code[17] != check_character(code):
        return Notice(
            "credit-code-check",
            "统一社会信用代码的校验位应为 %(expected)s，现为 %(given)s，请核对；早期赋码确有例外的，可以继续。",
            {"expected": check_character(code), "given": code[17]},
        )
    return None


def check_character(code: str) -> str:
    """The eighteenth character by the first seventeen: (31 - Σ value × weight mod 31) mod 31."""
    total = sum(_CHARACTERS.index(letter) * weight for letter, weight in zip(code, _WEIGHTS, strict=False))
    return _CHARACTERS[-total % 31]


#: A unit without a region is managed where the platform is.
_HOME = Coalesce("region_id", Value(settings.REGION_CODE))


def managed(user: User) -> QuerySet[Organisation]:
    """The units whose records the user manages, each with its region and function."""
    rows = Organisation.objects.annotate(home=_HOME).select_related("region", "department")
    return visible(user, Permission.MANAGE_PEOPLE, rows, ScopePaths(region="home"))


def find_unit(user: User, pk: int) -> Organisation:
    """A unit that the user may know of: their own, or one that they manage. 404 or 403 otherwise, as `find`."""
    if user.organisation_id == pk:
        return Organisation.objects.select_related("region", "department").get(pk=pk)
    if not has(user, Permission.MANAGE_PEOPLE):
        raise PermissionDenied(Permission.MANAGE_PEOPLE)
    return get_object_or_404(managed(user), pk=pk)


@dataclass(frozen=True)
class Wanted:
    """What of a list of units is asked for; empty: all."""

    q: str = ""
    kind: str = ""
    department: str = ""
    region: str = ""
    state: str = ""


def chosen(rows: QuerySet[Organisation], wanted: Wanted) -> QuerySet[Organisation]:
    """The units that are asked for; ``region`` takes those below it too, ``state`` is open or closed."""
    if wanted.q:
        rows = rows.filter(Q(name__icontains=wanted.q) | Q(code__icontains=wanted.q))
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.department:
        rows = rows.filter(department=wanted.department)
    if wanted.region:
        rows = rows.filter(region__code__startswith=region_prefix(wanted.region))
    if wanted.state:
        rows = rows.filter(closed_at__isnull=wanted.state == "open")
    return rows.order_by("region__position", "kind", "department__position", "name", "pk")
