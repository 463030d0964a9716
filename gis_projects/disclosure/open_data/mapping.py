"""How our words are said in OC4IDS: `data/mapping.toml`, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Mapping:
    """``status``: stage → code; ``sector``: section of industry → codes; ``schemes``: what a list is called."""

    status: dict[str, str]
    sector: dict[str, list[str]]
    schemes: dict[str, str]


@cache
def mapping() -> Mapping:
    return Mapping(**tomllib.loads((DATA / "mapping.toml").read_text()))
