"""Many projects at once: what registering and revising each of them would do, in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone

from gis_projects.library.actions.investment import described
from gis_projects.library.models import InvestmentRecord, Precision, Project, ProjectSecrecy
from gis_projects.library.subjects import subject
from gis_projects.library.tables import projects as table
from gis_projects.library.tables.records import said
from gis_projects.library.tables.specification import Change
from gis_projects.people.models import Organisation, User
from gis_projects.trail import actions as trail
from siting.models import Site

BATCH = 500
Steps = list[tuple[str, str, dict[str, Any]]]


@transaction.atomic
def write_projects(*, by: User | None, changes: Sequence[Change]) -> list[Project]:
    """Write rows that `tables.projects` has checked: new projects, and what others say of themselves.

    One step of the trail for each project, as if it had been registered or revised alone.
    """
    steps: Steps = []
    records: list[InvestmentRecord] = []
    new = _register([change for change in changes if change.before is None], steps, records)
    changed = _revise([change for change in changes if change.before is not None], steps, records)
    InvestmentRecord.objects.bulk_create(records, batch_size=BATCH)
    trail.record_many(by=by, steps=steps)
    return [*new, *changed]


def _register(changes: Sequence[Change], steps: Steps, records: list[InvestmentRecord]) -> list[Project]:
    units = {change.value("organisation") for change in changes} - {None}
    codes = dict(Organisation.objects.filter(pk__in=units).values_list("pk", "code"))
    made = []
    for change in changes:
        project = Project(**table.model_values(change.values))
        _place(project, change)
        if project.organisation_id is not None and not project.credit_code:
            project.credit_code = codes[project.organisation_id]
        made.append(project)
    Project.objects.bulk_create(made, batch_size=BATCH)
    for change, project in zip(changes, made, strict=True):
        data: dict[str, Any] = {
            name: said(value)
            for name, value in change.values.items()
            if value not in (None, "", ()) and name not in (*table.PLACE, *table.MONEY, "library")
        }
        data |= {"kinds": [], "location": _coordinates(project), "precision": project.precision}
        if (record := _record(project, change)) is not None:
            records.append(record)
            data["investment"] = described(record)
        steps.append(("library.register_project", subject(project), data))
    return made


def _revise(changes: Sequence[Change], steps: Steps, records: list[InvestmentRecord]) -> list[Project]:
    by_code = {change.key: change for change in changes}
    # Locked first, in one order, so that two who do this at once wait for each other rather than forever.
    keys = sorted(change.before["pk"] for change in changes if change.before is not None)
    locked = Project.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    rows = list(locked.select_related("site"))
    written: set[str] = set()
    alive: dict[bool, list[int]] = {True: [], False: []}
    for project in rows:
        change = by_code[project.code]
        names = table.changed_fields(change)
        if names:
            written |= _apply(project, change, names, steps)
            if project.site is not None and project.site.is_live != project.is_live:
                alive[project.is_live].append(project.site.pk)
        record = _record(project, change)
        if record is None and "region" in names:
            # past reports keep the project where it was counted then
            record = _moved(project, change)
        if record is not None:
            records.append(record)
            if table.money_changes(change):
                steps.append(("library.record_investment", subject(project), described(record)))
    if written:
        Project.objects.bulk_update(rows, sorted({*written, "updated_at"}), batch_size=BATCH)
    for is_live, sites in alive.items():
        if sites:
            Site.objects.filter(pk__in=sites).update(is_live=is_live)
    return rows


def _apply(project: Project, change: Change, names: list[str], steps: Steps) -> set[str]:
    """Set what a row changes; returns the fields to be written."""
    assert change.before is not None
    plain = [name for name in names if name != "location"]
    before = {name: said(change.before[name]) for name in plain}
    after = {name: said(change.values[name]) for name in plain}
    fields = set(plain)
    values = table.model_values({name: change.values[name] for name in plain})
    for name, value in values.items():
        setattr(project, name, value)
    if "location" in names or "precision" in names:
        was = (_coordinates(project), project.precision)
        _place(project, change)
        now = (_coordinates(project), project.precision)
        fields |= {"location", "precision"}
        if was[0] != now[0]:
            before["location"], after["location"] = was[0], now[0]
        if change.before["precision"] != now[1]:
            before["precision"], after["precision"] = change.before["precision"], now[1]
    if project.disclosed and project.secrecy == ProjectSecrecy.CONFIDENTIAL:
        before["disclosed"], after["disclosed"] = True, False
        project.disclosed = False
        fields.add("disclosed")
    project.updated_at = timezone.now()
    steps.append(("library.revise_project", subject(project), {"before": before, "after": after}))
    return fields


def _place(project: Project, change: Change) -> None:
    longitude, latitude = change.value("longitude"), change.value("latitude")
    precision = change.value("precision")
    if longitude is None or latitude is None:
        project.location, project.precision = None, Precision.UNKNOWN
        return
    project.location = Point(float(longitude), float(latitude), srid=4490)
    project.precision = Precision.EXACT if precision in (None, Precision.UNKNOWN) else str(precision)


def _coordinates(project: Project) -> list[float] | None:
    return None if project.location is None else [project.location.x, project.location.y]


def _record(project: Project, change: Change) -> InvestmentRecord | None:
    """What a row says of the project's money, where that is new."""
    if not table.money_changes(change):
        return None
    return InvestmentRecord(
        project=project,
        region_id=project.region_id,
        planned_yuan=change.value("planned_yuan"),
        cumulative_yuan=change.value("cumulative_yuan") or 0,
        recorded_on=change.values.get("recorded_on") or timezone.localdate(),
    )


def _moved(project: Project, change: Change) -> InvestmentRecord | None:
    assert change.before is not None
    if change.before["planned_yuan"] is None:
        return None
    return InvestmentRecord(
        project=project,
        region_id=project.region_id,
        planned_yuan=change.before["planned_yuan"],
        cumulative_yuan=change.before["cumulative_yuan"],
        recorded_on=timezone.localdate(),
    )
