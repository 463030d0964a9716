"""What alternatives are compared by, as data with its scales and usual weights."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from siting.engine.notices import Notice, UnusableInput

_DATA = Path(__file__).with_name("criteria.toml")
MAX_WEIGHT = 100.0

Kind = Literal["verdict", "severity", "land", "layer", "raster", "nearest", "area", "compactness"]


@dataclass(frozen=True)
class Criterion:
    """One criterion; see criteria.toml for what the fields mean."""

    code: str
    name: str
    kind: Kind
    weight: float
    unit: str = ""
    best: float = 1.0
    worst: float = 0.0
    severity: str = ""
    layer: str = ""
    classes: tuple[str, ...] = ()
    search: float = 0.0
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def score(self, measure: float) -> float:
        """Score a measure (of areas their share): 1 at ``best`` and beyond, 0 at ``worst`` and beyond."""
        return min(1.0, max(0.0, (measure - self.worst) / (self.best - self.worst)))


@cache
def criteria() -> tuple[Criterion, ...]:
    """All criteria, in the table's order."""
    entries: list[dict[str, Any]] = tomllib.loads(_DATA.read_text("utf-8"))["criterion"]
    return tuple(
        Criterion(
            **{
                **entry,
                "classes": tuple(entry.get("classes", ())),
                "values": MappingProxyType(entry.get("values", {})),
            }
        )
        for entry in entries
    )


def usual_weights() -> dict[str, float]:
    """The weights to begin with, by criterion."""
    return {criterion.code: criterion.weight for criterion in criteria()}


def read_weights(given: Mapping[str, Any]) -> dict[str, float]:
    """Check weights that a person gives; a criterion that is left out keeps its usual weight.

    Raises
    ------
    UnusableInput
        An unknown criterion, a weight that is no number from 0 to 100, or none that counts; ``field`` names it.
    """
    weights, problems = usual_weights(), []
    for code, value in given.items():
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = float("nan")
        if code not in weights:
            problems.append(
                Notice(
                    "criterion-unknown", "没有比选指标“%(code)s”", {"code": str(code)[:60]}, field="weights"
                )
            )
        elif isinstance(value, bool) or not isfinite(number) or not 0 <= number <= MAX_WEIGHT:
            problems.append(
                Notice(
                    "weight-range",
                    "权重应为 0 到 %(limit)s 之间的数",
                    {"limit": "100"},
                    field=f"weights.{code}",
                )
            )
        else:
            weights[code] = number
    if not problems and sum(weights.values()) <= 0:
        problems.append(Notice("weights-all-zero", "至少有一项权重大于 0", field="weights"))
    if problems:
        raise UnusableInput(*problems)
    return weights
