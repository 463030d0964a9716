"""The only writers of the atlas: every version of a layer comes in here, brought by one and let through by another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from gis_projects.atlas.models import Publication
from gis_projects.people.permissions import Permission, Scope, may
from gis_projects.trail.actions import record
from layers import loading
from layers.models import Kind, Layer, LayerVersion
from layers.notices import Notice, UnusableLayer
from layers.progress import Progress, silent
from layers.publishing import LoadReport, publish
from layers.table import Table
from layers.withdrawal import withdraw

if TYPE_CHECKING:
    from gis_projects.people.models import User


def _two_persons(by: User, approved_by: User, secrecy: str) -> None:
    """Both may do their part, and they are not the same person."""
    if by.pk == approved_by.pk:
        raise PermissionDenied(_("提交人和批准人必须是不同的人。"))
    scope = Scope(secrecy=secrecy)
    if not may(by, Permission.UPLOAD_LAYERS, scope):
        raise PermissionDenied(_("%(user)s 没有提交图层的权限。") % {"user": by.get_username()})
    if not may(approved_by, Permission.PUBLISH_LAYERS, scope):
        raise PermissionDenied(_("%(user)s 没有批准图层发布的权限。") % {"user": approved_by.get_username()})


def _published(report: LoadReport, *, verb: str, by: User, approved_by: User, reason: str) -> LoadReport:
    """Write who did it, beside the version and into the trail."""
    version = LayerVersion.objects.only("pk").get(layer__code=report.layer, number=report.version)
    Publication.objects.create(
        version=version,
        layer=report.layer,
        number=report.version,
        uploader=by,
        approver=approved_by,
        reason=reason,
    )
    record(
        by=by,
        verb=verb,
        subject=f"layers.version:{report.layer}@{report.version}",
        data={**report.to_json(), "approved_by": approved_by.get_username(), "reason": reason},
    )
    return report


def publish_layer(
    *,
    by: User,
    approved_by: User,
    code: str,
    source: Path | Table,
    create: Mapping[str, Any] | None = None,
    coverage: Any = None,
    epsg: int | None = None,
    layer_name: str | None = None,
    source_date: date | None = None,
    reason: str = "",
    progress: Progress = silent,
) -> LoadReport:
    """Publish a file or a table as the next version of a layer: all of it, or nothing.

    Parameters
    ----------
    by, approved_by
        Who brings it and who lets it through: two different persons.
    code
        The layer. With `create` (its fields: name, theme, kind …) it is made where it doesn't exist.
    source
        A file (opened in confinement), or features in memory.
    coverage, epsg, layer_name, source_date, progress
        See `layers.loading.load`. A raster layer takes its coverage and coordinate system from the file.
    reason
        Kept with the publication.

    Raises
    ------
    PermissionDenied
        One of the two may not, or they are one.
    layers.notices.Refused
        The file or its content can't be used; nothing was kept.
    """
    started = time.perf_counter()
    layer = Layer.objects.filter(code=code).first()
    if layer is None and create is None:
        raise UnusableLayer(Notice("layer-unknown", "没有代码为 %(code)s 的图层。", {"code": code}))
    if layer is None:
        layer = Layer(code=code, **(create or {}))
        layer.full_clean()
    _two_persons(by, approved_by, str(layer.secrecy))
    staged = None
    if layer.kind == Kind.VECTOR:
        # the long part, before any lock is held
        staged = loading.prepare(
            layer,
            source,
            coverage=coverage,
            epsg=epsg,
            layer_name=layer_name,
            source_date=source_date,
            progress=progress,
        )
    elif isinstance(source, Table):
        raise UnusableLayer(Notice("raster-needs-file", "栅格图层只能从文件发布。"))
    with transaction.atomic():
        if layer.pk is None:
            layer.save(force_insert=True)
        if staged is not None:
            version = loading.write(layer, staged, progress=progress)
            report = publish(version, seconds=time.perf_counter() - started)
        else:
            assert isinstance(source, Path)
            report = loading.load_raster(layer, source, source_date=source_date)
        return _published(report, verb="atlas.publish_layer", by=by, approved_by=approved_by, reason=reason)


def withdraw_layer(*, by: User, approved_by: User, code: str, reason: str) -> LoadReport:
    """Publish the content before the current version again, as a new version.

    Raises
    ------
    PermissionDenied
        One of the two may not, or they are one.
    layers.notices.UnusableLayer
        There is no such layer, or nothing before its current version.
    """
    with transaction.atomic():
        layer = Layer.objects.filter(code=code).first()
        if layer is None:
            raise UnusableLayer(Notice("layer-unknown", "没有代码为 %(code)s 的图层。", {"code": code}))
        _two_persons(by, approved_by, str(layer.secrecy))
        report = withdraw(layer)
        return _published(report, verb="atlas.withdraw_layer", by=by, approved_by=approved_by, reason=reason)
