"""Searching for sites in the background. A run that is repeated (its worker died) begins again and writes once."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any, cast

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.utils.translation import gettext_noop

import layers.queries
from gis_projects.library.subjects import subject
from gis_projects.sites.models import SuggestedPatch, SuggestionAnswer, SuggestionRun, SuggestionStop
from gis_projects.trail.actions import record
from gis_projects.trail.jobs import Progress, job
from layers.progress import Cancelled
from siting import certificates, suggestions
from siting.boundaries import declared_to_json
from siting.documents import document
from siting.engine.notices import Notice
from siting.rulebook import pinned

EVERY = 0.5  # seconds between two reports
_SEARCHING = gettext_noop("正在搜索可选范围")
_CHECKING = gettext_noop("正在检查推荐地块")


class _Watch:
    """Tells how far a search is, at most twice a second, and ends it where a person asked so."""

    def __init__(self, progress: Progress, run: SuggestionRun) -> None:
        self._progress, self._run, self._next = progress, run, 0.0

    def __call__(self, share: float) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        if SuggestionStop.objects.filter(run=self._run).exists():
            raise Cancelled
        self._progress.report(99 * share, _SEARCHING if share < 0.85 else _CHECKING)


@job
def search_sites(progress: Progress, *, run: int) -> dict[str, Any]:
    """Search, and keep the answer with its patches in one transaction."""
    row = SuggestionRun.objects.select_related("project", "rulebook", "by").get(pk=run)
    if SuggestionAnswer.objects.filter(run=row).exists():
        return {"run": run}
    try:
        answer = suggestions.search(
            suggestions.Parameters.from_json(row.parameters),
            shapely.from_wkb(bytes(row.region.wkb)),
            rulebook=pinned(row.rulebook.code, row.rulebook.version, row.on),
            facts=row.facts,
            versions=layers.queries.pinned({code: entry["version"] for code, entry in row.manifest.items()}),
            tell=_Watch(progress, row),
        )
    except Cancelled:
        return {"run": run, "stopped": True}
    progress.once("answer", lambda: _keep(row, answer))
    return {"run": run, "patches": len(answer.patches)}


def _keep(row: SuggestionRun, answer: suggestions.Answer) -> None:
    SuggestionAnswer.objects.create(
        run=row,
        told=[_notice(notice) for notice in answer.told],
        exclusions=[
            {
                "rule": ruling.exclusion.rule.code,
                "name": ruling.exclusion.rule.name,
                "layer": ruling.exclusion.rule.layer,
                "severity": str(ruling.exclusion.severity or ruling.exclusion.rule.severity),
                "state": str(ruling.exclusion.state),
                "area_m2": round(ruling.area_m2, 2),
                "unchecked_m2": round(ruling.unchecked_m2, 2),
            }
            for ruling in answer.rulings
        ],
        figures=dict(answer.figures),
    )
    SuggestedPatch.objects.bulk_create(
        SuggestedPatch(
            run=row,
            rank=rank,
            score=found.score,
            declared=declared_to_json(found.boundary.declared),
            geometry=cast(MultiPolygon, GEOSGeometry(memoryview(found.boundary.geometry.wkb), srid=4490)),
            area_m2=found.boundary.area_m2,
            explanation=_explanation(found.explanation),
            document=certificates.seal(document(found.check)),
            verdict=str(found.check.verdict),
        )
        for rank, found in enumerate(answer.patches, start=1)
    )
    record(
        by=row.by,
        verb="sites.suggest_sites",
        subject=subject(row.project),
        data={"run": row.pk, "verdicts": [str(found.check.verdict) for found in answer.patches]},
    )


def _notice(notice: Notice) -> dict[str, Any]:
    """``field`` names the layer that a notice is about, if any: not everybody may hear of each."""
    return {
        "code": notice.code,
        "template": notice.template,
        "params": dict(notice.params),
        "field": notice.field,
    }


def _explanation(explanation: suggestions.Explanation) -> dict[str, Any]:
    data = asdict(explanation)
    return {**data, "criteria": list(data["criteria"])}
