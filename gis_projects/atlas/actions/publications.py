"""A file or a table becomes a layer's next version in one call: published by two persons, or staged by one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.atlas import jobs
from gis_projects.atlas.actions import staging
from gis_projects.atlas.actions.versions import (
    layer_of,
    may_approve,
    may_bring,
    put_in_force,
    require_quality,
)
from gis_projects.atlas.queries import uploads
from layers import loading, overviews
from layers.models import Kind, Layer, LayerVersion
from layers.notices import Notice, UnusableLayer
from layers.progress import Progress, silent
from layers.publishing import LoadReport, discard
from layers.table import Table

if TYPE_CHECKING:
    from gis_projects.people.models import User

#: A raster brings its coverage along, and has neither layers nor fields.
_OF_A_RASTER = {"band", "epsg", "source_date", "legal_source", "valid_from", "valid_to"}


def _two_persons(by: User, approved_by: User, secrecy: str) -> None:
    """Both may do their part, and they are not the same person."""
    if by.pk == approved_by.pk:
        raise PermissionDenied(_("提交人和批准人必须是不同的人。"))
    may_bring(by, secrecy)
    may_approve(approved_by, secrecy)


def publish_layer(
    *,
    by: User,
    approved_by: User,
    code: str,
    source: Path | Table,
    create: Mapping[str, Any] | None = None,
    reason: str = "",
    progress: Progress = silent,
    **described: Any,
) -> LoadReport:
    """Publish a file or a table as the next version of a layer in one go: all of it, or nothing.

    Parameters
    ----------
    by, approved_by
        Who brings it and who lets it through: two different persons.
    code
        The layer. With `create` (its fields: name, theme, kind …) it is made where it doesn't exist.
    source
        A file (opened in confinement), or features in memory.
    reason
        Kept with the publication; needed where the quality asks for one.
    described
        What `stage_layer` takes: coverage, epsg, swap_axes, layer_name, mapping, source_date, legal_source,
        valid_from, valid_to.

    Raises
    ------
    PermissionDenied
        One of the two may not, or they are one.
    layers.notices.Refused
        The file, its content or its quality doesn't do; nothing was kept.
    """
    started = time.perf_counter()
    layer, made = _layer_or_new(code, create)
    _two_persons(by, approved_by, str(layer.secrecy))
    version = None
    try:
        version = _stage(layer, source, progress=progress, **described)
        staging.held_against_reference(version)
        require_quality(version, reason)
        if not version.overviews_done:
            overviews.build(version, progress=progress)
        with transaction.atomic():
            publication = staging.submitted(version, by=by)
            report = put_in_force(publication, version, by=approved_by, reason=reason)
    except BaseException:
        if version is not None:
            discard(version)
        if made and layer.pk is not None:
            layer.delete()
        raise
    return replace(report, seconds=round(time.perf_counter() - started, 3))


def stage_layer(
    *,
    by: User,
    code: str,
    source: Path | Table,
    create: Mapping[str, Any] | None = None,
    request: str = "",
    progress: Progress = silent,
    coverage: Any = None,
    epsg: int | None = None,
    swap_axes: bool = False,
    layer_name: str | None = None,
    band: int | None = None,
    mapping: Mapping[str, str] | None = None,
    source_date: date | None = None,
    legal_source: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> LayerVersion:
    """Bring a file or a table as the next version of a layer; it waits for a second person.

    Parameters
    ----------
    coverage, epsg, swap_axes, layer_name, band, mapping, source_date, legal_source, valid_from, valid_to, progress
        See `layers.loading.stage` and `stage_raster`. A raster layer takes its coverage from the file.
    request
        Why it is brought.

    Raises
    ------
    PermissionDenied, layers.notices.Refused
        As `publish_layer`.
    """
    layer, made = _layer_or_new(code, create)
    may_bring(by, str(layer.secrecy))
    version = None
    try:
        version = _stage(
            layer, source, progress=progress, coverage=coverage, epsg=epsg, swap_axes=swap_axes,
            layer_name=layer_name, band=band, mapping=mapping, source_date=source_date, legal_source=legal_source,
            valid_from=valid_from, valid_to=valid_to,
        )  # fmt: skip
        staging.held_against_reference(version)
        with transaction.atomic():
            staging.submitted(version, by=by, request=request)
            jobs.follow_with_overviews(version, by=by)
    except BaseException:
        if version is not None:
            discard(version)
        if made and layer.pk is not None:
            layer.delete()
        raise
    return version


def _layer_or_new(code: str, create: Mapping[str, Any] | None) -> tuple[Layer, bool]:
    """The layer, made where it isn't there and may be."""
    if create is None or Layer.objects.filter(code=code).exists():
        return layer_of(code), False
    layer = Layer(code=code, **create)
    layer.full_clean()
    return layer, True


def _stage(layer: Layer, source: Path | Table, *, progress: Progress, **described: Any) -> LayerVersion:
    if layer.kind == Kind.RASTER and isinstance(source, Table):
        raise UnusableLayer(Notice("raster-needs-file", "栅格图层只能从文件发布。"))
    if layer.pk is None:
        # Committed before its first rows: those are written by processes that must see it.
        layer.save(force_insert=True)
    if isinstance(source, Path) and layer.kind == Kind.RASTER:
        told = {name: value for name, value in described.items() if name in _OF_A_RASTER}
        return loading.stage_raster(layer, source, progress=progress, **told)
    described.pop("band", None)
    return loading.stage(layer, source, progress=progress, region=uploads.region(), **described)
