"""Field standards, one TOML file each in data/fields/."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("data") / "fields"
KINDS = ("text", "integer", "number")
ROLES = ("key", "class", "name", "area")
ARRANGEMENTS = ("coverage", "zones", "any")


@dataclass(frozen=True)
class Field:
    """One column. `kind` is text, integer or number; `length` counts characters; `pattern` is for the whole text.

    `code_list` names the system that its codes are from. `role` says what it is to a feature: its key, class, name,
    or declared area. `unit` is that of an area (m2, ha, km2, mu); without it files have it in any of them. `aliases`
    are other names that files have for it.
    """

    name: str
    label: str
    kind: str
    required: bool
    length: int | None
    code_list: str | None
    role: str | None
    pattern: str | None
    unit: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Standard:
    """The columns of one kind of layer.

    `arrangement` says how its features lie: a ``"coverage"`` leaves neither gaps nor overlaps, ``"zones"`` stand where
    an authority drew them, of ``"any"`` other nothing is known.
    """

    code: str
    name: str
    fields: tuple[Field, ...]
    class_system: str
    arrangement: str
    source: str
    aliases: tuple[str, ...]

    def field(self, role: str) -> Field | None:
        """The field with this role."""
        return next((field for field in self.fields if field.role == role), None)


def _field(data: dict[str, Any]) -> Field:
    return Field(
        name=data["name"], label=data["label"], kind=data["kind"], required=data.get("required", False),
        length=data.get("length"), code_list=data.get("codes"), role=data.get("role"),
        pattern=data.get("pattern"), unit=data.get("unit"), aliases=tuple(data.get("aliases", ())),
    )  # fmt: skip


@cache
def _standards() -> dict[str, Standard]:
    result = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        data["fields"] = tuple(map(_field, data.pop("field")))
        data["aliases"] = tuple(data["aliases"])
        result[data["code"]] = Standard(**data)
    return result


def all_standards() -> tuple[Standard, ...]:
    return tuple(_standards().values())


def get(code: str) -> Standard | None:
    """The standard of this code, or of another name for it; None where there is none."""
    found = _standards()
    return found.get(code) or next((one for one in found.values() if code in one.aliases), None)
