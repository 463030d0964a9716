"""The one line that says how it went."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn


def say(message: dict[str, Any]) -> NoReturn:
    print(json.dumps(message), file=sys.stderr, flush=True)
    raise SystemExit(0)


def refuse(code: str, **more: str) -> NoReturn:
    say({"refused": code, **more})
