"""The sums of a comparison as a page's tables: in 公顷, and so that every row adds up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from siting.models import PlanComparison

_PARTS = ("agreed_m2", "conflict_m2", "only_m2", "not_overlaid_m2")
_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class Sum:
    """One line: a class (or all of a plan) and what becomes of its ground, 公顷; `rest` is what rounding takes."""

    code: str
    label: str
    unlisted: bool
    ground: Decimal
    agreed: Decimal
    conflict: Decimal
    only: Decimal
    not_overlaid: Decimal
    rest: Decimal
    doubled: Decimal


@dataclass(frozen=True)
class Plan:
    """A plan's lines and their total."""

    side: str
    layer: str
    total: Sum
    classes: list[Sum]


@dataclass(frozen=True)
class Cell:
    """Ground of one class on another, 公顷; `share` of the largest conflict, 0 to 4, for its shade."""

    class_b: str
    hectares: Decimal
    conflicting: bool
    shade: int
    pair: str


def _hectares(m2: float) -> Decimal:
    return (Decimal(repr(m2)) / 10_000).quantize(_STEP)


def _sum(data: dict[str, Any], code: str, label: str, unlisted: bool) -> Sum:
    ground = _hectares(data["ground_m2"])
    agreed, conflict, only, lost = (_hectares(data[name]) for name in _PARTS)
    rest = ground - agreed - conflict - only - lost
    return Sum(
        code, label, unlisted, ground, agreed, conflict, only, lost, rest, _hectares(data["doubled_m2"])
    )


def reconciliation(row: PlanComparison) -> list[Plan]:
    """Of either plan: its ground = agreed + conflicting + only in it + not overlaid."""
    found = []
    for side, version in (("a", row.version_a), ("b", row.version_b)):
        data = row.totals[side]
        classes = [_sum(one, one["class"], one["label"], one["unlisted"]) for one in data["classes"]]
        found.append(Plan(side, version.layer_name, _sum(data, "", "", False), classes))
    return found


def matrix(row: PlanComparison) -> dict[str, Any]:
    """Class × class, only classes that the plans share ground in."""
    totals = row.totals
    columns, rows = totals["b"]["classes"], totals["a"]["classes"]
    table, flags = totals["matrix"], totals["conflicting"]
    used = [j for j in range(len(columns)) if any(line[j] > 0 for line in table)]
    largest = max(
        (value for i, line in enumerate(table) for j, value in enumerate(line) if flags[i][j]), default=0.0
    )
    lines = []
    for i, head in enumerate(rows):
        if not any(table[i]):
            continue
        cells = [
            Cell(
                columns[j]["class"], _hectares(table[i][j]), flags[i][j],
                _shade(table[i][j], largest) if flags[i][j] else 0, f"{head['class']}|{columns[j]['class']}",
            )
            for j in used
        ]  # fmt: skip
        lines.append({"head": head, "cells": cells})
    return {"columns": [columns[j] for j in used], "rows": lines}


def _shade(value: float, largest: float) -> int:
    if value <= 0 or largest <= 0:
        return 0
    share = value / largest
    return 4 if share > 0.5 else 3 if share > 0.1 else 2 if share > 0.01 else 1
