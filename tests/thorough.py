"""How much of what could be tried without end: enough in every run, all of it in the thorough one."""

from __future__ import annotations

import os
from typing import TypeVar

Amount = TypeVar("Amount")

#: `make thorough`, or ``THOROUGH=1`` before pytest.
THOROUGH = os.environ.get("THOROUGH", "") not in ("", "0")


def many(usual: Amount, thorough: Amount) -> Amount:
    """Examples, steps, trials or cases: ``usual`` in every run, ``thorough`` where somebody waits for it."""
    return thorough if THOROUGH else usual
