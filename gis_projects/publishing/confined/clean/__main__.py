"""Usage: JSON with path, limits, and as kind ``photo``, ``video`` or ``transcode``. The results are written to /out."""

from __future__ import annotations

import json
import resource
import sys

from .photos import photo
from .videos import video


def main() -> None:
    task = json.loads(sys.argv[1])
    limits = task["limits"]
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"], limits["output"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if task["kind"] == "photo":
        photo(task["path"])
    else:
        video(task["path"], transcode=task["kind"] == "transcode")


if __name__ == "__main__":
    main()
