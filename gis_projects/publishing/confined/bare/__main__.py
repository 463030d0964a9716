"""Usage: JSON with path, kind and limits. The result is written to /out."""

from __future__ import annotations

import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from .office import office
from .pdf import pdf
from .pictures import jpeg, png
from .saying import refuse, say

OUT = Path("/out") / "bare"
_KINDS: dict[str, Callable[[bytes], bytes]] = {
    "pdf": pdf, "png": png, "jpeg": jpeg, "docx": office, "xlsx": office,
}  # fmt: skip


def main() -> None:
    task = json.loads(sys.argv[1])
    limits = task["limits"]
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"]))
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"], limits["output"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        bare = _KINDS[task["kind"]](Path(task["path"]).read_bytes())
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
    ):  # the last: encrypted, or packed as nothing here can
        refuse("unreadable")
    OUT.write_bytes(bare)
    say({"size": len(bare)})


if __name__ == "__main__":
    main()
