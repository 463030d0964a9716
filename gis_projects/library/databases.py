"""The ten databases as data: `data/databases.toml`, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

_FILE = Path(__file__).parent / "data" / "databases.toml"


@dataclass(frozen=True)
class Term:
    """One word of a list: what is stored, and what people read."""

    code: str
    name: str
    name_en: str

    @property
    def label(self) -> str:
        """The name in the language of the moment."""
        return self.name_en if (get_language() or "").startswith("en") else self.name


@dataclass(frozen=True)
class Database(Term):
    """One of the ten: ``parts`` say what within it a member belongs to, ``stages`` how far it has come there."""

    number: int
    about_zh: str
    about_en: str
    parts: tuple[Term, ...]
    stages: tuple[Term, ...] = ()

    @property
    def about(self) -> str:
        return self.about_en if (get_language() or "").startswith("en") else self.about_zh

    def part(self, code: str) -> Term | None:
        return next((term for term in self.parts if term.code == code), None)

    def stage(self, code: str) -> Term | None:
        return next((term for term in self.stages if term.code == code), None)


@cache
def _data() -> dict[str, Any]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def _terms(rows: list[dict[str, str]]) -> tuple[Term, ...]:
    return tuple(Term(row["code"], row["name"], row["name_en"]) for row in rows)


def _database(row: dict[str, Any]) -> Database:
    return Database(
        row["code"],
        row["name"],
        row["name_en"],
        row["number"],
        row["about"],
        row["about_en"],
        _terms(row["parts"]),
        _terms(row.get("stages", [])),
    )


@cache
def project_databases() -> dict[str, Database]:
    """The seven databases of projects, by code, in their order."""
    return {row["code"]: _database(row) for row in _data()["database"]}


@cache
def registers() -> dict[str, Database]:
    """The three registers that support decisions, by code, in their order."""
    return {row["code"]: _database(row) for row in _data()["register"]}


@cache
def specialities() -> dict[str, Term]:
    """What experts know, by code."""
    return {term.code: term for term in _terms(_data()["speciality"])}


@cache
def purposes() -> dict[str, Term]:
    """What experts are asked for, by code."""
    return {term.code: term for term in _terms(_data()["purpose"])}


def choices(terms: Mapping[str, Term] | tuple[Term, ...]) -> list[tuple[str, str]]:
    """For a form, in the language of the moment."""
    found = terms if isinstance(terms, tuple) else terms.values()
    return [(term.code, term.label) for term in found]
