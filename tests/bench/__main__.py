"""`python -m tests.bench [PART ...]`: every part without one; the parts are in `PARTS`."""

from __future__ import annotations

import importlib
import sys

from tests.bench import land

PARTS = (
    "check",
    "http",
    "batch",
    "overlay",
    "tiles",
    "load",
    "differences",
    "export",
    "growth",
    "map",
    "paper",
    "plans",
    "portal",
    "public",
    "revalidate",
    "staff",
    "suggest",
    "upload",
)
OF_THEIR_OWN = {
    "overlay",
    "load",
    "growth",
    "plans",
    "staff",
    "suggest",
    "upload",
}  # these make their own databases and need no city


def main(arguments: list[str]) -> int:
    """Run the parts; 0 if all targets were met, 1 if one was missed, 2 for a part that there isn't."""
    unknown = [part for part in arguments if part not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    parts = arguments or PARTS
    ground = land.wanted() if OF_THEIR_OWN.issuperset(parts) else land.ready()
    met = [importlib.import_module(f"tests.bench.{part}").run(ground) for part in parts]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
