"""The nouns of arguments, one module each."""

from gis_projects.argument.models.campaigns import Assessment, Campaign, CampaignItem, CampaignKind, Evaluator
from gis_projects.argument.models.experts import SEATED, Draw, Recusal, Seat, SeatState
from gis_projects.argument.models.review_records import (
    Message,
    MessageKind,
    PositionSource,
    Reading,
    ScoreItem,
    ScoreSheet,
    Visit,
    VisitPhoto,
)
from gis_projects.argument.models.reviews import (
    STOPPED,
    Archive,
    Averaging,
    Criterion,
    ExpertReview,
    ReviewPurpose,
    ReviewState,
    ReviewStep,
    StepState,
    Use,
)
from gis_projects.argument.models.services import Deliverable, InterestDeclaration, Receipt

__all__ = [
    "SEATED",
    "STOPPED",
    "Archive",
    "Assessment",
    "Averaging",
    "Campaign",
    "CampaignItem",
    "CampaignKind",
    "Criterion",
    "Deliverable",
    "Draw",
    "Evaluator",
    "ExpertReview",
    "InterestDeclaration",
    "Message",
    "MessageKind",
    "PositionSource",
    "Reading",
    "Receipt",
    "Recusal",
    "ReviewPurpose",
    "ReviewState",
    "ReviewStep",
    "ScoreItem",
    "ScoreSheet",
    "Seat",
    "SeatState",
    "StepState",
    "Use",
    "Visit",
    "VisitPhoto",
]
