"""Alternative sites held against each other under one rulebook and one set of layer versions.

>>> measured = figures(result, versions)
>>> table = compare([Candidate(...), Candidate(...)], usual_weights(), required_m2=50_000)
>>> table.first, table.steady
"""

from siting.options.comparing import SWAY, Candidate, Cell, Comparison, Row, Sway, compare, normalised
from siting.options.criteria import Criterion, criteria, read_weights, usual_weights
from siting.options.figures import figures, layers_read

__all__ = [
    "SWAY",
    "Candidate",
    "Cell",
    "Comparison",
    "Criterion",
    "Row",
    "Sway",
    "compare",
    "criteria",
    "figures",
    "layers_read",
    "normalised",
    "read_weights",
    "usual_weights",
]
