"""What counts as a fault, read from limits.toml beside this file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PATH = Path(__file__).with_name("limits.toml")


@dataclass(frozen=True)
class Repaired:
    changed_m2: float
    changed_share: float


@dataclass(frozen=True)
class Overlap:
    width_m: float
    grave_m2: float


@dataclass(frozen=True)
class Gap:
    width_m: float
    small_m2: float
    narrow_m: float
    largest_m2: float


@dataclass(frozen=True)
class Sliver:
    width_m: float


@dataclass(frozen=True)
class Spike:
    angle_deg: float
    length_m: float


@dataclass(frozen=True)
class Tiny:
    area_m2: float


@dataclass(frozen=True)
class Outside:
    width_m: float


@dataclass(frozen=True)
class Area:
    absolute_m2: float
    share: float
    grave_share: float


@dataclass(frozen=True)
class Limits:
    """Metres, m², degrees; what each number means stands beside it in limits.toml."""

    repaired: Repaired
    overlap: Overlap
    gap: Gap
    sliver: Sliver
    spike: Spike
    tiny: Tiny
    outside: Outside
    area: Area


Thresholds = dict[
    str, dict[str, dict[str, float]]
]  # kind of finding → "reason" or "refuse" → measure → from where on


def _read() -> tuple[Limits, dict[str, Thresholds]]:
    data: dict[str, Any] = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    thresholds = data.pop("thresholds")
    kinds = {
        "repaired": Repaired, "overlap": Overlap, "gap": Gap, "sliver": Sliver, "spike": Spike, "tiny": Tiny,
        "outside": Outside, "area": Area,
    }  # fmt: skip
    return Limits(**{name: kinds[name](**values) for name, values in data.items()}), thresholds


LIMITS, THRESHOLDS = _read()
