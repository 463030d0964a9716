"""Why the libraries refuse something: with the reason, and the place where what is missing can be brought."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from siting.engine.notices import Notice, UnusableInput


class Refused(UnusableInput):
    """What is asked doesn't go together with how things stand. The API answers 409."""

    status = HTTPStatus.CONFLICT


class NotThisPerson(Refused):
    """Somebody else has to do it: who asks doesn't decide. The API answers 403 and says why."""

    status = HTTPStatus.FORBIDDEN


def refused(code: str, template: str, **params: Any) -> Refused:
    return Refused(Notice(code, template, params))
