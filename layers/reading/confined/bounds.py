"""How a program inside the sandbox ends: with an answer or a refusal, each one JSON line on standard error."""

import json
import os
import resource
import sys
from typing import Any, NoReturn

REFUSED = 3


def refuse(code: str, **params: Any) -> NoReturn:
    """End here; the parent has the sentence for the code."""
    sys.stderr.write("\n" + json.dumps({"code": code, "params": params}) + "\n")
    sys.stderr.flush()
    os._exit(REFUSED)


def answer(message: dict[str, Any]) -> None:
    """Tell the parent the result."""
    sys.stderr.write("\n" + json.dumps(message) + "\n")
    sys.stderr.flush()


def limit(limits: dict[str, int], *, writes: bool) -> None:
    """Bound this process; `heap` is what it may allocate, `memory` all its addresses, libraries included."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_DATA, (limits["heap"], limits["heap"]))
    written = limits["output"] if writes else 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
