"""What persons add to sites and checks, one module per noun."""

from gis_projects.sites.models.alternatives import (
    Alternative,
    AlternativeChoice,
    AlternativeSource,
    AlternativeWeights,
)
from gis_projects.sites.models.comparisons import (
    ComparisonRun,
    HandlingState,
    PatchHandling,
    Yields,
)
from gis_projects.sites.models.reviews import Attachment, Mark, Review, SignOff, SignOffWithdrawal
from gis_projects.sites.models.rulebooks import PublicationState, RulebookPublication, RulebookRevision
from gis_projects.sites.models.statements import Chapter, Statement
from gis_projects.sites.models.suggestions import (
    SuggestedPatch,
    SuggestionAnswer,
    SuggestionRun,
    SuggestionStop,
)

__all__ = [
    "Alternative",
    "AlternativeChoice",
    "AlternativeSource",
    "AlternativeWeights",
    "Attachment",
    "Chapter",
    "ComparisonRun",
    "HandlingState",
    "Mark",
    "PatchHandling",
    "PublicationState",
    "Review",
    "RulebookPublication",
    "RulebookRevision",
    "SignOff",
    "SignOffWithdrawal",
    "Statement",
    "SuggestedPatch",
    "SuggestionAnswer",
    "SuggestionRun",
    "SuggestionStop",
    "Yields",
]
