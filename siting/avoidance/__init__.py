"""Avoidance (避让): cutting chosen conflicts away from a drawing, and the smallest shift that clears them.

Both answer by checks over the same pinned layer versions and rulebook as the check that found the conflicts, and
nothing is claimed that a check of the result didn't confirm.
"""

from siting.avoidance.asking import Question, conflicts
from siting.avoidance.cutting import MAX_CLEARANCE_M, CutAway, cut_away
from siting.avoidance.shifting import MAX_BOUND_M, Shift, smallest_shift

__all__ = [
    "MAX_BOUND_M", "MAX_CLEARANCE_M", "CutAway", "Question", "Shift", "conflicts", "cut_away", "smallest_shift",
]  # fmt: skip
