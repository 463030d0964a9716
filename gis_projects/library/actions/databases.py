"""Which databases a project is in, what part of them it belongs to, and how far it has come there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.library import upkeep
from gis_projects.library.databases import Database, project_databases
from gis_projects.library.models import Membership, Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.trail import actions as trail


@dataclass(frozen=True)
class Placing:
    """One project as it is to stand in a database: in these parts (none: in no part yet), at this stage."""

    project: Project
    parts: tuple[str, ...] = ()
    stage: str = ""


def place(
    *, by: User | None, project: Project, database: str, parts: Collection[str] = (), stage: str = ""
) -> None:
    """Let a project be in a database: exactly in these parts, at this stage.

    Raises
    ------
    ValidationError
        The database has no such part or stage.
    """
    upkeep.demand_database(by, project, database)
    place_many(by=by, database=database, placings=[Placing(project, tuple(parts), stage)])


@transaction.atomic
def place_many(*, by: User | None, database: str, placings: Sequence[Placing]) -> None:
    """Place many projects in a few statements; whoever calls has asked whether ``by`` may for each."""
    kind = project_databases()[database]
    for placing in placings:
        _refuse_unknown(kind, placing)
    keys = sorted(placing.project.pk for placing in placings)
    # projects are locked in one order: two who place the same ones wait for each other rather than forever
    list(Project.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    stored: dict[int, list[Membership]] = {}
    for row in Membership.objects.filter(kind=database, project__in=keys):
        stored.setdefault(row.project_id, []).append(row)
    gone: list[int] = []
    new: list[Membership] = []
    moved: list[Membership] = []
    steps: list[tuple[str, str, dict[str, Any]]] = []
    for placing in placings:
        rows = stored.get(placing.project.pk, [])
        wanted = dict.fromkeys(placing.parts or ("",))
        gone += [row.pk for row in rows if row.part not in wanted]
        there = {row.part for row in rows}
        since = {"since": min(row.since for row in rows)} if rows else {}
        new += [
            Membership(project=placing.project, kind=database, part=part, stage=placing.stage, **since)
            for part in wanted
            if part not in there
        ]
        before = rows[0].stage if rows else ""
        for row in rows:
            if row.part in wanted and row.stage != placing.stage:
                row.stage = placing.stage
                moved.append(row)
        if not rows or there != set(wanted):
            steps.append(_entered(kind, placing))
        elif before != placing.stage:
            steps.append(_moved(kind, placing, before))
    Membership.objects.filter(pk__in=gone).delete()
    Membership.objects.bulk_create(new, batch_size=1000)
    Membership.objects.bulk_update(moved, ["stage"], batch_size=1000)
    trail.record_many(by=by, steps=steps)


def _entered(kind: Database, placing: Placing) -> tuple[str, str, dict[str, Any]]:
    parts = [term.name for code in placing.parts if (term := kind.part(code))]
    stage = kind.stage(placing.stage)
    return (
        "library.enter_database",
        subject(placing.project),
        {
            "database": kind.name,
            "part": parts,
            "stage": stage.name if stage else "",
            "code": kind.code,
        },
    )


def _moved(kind: Database, placing: Placing, before: str) -> tuple[str, str, dict[str, Any]]:
    was, now = kind.stage(before), kind.stage(placing.stage)
    return (
        "library.move_in_database",
        subject(placing.project),
        {
            "database": kind.name,
            "before": was.name if was else "",
            "after": now.name if now else "",
            "code": kind.code,
        },
    )


@transaction.atomic
def leave(*, by: User | None, project: Project, database: str, reason: str) -> None:
    """Take a project out of a database; why is recorded.

    Raises
    ------
    ValidationError
        It isn't in it, or no reason is given.
    """
    upkeep.demand_database(by, project, database)
    kind = project_databases()[database]
    if not reason.strip():
        raise ValidationError(_("请写明理由。"), code="reason")
    rows, _by_model = Membership.objects.filter(kind=database, project=project).delete()
    if not rows:
        raise ValidationError(_("项目不在这个数据库中。"), code="not-in")
    trail.record(
        by=by,
        verb="library.leave_database",
        subject=subject(project),
        data={"database": kind.name, "reason": reason.strip()[:300], "code": kind.code},
    )


def _refuse_unknown(kind: Database, placing: Placing) -> None:
    if any(kind.part(code) is None for code in placing.parts):
        raise ValidationError(_("%(database)s没有这个分类。") % {"database": kind.label}, code="part")
    if placing.stage and kind.stage(placing.stage) is None:
        raise ValidationError(_("%(database)s没有这个环节。") % {"database": kind.label}, code="stage")
