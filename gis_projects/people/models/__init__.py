"""The nouns of people, one module each."""

from gis_projects.people.models.delegations import Delegation
from gis_projects.people.models.engagements import Engagement, Phase, Service
from gis_projects.people.models.organisations import Department, Organisation, OrganisationKind
from gis_projects.people.models.regions import Region, RegionKind
from gis_projects.people.models.registrations import Registration, RegistrationState
from gis_projects.people.models.sessions import PasswordRecord, Session, SignIn, SignInMethod
from gis_projects.people.models.tokens import MAX_TOKEN_DAYS, TOKEN_DAYS, AccessToken, TokenScope
from gis_projects.people.models.units import (
    ApprovalChain,
    ChainLevel,
    ChainMode,
    InternalUnit,
    Post,
    PostHolding,
)
from gis_projects.people.models.users import User

__all__ = [
    "MAX_TOKEN_DAYS",
    "TOKEN_DAYS",
    "AccessToken",
    "ApprovalChain",
    "ChainLevel",
    "ChainMode",
    "Delegation",
    "Department",
    "Engagement",
    "InternalUnit",
    "Organisation",
    "OrganisationKind",
    "PasswordRecord",
    "Phase",
    "Post",
    "PostHolding",
    "Region",
    "RegionKind",
    "Registration",
    "RegistrationState",
    "Service",
    "Session",
    "SignIn",
    "SignInMethod",
    "TokenScope",
    "User",
]
