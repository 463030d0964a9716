"""How long a case took: the slowest department's working days, beside what one after the other would have taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from gis_projects.argument.models import Case, Task
from gis_projects.argument.queries.standing import GONE
from gis_projects.clock import queries as clock
from gis_projects.clock.queries import clocks


@dataclass(frozen=True)
class Lane:
    """One department's days: working days from its round's start to its result (or to today), without pauses.

    ``share`` is its bar, in per cent of the limit or of the slowest, whichever is longer.
    """

    task: Task
    days: int
    open: bool
    late: bool
    share: int


@dataclass(frozen=True)
class Elapsed:
    """``parallel`` is what it took, the slowest department; ``serial`` what all would have taken in a row."""

    lanes: tuple[Lane, ...]
    parallel: int
    serial: int

    @property
    def saved(self) -> int:
        return self.serial - self.parallel


def of(case: Case, tasks: Iterable[Task], today: date | None = None) -> Elapsed:
    """Measure the tasks of a case that count."""
    today = today or timezone.localdate()
    counted = [(task, *_days(task, today)) for task in tasks if task.state not in GONE]
    longest = max(
        [days for _task, days, _open in counted] + [task.clock.limit_days for task, *_ in counted] + [1]
    )
    lanes = tuple(
        Lane(task, days, open_, days > task.clock.limit_days, round(100 * days / longest))
        for task, days, open_ in counted
    )
    return Elapsed(lanes, max((lane.days for lane in lanes), default=0), sum(lane.days for lane in lanes))


def _days(task: Task, today: date) -> tuple[int, bool]:
    until = today if task.settled_at is None else timezone.localdate(task.settled_at)
    if task.settled_at is None and task.clock.stopped_on is not None:
        until = task.clock.stopped_on
    days = clock.calendar().elapsed(task.clock.starts_on, until, clocks.spans(task.clock))
    return days, task.settled_at is None
