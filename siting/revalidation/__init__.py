"""Something changed: which answers can it touch? Those are computed again; of the others it is proved that they hold.

At the end of a run every live site has an answer pinned to the versions in force when it began: re-checked, or with the
proof that nothing that it stands on differs where it looks.

- `standing`: what answers stand on, now and then. `proofs`: whom a change can touch. `planning`, `answering`,
  `running`: a run in steps. `content`: what an answer says.
"""

from siting.revalidation.content import Content, content
from siting.revalidation.running import InOneGo, Report, Steps, begin, report, run
from siting.revalidation.standing import Standing, current

__all__ = [
    "Content",
    "InOneGo",
    "Report",
    "Standing",
    "Steps",
    "begin",
    "content",
    "current",
    "report",
    "run",
]
