"""Searches for sites as the page and the API read them, each reader's own.

What a search says of a layer that the reader may not read is withheld: how much of the region its rules rule out, what
couldn't be asked of it, what a preference measured by it, and a score that such a preference is part of. No shape of
what was ruled out is ever given, of no layer: only patches. That a patch keeps off confidential ground tells no more
than the live check of any drawing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import QuerySet

from gis_projects.library.models import Project
from gis_projects.people.models import Region, User
from gis_projects.people.permissions import Permission, Scope, find, may
from gis_projects.sentences import filled, word
from gis_projects.sites import presenting
from gis_projects.sites.models import SuggestedPatch, SuggestionRun
from gis_projects.sites.withholding import for_reader, readable
from gis_projects.trail.models import Job, JobState
from siting import suggestions
from siting.engine.notices import Notice
from siting.rulebook import PinnedRulebook, pinned

SHOWN_RUNS = 20
_WITHHELD = Notice("suggest-withheld", "搜索用到涉密图层，其统计和数值不予显示")


def run(user: User, pk: int, permission: Permission = Permission.READ_SITES) -> SuggestionRun:
    """One search that the user may see, or 404; 403 if they may see it but not do that to it."""
    rows = SuggestionRun.objects.select_related("project__region", "rulebook", "by", "stop", "answer")
    return find(user, permission, rows, reading=Permission.READ_SITES, pk=pk)


def runs(project: Project) -> QuerySet[SuggestionRun]:
    """A project's searches, newest first."""
    rows = SuggestionRun.objects.filter(project=project).select_related("by", "stop", "answer")
    return rows.defer("region")[:SHOWN_RUNS]


def patch(user: User, pk: int, permission: Permission = Permission.READ_SITES) -> SuggestedPatch:
    """One suggested patch that the user may see, or 404."""
    rows = SuggestedPatch.objects.select_related("run__project__region", "run__project__site")
    return find(user, permission, rows, reading=Permission.READ_SITES, pk=pk)


def job_of(row: SuggestionRun) -> Job | None:
    """The job that searches; None where it was never queued."""
    return Job.objects.filter(subject=f"sites.suggestion:{row.pk}").first()


def regions(user: User) -> list[Region]:
    """The regions that the user may search."""
    return [
        region
        for region in Region.objects.divisions().order_by("position", "code")
        if may(user, Permission.EDIT_SITES, Scope(region=region.code))
    ]


@dataclass(frozen=True)
class Standing:
    """Where a search stands: ``state`` is queued, running, done, stopped or failed; ``progress`` in per cent."""

    state: str
    progress: int
    message: str

    @property
    def open(self) -> bool:
        """Whether it is still at work."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)


def standing(row: SuggestionRun) -> Standing:
    """Say where a search stands."""
    if hasattr(row, "answer"):
        return Standing("done", 100, "")
    job = job_of(row)
    if hasattr(row, "stop"):
        return Standing("stopped", job.progress if job else 0, "")
    if job is None:
        return Standing("failed", 0, "")
    return Standing(job.state if job.state != JobState.DONE else "failed", job.progress, job.message)


# --- what is shown ----------------------------------------------------------------------------------


def rulebook_of(row: SuggestionRun) -> PinnedRulebook:
    return pinned(row.rulebook.code, row.rulebook.version, row.on)


def shown(user: User, row: SuggestionRun) -> dict[str, Any]:
    """A search as JSON for its reader: where it stands, parameters, what was ruled out, and the patches."""
    now = standing(row)
    parameters = suggestions.Parameters.from_json(row.parameters)
    seen = readable(user, {*row.manifest, *(entry.layer for entry in parameters.preferences)})
    data = {
        "id": row.pk,
        "project": row.project_id,
        "state": now.state,
        "progress": now.progress,
        "message": word(now.message),
        "created_at": row.created_at.isoformat(),
        "parameters": row.parameters,
        "rulebook": {"code": row.rulebook.code, "version": row.rulebook.version},
        "manifest": {code: entry for code, entry in row.manifest.items() if code in seen},
    }
    if now.state != "done":
        return data | {"told": [], "exclusions": [], "figures": {}, "patches": []}
    answer = row.answer
    layers_named = {item["field"] for item in answer.told if item["field"]}
    seen |= readable(user, layers_named | {item["layer"] for item in answer.exclusions})
    told = [item for item in answer.told if item["field"] is None or item["field"] in seen]
    withheld = len(told) < len(answer.told) or any(item["layer"] not in seen for item in answer.exclusions)
    notices = [filled(item["template"], item["params"]) for item in told]
    return data | {
        "told": notices + ([presenting.sentence(_WITHHELD)] if withheld else []),
        "exclusions": [_exclusion(item, item["layer"] in seen) for item in answer.exclusions],
        "figures": answer.figures,
        "patches": [patch_data(user, found, parameters, seen) for found in row.patches.order_by("rank")],
    }


def _exclusion(item: Mapping[str, Any], open_: bool) -> dict[str, Any]:
    return {
        "rule": item["rule"],
        "name": word(item["name"]),
        "severity": item["severity"],
        "state": item["state"],
        "area_m2": item["area_m2"] if open_ else None,
        "unchecked_m2": item["unchecked_m2"] if open_ else None,
        "withheld": not open_,
    }


def patch_data(
    user: User, found: SuggestedPatch, parameters: suggestions.Parameters, seen: set[str]
) -> dict[str, Any]:
    """One patch for its reader: shape, figures, the explanation of its score, and its own check."""
    layer_of = {preference.code: preference for preference in parameters.preferences}
    document = presenting.translated(for_reader(user, found.document))
    criteria = []
    for share in found.explanation["criteria"]:
        preference = layer_of[share["code"]]
        entry = {**share, "name": word(preference.name), "unit": preference.unit, "withheld": False}
        if preference.layer not in seen:
            hidden = dict.fromkeys(("score", "contribution", "mean", "least", "most", "unknown"))
            entry = {**entry, **hidden, "withheld": True}
        criteria.append(entry)
    return {
        "id": found.pk,
        "rank": found.rank,
        # Where one part of the sum is withheld, the others beside the sum would tell it.
        "score": None if any(entry["withheld"] for entry in criteria) else found.score,
        "area_m2": round(found.area_m2, 2),
        "geometry": _geojson(found.geometry),
        "explanation": {**found.explanation, "criteria": criteria},
        "verdict": found.verdict,
        "findings": [
            {name: item[name] for name in ("rule", "name", "severity", "outcome", "area_m2", "share")}
            for item in document["findings"]
        ],
        "not_checked": [
            {"rule": item["rule"], "reason": item["reason"]["text"]} for item in document["not_checked"]
        ],
        "present_land": document["present_land"],
    }


def _geojson(geometry: GEOSGeometry) -> dict[str, Any]:
    return shapely.geometry.mapping(shapely.from_wkb(bytes(geometry.wkb)))
