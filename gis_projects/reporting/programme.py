"""Five systems, eight functions, ten databases (F369): where each is, and how much the databases hold."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from gis_projects.library.queries.databases import Holdings, overview
from gis_projects.people.models import User

_FILE = Path(__file__).parent / "data" / "programme.toml"


@dataclass(frozen=True)
class Part:
    """One system or function. ``pages`` are names of addresses, the first its main one."""

    code: str
    name: str
    name_en: str
    pages: tuple[str, ...]
    for_leaders: bool = False

    @property
    def label(self) -> str:
        """The name in the language of the moment."""
        return self.name_en if (get_language() or "").startswith("en") else self.name

    def addresses(self) -> list[str]:
        """Raises `NoReverseMatch` for a page that there isn't."""
        return [reverse(page) for page in self.pages]


@cache
def _data() -> dict[str, Any]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


def systems() -> tuple[Part, ...]:
    return tuple(
        Part(row["code"], row["name"], row["name_en"], tuple(row["pages"])) for row in _data()["system"]
    )


def functions() -> tuple[Part, ...]:
    """In their order; the first five serve leaders (F370)."""
    return tuple(
        Part(
            str(row["number"]),
            row["name"],
            row["name_en"],
            tuple(row["pages"]),
            row.get("for_leaders", False),
        )
        for row in _data()["function"]
    )


def databases(user: User) -> list[Holdings]:
    """The ten with what they hold for a reader, as `library.queries.databases` counts them."""
    return overview(user)
