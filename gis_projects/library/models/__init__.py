"""The nouns of the library, one module each."""

from gis_projects.library.models.attachments import Attachment
from gis_projects.library.models.evidence import Evidence, EvidenceKind, Outcome
from gis_projects.library.models.investment import InvestmentRecord
from gis_projects.library.models.projects import (
    ENDED_STAGES,
    Industry,
    InvestmentKind,
    Level,
    Library,
    Membership,
    Precision,
    Project,
    ProjectKind,
    ProjectSecrecy,
    Stage,
)

__all__ = [
    "ENDED_STAGES",
    "Attachment",
    "Evidence",
    "EvidenceKind",
    "Industry",
    "InvestmentKind",
    "InvestmentRecord",
    "Level",
    "Library",
    "Membership",
    "Outcome",
    "Precision",
    "Project",
    "ProjectKind",
    "ProjectSecrecy",
    "Stage",
]
