"""Alternatives in one table: values, scores, weighted sums, ranks, and whether the first stays first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from siting.engine.notices import Notice
from siting.engine.verdict import Verdict
from siting.options.criteria import Criterion, criteria

SWAY = 0.2
"""A weight is tried this much smaller and larger (as a share of itself)."""


@dataclass(frozen=True)
class Candidate:
    """One alternative as it is compared: its check's verdict and digest, and `figures`."""

    key: int
    name: str
    area_m2: float
    verdict: str
    digest: str
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One criterion of one alternative.

    ``value`` is in the criterion's unit (None: not checked, or the verdict), ``share`` its part of the site (of the
    required area, of ``area``), ``score`` from 0 to 1 (None: not checked, which adds nothing), ``contribution`` the
    score times the weight's part of all weights. ``reason`` says why it is not checked.
    """

    criterion: str
    value: float | None
    share: float | None
    score: float | None
    contribution: float
    reason: Notice | None = None


@dataclass(frozen=True)
class Row:
    """One alternative in the table. ``score`` (0 to 1) is the sum of the contributions; ``rank`` counts from 1."""

    key: int
    name: str
    area_m2: float
    verdict: str
    digest: str
    cells: tuple[Cell, ...]
    score: float
    rank: int


@dataclass(frozen=True)
class Sway:
    """Who is first (`Row.key`) with one weight changed by ``factor``."""

    criterion: str
    factor: float
    first: int
    changes: bool


@dataclass(frozen=True)
class Comparison:
    """The whole table.

    ``weights`` are parts of 1 by criterion, in the order of ``criteria``; ``rows`` in the order given.
    """

    criteria: tuple[Criterion, ...]
    weights: Mapping[str, float]
    required_m2: float | None
    rows: tuple[Row, ...]
    sways: tuple[Sway, ...]

    @property
    def first(self) -> Row | None:
        """The alternative of rank 1."""
        return min(self.rows, key=lambda row: row.rank, default=None)

    @property
    def steady(self) -> bool:
        """Whether no single weight, changed by a fifth, makes another alternative the first."""
        return not any(sway.changes for sway in self.sways)


def compare(
    candidates: Sequence[Candidate], weights: Mapping[str, float], required_m2: float | None = None
) -> Comparison:
    """Compare alternatives.

    Parameters
    ----------
    candidates
        Checked under one rulebook and one set of layer versions.
    weights
        By criterion, not negative, any sum; from `criteria.read_weights`.
    required_m2
        Ground that the project needs. Where that isn't known, its criterion has no weight.

    Returns
    -------
    Comparison
        An alternative that is prohibited ranks behind all that are not, whatever it scores: the law isn't weighed.
        Equal scores share a rank.
    """
    shares = normalised(weights, required_m2)
    scored = [
        (candidate, [_cell(criterion, candidate, required_m2) for criterion in criteria()])
        for candidate in candidates
    ]
    ranks = _ranks(scored, shares)
    rows = tuple(_row(candidate, cells, shares, ranks[candidate.key]) for candidate, cells in scored)
    sways = []
    first = _first(ranks)
    for code, share in shares.items():
        for factor in (1 - SWAY, 1 + SWAY):
            if share > 0 and first is not None:
                changed = normalised({**shares, code: share * factor}, required_m2)
                leading = _ranks(scored, changed)
                # Who shares the first place is still first.
                now = first if leading[first] == 1 else _first(leading)
                assert now is not None, "somebody is first"
                sways.append(Sway(code, round(factor, 2), now, now != first))
    return Comparison(criteria(), shares, required_m2, rows, tuple(sways))


def normalised(weights: Mapping[str, float], required_m2: float | None) -> dict[str, float]:
    """Weights as parts of 1, in the order of the criteria; without a known need its criterion has none."""
    counted = {
        criterion.code: 0.0
        if criterion.kind == "area" and required_m2 is None
        else weights.get(criterion.code, 0.0)
        for criterion in criteria()
    }
    total = sum(counted.values())
    return {code: weight / total if total > 0 else 0.0 for code, weight in counted.items()}


def _cell(criterion: Criterion, candidate: Candidate, required_m2: float | None) -> Cell:
    if criterion.kind == "verdict":
        return Cell(criterion.code, None, None, criterion.values[candidate.verdict], 0.0)
    if criterion.kind == "area":
        if required_m2 is None:
            reason = Notice("need-unknown", "未填写所需用地面积")
            return Cell(criterion.code, None, None, None, 0.0, reason)
        off = candidate.area_m2 - required_m2
        share = abs(off) / required_m2
        return Cell(criterion.code, off, share, criterion.score(share), 0.0)
    value = candidate.figures["values"].get(criterion.code)
    if value is None:
        why = candidate.figures["reasons"].get(criterion.code)
        reason = (
            Notice(why.get("code", "not-checked"), why["template"], why["params"])
            if why
            else Notice("not-checked", "未检查")
        )
        return Cell(criterion.code, None, None, None, 0.0, reason)
    if criterion.kind in ("severity", "land", "layer"):
        share = value / candidate.area_m2
        return Cell(criterion.code, value, share, criterion.score(share), 0.0)
    return Cell(criterion.code, value, None, criterion.score(value), 0.0)


def _total(cells: Sequence[Cell], shares: Mapping[str, float]) -> float:
    return sum(shares[cell.criterion] * (cell.score or 0.0) for cell in cells)


def _ranks(scored: Sequence[tuple[Candidate, Sequence[Cell]]], shares: Mapping[str, float]) -> dict[int, int]:
    order = {
        candidate.key: (candidate.verdict == Verdict.PROHIBITED, -round(_total(cells, shares), 9))
        for candidate, cells in scored
    }
    return {key: 1 + sum(other < own for other in order.values()) for key, own in order.items()}


def _first(ranks: Mapping[int, int]) -> int | None:
    return min(ranks, key=lambda key: (ranks[key], key), default=None)


def _row(candidate: Candidate, cells: Sequence[Cell], shares: Mapping[str, float], rank: int) -> Row:
    weighed = tuple(
        replace(cell, contribution=shares[cell.criterion] * (cell.score or 0.0)) for cell in cells
    )
    return Row(
        candidate.key, candidate.name, candidate.area_m2, candidate.verdict, candidate.digest, weighed,
        sum(cell.contribution for cell in weighed), rank,
    )  # fmt: skip
