"""What waits for a person: the form in which each room tells the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Waiting:
    """One thing that a person, or anybody of their department, has to do.

    ``template`` (Chinese, the message id) and ``params`` are its sentence, ``address`` the page where it is done.
    ``due_on`` is None where nothing limits it; ``provisional``: the day lies past the official calendar's coverage.
    ``mine``: waits for this very person, not just for somebody of the department.
    """

    kind: str
    template: str
    address: str
    params: Mapping[str, Any] = field(default_factory=dict)
    due_on: date | None = None
    provisional: bool = False
    project: int | None = None
    mine: bool = True
