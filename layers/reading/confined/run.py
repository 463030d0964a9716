"""Where a confined process begins: it forks, the child does the work under the limits, the parent measures it.

Usage: PROGRAM JSON, where JSON has path, drivers, limits and what the program needs.
"""

import importlib
import json
import os
import sys

from .bounds import answer, limit


def main() -> None:
    """Run a program of this package and tell what it used; the exit status is the program's."""
    program, task = sys.argv[1], json.loads(sys.argv[2])
    child = os.fork()
    if child == 0:
        limit(task["limits"], writes=program == "raster")
        importlib.import_module(f"{__package__}.{program}").main(task)
        sys.stdout.flush()
        os._exit(0)
    # only the child holds the pipe, so its death ends what the parent reads
    os.close(sys.stdout.fileno())
    _, status, usage = os.wait4(child, 0)
    answer({"usage": {"cpu": usage.ru_utime + usage.ru_stime, "resident": usage.ru_maxrss << 10}})
    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
