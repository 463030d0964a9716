"""What departments are for: the list as a file has it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from django.db import transaction

from gis_projects.people.models import Department, User
from gis_projects.people.permissions import Permission, require
from gis_projects.trail import actions as trail

DEFAULTS = Path(__file__).resolve().parent.parent / "data" / "functions.toml"


@transaction.atomic
def load_functions(*, by: User | None, source: Path = DEFAULTS) -> int:
    """Enter or correct the functions of a file, in its order; how many changed. None is ever taken away.

    Raises
    ------
    ValidationError
        A code or a name is none, or stands twice.
    """
    if by is not None:
        require(by, Permission.MANAGE_PEOPLE)
    there = {row.code: row for row in Department.objects.select_for_update()}
    changed = []
    for position, entry in enumerate(tomllib.loads(source.read_text("utf-8"))["function"], start=1):
        wanted = Department(
            code=entry["code"], name=entry["name"], name_en=entry.get("name_en", ""), position=position
        )
        known = there.get(wanted.code)
        if known is None or (known.name, known.name_en, known.position) != (
            wanted.name, wanted.name_en, wanted.position,
        ):  # fmt: skip
            wanted.full_clean(validate_unique=False)
            wanted.save()
            changed.append(wanted.code)
    if changed:
        trail.record(
            by=by, verb="people.load_functions", subject="people.functions:all", data={"codes": changed}
        )
    return len(changed)
