"""Workers that are real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.trail.test_supervisor import database_url


@pytest.fixture
def start_workers(tmp_path, settings):
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    started = []

    def start(places: list[str], workers: int) -> Path:
        halts = tmp_path / "halts"
        halts.mkdir()
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "tests.integration.atlas.halting",
            "PYTHONPATH": str(settings.BASE_DIR),
            "UPLOAD_ROOT": str(settings.UPLOAD_ROOT),
            "HALT_AT": ",".join(places),
            "HALT_IN": str(halts),
        }
        command = [sys.executable, "-m", "django", "run_jobs", "--every", "0.3", "--workers", str(workers)]
        started.append(subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR))
        return halts

    yield start
    for process in started:
        process.kill()
        process.wait()
