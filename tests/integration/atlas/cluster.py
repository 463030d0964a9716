"""A PostgreSQL of a test's own: one that may be restarted and whose disk may be full, which nobody else works on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

_DATABASE, _PRISTINE = "faults", "pristine"


def programs() -> Path:
    """Where PostgreSQL's own programs are; without them there is nothing to test."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL's programs (initdb, pg_ctl) are not here")
    return found[-1].parent


class Cluster:
    """Made once with the content of the tests' database; `fresh` points the connection at a new copy of that."""

    def __init__(self) -> None:
        self._bin = programs()
        self.folder = Path(tempfile.mkdtemp(prefix="faults-"))
        # initdb refuses root
        self._prefix = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            self._prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self._own = dict(connection.settings_dict)
        self._run(
            "initdb", "-D", self._data, "-U", "app", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "-N"
        )
        self._control("start")
        self._copy()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._prefix, str(self._bin / program), *arguments], check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip

    def _control(self, verb: str) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "-l", "/dev/null", "-o", options, verb)

    def _copy(self) -> None:
        """What the test's database holds, its roles and tables first of all."""
        there = ["-h", self._own["HOST"], "-U", self._own["USER"]]
        here = [str(self._bin / "psql"), "-q", "-h", str(self.folder), "-U", "app"]
        self._say(f"CREATE DATABASE {_PRISTINE}")
        for dump, database in (
            (["pg_dumpall", *there, "--roles-only"], "postgres"),
            (["pg_dump", *there, self._own["NAME"]], _PRISTINE),
        ):
            with subprocess.Popen([str(self._bin / dump[0]), *dump[1:]], stdout=subprocess.PIPE) as made:
                # "app" is there already, which is all that may go wrong
                subprocess.run(
                    [*here, "-d", database], stdin=made.stdout, check=True, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )  # fmt: skip
            assert made.returncode == 0

    def _say(self, statement: str) -> None:
        command = [str(self._bin / "psql"), "-q", "-h", str(self.folder), "-U", "app", "-d", "postgres"]
        subprocess.run([*command, "-c", statement], check=True)

    @contextmanager
    def fresh(self) -> Iterator[Cluster]:
        """The connection is to a new database of this cluster, and to the tests' own afterwards."""
        self._say(f"CREATE DATABASE {_DATABASE} TEMPLATE {_PRISTINE}")
        connection.close()
        connection.settings_dict |= {
            "HOST": str(self.folder), "PORT": "", "NAME": _DATABASE, "USER": "app", "PASSWORD": ""
        }  # fmt: skip
        try:
            yield self
        finally:
            connection.close()
            connection.settings_dict |= self._own
            self._say(f"DROP DATABASE {_DATABASE} WITH (FORCE)")

    def restart(self) -> None:
        """As after a power cut: nobody is asked to finish, and what was committed is read from the log."""
        self._control("restart")
        connection.close()

    def destroy(self) -> None:
        self._control("stop")
        shutil.rmtree(self.folder)
