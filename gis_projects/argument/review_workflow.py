"""The eleven steps of an expert review (确定项目 … 资料归档) as one table, the procedures that say which are mandatory,
and the numbers that a bureau sets: `data/reviews.toml`, read once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from gis_projects.argument.refusals import NotNow
from gis_projects.people.roles import Permission
from siting.engine.notices import Notice

_FILE = Path(__file__).parent / "data" / "reviews.toml"


@dataclass(frozen=True)
class Step:
    """One of the eleven: its number from 1, and who goes on from it."""

    number: int
    code: str
    name: str

    @property
    def label(self) -> str:
        return gettext(self.name)


@dataclass(frozen=True)
class Procedure:
    """A way of reviewing: ``mandatory`` are the codes of the steps that it may not skip."""

    code: str
    name: str
    mandatory: tuple[str, ...]

    @property
    def label(self) -> str:
        return gettext(self.name)


@dataclass(frozen=True)
class Settings:
    """What a bureau sets: the least number of experts and of photos with a position; who is drawn too often."""

    least_experts: int
    most_seats: int
    seats_within_days: int
    least_photos: int


@dataclass(frozen=True)
class Weighed:
    """A criterion of a plan, with its weight in per cent."""

    name: str
    guide: str
    weight: Decimal


@dataclass(frozen=True)
class Required:
    """A class of projects that must be reviewed from an amount (元) on; ``inclusive``: the amount itself counts."""

    code: str
    name: str
    threshold_yuan: Decimal
    inclusive: bool
    industries: frozenset[str]
    code_types: frozenset[str]
    departments: tuple[str, ...]

    def reached_by(self, yuan: Decimal) -> bool:
        return yuan >= self.threshold_yuan if self.inclusive else yuan > self.threshold_yuan


@cache
def _data() -> dict[str, Any]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def steps() -> tuple[Step, ...]:
    """The eleven steps in their order."""
    return tuple(
        Step(number, row["code"], row["name"]) for number, row in enumerate(_data()["step"], start=1)
    )


@cache
def by_code() -> Mapping[str, Step]:
    return {step.code: step for step in steps()}


@cache
def procedures() -> Mapping[str, Procedure]:
    return {
        row["code"]: Procedure(row["code"], row["name"], tuple(row["mandatory"]))
        for row in _data()["procedure"]
    }


@cache
def settings() -> Settings:
    return Settings(**_data()["settings"])


@cache
def criteria() -> tuple[Weighed, ...]:
    """What a plan begins with."""
    return tuple(Weighed(row["name"], row["guide"], Decimal(row["weight"])) for row in _data()["criterion"])


@cache
def required() -> tuple[Required, ...]:
    return tuple(
        Required(
            row["code"], row["name"], Decimal(row["threshold_yuan"]), row["inclusive"], frozenset(row["industries"]),
            frozenset(row["code_types"]), tuple(row["departments"]),
        )
        for row in _data()["required"]
    )  # fmt: skip


def next_step(reached: int) -> Step | None:
    """The step that a review which has come as far as ``reached`` stands before."""
    return steps()[reached] if reached < len(steps()) else None


def expect(reached: int, code: str) -> Step:
    """The step of that code, if the review stands before it.

    Raises
    ------
    NotNow
        It was done already, or another one comes first.
    """
    wanted, stands = by_code()[code], next_step(reached)
    if stands is None or wanted.number <= reached:
        raise NotNow(
            Notice(
                "review-step-done", "“%(step)s”已经办过，请刷新页面。", {"step": wanted.name}, field="step"
            )
        )
    if stands != wanted:
        raise NotNow(
            Notice(
                "review-step-order",
                "现在应办“%(now)s”，不能越过它办理“%(step)s”。",
                {"now": stands.name, "step": wanted.name},
                field="step",
            )
        )
    return wanted


def skippable(step: Step, mandatory: Iterable[str]) -> None:
    """Raise NotNow where a review may not skip a step."""
    if step.code in set(mandatory):
        raise NotNow(
            Notice(
                "review-step-mandatory", "“%(step)s”是必经环节，不能跳过。", {"step": step.name}, field="step"
            )
        )


#: Whose turn a step is, where it is not the organiser's: who does what must be there before the organiser goes on.
TURN: Mapping[str, Permission] = {
    "materials": Permission.REVIEW_AS_EXPERT,
    "statement": Permission.EDIT_PROJECTS,
    "questions": Permission.EDIT_PROJECTS,
    "evaluation": Permission.REVIEW_AS_EXPERT,
}
