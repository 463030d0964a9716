"""Who gives out tiles over HTTP: the platform, alone and behind nginx, and its peers. Each as it is run in earnest."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from tests.bench.land import ROOT, WORK, Land, environment

PEERS = Path(os.environ.get("LOCAL_DIR", ROOT / ".local")) / "bench-venv/bin/python"
WORKERS, THREADS = 2, 4
LOCAL = WORK / "served"  # keys and kept tiles of the server that is measured


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving(
    name: str, command: list[str | Path], port: int, surroundings: Mapping[str, str]
) -> Iterator[int]:
    log = (WORK / f"{name}.log").open("w")
    process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **surroundings})
    try:
        for _ in range(300):
            if process.poll() is not None:
                raise SystemExit(f"{name} did not start; see {log.name}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit(f"{name} did not start; see {log.name}")
        _settle(process.pid)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def _settle(pid: int) -> None:
    """Wait until none of a server's processes does anything: the master listens long before its workers are ready, and
    what they import would be counted as serving.
    """
    before, quiet = -1.0, 0
    for _ in range(120):
        now = processor_seconds(pid)
        quiet = quiet + 1 if now - before < 0.02 else 0
        if quiet == 3:
            return
        before = now
        time.sleep(0.5)
    raise SystemExit(f"the server {pid} does not come to rest")


def processor_seconds(pid: int) -> float:
    """Of a process and its children, from /proc."""
    seconds = 0.0
    for task in [Path(f"/proc/{pid}"), *(Path(f"/proc/{child}") for child in children(pid))]:
        try:
            fields = (task / "stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@contextmanager
def platform(land: Land) -> Iterator[int]:
    """gunicorn as in operation, with a folder of kept tiles of its own, empty at first."""
    forget()
    port = free_port()
    surroundings = {
        **environment(land), "LOCAL_DIR": str(LOCAL), "STATIC_ROOT": str(settings.STATIC_ROOT),
        "SECRET_KEY": settings.SECRET_KEY, "API_RATE": "1000000/min",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "gunicorn", "gis_projects.wsgi", "--bind", f"127.0.0.1:{port}",
        "--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread",
    ]  # fmt: skip
    with serving("gunicorn-tiles", command, port, surroundings):
        yield port


def forget() -> None:
    """Take the kept tiles away."""
    shutil.rmtree(LOCAL / "tiles", ignore_errors=True)
    LOCAL.mkdir(parents=True, exist_ok=True)


@contextmanager
def nginx(behind: int) -> Iterator[int]:
    """docs/nginx.conf, with the places of this run put in."""
    port, folder = free_port(), WORK / "nginx"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    site = (ROOT / "docs/nginx.conf").read_text()
    for documented, here in (
        ("unix:/run/gis-projects.sock", f"127.0.0.1:{behind}"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("/srv/gis-projects/.local/tiles", str(LOCAL / "tiles")),
        ("/srv/gis-projects/.local/static", str(LOCAL / "static")),
        ("/var/cache/nginx/gis-projects", str(folder / "permissions")),
    ):
        assert documented in site, documented
        site = site.replace(documented, here)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nworker_processes 2;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        + (f"user {_owner()};\n" if os.geteuid() == 0 else "")
        + "events { worker_connections 512; }\n"
        + f"http {{\naccess_log off;\nsendfile on;\nkeepalive_requests 100000;\n{temporary}{site}\n}}\n"
    )
    with serving("nginx", ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], port, {}):
        yield port


def _owner() -> str:
    import pwd

    return pwd.getpwuid(LOCAL.stat().st_uid).pw_name


@contextmanager
def vectortiles(land: Land, layer_id: int) -> Iterator[int]:
    """django-vectortiles behind the same number of gunicorn's workers and threads."""
    port = free_port()
    surroundings = {
        "PEER_DATABASE": land.database, "PEER_HOST": land.host, "PEER_USER": land.user, "PEER_LAYER": str(layer_id),
        "PYTHONPATH": str(ROOT / "tests/bench/peers"),
    }  # fmt: skip
    command: list[str | Path] = [
        PEERS, "-m", "gunicorn", "vector_tiles", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS),
        "--threads", str(THREADS), "--worker-class", "gthread",
    ]  # fmt: skip
    with serving("vectortiles", command, port, surroundings):
        yield port


@contextmanager
def tipg(land: Land, layer_id: int) -> Iterator[int]:
    """tipg under uvicorn with as many workers, each with its pool of connections, on a view of the same rows."""
    with land.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE VIEW bench_parcels AS SELECT id, key, class_code, name, geom FROM layers_feature "
            f"WHERE layer_id = {layer_id:d} AND last_version IS NULL"
        )
    connection.close()
    port = free_port()
    surroundings = {
        "DATABASE_URL": f"postgresql://{land.user}@{quote(land.host, safe='')}/{land.database}",
        "TIPG_TABLE_CONFIG__public_bench_parcels__PK": "id", "TIPG_DB_TABLES": '["public.bench_parcels"]',
        "TIPG_DB_SCHEMAS": '["public"]', "TIPG_TILE_BUFFER": "64", "DB_MIN_CONN_SIZE": "2", "DB_MAX_CONN_SIZE": "4",
    }  # fmt: skip
    command: list[str | Path] = [
        PEERS, "-m", "uvicorn", "tipg.main:app", "--port", str(port), "--workers", str(WORKERS), "--log-level",
        "warning",
    ]  # fmt: skip
    with serving("tipg", command, port, surroundings):
        yield port
