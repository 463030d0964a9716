"""The tripartite checklist as data: its three parties and their points."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gis_projects.argument.routing.reading import Named, said

PATH = Path(__file__).resolve().parent / "data" / "checklist.toml"
PASSING = ("yes", "na")
ANSWERS = ("yes", "no", "na")


@dataclass(frozen=True)
class Party(Named):
    """One of the three; ``function`` is empty where the unit is chosen for each checklist."""

    function: str = ""
    points: tuple[Named, ...] = ()


@dataclass(frozen=True)
class List:
    name: str
    name_en: str
    parties: tuple[Party, ...]

    def __str__(self) -> str:
        return said(self.name, self.name_en)

    def party(self, code: str) -> Party:
        return next(party for party in self.parties if party.code == code)


@lru_cache(maxsize=1)
def default() -> dict[str, Any]:
    """The list that new checklists take."""
    return tomllib.loads(PATH.read_text("utf-8"))


def read(content: dict[str, Any]) -> List:
    """A checklist's list as it was when it was opened."""
    return List(
        content["name"],
        content.get("name_en", ""),
        tuple(
            Party(
                entry["code"],
                entry["name"],
                entry.get("name_en", ""),
                entry.get("function", ""),
                tuple(
                    Named(point["code"], point["name"], point.get("name_en", "")) for point in entry["points"]
                ),
            )
            for entry in content["party"]
        ),
    )
