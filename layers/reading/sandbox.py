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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from layers.notices import Notice, UnreadableFile

_REFUSED = 3
_SCRATCH = "/scratch"  # inside: a small file system in memory


@dataclass(frozen=True)
class Limits:
    """What a confined process may use: CPU and wall-clock seconds, bytes of memory and output."""

    cpu: int = 120
    wall: float = 180.0
    memory: int = 3 << 30
    output: int = 3 << 30
    vertices: int = 2_000_000
    features: int = 3_000_000


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


def _refuse(code: str, template: str, **params: Any) -> UnreadableFile:
    return UnreadableFile(Notice(code, template, params))


class Confined:
    """One confined run as a context manager; `output` is what the script writes.

    Parameters
    ----------
    script
        A Python file, run with the environment's interpreter.
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
        script: Path,
        task: dict[str, Any],
        file: Path,
        inside: str,
        drivers: Sequence[str],
        *,
        limits: Limits,
        bwrap: str = "bwrap",
        writable: Path | None = None,
    ) -> None:
        program = shutil.which(bwrap)
        if program is None:
            raise _refuse(
                "no-confinement", "这台服务器没有安装 bubblewrap，无法隔离打开上传的文件，因此拒绝读取。"
            )
        self._limits = limits
        task = task | {
            "path": f"/in/{inside}",
            "drivers": list(drivers),
            "limits": {
                "cpu": limits.cpu,
                "memory": limits.memory,
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
            "OGR_GEOJSON_MAX_OBJ_SIZE": "64",
            "CPL_TMPDIR": _SCRATCH,
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._command = [
            program, "--unshare-all", "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv",
            *(part for name, value in environment.items() for part in ("--setenv", name, value)),
            *_system(), *_python(), "--dev", "/dev", "--size", str(64 << 20), "--tmpfs", _SCRATCH,
            "--ro-bind", str(script.resolve()), "/in/script.py", "--ro-bind", str(file.resolve()), f"/in/{inside}",
            *(("--bind", str(writable.resolve()), "/out") if writable else ()),
            "--chdir", _SCRATCH, "--", sys.executable, "-I", "-X", "utf8", "/in/script.py", json.dumps(task),
        ]  # fmt: skip
        self.messages: list[dict[str, Any]] = []
        self.exceeded: str | None = None

    def __enter__(self) -> Confined:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={}
        )
        assert self._process.stdout is not None
        self.output: IO[bytes] = _Bounded(self._process.stdout, self._limits.output, self)  # type: ignore[assignment]
        self._timer = threading.Timer(self._limits.wall, self._too_long)
        self._timer.daemon = True
        self._timer.start()
        self._errors: list[bytes] = []
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        return self

    def _too_long(self) -> None:
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
        """Wait for the end; the script's last message, or the refusal that its end means."""
        self._process.wait()
        self._reader.join()
        status = self._process.returncode
        lines = b"".join(self._errors).decode("utf-8", "replace").splitlines()
        message = next((m for m in map(_message, reversed(lines)) if m is not None), None)
        if self.exceeded == "output":
            raise _refuse(
                "too-much-output", "文件的内容超过 %(size)d MB，已中止。", size=self._limits.output >> 20
            )
        if self.exceeded == "time" or status in (-24, 128 + 24, 137, -9):
            raise _refuse("too-slow", "读取文件超过 %(seconds)d 秒，已中止。", seconds=int(self._limits.wall))
        if status == 0 and message is not None:
            return message
        if status == _REFUSED and message is not None:
            raise UnreadableFile(_refusal(message))
        text = "\n".join(lines[-3:])
        if "bwrap:" in text:
            raise _refuse(
                "no-confinement", "这台服务器不能隔离打开上传的文件（%(reason)s），因此拒绝读取。",
                reason=text[text.index("bwrap:") :][:200],
            )  # fmt: skip
        if "MemoryError" in text or "bad_alloc" in text or "Cannot allocate" in text:
            raise UnreadableFile(_refusal({"code": "too-much-memory"}))
        raise _refuse(
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


_REFUSALS = {
    "confinement-broken": "隔离进程里的格式驱动超出许可范围，因此拒绝读取。",
    "no-layer": "文件中没有带几何的图层。",
    "which-layer": "文件中有多个图层，请指明读取哪一个：%(layers)s。",
    "no-geometry": "图层没有几何字段。",
    "not-readable": "文件内容无法读取：%(reason)s",
    "too-much-memory": "文件的内容太大，超过读取时的内存限制。",
    "feature-too-large": "有一个要素太大（超过 64 MB），不能读取。",
    "too-many-features": "要素超过 %(limit)d 个。",
    "too-many-vertices": "有一个要素的顶点超过 %(limit)d 个，不能读取。",
    "zip-broken": "zip 文件不完整或已损坏。",
    "cpg-wrong": ".cpg 声明的编码 %(told)s 与内容不符，已按 %(used)s 读取。",
    "text-damaged": "有 %(count)d 个属性值的文字编码已损坏，无法还原的字符以“�”代替。",
    "raster-not-georeferenced": "栅格没有坐标系或地理位置。",
    "raster-bands": "栅格有 %(count)d 个波段，只接受一个。",
    "raster-too-large": "栅格有 %(width)d×%(height)d 个像元，超过限制。",
}


def _refusal(message: dict[str, Any]) -> Notice:
    """A message of the script as a notice; its text is ours, only its figures and names are the script's."""
    code = str(message.get("code"))
    params = message.get("params") or {}
    template = _REFUSALS.get(code)
    if template is None:
        return Notice("reader-died", "读取文件的隔离进程给出了不明的答复。")
    try:
        template % params
    except (KeyError, TypeError, ValueError):
        return Notice("reader-died", "读取文件的隔离进程给出了不明的答复。")
    return Notice(code, template, params)


def remark(message: dict[str, Any]) -> Notice:
    """A remark of the script that doesn't stop the reading."""
    return _refusal(message)


class _Bounded:
    """The script's output, counted."""

    closed = False

    def __init__(self, stream: IO[bytes], limit: int, run: Confined) -> None:
        self._stream, self._left, self._run = stream, limit, run

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
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
