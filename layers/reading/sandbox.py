"""Runs a script on one untrusted file where it can harm nothing: no network, no other file, bounded.

`bwrap` gives it a name space of its own with the system's libraries, the Python environment and the one file,
all read-only. Where `bwrap` can't run, nothing is opened at all.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO, Any

from layers.notices import UnreadableFile
from layers.reading.archives import refusal
from layers.reading.refusals import refused

_REFUSED = 3
_PACKAGE = Path(__file__).with_name("confined")
_START = "import sys; sys.path.insert(0, '/in'); from confined.run import main; main()"
_START_PACKAGE = (
    "import runpy, sys; sys.path.insert(0, '/in'); runpy.run_module('script', run_name='__main__')"
)
_OUT_OF_TIME = (128 + 24, 128 + 9, -24, -9)  # the signals that end a process past its CPU limit
_SCRATCH = "/scratch"  # inside: a small file system in memory


@dataclass(frozen=True)
class Limits:
    """What a confined process may use.

    CPU and wall-clock seconds; bytes of addresses (`memory`, of which the libraries take 400 MB), of what it allocates
    (`heap`) and of its output; vertices of one feature, features.
    """

    cpu: int = 25
    wall: float = 120.0
    memory: int = 1536 << 20
    heap: int = 400 << 20
    output: int = 8 << 30
    vertices: int = 2_000_000
    features: int = 20_000_000

    def for_size(self, size: int) -> Limits:
        """The same with the time and the output that an honest file of so many bytes needs."""
        megabytes = size >> 20
        return replace(
            self,
            cpu=self.cpu + megabytes // 4,
            wall=self.wall + megabytes,
            output=max(self.output, 16 * size),
        )

    def for_raster(self, size: int) -> Limits:
        """The same with the time to rewrite a raster of so many bytes, which may unpack to many more."""
        return replace(
            self.for_size(size), cpu=self.cpu + 5 * (size >> 20), wall=self.wall + 10 * (size >> 20)
        )


@cache
def _skipped_drivers(allowed: tuple[str, ...]) -> str:
    """Every driver of GDAL but the allowed ones, as GDAL_SKIP takes them (a comma makes commas the separator)."""
    import pyogrio
    from rasterio.env import Env

    with Env() as env:
        names = set(env.drivers())
    return ",".join(sorted((names | set(pyogrio.list_drivers())) - set(allowed))) + ","


def _system() -> list[str]:
    """Binds of the system's libraries; /lib and /lib64 as links where they are links."""
    arguments = ["--ro-bind", "/usr", "/usr"]
    for name in ("/lib", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            arguments += ["--symlink", os.readlink(name), name]
        elif path.is_dir():
            arguments += ["--ro-bind", name, name]
    return arguments


def _python() -> list[str]:
    """Binds of the environment and of the interpreter it stands on."""
    folders: list[str] = []
    executable = Path(sys.executable).resolve().parent.parent
    for folder in (sys.prefix, sys.base_prefix, str(executable), sysconfig.get_paths()["purelib"]):
        if folder not in folders and not folder.startswith("/usr/") and folder != "/usr":
            folders.append(folder)
    return [part for folder in folders for part in ("--ro-bind", folder, folder)]


class Confined:
    """One confined run as a context manager; `output` is what the script writes.

    Parameters
    ----------
    program
        A module of the confined package by name, a Python file, or a package's folder with a ``__main__``; run with the
        environment's interpreter.
    task
        JSON for it; ``path`` is added: where the file is inside.
    file, inside
        The one file, and the name it has inside (GDAL's drivers look at it too).
    drivers
        The only GDAL drivers there are inside.
    limits, bwrap
        Bounds, and the program to confine with.
    writable
        A folder of the parent where the script may write (a raster's copy).

    Raises
    ------
    UnreadableFile
        No confinement is possible here: the reason is said and the file isn't opened.
    """

    def __init__(
        self,
        program: str | Path,
        task: dict[str, Any],
        file: Path,
        inside: str,
        drivers: Sequence[str],
        *,
        limits: Limits,
        bwrap: str = "bwrap",
        writable: Path | None = None,
    ) -> None:
        confiner = shutil.which(bwrap)
        if confiner is None:
            raise refusal(
                "no-confinement", "这台服务器没有安装 bubblewrap，无法隔离打开上传的文件，因此拒绝读取。"
            )
        self._limits = limits
        task = task | {
            "path": f"/in/{inside}",
            "drivers": list(drivers),
            "limits": {
                "cpu": limits.cpu,
                "memory": limits.memory,
                "heap": limits.heap,
                "vertices": limits.vertices,
                "features": limits.features,
                "output": limits.output,
            },
        }
        environment = {
            "PATH": "/usr/bin",
            "LANG": "C.UTF-8",
            "GDAL_SKIP": _skipped_drivers(tuple(drivers)),
            "GDAL_PAM_ENABLED": "NO",
            "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE" if writable else "FALSE",
            "GDAL_NUM_THREADS": "1",
            "OGR_GPKG_NUM_THREADS": "1",
            "GDAL_CACHEMAX": "64",
            "OGR_GEOJSON_MAX_OBJ_SIZE": "16",
            "OGR_ARROW_MEM_LIMIT": str(64 << 20),
            "OGR_ARC_STEPSIZE": "0.5",
            "DXF_MERGE_BLOCK_GEOMETRIES": "FALSE",
            "CPL_TMPDIR": "/out" if writable else _SCRATCH,
            "MALLOC_ARENA_MAX": "2",
            "ARROW_IO_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if isinstance(program, Path) and program.is_dir():
            code, start = ["--ro-bind", str(program.resolve()), "/in/script"], ["-c", _START_PACKAGE]
        elif isinstance(program, Path):
            code, start = ["--ro-bind", str(program.resolve()), "/in/script.py"], ["/in/script.py"]
        else:
            code, start = ["--ro-bind", str(_PACKAGE), "/in/confined"], ["-c", _START, program]
        self._command = [
            confiner, "--unshare-all", "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv",
            *(part for name, value in environment.items() for part in ("--setenv", name, value)),
            *_system(), *_python(), "--dev", "/dev", "--size", str(64 << 20), "--tmpfs", _SCRATCH,
            *code, "--ro-bind", str(file.resolve()), f"/in/{inside}",
            *(("--bind", str(writable.resolve()), "/out") if writable else ()),
            "--chdir", _SCRATCH, "--", sys.executable, "-I", "-X", "utf8", *start, json.dumps(task),
        ]  # fmt: skip
        self.exceeded: str | None = None
        self.usage: dict[str, float] = {}

    def __enter__(self) -> Confined:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}
        )
        assert self._process.stdout is not None
        self.output: IO[bytes] = _Bounded(self._process.stdout, self._limits.output, self)  # type: ignore[assignment]
        self._watch(self._limits.wall)
        self._errors: list[bytes] = []
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        return self

    def _watch(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._judge)
        self._timer.daemon = True
        self._timer.start()

    def _judge(self) -> None:
        """End a run that the parent has waited for too long; the parent's own pauses don't count."""
        left = self._limits.wall - self.output.waited()  # type: ignore[attr-defined]
        if left > 0:
            self._watch(max(left, 0.01))
        else:
            self.exceeded = "time"
            self._process.kill()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        kept = 0
        while chunk := self._process.stderr.read1(65536):  # type: ignore[attr-defined]
            if kept < 1 << 20:
                self._errors.append(chunk)
                kept += len(chunk)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._process.stdout.close()
        self._process.stderr.close()

    def finish(self) -> dict[str, Any]:
        """Wait for the end; the script's last message, or the refusal that its end means. Sets `usage`."""
        self._process.wait()
        self._reader.join()
        status = self._process.returncode
        lines = b"".join(self._errors).decode("utf-8", "replace").splitlines()
        messages = [message for message in map(_message, lines) if message is not None]
        self.usage = next((m["usage"] for m in reversed(messages) if isinstance(m.get("usage"), dict)), {})
        message = next((m for m in reversed(messages) if "usage" not in m), None)
        if self.exceeded == "output":
            raise refusal(
                "too-much-output", "文件的内容超过 %(size)d MB，已中止。", size=self._limits.output >> 20
            )
        if self.exceeded == "time":
            raise refusal("too-slow", "读取文件超过 %(seconds)d 秒，已中止。", seconds=int(self._limits.wall))
        if status in _OUT_OF_TIME:
            raise refusal("too-slow", "读取文件超过 %(seconds)d 秒，已中止。", seconds=self._limits.cpu)
        if status == 0 and message is not None:
            return message
        if status == _REFUSED and message is not None:
            raise UnreadableFile(refused(message))
        text = "\n".join(lines[-5:])
        if "bwrap:" in text:
            raise refusal(
                "no-confinement", "这台服务器不能隔离打开上传的文件（%(reason)s），因此拒绝读取。",
                reason=text[text.index("bwrap:") :][:200],
            )  # fmt: skip
        if any(
            word in text for word in ("MemoryError", "bad_alloc", "Cannot allocate", "failed to map segment")
        ):
            raise UnreadableFile(refused({"code": "too-much-memory"}))
        raise refusal(
            "reader-died", "读取文件的隔离进程异常退出（状态 %(status)d），文件可能已损坏。", status=status
        )


def _message(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


class _Bounded:
    """The script's output, counted; and how long the parent has waited for it."""

    closed = False

    def __init__(self, stream: IO[bytes], limit: int, run: Confined) -> None:
        self._stream, self._left, self._run = stream, limit, run
        self._waited, self._since = 0.0, time.monotonic()
        self._waiting = True  # for the end too, until the first read

    def waited(self) -> float:
        return self._waited + (time.monotonic() - self._since if self._waiting else 0.0)

    def read(self, size: int = -1) -> bytes:
        if not self._waiting:
            self._since, self._waiting = time.monotonic(), True
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        if (
            size < 0 or len(data) == size
        ):  # otherwise the end was reached: what remains is waiting for the exit
            self._waited, self._waiting = self.waited(), False
        self._left -= len(data)
        if self._left < 0:
            self._run.exceeded = "output"
            self._run._process.kill()
            return b""
        return data

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.closed = True
