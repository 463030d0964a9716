"""Kept answers of several processes: what was withdrawn is gone from each of them with the next request."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from gis_projects.publishing.actions import projects as actions
from tests.factories.disclosed import project_with_site, shown, two_people

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "public"])

ROOT = Path(__file__).resolve().parents[3]
WORKERS = 2
NAME, CORRECTED = "秘名活瀚", "更正名活澜"


@contextmanager
def public_server(folder: Path) -> Iterator[tuple[int, Path]]:
    """gunicorn of a process for the public only, on the test's database; its port, and its log of who answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = connection.settings_dict
    where = f"postgis://{database['USER']}@{quote(database['HOST'], safe='')}/{database['NAME']}"
    access, errors = folder / "access.log", folder / "errors.log"
    surroundings = {
        **os.environ, "PUBLIC_ONLY": "1", "DATABASE_URL": where, "LOCAL_DIR": str(settings.LOCAL_DIR),
        "SECRET_KEY": settings.SECRET_KEY, "DJANGO_SETTINGS_MODULE": "gis_projects.settings",
    }  # fmt: skip
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "gis_projects.wsgi", "--bind", f"127.0.0.1:{port}", "--workers",
             str(WORKERS), "--worker-class", "sync", "--access-logfile", str(access),
             "--access-logformat", "%(p)s %(U)s"],
            cwd=ROOT, env=surroundings, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if _ask(port, "/healthz")[0] == 200:
                    break
            except OSError:
                assert process.poll() is None, errors.read_text()[-2000:]
            assert time.monotonic() < deadline, errors.read_text()[-2000:]
            time.sleep(0.2)
        yield port, access
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _ask(port: int, path: str, tag: str = "") -> tuple[int, str, str]:
    one = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    one.request("GET", path, headers={"If-None-Match": tag} if tag else {})
    answer = one.getresponse()
    body = answer.read().decode(errors="replace")
    one.close()
    return answer.status, answer.headers.get("ETag", ""), body


def _of_every_worker(port: int, log: Path, path: str, tag: str = "") -> list[tuple[int, str, str]]:
    """Answers to the same address until each worker has given two of them."""
    before = len(log.read_text().splitlines())
    answers = []
    for _ in range(400):
        answers.append(_ask(port, path, tag))
        given = [line.split()[0] for line in log.read_text().splitlines()[before:]]
        if len(set(given)) == WORKERS and min(given.count(one) for one in set(given)) >= 2:
            return answers
    raise AssertionError(f"{path}: one worker gave all answers")


def test_a_withdrawal_reaches_the_kept_answers_of_every_process(tmp_path):
    """Kept by two workers: after each step neither of them gives out the old name, whatever tag it is asked with."""
    people = two_people()
    project = project_with_site(name=NAME, content=NAME)
    other = shown(project_with_site(name="公开项目"), people)
    slug = shown(project, people).slug
    paths = [
        "/public/projects/", "/public/projects.geojson", "/public/projects.csv", f"/public/projects/{slug}/",
        "/public/feeds/projects.atom", "/public/open-data/latest/projects.csv",
    ]  # fmt: skip
    with public_server(tmp_path) as (port, log):
        tags = {}
        for path in paths:
            answers = _of_every_worker(port, log, path)
            assert {status for status, _tag, _body in answers} == {200}, path
            assert all(NAME in body for _status, _tag, body in answers), path
            tags[path] = answers[0][1]
        type(project).objects.filter(pk=project.pk).update(name=CORRECTED, content=CORRECTED)
        project.refresh_from_db()
        actions.correct_project(by=people[0], approved_by=people[1], project=project, reason="更正")
        for path in paths:
            answers = _of_every_worker(port, log, path, tags[path])
            assert {status for status, _tag, _body in answers} == {200}, path
            assert all(CORRECTED in body and NAME not in body for _status, _tag, body in answers), path
            tags[path] = answers[0][1]
        actions.withdraw_project(by=people[1], project=project, reason="撤回")
        for path in paths:
            wanted = 404 if slug in path else 200
            answers = _of_every_worker(port, log, path, tags[path])
            assert {status for status, _tag, _body in answers} == {wanted}, path
            assert not any(CORRECTED in body or NAME in body for _status, _tag, body in answers), path
        assert other.name in _ask(port, "/public/projects.csv")[2]
