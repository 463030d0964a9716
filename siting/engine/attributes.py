"""What the attributes of a feature must say for a rule to concern it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

ObjectArray = npt.NDArray[np.object_]
BoolArray = npt.NDArray[np.bool_]


class Comparison(StrEnum):
    """How an attribute is compared. Numbers are compared as numbers, everything else as text."""

    IS = "is"
    IS_NOT = "is_not"
    STARTS_WITH = "starts_with"
    CONTAINS = "contains"
    LESS = "lt"
    AT_MOST = "le"
    MORE = "gt"
    AT_LEAST = "ge"

    @property
    def is_numeric(self) -> bool:
        """Whether it needs a number on both sides."""
        return self in (Comparison.LESS, Comparison.AT_MOST, Comparison.MORE, Comparison.AT_LEAST)


def number(text: str) -> float | None:
    """Read a number as it stands in a file; None for what isn't a finite one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _same(value: str, wanted: str) -> bool:
    """Whether two texts are the same, or the same number (10 and 10.0)."""
    if value == wanted:
        return True
    if _is_code(value) or _is_code(wanted):
        return False
    one = number(value)
    return one is not None and one == number(wanted)


def _is_code(text: str) -> bool:
    """Whether digits are a code and no number: 01 isn't 1."""
    return len(text) > 1 and text.startswith("0") and text.isdigit()


_NUMERIC: Mapping[Comparison, Callable[[float, float], bool]] = {
    Comparison.LESS: lambda value, limit: value < limit,
    Comparison.AT_MOST: lambda value, limit: value <= limit,
    Comparison.MORE: lambda value, limit: value > limit,
    Comparison.AT_LEAST: lambda value, limit: value >= limit,
}


@dataclass(frozen=True)
class AttributeClause:
    """A feature counts if its ``field`` stands so to one of ``values`` (``is_not``: to none of them).

    Raises
    ------
    ValueError
        Without a field or values, or if a numeric comparison has something else than one number.
    """

    field: str
    op: Comparison
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.field or not self.values:
            raise ValueError("an attribute clause needs a field and values")
        if self.op.is_numeric and (len(self.values) != 1 or number(self.values[0]) is None):
            raise ValueError(f"{self.op.value} compares with one number")

    def holds(self, value: str) -> bool | None:
        """Say whether it holds for a value; None where the value doesn't tell (empty, or no number)."""
        if value == "":
            return None
        if self.op.is_numeric:
            given, limit = number(value), number(self.values[0])
            return None if given is None or limit is None else _NUMERIC[self.op](given, limit)
        match self.op:
            case Comparison.STARTS_WITH:
                return value.startswith(self.values)
            case Comparison.CONTAINS:
                return any(wanted in value for wanted in self.values)
            case _:
                return any(_same(value, wanted) for wanted in self.values) is (self.op is Comparison.IS)

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON-ready data."""
        return {"field": self.field, "op": str(self.op), "values": list(self.values)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AttributeClause:
        """Read it from such data; values may be text or numbers."""
        values = data["values"] if isinstance(data["values"], list | tuple) else [data["values"]]
        return cls(data["field"], Comparison(data["op"]), tuple(_text(value) for value in values))


def _text(value: object) -> str:
    """As a layer's attributes are read: yes and no are true and false, a whole number has no point."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def matching(
    clauses: Sequence[AttributeClause], attributes: Mapping[str, ObjectArray], count: int
) -> tuple[BoolArray, BoolArray]:
    """Say which of ``count`` features the clauses select, and of which they can't tell.

    Parameters
    ----------
    clauses
        All must hold.
    attributes
        By field: object array (count,) of text, None or empty where the feature says nothing. A field that
        isn't there at all is said by no feature.

    Returns
    -------
    selected, unknown : bool (count,)
        Never both. One clause that doesn't hold leaves a feature out, whatever the others can't tell.
    """
    selected, unknown = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    for clause in clauses:
        column = attributes.get(clause.field)
        values = [None] * count if column is None else column.tolist()
        answers = {
            value: None if value is None else clause.holds(str(value).strip()) for value in set(values)
        }
        holds = [answers[value] for value in values]
        selected &= np.array([answer is not False for answer in holds], dtype=bool)
        unknown |= np.array([answer is None for answer in holds], dtype=bool)
    return selected & ~unknown, selected & unknown
