"""Planning lists held against the catalogue, and plan items that projects realise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_projects.library.models import (
    Membership,
    PlanItem,
    PlanningList,
    PlanningRow,
    Project,
    Realisation,
    RowState,
)
from gis_projects.library.subjects import subject
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.trail import actions as trail

KEEPING = Permission.MANAGE_LIBRARIES


@transaction.atomic
def save_list(
    *, by: User | None, code: str, name: str, region: Region, year: int, issued_on: date, note: str = ""
) -> PlanningList:
    """Take in a list's head; its rows come as a table."""
    if by is not None:
        require(by, KEEPING, Scope(region.code))
    found = PlanningList(code=code, name=name, region=region, year=year, issued_on=issued_on, note=note)
    found.full_clean()
    found.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.save_planning_list",
        subject=f"library.planning_list:{found.pk}",
        data={"code": code, "name": name, "region": region.code, "year": year},
    )
    return found


def _locked(by: User | None, row: PlanningRow) -> PlanningRow:
    found = PlanningRow.objects.select_for_update().get(pk=row.pk)
    if by is not None:
        require(by, KEEPING, found)
    return found


@transaction.atomic
def match(*, by: User | None, row: PlanningRow, project: Project, likeness: int | None = None) -> PlanningRow:
    """Say that a row is this project. ``likeness`` is the score with which it had been suggested.

    Raises
    ------
    ValidationError
        The row is settled already, or the project answers another row of the list.
    """
    row = _locked(by, row)
    if by is not None:
        require(by, Permission.READ_PROJECTS, project)
    if row.state != RowState.OPEN:
        raise ValidationError(_("这一行已经处理过。"), code="settled")
    row.state, row.project, row.likeness = RowState.MATCHED, project, likeness
    row.settled_by, row.settled_at = by, timezone.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ValidationError(_("这个项目已经对应清单中的另一行。"), code="taken") from error
    trail.record(
        by=by,
        verb="library.match_planning_row",
        subject=subject(project),
        data={
            "list": row.list_id,
            "row": row.pk,
            "number": row.number,
            "name": row.name,
            "likeness": likeness,
        },
    )
    return row


@transaction.atomic
def drop(*, by: User | None, row: PlanningRow, reason: str) -> PlanningRow:
    """Say that a row needs no project any more, and why."""
    row = _locked(by, row)
    if row.state != RowState.OPEN:
        raise ValidationError(_("这一行已经处理过。"), code="settled")
    if not reason.strip():
        raise ValidationError(_("请写明理由。"), code="reason")
    row.state, row.reason = RowState.DROPPED, reason.strip()[:200]
    row.settled_by, row.settled_at = by, timezone.now()
    row.save()
    trail.record(
        by=by,
        verb="library.drop_planning_row",
        subject=f"library.planning_row:{row.pk}",
        data={"list": row.list_id, "number": row.number, "reason": row.reason},
    )
    return row


@transaction.atomic
def reopen(*, by: User | None, row: PlanningRow) -> PlanningRow:
    """Take back what was said of a row."""
    row = _locked(by, row)
    if row.state == RowState.OPEN:
        raise ValidationError(_("这一行还没有处理。"), code="open")
    was = {"state": row.state, "project": row.project_id}
    row.state, row.project, row.likeness, row.reason = RowState.OPEN, None, None, ""
    row.settled_by = row.settled_at = None
    row.save()
    trail.record(
        by=by,
        verb="library.reopen_planning_row",
        subject=f"library.planning_row:{row.pk}",
        data={"list": row.list_id, "number": row.number, "was": was},
    )
    return row


@transaction.atomic
def realise(*, by: User | None, item: PlanItem, project: Project) -> Realisation:
    """Say that a project realises an item of a plan; that puts it into the database of the plan's kind.

    Raises
    ------
    ValidationError
        It is said already.
    """
    if by is not None:
        require(by, KEEPING, project)
    found, made = Realisation.objects.get_or_create(item=item, project=project, defaults={"by": by})
    if not made:
        raise ValidationError(_("这个项目已经对应这项任务。"), code="there")
    if not Membership.objects.filter(project=project, kind="planned", part=item.plan.kind).exists():
        Membership.objects.create(project=project, kind="planned", part=item.plan.kind)
        Membership.objects.filter(project=project, kind="planned", part="").delete()
    trail.record(by=by, verb="library.realise_plan_item", subject=subject(project), data=_said(item))
    return found


@transaction.atomic
def release(*, by: User | None, item: PlanItem, project: Project) -> None:
    """Take that back; the project stays in the database until somebody takes it out."""
    if by is not None:
        require(by, KEEPING, project)
    rows, _by_model = Realisation.objects.filter(item=item, project=project).delete()
    if not rows:
        raise ValidationError(_("这个项目没有对应这项任务。"), code="not-there")
    trail.record(by=by, verb="library.release_plan_item", subject=subject(project), data=_said(item))


def _said(item: PlanItem) -> dict[str, object]:
    return {"plan": item.plan.name, "item": f"{item.number} {item.title}", "plan_item": item.pk}


@transaction.atomic
def realise_many(*, by: User | None, links: Sequence[tuple[PlanItem, Project]]) -> None:
    """Say of many projects, which are in the plan's database already, which items they realise."""
    Realisation.objects.bulk_create(
        [Realisation(item=item, project=project, by=by) for item, project in links], batch_size=1000
    )
    steps = [("library.realise_plan_item", subject(project), _said(item)) for item, project in links]
    trail.record_many(by=by, steps=steps)
