"""The nouns of people, one module each."""

from gis_projects.people.models.engagements import Engagement, Phase, Service
from gis_projects.people.models.organisations import Department, Organisation, OrganisationKind
from gis_projects.people.models.regions import Region, RegionKind
from gis_projects.people.models.tokens import MAX_TOKEN_DAYS, TOKEN_DAYS, AccessToken, TokenScope
from gis_projects.people.models.users import User

__all__ = [
    "MAX_TOKEN_DAYS",
    "TOKEN_DAYS",
    "AccessToken",
    "Department",
    "Engagement",
    "Organisation",
    "OrganisationKind",
    "Phase",
    "Region",
    "RegionKind",
    "Service",
    "TokenScope",
    "User",
]
