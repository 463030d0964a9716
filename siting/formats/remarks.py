"""Notices gathered while a file is read, kept to a number that a person can read."""

from __future__ import annotations

from collections import Counter
from typing import Any

from siting.engine.notices import Notice

MOST_PER_CODE = 20


class Remarks:
    """Collects notices; of each code the first twenty are kept, and the rest are counted.

    A hostile or hopeless file may break the same custom on every line; its report must stay small.
    """

    def __init__(self) -> None:
        self._kept: list[Notice] = []
        self._counts: Counter[str] = Counter()

    def add(
        self, code: str, template: str, *, line: int | None = None, field: str | None = None, **params: Any
    ) -> None:
        """Keep a notice, or count it where its code has been kept often enough."""
        self._counts[code] += 1
        if self._counts[code] <= MOST_PER_CODE:
            self._kept.append(Notice(code, template, params, line=line, field=field))

    def notices(self) -> tuple[Notice, ...]:
        """Return what was kept, in the file's order, and for each code cut short how many more there are."""
        more = tuple(
            Notice(
                "more-of-the-same",
                "另有 %(count)s 处同类提示（%(same)s）",
                {"count": count - MOST_PER_CODE, "same": code},
            )
            for code, count in self._counts.items()
            if count > MOST_PER_CODE
        )
        return (*self._kept, *more)
