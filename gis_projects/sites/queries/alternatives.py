"""Alternatives of a project as the page, the API, the exports and the siting report read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext

import layers.queries
from gis_projects.library.models import Project
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, ScopePaths, find
from gis_projects.sentences import sentence, word
from gis_projects.sites.models import Alternative, AlternativeChoice, AlternativeWeights, SuggestedPatch
from gis_projects.sites.withholding import readable
from layers.queries import PinnedVersion
from siting import options, wording
from siting.boundaries import declared_from_json
from siting.checks import DEFAULT_RULEBOOK, PRESENT_LAND_LAYER
from siting.engine.boundary import Boundary, build
from siting.engine.notices import Notice
from siting.engine.verdict import Verdict
from siting.rulebook import PinnedRulebook, in_force, still_asked

#: In place of a value, or of why there is none, that is a confidential layer's own.
WITHHELD = "withheld"
_WITHHELD = {"code": WITHHELD, "template": "不予显示", "params": {}}


@dataclass(frozen=True)
class Pins:
    """What all alternatives of a project are checked under: rulebook, facts and layer versions of now."""

    rulebook: PinnedRulebook
    facts: Mapping[str, str]
    versions: Mapping[str, PinnedVersion]


@dataclass(frozen=True)
class ProjectComparison:
    """A project's alternatives in one table.

    Attributes
    ----------
    project
        Whose.
    alternatives
        The drafts, in the order they were added; ``table.rows`` has the same order.
    table
        `siting.options.Comparison`: criteria, weights, rows of cells with values, scores and ranks, sways.
    rulebook, checked_at
        Code and version that all were checked under, and when; None where there is no alternative.
    manifest
        Layer versions that were read, with their root hashes, by layer code.
    stale
        Why the checks have to be done again (a layer has a newer version, …); empty: the table is of now.
    weights
        As they were set: not as parts of 1, which ``table.weights`` are.
    choices
        What was chosen before, newest first.
    """

    project: Project
    alternatives: tuple[Alternative, ...]
    table: options.Comparison
    rulebook: Mapping[str, Any] | None
    checked_at: dt.datetime | None
    manifest: Mapping[str, Mapping[str, Any]]
    stale: tuple[Notice, ...]
    weights: Mapping[str, float]
    choices: tuple[AlternativeChoice, ...]


def comparison(project: Project, *, reader: User | None = None) -> ProjectComparison:
    """Return a project's comparison: whole, or as a reader may have it.

    A reader's table says of a layer that they may not read no more than a check's findings do: how much of the site is
    in conflict, and how severely (see `sites.withholding`). What is measured of such a layer besides, and why it
    couldn't be, is withheld; it adds nothing to their scores and ranks either, which would tell it all the same.
    """
    rows = tuple(
        Alternative.objects.filter(project=project).select_related("by").defer("declared").order_by("pk")
    )
    weights = weights_of(project)
    candidates = [
        options.Candidate(row.pk, row.name, row.area_m2, row.verdict, row.document["digest"], figures)
        for row, figures in zip(rows, _figures(rows, reader), strict=True)
    ]
    return ProjectComparison(
        project=project,
        alternatives=rows,
        table=options.compare(candidates, weights.weights, weights.required_m2),
        rulebook=rows[0].document["rulebook"] if rows else None,
        checked_at=min((row.checked_at for row in rows), default=None),
        manifest=manifest_of(rows[0]) if rows else {},
        stale=stale(rows, pins(project)) if rows else (),
        weights={**options.usual_weights(), **weights.weights},
        choices=tuple(AlternativeChoice.objects.filter(project=project).select_related("by", "site_version")),
    )


def _figures(rows: Sequence[Alternative], reader: User | None) -> list[Mapping[str, Any]]:
    """The rows' figures, without what is measured of layers that the reader may not know of."""
    if reader is None:
        return [row.figures for row in rows]
    measured = {
        criterion.code: PRESENT_LAND_LAYER if criterion.kind == "land" else criterion.layer
        for criterion in options.criteria()
        if criterion.kind in ("land", "layer", "raster", "nearest")
    }
    open_ = readable(reader, set(measured.values()))
    hidden = {code for code, layer in measured.items() if layer not in open_}
    told = {criterion.code for criterion in options.criteria() if criterion.kind == "layer"}
    return [_withheld(row.figures, hidden - told, hidden) for row in rows]


def _withheld(figures: Mapping[str, Any], values: Set[str], reasons: Set[str]) -> Mapping[str, Any]:
    shown = {code: None if code in values else value for code, value in figures["values"].items()}
    said = {code: _WITHHELD if code in reasons else why for code, why in figures["reasons"].items()}
    return {**figures, "values": shown, "reasons": said | dict.fromkeys(values, _WITHHELD)}


def weights_of(project: Project) -> AlternativeWeights:
    """A project's weights, the usual ones (unsaved) where nobody has set any."""
    row = AlternativeWeights.objects.filter(project=project).first()
    return row or AlternativeWeights(project=project, weights=options.usual_weights())


def pins(project: Project) -> Pins:
    """What a check of the project's alternatives reads if it is done now."""
    rulebook = in_force(DEFAULT_RULEBOOK, timezone.localdate())
    facts = still_asked(rulebook, project.site.facts) if project.site else {}
    return Pins(rulebook, facts, layers.queries.current(options.layers_read(rulebook)))


def manifest_of(row: Alternative) -> dict[str, dict[str, Any]]:
    """All layer versions that an alternative's check and figures read."""
    return dict(sorted({**row.figures["manifest"], **row.document["manifest"]}.items()))


def stale(rows: Sequence[Alternative], now: Pins) -> tuple[Notice, ...]:
    """Say what is newer than the alternatives' checks."""
    told: dict[str, Notice] = {}
    current = {code: (version.number, version.root_hash) for code, version in now.versions.items()}
    for row in rows:
        book = row.document["rulebook"]
        if (book["version"], book["sha256"]) != (now.rulebook.version, now.rulebook.sha256):
            told["rulebook"] = Notice(
                "stale-rulebook", "规则库已更新为第 %(version)s 版", {"version": now.rulebook.version}
            )
        if row.figures["facts"] != dict(now.facts):
            told["facts"] = Notice("stale-facts", "项目事实已修改")
        read = {code: (entry["version"], entry["root_hash"]) for code, entry in manifest_of(row).items()}
        for code in sorted({*read, *current}):
            if read.get(code) != current.get(code):
                version = now.versions.get(code)
                told[f"layer {code}"] = Notice(
                    "stale-layer", "图层“%(layer)s”已有第 %(version)s 版",
                    {"layer": version.layer_name if version else code, "version": version.number if version else 0},
                    field=code,
                )  # fmt: skip
    return tuple(told.values())


def alternative(user: User, pk: int, permission: Permission) -> Alternative:
    """One alternative that the user may see, or 404; 403 if they may see it but not do that to it."""
    rows = Alternative.objects.select_related("project__region", "project__site")
    return find(user, permission, rows, reading=Permission.READ_SITES, pk=pk)


def proposed(user: User, project: Project, given: Mapping[str, str]) -> Boundary | None:
    """The boundary that the editor is asked to begin from: a draft by ``alternative``, or by ``patch`` a suggestion.

    None where neither is named; 404 for one that isn't of this project, or that the user may not see.
    """
    rows: Mapping[str, tuple[QuerySet[Any], ScopePaths]] = {
        "alternative": (Alternative.objects.filter(project=project), Alternative.SCOPE),
        "patch": (SuggestedPatch.objects.filter(run__project=project), SuggestedPatch.SCOPE),
    }
    for name, (candidates, paths) in rows.items():
        key = given.get(name, "")
        if key:
            if not (key.isascii() and key.isdigit() and len(key) < 10):
                raise Http404
            row = find(user, Permission.READ_SITES, candidates, paths=paths, pk=int(key))
            return build(declared_from_json(row.declared))
    return None


def readable_codes(user: User, notices: Sequence[Notice]) -> set[str]:
    """Of the layers that notices are about (``field``), those that the user may know of."""
    return readable(user, {notice.field for notice in notices if notice.field is not None})


# --- the table in words ---------------------------------------------------------------------------


def table_head(compared: ProjectComparison) -> list[str]:
    """Heads of the table as an export: the criterion, its weight, then a column for each alternative."""
    return [gettext("指标"), gettext("权重"), gettext("单位"), *(row.name for row in compared.table.rows)]


def table_rows(compared: ProjectComparison) -> Iterator[list[Any]]:
    """The table as an export's rows: values, then scores, then the sums and ranks."""
    table = compared.table
    yield [gettext("椭球面积"), None, "m²", *(round(row.area_m2, 2) for row in table.rows)]
    for number, criterion in enumerate(table.criteria):
        yield [
            word(criterion.name),
            round(table.weights[criterion.code], 4),
            criterion.unit,
            *(value_words(row, number) for row in table.rows),
        ]
    for number, criterion in enumerate(table.criteria):
        name = gettext("%(name)s 得分") % {"name": word(criterion.name)}
        scores = (row.cells[number].score for row in table.rows)
        yield [name, None, "", *(None if score is None else round(score, 4) for score in scores)]
    yield [gettext("总分"), 1, "", *(round(row.score, 4) for row in table.rows)]
    yield [gettext("名次"), None, "", *(row.rank for row in table.rows)]
    yield [gettext("检查摘要"), None, "", *(row.digest for row in table.rows)]


def value_words(row: options.Row, number: int) -> Any:
    """One cell's value for a table: a number, the verdict's word, or why there is none."""
    cell = row.cells[number]
    if cell.reason is not None and cell.reason.code == WITHHELD:
        return sentence(cell.reason)
    if cell.reason is not None:
        return gettext("未检查：%(reason)s") % {"reason": sentence(cell.reason)}
    if cell.value is None:
        return str(wording.VERDICTS[Verdict(row.verdict)])
    return round(cell.value, 4 if abs(cell.value) < 10 else 2)
