"""Sites suggested: a region searched for ground that no rule forbids, of the wanted size and shape, the best first.

>>> parameters = read({"area_m2": 50_000}, rulebook)
>>> answer = search(parameters, region, rulebook=rulebook, facts=facts, versions=versions)

Ground is ruled out cell by cell on the safe side (`exclusions`), and every patch is then checked as any boundary is:
that check is what counts, and a patch that fails it is shown with it.
"""

from siting.suggestions.exclusions import Exclusion, State
from siting.suggestions.parameters import LIMITS, Parameters, Preference, preferences, read
from siting.suggestions.search import (
    Answer,
    CriterionShare,
    Explanation,
    Found,
    Ruling,
    laid,
    layers_read,
    search,
)

__all__ = [
    "LIMITS",
    "Answer",
    "CriterionShare",
    "Exclusion",
    "Explanation",
    "Found",
    "Parameters",
    "Preference",
    "Ruling",
    "State",
    "laid",
    "layers_read",
    "preferences",
    "read",
    "search",
]
