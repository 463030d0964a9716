"""The only writers of alternatives, of their weights and of the choice among them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from django.utils import timezone

from gis_projects.library.models import Project
from gis_projects.library.subjects import subject
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sites.actions.boundaries import save_boundary
from gis_projects.sites.bounds import KEPT, refuse_beyond
from gis_projects.sites.models import (
    Alternative,
    AlternativeChoice,
    AlternativeSource,
    AlternativeWeights,
    SuggestedPatch,
)
from gis_projects.sites.queries import alternatives as queries
from gis_projects.trail.actions import record
from siting import certificates, checks, options
from siting.boundaries import declared_from_json, declared_to_json
from siting.checks import PRESENT_LAND_LAYER
from siting.documents import canonical, document
from siting.engine.boundary import Boundary, build
from siting.engine.notices import Notice, UnusableInput

MAX_ALTERNATIVES = 12
MIN_REASON = 5


@transaction.atomic
def add_alternative(
    *,
    by: User,
    project: Project,
    name: str,
    boundary: Boundary,
    source: AlternativeSource,
    source_name: str = "",
    patch: SuggestedPatch | None = None,
) -> Alternative:
    """Add a candidate site and check it; the others are checked again with it where something is newer than theirs.

    Raises
    ------
    UnusableInput
        The name is taken or empty, there are too many, or the boundary is past a request's bounds.
    """
    project = _locked(by, project)
    refuse_beyond(KEPT, boundary)
    name = _named(project, name)
    others = list(Alternative.objects.filter(project=project).order_by("pk"))
    if len(others) >= MAX_ALTERNATIVES:
        raise UnusableInput(
            Notice("alternatives-too-many", "一个项目最多 %(limit)s 个比选方案", {"limit": MAX_ALTERNATIVES})
        )
    now = queries.pins(project)
    row = Alternative(
        project=project,
        name=name,
        source=source,
        source_name=source_name[-255:],
        patch=patch,
        declared=declared_to_json(boundary.declared),
        geometry=cast(MultiPolygon, GEOSGeometry(memoryview(boundary.geometry.wkb), srid=4490)),
        area_m2=boundary.area_m2,
        planar_area_m2=boundary.planar_area_m2,
        by=by,
    )
    _check(row, boundary, now)
    row.save()
    if queries.stale(others, now):
        _check_all(others, now)
    record(
        by=by,
        verb="sites.add_alternative",
        subject=subject(project),
        data={
            "alternative": row.pk,
            "name": row.name,
            "source": row.source,
            "patch": patch.pk if patch else None,
            "area_m2": f"{row.area_m2:.2f}",
            "verdict": row.verdict,
            "digest": row.document["digest"],
        },
    )
    return row


@transaction.atomic
def rename_alternative(*, by: User, alternative: Alternative, name: str) -> Alternative:
    """Give an alternative another name."""
    project = _locked(by, alternative.project)
    row = Alternative.objects.select_for_update().get(pk=alternative.pk)
    before, row.name = row.name, _named(project, name, but=row)
    row.save(update_fields=["name"])
    record(
        by=by, verb="sites.rename_alternative", subject=subject(project),
        data={"alternative": row.pk, "before": before, "name": row.name},
    )  # fmt: skip
    return row


@transaction.atomic
def remove_alternative(*, by: User, alternative: Alternative) -> None:
    """Take a draft out of the comparison; what was chosen keeps its snapshot."""
    project = _locked(by, alternative.project)
    row = Alternative.objects.select_for_update().filter(pk=alternative.pk).first()
    if row is None:
        return
    record(
        by=by, verb="sites.remove_alternative", subject=subject(project),
        data={"alternative": row.pk, "name": row.name, "digest": row.document["digest"]},
    )  # fmt: skip
    row.delete()


@transaction.atomic
def recheck_alternatives(*, by: User, project: Project) -> int:
    """Check all alternatives again under the rulebook, facts and layer versions of now; returns how many."""
    project = _locked(by, project, Permission.RUN_CHECKS)
    rows = list(Alternative.objects.filter(project=project).order_by("pk"))
    now = queries.pins(project)
    _check_all(rows, now)
    record(
        by=by, verb="sites.recheck_alternatives", subject=subject(project),
        data={
            "rulebook": now.rulebook.version,
            "verdicts": {str(row.pk): row.verdict for row in rows},
            "digests": {str(row.pk): row.document["digest"] for row in rows},
        },
    )  # fmt: skip
    return len(rows)


@transaction.atomic
def weigh_alternatives(
    *, by: User, project: Project, weights: Mapping[str, Any], required_m2: float | None
) -> AlternativeWeights:
    """Set how a project's criteria weigh, and how much ground it needs.

    Raises
    ------
    UnusableInput
        See `siting.options.read_weights`; or the need is no positive area.
    """
    project = _locked(by, project)
    read = options.read_weights(weights)
    if required_m2 is not None and not 0 < required_m2 <= KEPT.area_km2 * 1e6:
        raise UnusableInput(Notice("need-range", "所需用地面积应大于 0", field="required_m2"))
    row, _ = AlternativeWeights.objects.update_or_create(
        project=project,
        defaults={"weights": read, "required_m2": required_m2, "changed_at": timezone.now()},
    )
    record(
        by=by, verb="sites.weigh_alternatives", subject=subject(project),
        data={"weights": read, "required_m2": required_m2},
    )  # fmt: skip
    return row


@transaction.atomic
def choose_alternative(
    *, by: User, project: Project, alternative: Alternative, reason: str
) -> AlternativeChoice:
    """Make one alternative the project's next boundary version; keep why, and the table it was chosen from.

    Raises
    ------
    UnusableInput
        There is nothing to choose from (fewer than two), no reason, or the checks are older than what they read.
    """
    project = _locked(by, project)
    compared = queries.comparison(project)
    row = next((row for row in compared.alternatives if row.pk == alternative.pk), None)
    reason = reason.strip()
    problems = []
    if row is None or len(compared.alternatives) < 2:
        problems.append(Notice("choice-of-one", "至少有两个方案才能比选", field="alternative"))
    if len(reason) < MIN_REASON:
        problems.append(
            Notice(
                "choice-reason",
                "请写明选定理由（至少 %(least)s 个字）",
                {"least": MIN_REASON},
                field="reason",
            )
        )
    if compared.stale:
        problems.append(Notice("choice-stale", "检查已过期，请先全部重新检查", field="alternative"))
    if problems:
        raise UnusableInput(*problems)
    assert row is not None, "it is among the alternatives"
    boundary = build(declared_from_json(row.declared))
    version = save_boundary(by=by, project=project, boundary=boundary)
    snapshot = _snapshot(compared, row)
    digest = hashlib.sha256(canonical(snapshot).encode()).hexdigest()
    choice = AlternativeChoice.objects.create(
        project=project, site_version=version, name=row.name, reason=reason, snapshot=snapshot, sha256=digest, by=by
    )  # fmt: skip
    record(
        by=by,
        verb="sites.choose_alternative",
        subject=subject(project),
        data={
            "choice": choice.pk,
            "alternative": row.pk,
            "name": row.name,
            "site_version": version.pk,
            "sha256": digest,
            "digest": row.document["digest"],
        },
    )
    return choice


def _locked(by: User, project: Project, permission: Permission = Permission.EDIT_SITES) -> Project:
    """The project's row, held: whoever else changes its alternatives waits."""
    project = Project.objects.select_for_update(of=("self",)).select_related("site").get(pk=project.pk)
    require(by, permission, project)
    return project


def _named(project: Project, name: str, but: Alternative | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise UnusableInput(Notice("alternative-name", "方案名称为 1 到 60 个字", field="name"))
    taken = Alternative.objects.filter(project=project, name=name)
    if (taken if but is None else taken.exclude(pk=but.pk)).exists():
        raise UnusableInput(
            Notice("alternative-name-taken", "已有名为“%(name)s”的方案", {"name": name}, field="name")
        )
    return name


def _check(row: Alternative, boundary: Boundary, now: queries.Pins) -> None:
    ruled = {*now.rulebook.layers, PRESENT_LAND_LAYER}
    result = checks.run(
        boundary,
        facts=now.facts,
        rulebook=now.rulebook,
        versions={code: version for code, version in now.versions.items() if code in ruled},
    )
    row.document = certificates.seal(document(result))
    row.figures = {**options.figures(result, now.versions), "facts": dict(now.facts)}
    row.verdict = str(result.verdict)
    row.checked_at = timezone.now()


def _check_all(rows: Sequence[Alternative], now: queries.Pins) -> None:
    for row in rows:
        _check(row, build(declared_from_json(row.declared)), now)
        row.save(update_fields=["document", "figures", "verdict", "checked_at"])


def _snapshot(compared: queries.ProjectComparison, chosen: Alternative) -> dict[str, Any]:
    """The table as it was when someone chose: JSON, with everything that the numbers rest on."""
    table = compared.table
    return {
        "chosen": chosen.name,
        "weights": dict(table.weights),
        "required_m2": table.required_m2,
        "rulebook": dict(compared.rulebook or {}),
        "manifest": {code: dict(entry) for code, entry in compared.manifest.items()},
        "facts": chosen.figures["facts"],
        "criteria": [
            {"code": entry.code, "name": entry.name, "unit": entry.unit} for entry in table.criteria
        ],
        "alternatives": [
            {
                "name": row.name,
                "area_m2": round(row.area_m2, 2),
                "verdict": row.verdict,
                "digest": row.digest,
                "score": round(row.score, 6),
                "rank": row.rank,
                "boundary": alternative.document["boundary"],
                "cells": [
                    {
                        "criterion": cell.criterion,
                        "value": cell.value,
                        "share": None if cell.share is None else round(cell.share, 6),
                        "score": None if cell.score is None else round(cell.score, 6),
                        "contribution": round(cell.contribution, 6),
                        "reason": None if cell.reason is None else str(cell.reason),
                    }
                    for cell in row.cells
                ],
            }
            for row, alternative in zip(table.rows, compared.alternatives, strict=True)
        ],
        "sways": [asdict(sway) for sway in table.sways if sway.changes],
    }
