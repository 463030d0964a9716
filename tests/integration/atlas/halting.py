"""Settings of workers that are to be killed: at a place named by the environment they write down who they are and wait.

HALT_AT names the places, separated by commas; each halts once, as the file in HALT_IN for it is there afterwards.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from gis_projects.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.integration.atlas.halting_app"]  # noqa: F405

_PLACES = set(filter(None, os.environ.get("HALT_AT", "").split(",")))
_FOLDER = Path(os.environ.get("HALT_IN", "/nowhere"))


def halt(place: str) -> None:
    """Wait to be killed, the first time that this place is passed."""
    path = _FOLDER / place
    if place in _PLACES and not path.exists():
        path.write_text(str(os.getpid()))
        time.sleep(120)
