"""The nouns of the library, one module each."""

from gis_projects.library.models.attachments import Attachment
from gis_projects.library.models.databases import Membership
from gis_projects.library.models.development_plans import DevelopmentPlan, PlanItem, Realisation
from gis_projects.library.models.evidence import Evidence, EvidenceKind, Outcome
from gis_projects.library.models.imports import ImportState, SavedView, TableImport
from gis_projects.library.models.investment import InvestmentRecord
from gis_projects.library.models.planning_lists import PlanningList, PlanningRow, RowState
from gis_projects.library.models.projects import (
    ENDED_STAGES,
    Industry,
    InvestmentKind,
    Level,
    Library,
    Precision,
    Project,
    ProjectKind,
    ProjectSecrecy,
    Stage,
)
from gis_projects.library.models.registers import DecisionResource, Expert, Policy, PolicyKind

__all__ = [
    "ENDED_STAGES",
    "Attachment",
    "DecisionResource",
    "DevelopmentPlan",
    "Evidence",
    "EvidenceKind",
    "Expert",
    "ImportState",
    "Industry",
    "InvestmentKind",
    "InvestmentRecord",
    "Level",
    "Library",
    "Membership",
    "Outcome",
    "PlanItem",
    "PlanningList",
    "PlanningRow",
    "Policy",
    "PolicyKind",
    "Precision",
    "Project",
    "ProjectKind",
    "ProjectSecrecy",
    "Realisation",
    "RowState",
    "SavedView",
    "Stage",
    "TableImport",
]
