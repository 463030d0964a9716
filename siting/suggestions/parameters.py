"""What a search for sites is asked: size and shape, region, which rules count, what is preferred."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from math import isfinite, pi
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from siting.engine.notices import Notice, UnusableInput
from siting.engine.suitability import Demand
from siting.engine.verdict import Severity
from siting.rulebook import PinnedRulebook

_DEFAULTS = Path(__file__).with_name("preferences.toml")
MAX_CELLS = 100_000_000
MAX_PATCHES = 20
_NO_VALUES: Mapping[str, float] = MappingProxyType({})

Kind = Literal["raster", "nearness", "classes"]


@dataclass(frozen=True)
class Preference:
    """One thing that makes ground better or worse; see preferences.toml for what the fields mean."""

    code: str
    name: str
    kind: Kind
    layer: str
    weight: float
    unit: str = ""
    classes: tuple[str, ...] = ()
    best: float = 0.0
    worst: float = 0.0
    values: Mapping[str, float] = field(default_factory=lambda: _NO_VALUES)

    @property
    def reach_m(self) -> float:
        """How far around a cell its score looks, m."""
        return max(self.best, self.worst) if self.kind == "nearness" else 0.0

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data, all of it: a stored search doesn't change with the defaults."""
        return {
            **asdict(replace(self, values={})),
            "classes": list(self.classes),
            "values": dict(self.values),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preference:
        """Undo `to_json`; what is left out has its default."""
        values = MappingProxyType(dict(data.get("values", {})))
        return cls(**{**data, "classes": tuple(data.get("classes", ())), "values": values})


@cache
def preferences() -> tuple[Preference, ...]:
    """The preferences that are offered, with their usual weights."""
    data = tomllib.loads(_DEFAULTS.read_text("utf-8"))
    return tuple(Preference.from_json(entry) for entry in data["preference"])


@dataclass(frozen=True)
class Parameters:
    """One search.

    Attributes
    ----------
    demand
        Size, shape and number of patches.
    cell_m, azimuth_deg
        Of the grid: 10 to 30 m, and by how much it is turned clockwise from grid north (0 to less than 90).
    preferences
        With their weights; those without weight are left out.
    optional
        Codes of restricted and conditional rules whose ground is ruled out too. Prohibited ones always are.
    past_unchecked
        Go on where a rule's layer can't be asked; the patches then say which rules nobody has checked. Otherwise
        such ground is ruled out.
    """

    demand: Demand
    cell_m: float
    azimuth_deg: float
    preferences: tuple[Preference, ...]
    optional: frozenset[str]
    past_unchecked: bool

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            **asdict(self.demand),
            "cell_m": self.cell_m,
            "azimuth_deg": self.azimuth_deg,
            "preferences": [preference.to_json() for preference in self.preferences],
            "optional": sorted(self.optional),
            "past_unchecked": self.past_unchecked,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Parameters:
        """Undo `to_json`."""
        return cls(
            demand=Demand(**{name: data[name] for name in Demand.__dataclass_fields__}),
            cell_m=data["cell_m"],
            azimuth_deg=data["azimuth_deg"],
            preferences=tuple(Preference.from_json(entry) for entry in data["preferences"]),
            optional=frozenset(data["optional"]),
            past_unchecked=data["past_unchecked"],
        )


#: Field: least, greatest, usual value.
LIMITS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "area_m2": (100.0, 50_000_000.0, 50_000.0),
        "tolerance": (0.02, 0.5, 0.1),
        "least_width_m": (10.0, 5_000.0, 60.0),
        "compactness": (0.05, pi / 4, 0.4),
        "aspect": (1.0, 20.0, 4.0),
        "count": (1, MAX_PATCHES, 8),
        "apart_m": (0.0, 20_000.0, 200.0),
        "cell_m": (10.0, 30.0, 10.0),
        "azimuth_deg": (0.0, 89.9, 0.0),
    }
)
_NAMES = {
    "area_m2": "用地面积",
    "tolerance": "面积容差",
    "least_width_m": "最小宽度",
    "compactness": "紧凑度",
    "aspect": "最大长宽比",
    "count": "方案个数",
    "apart_m": "方案间距",
    "cell_m": "像元大小",
    "azimuth_deg": "朝向",
}
_MAX_WEIGHT = 100.0


def read(data: Mapping[str, Any], rulebook: PinnedRulebook) -> Parameters:
    """Read and check what a person asks; what is left out has its usual value.

    Parameters
    ----------
    data
        By the names of `LIMITS`; ``irregular`` and ``past_unchecked`` (bool); ``optional`` (rule codes);
        ``preferences``: objects of ``code``, ``weight`` and perhaps ``best`` and ``worst``.
    rulebook
        Whose rules ``optional`` names.

    Raises
    ------
    UnusableInput
        With every problem found, each with its field.
    """
    problems: list[Notice] = []
    numbers = {name: _number(name, data.get(name), problems) for name in LIMITS}
    chosen = _preferences(data.get("preferences"), problems)
    optional = frozenset(str(code) for code in data.get("optional") or ())
    known = {rule.code for rule in rulebook.rules}
    problems += [
        Notice("suggest-rule", "规则库中没有规则“%(rule)s”", {"rule": code}, field="optional")
        for code in sorted(optional - known)
    ]
    if numbers["least_width_m"] ** 2 > numbers["area_m2"] * (1 + numbers["tolerance"]):
        problems.append(
            Notice("suggest-width", "最小宽度的平方大于用地面积，没有这样的地块", field="least_width_m")
        )
    if problems:
        raise UnusableInput(*problems)
    return Parameters(
        demand=Demand(
            area_m2=numbers["area_m2"],
            tolerance=numbers["tolerance"],
            least_width_m=numbers["least_width_m"],
            compactness=numbers["compactness"],
            aspect=numbers["aspect"],
            count=int(numbers["count"]),
            apart_m=numbers["apart_m"],
            irregular=bool(data.get("irregular", True)),
        ),
        cell_m=numbers["cell_m"],
        azimuth_deg=numbers["azimuth_deg"],
        preferences=chosen,
        optional=optional,
        past_unchecked=bool(data.get("past_unchecked", False)),
    )


def _number(name: str, given: Any, problems: list[Notice]) -> float:
    least, greatest, usual = LIMITS[name]
    if given is None or given == "":
        return usual
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        value = float("nan")
    whole = name == "count"
    if not isfinite(value) or not least <= value <= greatest or (whole and value != int(value)):
        problems.append(
            Notice(
                "suggest-number",
                "“%(name)s”应为 %(least)s 到 %(greatest)s 之间的数",
                {"name": _NAMES[name], "least": f"{least:g}", "greatest": f"{greatest:.4g}"},
                field=name,
            )
        )
        return usual
    return value


def _preferences(given: Any, problems: list[Notice]) -> tuple[Preference, ...]:
    offered = {preference.code: preference for preference in preferences()}
    if given is None:
        return tuple(offered.values())
    chosen: dict[str, Preference] = {}
    for entry in given if isinstance(given, Sequence) and not isinstance(given, str) else ():
        preference = offered.get(str(entry.get("code"))) if isinstance(entry, Mapping) else None
        changes = {name: entry[name] for name in ("weight", "best", "worst") if preference and name in entry}
        try:
            numbers = {name: float(value) for name, value in changes.items()}
        except (TypeError, ValueError, OverflowError):
            numbers = {"weight": float("nan")}
        changed = None if preference is None else replace(preference, **numbers)  # type: ignore[arg-type]
        if changed is None or not _usable(changed):
            problems.append(
                Notice("suggest-preference", "偏好条件的权重或取值范围不能使用", field="preferences")
            )
        elif changed.weight > 0:
            chosen[changed.code] = changed
    if not chosen:
        problems.append(
            Notice("suggest-no-preference", "至少有一项偏好条件的权重大于 0", field="preferences")
        )
    return tuple(preference for code in offered if (preference := chosen.get(code)) is not None)


def _usable(preference: Preference) -> bool:
    numbers = (preference.weight, preference.best, preference.worst)
    return (
        all(isfinite(number) and number >= 0 for number in numbers)
        and preference.weight <= _MAX_WEIGHT
        and (preference.kind == "classes" or preference.best != preference.worst)
        and (preference.kind != "nearness" or preference.reach_m <= 10_000)
    )


def optional_rules(rulebook: PinnedRulebook) -> tuple[str, ...]:
    """Codes of the rules that a search may leave to the check: all but those of prohibited severity."""
    return tuple(rule.code for rule in rulebook.rules if rule.severity is not Severity.PROHIBITED)
