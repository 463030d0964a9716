"""What programs and the page's scripts are told of comparisons and patches."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from gis_projects.sentences import filled
from gis_projects.sites.comparing.tables import system_label
from gis_projects.sites.models import ComparisonRun, HandlingState
from gis_projects.trail.jobs import OPEN
from layers.models import LayerVersion
from siting.models import ConflictPatch, Crosswalk, PlanComparison


def version_data(version: LayerVersion, root_hash: str) -> dict[str, Any]:
    return {
        "layer": version.layer.code,
        "name": version.layer_name,
        "version": version.number,
        "root_hash": root_hash,
        "class_system": version.class_system,
        "class_system_name": system_label(version.class_system),
        "authority": version.layer.authority,
    }


def crosswalk_data(row: Crosswalk) -> dict[str, Any]:
    return {
        "code": row.code, "version": row.version, "name": row.name, "system_a": row.system_a,
        "system_b": row.system_b, "valid_from": row.valid_from.isoformat(), "source": row.source,
        "sha256": row.sha256,
    }  # fmt: skip


def summary(row: PlanComparison) -> dict[str, Any]:
    """A comparison without its matrix."""
    return {
        "id": row.pk,
        "a": version_data(row.version_a, row.root_hash_a),
        "b": version_data(row.version_b, row.root_hash_b),
        "crosswalk": {
            "code": row.crosswalk.code, "version": row.crosswalk.version, "sha256": row.crosswalk_sha256,
            "turned": row.turned,
        },
        "sliver_width_m": row.sliver_width_m,
        "patches": row.patch_count,
        "slivers": row.sliver_count,
        "conflict_m2": row.conflict_m2,
        "digest": row.digest,
        "created_at": row.created_at.isoformat(),
        "url": reverse("sites:comparison", args=[row.pk]),
    }  # fmt: skip


def whole(row: PlanComparison) -> dict[str, Any]:
    """A comparison with its sums, matrix, and how much of an earlier one was carried over."""
    run = getattr(row, "run", None)
    return {
        **summary(row), "towns": row.towns, "versions": row.versions, "totals": row.totals,
        "carried": run.carried if run is not None else {},
    }  # fmt: skip


def run_data(row: ComparisonRun) -> dict[str, Any]:
    """A comparison that was asked for: how far it is, where it is, or why there is none."""
    job = row.job
    refused = ((job.result or {}).get("refused") or []) if job is not None else []
    return {
        "id": row.pk,
        "a": f"{row.version_a.layer.code} v{row.version_a.number}",
        "b": f"{row.version_b.layer.code} v{row.version_b.number}",
        "state": job.state if job is not None else "done",
        "state_label": str(job.get_state_display()) if job is not None else "",
        "open": job is not None and job.state in OPEN,
        "progress": job.progress if job is not None else 100,
        "message": filled(job.message, {}) if job is not None and job.message else "",
        "refused": [filled(one["template"], one["params"]) for one in refused],
        "comparison": row.comparison_id,
        "url": reverse("sites:comparison", args=[row.comparison_id]) if row.comparison_id else None,
    }


def patch_data(row: ConflictPatch) -> dict[str, Any]:
    """A patch with its handling; the box is west, south, east, north in degrees."""
    handling = getattr(row, "handling", None)
    organisation = handling.organisation if handling is not None else None
    return {
        "number": row.number,
        "class_a": row.class_a,
        "name_a": row.name_a,
        "class_b": row.class_b,
        "name_b": row.name_b,
        "area_m2": row.area_m2,
        "width_m": row.width_m,
        "sliver": row.sliver,
        "town": row.town,
        "town_name": row.town_name,
        "keys_a": row.keys_a,
        "keys_b": row.keys_b,
        "count_a": row.count_a,
        "count_b": row.count_b,
        "bounds": list(row.geometry.extent),
        "state": handling.state if handling is not None else HandlingState.OPEN.value,
        "state_label": str(HandlingState(handling.state if handling is not None else "open").label),
        "organisation": {"id": organisation.pk, "name": organisation.name} if organisation else None,
        "yields": handling.yields if handling is not None else "",
        "yields_label": str(handling.get_yields_display())
        if handling is not None and handling.yields
        else "",
        "note": handling.note if handling is not None else "",
        "version": handling.version if handling is not None else 0,
    }
