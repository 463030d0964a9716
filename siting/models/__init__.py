"""What siting keeps, one module per noun."""

from siting.models.answers import (
    Change,
    CurrentAnswer,
    Footing,
    How,
    Proof,
    RevalidatedSite,
    Revalidation,
    RunState,
)
from siting.models.checks import Check, Finding
from siting.models.conflicts import ConflictPatch, Crosswalk, PlanComparison
from siting.models.rulebooks import Rule, RuleBook, RulebookDraft, RulebookTrial, TriedSite
from siting.models.sites import Site, SiteVersion

__all__ = [
    "Change",
    "Check",
    "ConflictPatch",
    "Crosswalk",
    "CurrentAnswer",
    "Finding",
    "Footing",
    "How",
    "PlanComparison",
    "Proof",
    "RevalidatedSite",
    "Revalidation",
    "Rule",
    "RuleBook",
    "RulebookDraft",
    "RulebookTrial",
    "RunState",
    "Site",
    "SiteVersion",
    "TriedSite",
]
