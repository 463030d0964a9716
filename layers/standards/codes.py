"""Code lists, one TOML file each in data/codes/."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

CLASSIFICATIONS = ("survey", "planning2023")  # the systems whose codes look alike and mean different things
_FOLDER = Path(__file__).with_name("data") / "codes"


@dataclass(frozen=True)
class CodeList:
    """The codes of one system with their labels, `source` saying where they are from.

    `groups` are coarser classes (for the land survey: built, farmed, unused land) by the pattern that their codes begin
    with.
    """

    system: str
    name: str
    codes: Mapping[str, str]
    source: str
    aliases: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)

    def group(self, code: str) -> str | None:
        """The group of a code; None where it has none."""
        return next((name for name, begins in self.groups.items() if re.match(f"(?:{begins})", code)), None)


@cache
def _lists() -> dict[str, CodeList]:
    result = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        result[data["system"]] = CodeList(
            system=data["system"], name=data["name"], source=data["source"], aliases=tuple(data["aliases"]),
            codes=MappingProxyType(data["codes"]), groups=MappingProxyType(data.get("groups", {})),
        )  # fmt: skip
    return result


def code_lists() -> tuple[CodeList, ...]:
    return tuple(_lists().values())


def code_list(system: str) -> CodeList | None:
    """The list of a system, or of another name for it; None where none is known."""
    lists = _lists()
    return lists.get(system) or next((one for one in lists.values() if system in one.aliases), None)
