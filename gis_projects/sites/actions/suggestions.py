"""The only writers of searches for sites and of what they found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from shapely.geometry.base import BaseGeometry

import layers.queries
from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, Scope, require
from gis_projects.people.queries.regions import shape as region_shape
from gis_projects.sites import suggestion_jobs
from gis_projects.sites.models import SuggestionRun, SuggestionStop
from gis_projects.sites.queries import alternatives
from gis_projects.sites.queries import suggestions as queries
from gis_projects.trail.actions import record
from gis_projects.trail.jobs import start
from siting import suggestions
from siting.boundaries import from_drawing
from siting.engine.notices import Notice, UnusableInput

LIMIT_SECONDS = 1800


@transaction.atomic
def start_search(
    *, by: User, project: Project, asked: Mapping[str, Any], region_code: str = "", region: Any = None
) -> SuggestionRun:
    """Queue a search for sites of a project, under the rulebook, facts and layer versions of now.

    Parameters
    ----------
    asked
        See `siting.suggestions.read`.
    region_code, region
        Where: a region by its code (by default the project's), or a drawn GeoJSON polygon.

    Raises
    ------
    UnusableInput
        The parameters or the region can't be used, or another search of the project is still at work.
    """
    project = Project.objects.select_for_update(of=("self",)).select_related("site").get(pk=project.pk)
    require(by, Permission.EDIT_SITES, project)
    if any(queries.standing(row).open for row in queries.runs(project)):
        raise UnusableInput(Notice("suggest-at-work", "本项目已有一个搜索正在进行"))
    now = alternatives.pins(project)
    parameters = suggestions.read(asked, now.rulebook)
    code = region_code or project.region_id
    if not region and code != project.region_id:
        require(by, Permission.EDIT_SITES, Scope(region=code))
    ground = _ground(code, region)
    suggestions.laid(parameters, ground)  # refuses what is too large before anything is queued
    versions = layers.queries.current(suggestions.layers_read(now.rulebook, parameters))
    row = SuggestionRun.objects.create(
        project=project,
        parameters=parameters.to_json(),
        region=_multipolygon(ground),
        facts=dict(now.facts),
        rulebook_id=now.rulebook.id,
        on=now.rulebook.on,
        manifest={
            code: {"version": version.number, "root_hash": version.root_hash}
            for code, version in sorted(versions.items())
        },
        by=by,
    )
    start(
        suggestion_jobs.search_sites,
        by=by,
        kind="sites.search_sites",
        subject=f"sites.suggestion:{row.pk}",
        limit_seconds=LIMIT_SECONDS,
        run=row.pk,
    )
    record(
        by=by,
        verb="sites.start_search",
        subject=subject(project),
        data={
            "run": row.pk,
            "parameters": row.parameters,
            "region": region_code or ("drawn" if region else ""),
        },
    )
    return row


@transaction.atomic
def stop_search(*, by: User, run: SuggestionRun) -> None:
    """Ask a search to stop; one that has ended, or was asked before, stays as it is."""
    require(by, Permission.EDIT_SITES, run.project)
    if not queries.standing(run).open:
        return
    _, made = SuggestionStop.objects.get_or_create(run=run, defaults={"by": by})
    if made:
        record(by=by, verb="sites.stop_search", subject=subject(run.project), data={"run": run.pk})


def _ground(code: str, drawn: Any) -> BaseGeometry:
    if drawn:
        return from_drawing(drawn).geometry
    shape = region_shape(code)
    if shape is None:
        raise UnusableInput(
            Notice("suggest-no-region", "行政区图层中没有所选地区，请绘制搜索范围", field="region")
        )
    return shape


def _multipolygon(shape: BaseGeometry) -> MultiPolygon:
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return cast(MultiPolygon, GEOSGeometry(memoryview(shapely.MultiPolygon(parts).wkb), srid=4490))
