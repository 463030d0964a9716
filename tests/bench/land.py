"""The land that is measured on: the demo city in large, in a database of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(os.environ.get("LOCAL_DIR", ROOT / ".local")) / "bench"
SEED = 1
DEFAULT_PARCELS = 1_000_000


@dataclass(frozen=True)
class Land:
    """Where the loaded city is: how many parcels were asked for, and the database by URL and by libpq's words."""

    parcels: int
    database: str
    url: str
    host: str
    user: str

    def connect(self, database: str | None = None) -> psycopg2.extensions.connection:
        return psycopg2.connect(host=self.host, user=self.user, dbname=database or self.database)


def wanted() -> Land:
    """The data set that BENCH_PARCELS asks for; each size has its own database."""
    parcels = int(os.environ.get("BENCH_PARCELS", DEFAULT_PARCELS))
    name = "bench_gis_projects" if parcels == DEFAULT_PARCELS else f"bench_gis_projects_{parcels}"
    url = subprocess.run(
        [str(ROOT / "scripts/database"), "url"], check=True, capture_output=True, text=True
    ).stdout.strip()
    parts = re.fullmatch(r"(postgis://(?:(\w+)@)?([^/]*)/)([^/?]+)", url)
    if parts is None:
        raise SystemExit(f"the benchmarks want a database URL like postgis://user@host/name, not {url}")
    return Land(parcels, name, parts[1] + name, unquote(parts[3]), parts[2] or "")


def environment(land: Land) -> dict[str, str]:
    """What a process of the platform needs to work on this land instead of the demo's."""
    return {
        "DATABASE_URL": land.url,
        "MEDIA_ROOT": str(WORK / f"media-{land.parcels}"),
        "DJANGO_SETTINGS_MODULE": "gis_projects.settings",
    }


def ready() -> Land:
    """Load the city unless it is there, and point this process at it; say how long it took."""
    land = wanted()
    WORK.mkdir(parents=True, exist_ok=True)
    os.environ.update(environment(land))
    mark = f"gis-projects benchmark: {land.parcels} parcels, seed {SEED}"
    if mark_of(land) != mark:
        began = time.monotonic()
        print(f"loading {land.parcels:,} parcels into {land.database}, once", flush=True)
        create(land)
        migrate()
        python("-m", "fixtures", "load", "--parcels", str(land.parcels), "--seed", str(SEED))
        connection = land.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute(f"COMMENT ON DATABASE {land.database} IS %s", [mark])
        connection.close()
        print(f"loaded in {time.monotonic() - began:.0f} s", flush=True)
    else:
        migrate()  # what has changed since it was loaded
    start_django()
    return land


def migrate() -> None:
    python("manage.py", "migrate", "--verbosity", "0")


def python(*command: str) -> None:
    """Run a program of the platform and pass its progress on, but not the accounts that it made: nobody signs in."""
    with subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("["):
                print(line, end="", flush=True)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {process.returncode}")


def collect_assets() -> None:
    """What pages load, as built last: where the settings of this process say; a server that is measured is told."""
    python("manage.py", "collectstatic", "--noinput", "--verbosity", "0")


def mark_of(land: Land) -> str | None:
    connection = land.connect("postgres")
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [land.database],
        )
        row = cursor.fetchone()
    connection.close()
    return row[0] if row else None


def create(land: Land) -> None:
    """Make the database anew: a load that was cut short is thrown away."""
    drop(land)
    _in_the_cluster(land, f"CREATE DATABASE {land.database}")


def drop(land: Land) -> None:
    assert land.database.startswith("bench_")
    _in_the_cluster(land, f"DROP DATABASE IF EXISTS {land.database}")


def _in_the_cluster(land: Land, statement: str) -> None:
    connection = land.connect("postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def start_django() -> None:
    import django

    django.setup()
