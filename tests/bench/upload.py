"""A file of 4 GB through the chunked API into a staged version: what sender, server and worker take of time and memory.

The file is a GeoPackage of some parcels with a table of random bytes beside them, so that nothing of it compresses or
is a hole. It is sent by one client as the page does it, cut off once in the middle and gone on with.
"""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from tests.bench import parcels
from tests.bench.land import ROOT, WORK, Land, create, drop, environment, migrate, start_django
from tests.bench.processes import Usage, watched
from tests.bench.report import Report, Row
from tests.bench.tile_servers import platform

GIGABYTES = float(os.environ.get("BENCH_UPLOAD_GB", 3.99))
PARCELS = 20_000
LAYER = "BENCH_UPLOAD"
_BLOB = 8 << 20


def make(path: Path) -> int:
    """A GeoPackage of the wanted size; its bytes."""
    parcels.write(path, PARCELS)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("CREATE TABLE ballast (bytes BLOB)")
    while path.stat().st_size + _BLOB < GIGABYTES * 2**30:
        connection.execute("INSERT INTO ballast VALUES (?)", [os.urandom(_BLOB)])
        connection.commit()
    connection.close()
    return path.stat().st_size


class _Sender:
    """One client on one kept connection, with a session and its token."""

    def __init__(self, port: int) -> None:
        from gis_projects.people.permissions import Role
        from tests.factories.people import signed_in, user_of

        browser = signed_in(user_of(Role.SURVEYOR))
        browser.get("/layers/uploads/", HTTP_HOST=f"127.0.0.1:{port}")
        self._token = browser.cookies[settings.CSRF_COOKIE_NAME].value
        self._cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        self._port = port
        self.connect()

    def connect(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)

    def ask(self, method: str, url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(
            method, url, body=body, headers={"Cookie": self._cookies, "X-CSRFToken": self._token, **named}
        )
        answer = self._connection.getresponse()
        content = answer.read()
        return answer.status, answer.headers, json.loads(content) if content else None


def _sent(sender: _Sender, path: Path, size: int) -> tuple[str, float]:
    """Announce and send the file; the connection is lost once halfway. Its address, and the seconds."""
    began = time.perf_counter()
    answers = {
        "coverage": "features",
        "source_date": None,
        "legal_source": "",
    }
    announced = json.dumps({"filename": path.name, "size": size, "layer": LAYER, "answers": answers}).encode()
    status, _, begun = sender.ask("POST", "/api/v1/uploads/", announced, Content_Type="application/json")
    if status != 201:
        raise SystemExit(f"the upload was not taken: {status} {begun}")
    url: str = begun["url"]
    at, cut = 0, False
    with path.open("rb") as file:
        while at < size:
            if not cut and at > size / 2:
                cut = True
                sender.connect()
                at = int(sender.ask("HEAD", url)[1]["Upload-Offset"])
            file.seek(at)
            part = file.read(settings.UPLOAD_CHUNK_BYTES)
            status, headers, told = sender.ask(
                "PATCH", url, part, Content_Type="application/octet-stream", Upload_Offset=str(at),
                Upload_Checksum=f"crc32 {zlib.crc32(part):08x}",
            )  # fmt: skip
            if status != 200:
                raise SystemExit(f"a part was not taken: {status} {told}")
            at = int(headers["Upload-Offset"])
    return url, time.perf_counter() - began


def _until_staged(sender: _Sender, url: str) -> float:
    began = time.perf_counter()
    while True:
        row = sender.ask("GET", url)[2]
        if row["state"] == "staged":
            return time.perf_counter() - began
        if row["state"] not in ("received", "staging"):
            raise SystemExit(f"the upload became {row['state']}: {row['messages']} {row.get('questions')}")
        time.sleep(0.5)


def _watching(land: Land, work: Callable[[], Any]) -> tuple[Any, Usage]:
    with watched(land) as usage:
        return work(), usage


def run(land: Land) -> bool:
    own = replace(land, database=f"{land.database}_upload", url=f"{land.url}_upload")
    with TemporaryDirectory(dir=WORK) as folder:
        os.environ.update(environment(own) | {"UPLOAD_ROOT": str(Path(folder) / "uploads")})
        create(own)
        try:
            migrate()
            start_django()
            return _measured(own, Path(folder) / "bench.gpkg")
        finally:
            _let_go()
            drop(own)


def _let_go() -> None:
    from django.db import connections

    connections.close_all()


def _measured(land: Land, path: Path) -> bool:
    from layers.models import Layer

    Layer.objects.create(code=LAYER, name=LAYER, theme="BENCH")
    report = Report("upload", f"A file of {GIGABYTES:.2f} GB by the chunked API", "–")
    size = make(path)
    with platform(land) as port:
        sender = _Sender(port)
        (url, sent), usage = _watching(land, lambda: _sent(sender, path, size))
        path.unlink()
        report.add(
            Row(f"{size:,} bytes sent in parts, cut once", sent, "s"),
            Row("… a second", size / 2**20 / sent, "MB/s"),
            Row("… memory of the server's processes together", usage.memory / 2**30, "GB", target=1.5),
        )
        worker = subprocess.Popen([sys.executable, "manage.py", "run_jobs", "--workers", "1"], cwd=ROOT)
        try:
            staged, usage = _watching(land, lambda: _until_staged(sender, url))
        finally:
            worker.terminate()
            worker.wait(30)
        report.add(
            Row("looked at, hashed and staged by a worker", staged, "s"),
            Row("… memory of server and worker together", usage.memory / 2**30, "GB", target=2.5),
        )
    return report.finish()
