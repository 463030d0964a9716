"""How far a long piece of work is, told to whoever watches; and how they stop it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class Phase(StrEnum):
    """The parts of a layer's way in, in their order; values are stable, a page has words for them."""

    READING = "reading"
    CHECKING = "checking"  # geometry and attributes of each feature
    CUTTING = "cutting"
    WRITING = "writing"
    QUALITY = "quality"  # the features to each other
    GENERALISING = "generalising"
    PUBLISHING = "publishing"


#: Called with the phase, how much of it is done, and how much there is (0: not known yet). Raises `Cancelled` to stop.
Progress = Callable[[Phase, int, int], None]


class Cancelled(Exception):
    """Whoever watches has had enough. The work leaves nothing behind."""


def silent(phase: Phase, done: int, total: int) -> None:
    """Progress that nobody watches."""
