"""How much a boundary file may hold. A file past a limit is refused before it costs anything."""

from __future__ import annotations

MAX_BYTES = 32 * 1024 * 1024
"""Of one file. A coordinate text of 200,000 points takes about 8 MB, as GeoJSON about 10 MB."""

MAX_POINTS = 200_000
"""Of one boundary, over all plots and rings; the engine has the same limit."""

MAX_PLOTS = 5_000

MAX_RINGS = 2_000
"""Of one plot: finding which ring is a hole of which takes their square."""
