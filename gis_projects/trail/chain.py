"""The canonical form of a step and its digest. Pure: what anyone needs to verify an exported trail."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any


def canonical(value: Any) -> Any:
    """Bring JSON data to the one form that survives the database.

    PostgreSQL's jsonb keeps numbers as decimals: ``1e22`` comes back as an integer and ``-0.0`` loses its
    sign. So whole floats become integers here, before hashing and again after reading.

    Raises
    ------
    ValueError
        For NaN, infinities and the character U+0000, which JSON or jsonb can't hold.
    TypeError
        For what isn't JSON.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("U+0000 in text")
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a JSON number")
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("JSON objects have text keys")
        return {canonical(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not JSON; write text")


def digest(
    *,
    number: int,
    at: datetime,
    actor: str,
    actor_id: str,
    verb: str,
    subject: str,
    data: Any,
    previous: str,
) -> str:
    """SHA-256 (hex) over the canonical JSON of a step: keys sorted, no spaces, UTF-8, UTC to the
    microsecond.
    """
    body = {
        "number": number,
        "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": actor,
        "actor_id": actor_id,
        "verb": verb,
        "subject": subject,
        "data": canonical(data),
        "previous": previous,
    }
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
