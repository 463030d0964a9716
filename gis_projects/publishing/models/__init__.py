"""The inside of disclosure: proposals, decisions, records. The public's database role reads none of it."""

from gis_projects.publishing.models.articles import (
    UNDER_WAY,
    Article,
    ArticleAttachment,
    ArticleVersion,
    VersionState,
)
from gis_projects.publishing.models.batches import BatchItem, BatchState, PublicationBatch, Taken
from gis_projects.publishing.models.comments import (
    ANSWERING,
    Answer,
    AnswerState,
    Question,
    QuestionState,
)
from gis_projects.publishing.models.handling import MatterCopy
from gis_projects.publishing.models.progress import PerformanceResult, PositionSource, ProgressMedia
from gis_projects.publishing.models.projects import (
    Act,
    Chosen,
    Decision,
    Place,
    Proposal,
    PublicationRecord,
)
from gis_projects.publishing.models.rules import DisclosureRule

__all__ = [
    "ANSWERING",
    "UNDER_WAY",
    "Act",
    "Answer",
    "AnswerState",
    "Article",
    "ArticleAttachment",
    "ArticleVersion",
    "BatchItem",
    "BatchState",
    "Chosen",
    "Decision",
    "DisclosureRule",
    "MatterCopy",
    "PerformanceResult",
    "Place",
    "PositionSource",
    "ProgressMedia",
    "Proposal",
    "PublicationBatch",
    "PublicationRecord",
    "Question",
    "QuestionState",
    "Taken",
    "VersionState",
]
