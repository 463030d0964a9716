"""Damaged and hostile files, made afresh: what each is called, how it is made, and how reading it must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Maker = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """A file and its end: refused with one of these codes, or read with so many features and just these notices."""

    make: Maker
    refused: frozenset[str] = frozenset()
    features: int | None = None
    notices: frozenset[str] = frozenset()
    options: dict[str, object] = field(default_factory=dict)  # answers of the person who reads it


CASES: dict[str, Case] = {}


def refused(*codes: str, name: str = "", **options: object) -> Callable[[Maker], Maker]:
    """Register a file that is refused with one of these codes."""

    def register(make: Maker) -> Maker:
        _add(name or make.__name__, Case(make, refused=frozenset(codes), options=options))
        return make

    return register


def read(features: int, *notices: str, name: str = "", **options: object) -> Callable[[Maker], Maker]:
    """Register a file that is read, with what is said about it."""

    def register(make: Maker) -> Maker:
        _add(
            name or make.__name__, Case(make, features=features, notices=frozenset(notices), options=options)
        )
        return make

    return register


def _add(name: str, case: Case) -> None:
    assert name not in CASES, name
    CASES[name] = case
