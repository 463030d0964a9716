"""Drawing experts so that anyone can draw again: pure functions of the candidates, the seed and what is wanted.

The draw, ``sha256-order-1``:

1. The candidates are fixed first: those who may review, each with a key (their number in the register) and their
   specialities. `committed` is the SHA-256 of that list, which stands in the trail before there is a seed.
2. A seed of 256 random bits is made. Each candidate's place is SHA-256(seed ‖ ":" ‖ key) as a number; the smallest
   comes first. Nobody can choose a key or a seed so that a certain person comes first.
3. In that order everybody is taken for whom a seat is left, moving those taken before to another of their specialities
   where that makes room (augmenting paths: Kuhn 1955). So all seats are filled whenever that is possible, and with one
   speciality each every set of experts is equally likely.
4. Whoever declines is followed by the first of the same order who has the speciality and was not taken yet.

>>> seed = "00" * 32
>>> draw({"water": 1}, [Candidate("E1", ("water",)), Candidate("E2", ("law",))], seed)
{'E1': 'water'}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ALGORITHM = "sha256-order-1"


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be drawn: ``key`` is what is hashed, the number in the register."""

    key: str
    specialities: tuple[str, ...]


class TooFew(ValueError):
    """Seats stay empty; ``missing`` says how many by speciality."""

    def __init__(self, missing: Mapping[str, int]) -> None:
        self.missing = dict(missing)
        super().__init__(f"too few candidates: {self.missing}")


def committed(candidates: Iterable[Candidate]) -> str:
    """SHA-256 (hex) of the list of candidates: JSON, sorted by key, UTF-8, without spaces."""
    rows = sorted([candidate.key, sorted(candidate.specialities)] for candidate in candidates)
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def place(seed: str, key: str) -> str:
    """Where a candidate comes: SHA-256 (hex) of seed and key, smallest first."""
    return hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()


def order(candidates: Iterable[Candidate], seed: str) -> list[Candidate]:
    """The candidates as the seed orders them; the key decides between equal places."""
    return sorted(candidates, key=lambda candidate: (place(seed, candidate.key), candidate.key))


def draw(wanted: Mapping[str, int], candidates: Iterable[Candidate], seed: str) -> dict[str, str]:
    """Draw: candidate's key → speciality that they sit for, in the order of the draw.

    Parameters
    ----------
    wanted
        How many experts by speciality.

    Raises
    ------
    TooFew
        The candidates can't fill the seats, however they are placed.
    """
    left = {speciality: number for speciality, number in wanted.items() if number > 0}
    ordered = order(candidates, seed)
    specialities = {candidate.key: candidate.specialities for candidate in ordered}
    taken: dict[str, str] = {}

    def seat(key: str, tried: set[str]) -> bool:
        for speciality in sorted(set(specialities[key]) & left.keys() - tried):
            tried.add(speciality)
            sitting = [other for other, theirs in taken.items() if theirs == speciality]
            if len(sitting) < left[speciality] or any(seat(other, tried) for other in sitting):
                taken[key] = speciality
                return True
        return False

    for candidate in ordered:
        if len(taken) == sum(left.values()):
            break
        seat(candidate.key, set())
    missing = {
        speciality: number - sum(theirs == speciality for theirs in taken.values())
        for speciality, number in left.items()
    }
    if any(missing.values()):
        raise TooFew({speciality: number for speciality, number in missing.items() if number})
    return {candidate.key: taken[candidate.key] for candidate in ordered if candidate.key in taken}


def successor(
    speciality: str, candidates: Sequence[Candidate], seed: str, gone: Iterable[str]
) -> Candidate | None:
    """Who follows someone that declined: the first of the order with the speciality who is not among ``gone``."""
    away = set(gone)
    return next(
        (
            candidate
            for candidate in order(candidates, seed)
            if speciality in candidate.specialities and candidate.key not in away
        ),
        None,
    )
