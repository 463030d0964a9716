"""What siting keeps, one module per noun."""

from siting.models.checks import Check, Finding
from siting.models.rulebooks import Rule, RuleBook
from siting.models.sites import Site, SiteVersion

__all__ = ["Check", "Finding", "Rule", "RuleBook", "Site", "SiteVersion"]
