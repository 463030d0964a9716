"""Experts' scores as one figure: pure arithmetic in Decimal, rounded half-up to two decimals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FULL = Decimal(100)


def total(scores: Mapping[int, Decimal], weights: Mapping[int, Decimal]) -> Decimal:
    """One expert's weighted total, 0 to 100: Σ score × weight / 100 over all criteria.

    Raises
    ------
    ValueError
        A criterion has no score, a score has no criterion, or the weights don't add up to 100.
    """
    if scores.keys() != weights.keys():
        raise ValueError("scores and criteria differ")
    if sum(weights.values(), Decimal(0)) != FULL:
        raise ValueError("weights don't add up to 100")
    return rounded(sum((scores[key] * weights[key] for key in weights), Decimal(0)) / FULL)


def together(totals: Sequence[Decimal], *, trimmed: bool) -> Decimal:
    """The experts' totals as one: their mean, or without one highest and one lowest where at least three remain to be
    told apart (with fewer nothing would be left to average).
    """
    if not totals:
        raise ValueError("nobody has scored")
    kept: Iterable[Decimal] = sorted(totals)[1:-1] if trimmed and len(totals) >= 3 else totals
    kept = list(kept)
    return rounded(sum(kept, Decimal(0)) / len(kept))


def rounded(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)
