"""How alike two projects are: by name, by content and by place. Pure; which to compare is for a query to say.

Chinese has no spaces to find words by, so texts are compared by their pairs of neighbouring characters, as the Dice
coefficient: twice the pairs they share by the pairs they have.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Aspect(StrEnum):
    """What two projects are compared by."""

    NAME = "name"
    CONTENT = "content"
    PLACE = "place"


#: How much each aspect counts. What isn't known of both projects counts nothing, and the others for the whole.
WEIGHTS: Mapping[Aspect, float] = {Aspect.NAME: 0.45, Aspect.CONTENT: 0.25, Aspect.PLACE: 0.30}
#: Metres at which two places are half alike.
HALF_ALIKE_M = 250.0
_LONGEST = 2_000  # characters of a text that are compared


@dataclass(frozen=True)
class Part:
    """One aspect: how alike, 0 to 1 (None: not known of both), and what of the whole score it gives, 0 to 100."""

    aspect: Aspect
    likeness: float | None
    points: float


@dataclass(frozen=True)
class Similarity:
    """``score`` is 0 to 100, the sum of its parts' points; ``distance_m`` what the place's part stands on."""

    score: float
    parts: tuple[Part, ...]
    distance_m: float | None


def similarity(
    one: tuple[str, str],
    other: tuple[str, str],
    distance_m: float | None,
    weights: Mapping[Aspect, float] = WEIGHTS,
) -> Similarity:
    """Compare two projects.

    Parameters
    ----------
    one, other
        Name and content of each; empty content is not known.
    distance_m
        Between them in metres, 0 where they overlap; None where a place isn't known.

    Returns
    -------
    Similarity
        The same both ways round; 100 for equal texts at one place; never more for a greater distance.
    """
    likeness = {
        Aspect.NAME: texts_alike(one[0], other[0]),
        Aspect.CONTENT: texts_alike(one[1], other[1]),
        Aspect.PLACE: None if distance_m is None else places_alike(distance_m),
    }
    known = sum(weights[aspect] for aspect, value in likeness.items() if value is not None)
    parts = tuple(
        Part(aspect, value, 0.0 if value is None else 100.0 * weights[aspect] / known * value)
        for aspect, value in likeness.items()
    )
    return Similarity(round(sum(part.points for part in parts), 6), parts, distance_m)


def texts_alike(one: str, other: str) -> float | None:
    """Dice coefficient of two texts' pairs of characters, None where one says nothing."""
    first, second = _pairs(one), _pairs(other)
    if not first or not second:
        return None
    shared = sum((first & second).values())
    return 2.0 * shared / (first.total() + second.total())


def places_alike(distance_m: float) -> float:
    """1 at one place, one half `HALF_ALIKE_M` apart, falling with the square of the distance."""
    return 1.0 / (1.0 + (distance_m / HALF_ALIKE_M) ** 2)


def _pairs(text: str) -> Counter[str]:
    """Pairs of neighbouring letters and figures; the beginning and the end count as signs of their own."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
    letters = [sign for sign in plain if unicodedata.category(sign)[0] in "LN"]
    if not letters:
        return Counter()
    framed = ["\x02", *letters, "\x03"]
    return Counter(a + b for a, b in pairwise(framed))
