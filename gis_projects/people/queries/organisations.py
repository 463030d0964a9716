"""Which unit does what where, and whether a credit code can be one."""

from __future__ import annotations

from gis_projects.people.models import Organisation, OrganisationKind, Region
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
