"""What the engine has to say to a person: a code, a sentence, and where it is about.

The lower floors know no request and no language. A notice carries its Chinese sentence as a template;
whoever shows it translates the template (it is the message id) and fills in the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Notice:
    """One thing worth telling about a boundary, a file or a layer.

    Parameters
    ----------
    code
        Stable name for programs, for example ``"ring-not-closed"``.
    template
        Chinese sentence with ``%(name)s`` places; also the message id of its translations.
    params
        What fills the places; a list is listed as the reader's language does.
    line, field
        Where in the file, if it is about a file (lines count from 1).
    place
        Longitude and latitude in degrees (EPSG:4490), if it is about a place on the map.
    """

    code: str
    template: str
    params: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    line: int | None = None
    field: str | None = None
    place: tuple[float, float] | None = None

    def __str__(self) -> str:
        sentence = self.template % {
            name: "、".join(map(str, value)) if isinstance(value, list | tuple) else value
            for name, value in self.params.items()
        }
        return f"第 {self.line} 行:{sentence}" if self.line is not None else sentence


class UnusableInput(ValueError):
    """The input can't be used; `notices` say why, each with its line, field or place. Nothing was kept."""

    def __init__(self, *notices: Notice) -> None:
        assert notices, "a refusal says why"
        self.notices = notices
        super().__init__("\n".join(str(notice) for notice in notices))
