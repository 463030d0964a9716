"""Crosswalks as kept: each version once, never changed."""

from __future__ import annotations

from django.db import transaction

from layers.notices import Notice, Refused
from siting.conflicts import crosswalk
from siting.conflicts.crosswalk import Crosswalk
from siting.models import Crosswalk as Row


@transaction.atomic
def publish(found: Crosswalk) -> Row:
    """Keep a version of a crosswalk; the one that is there already stays.

    Raises
    ------
    Refused
        The number is taken by another content, or isn't the next one.
    """
    newest = Row.objects.select_for_update().filter(code=found.code).order_by("-version").first()
    if newest is not None and found.version <= newest.version:
        same = Row.objects.filter(code=found.code, version=found.version, sha256=found.sha256).first()
        if same is None:
            raise Refused(
                Notice(
                    "crosswalk-version-taken",
                    "对照表 %(code)s 已有第 %(version)d 版，内容不同；新版的版本号应为 %(next)d。",
                    {"code": found.code, "version": found.version, "next": newest.version + 1}, field="version",
                )
            )  # fmt: skip
        return same
    if newest is not None and (newest.system_a, newest.system_b) != (found.system_a, found.system_b):
        raise Refused(Notice("crosswalk-systems", "新版的分类体系应与前一版相同。", field="system_a"))
    return Row.objects.create(
        code=found.code, version=found.version, name=found.name, system_a=found.system_a,
        system_b=found.system_b, valid_from=found.valid_from, source=found.source, content=found.to_json(),
        sha256=found.sha256,
    )  # fmt: skip


def ship() -> None:
    """Keep the crosswalks that come with the platform, as far as no newer version of theirs is there."""
    for found in crosswalk.shipped():
        if not Row.objects.filter(code=found.code, version__gte=found.version).exists():
            publish(found)


def of(row: Row) -> Crosswalk:
    """A kept crosswalk."""
    return Crosswalk.from_json(row.content)


def between(system_a: str, system_b: str) -> list[tuple[Row, bool]]:
    """The newest version of each crosswalk between two systems, and whether it has to be turned round for that."""
    rows = Row.objects.order_by("code", "-version").distinct("code")
    found = []
    for row in rows:
        kept = of(row)
        if kept.joins(system_a, system_b):
            found.append((row, False))
        elif kept.turned().joins(system_a, system_b):
            found.append((row, True))
    return found
