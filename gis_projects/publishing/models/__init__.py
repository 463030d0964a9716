"""The inside of disclosure: proposals, decisions, records. The public's database role reads none of it."""

from gis_projects.publishing.models.batches import BatchItem, BatchState, PublicationBatch
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
    "Act",
    "BatchItem",
    "BatchState",
    "Chosen",
    "Decision",
    "DisclosureRule",
    "PerformanceResult",
    "Place",
    "PositionSource",
    "ProgressMedia",
    "Proposal",
    "PublicationBatch",
    "PublicationRecord",
]
