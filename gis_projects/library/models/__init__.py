"""The nouns of the library, one module each."""

from gis_projects.library.models.attachments import Attachment
from gis_projects.library.models.budget import (
    Appropriation,
    BudgetChange,
    BudgetInstrument,
    BudgetLine,
)
from gis_projects.library.models.building import (
    WHOLE,
    Acceptance,
    AcceptanceKind,
    AcceptanceState,
    BuildingChange,
    ChangeKind,
    ChangeState,
)
from gis_projects.library.models.codes import Code, CodeList, CodeListVersion
from gis_projects.library.models.completion import AccountKind, Completion, CompletionAccount
from gis_projects.library.models.databases import Membership
from gis_projects.library.models.development_plans import DevelopmentPlan, PlanItem, Realisation
from gis_projects.library.models.diary import DiaryEntry
from gis_projects.library.models.evidence import Evidence, EvidenceKind, Outcome
from gis_projects.library.models.imports import ImportState, SavedView, TableImport
from gis_projects.library.models.investment import InvestmentRecord
from gis_projects.library.models.libraries import (
    LIBRARIES,
    STEPS,
    Acknowledgement,
    Application,
    ApplicationState,
    Factor,
    FactorState,
    FactorStatus,
    LibraryMove,
    Succession,
    Way,
)
from gis_projects.library.models.parameters import (
    Parameter,
    ParameterKey,
)
from gis_projects.library.models.permits import (
    Approval,
    ApprovalItem,
    ConstructionStart,
    FundApplication,
    FundFlow,
    FundState,
    Monitoring,
    ProcurementConsent,
    ProcurementSlip,
)
from gis_projects.library.models.planning_lists import PlanningList, PlanningRow, RowState
from gis_projects.library.models.plans import (
    CostPart,
    FundSource,
    InvestmentPlan,
    LandPart,
    LandStatement,
    YearPlan,
)
from gis_projects.library.models.programmes import Programme, ProgrammeMember
from gis_projects.library.models.projects import Project
from gis_projects.library.models.registers import DecisionResource, Expert, Policy, PolicyKind
from gis_projects.library.models.standards import (
    ApprovalCheck,
    CheckAnswer,
    CheckPoint,
    EnforcementStandard,
)
from gis_projects.library.models.upkeep import EntryRight, FieldRight, Party, ProjectDraft, StalenessThreshold
from gis_projects.library.terms import (
    ENDED_STAGES,
    Industry,
    InvestmentKind,
    Level,
    Library,
    Precision,
    ProjectKind,
    ProjectSecrecy,
    Stage,
)

__all__ = [
    "ENDED_STAGES",
    "LIBRARIES",
    "STEPS",
    "WHOLE",
    "Acceptance",
    "AcceptanceKind",
    "AcceptanceState",
    "AccountKind",
    "Acknowledgement",
    "Application",
    "ApplicationState",
    "Appropriation",
    "Approval",
    "ApprovalCheck",
    "ApprovalItem",
    "Attachment",
    "BudgetChange",
    "BudgetInstrument",
    "BudgetLine",
    "BuildingChange",
    "ChangeKind",
    "ChangeState",
    "CheckAnswer",
    "CheckPoint",
    "Code",
    "CodeList",
    "CodeListVersion",
    "Completion",
    "CompletionAccount",
    "ConstructionStart",
    "CostPart",
    "DecisionResource",
    "DevelopmentPlan",
    "DiaryEntry",
    "EnforcementStandard",
    "EntryRight",
    "Evidence",
    "EvidenceKind",
    "Expert",
    "Factor",
    "FactorState",
    "FactorStatus",
    "FieldRight",
    "FundApplication",
    "FundFlow",
    "FundSource",
    "FundState",
    "ImportState",
    "Industry",
    "InvestmentKind",
    "InvestmentPlan",
    "InvestmentRecord",
    "LandPart",
    "LandStatement",
    "Level",
    "Library",
    "LibraryMove",
    "Membership",
    "Monitoring",
    "Outcome",
    "Parameter",
    "ParameterKey",
    "Party",
    "PlanItem",
    "PlanningList",
    "PlanningRow",
    "Policy",
    "PolicyKind",
    "Precision",
    "ProcurementConsent",
    "ProcurementSlip",
    "Programme",
    "ProgrammeMember",
    "Project",
    "ProjectDraft",
    "ProjectKind",
    "ProjectSecrecy",
    "Realisation",
    "RowState",
    "SavedView",
    "Stage",
    "StalenessThreshold",
    "Succession",
    "TableImport",
    "Way",
    "YearPlan",
]
