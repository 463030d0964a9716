"""What the public may see, as copies of its own: these tables and no others can be read by the public's database role.

They point at nothing: no foreign key leads back to a project, a site, a layer or a person, and this room imports
none of theirs. `gis_projects.publishing` fills them. A new table is granted to the role and watched by the revision in
its migration (`gis_projects.disclosure.grants`).
"""

from gis_projects.disclosure.models.articles import ArticleFile, ArticleKind, PublishedArticle
from gis_projects.disclosure.models.handling import (
    HandlingMatter,
    HandlingStage,
    HandlingStep,
    MatterKind,
)
from gis_projects.disclosure.models.outlines import PublicOutline
from gis_projects.disclosure.models.projects import (
    DisclosedEvent,
    DisclosedMedia,
    DisclosedProject,
    DisclosedResult,
    Form,
    MediaKind,
)
from gis_projects.disclosure.models.questions import (
    InboxQuestion,
    InboxTrace,
    PublicQuestion,
    QuestionKind,
    QuestionStatus,
    ReceiptState,
)
from gis_projects.disclosure.models.revision import ChangeKind, Edition, PublicChange, Revision

__all__ = [
    "ArticleFile",
    "ArticleKind",
    "ChangeKind",
    "DisclosedEvent",
    "DisclosedMedia",
    "DisclosedProject",
    "DisclosedResult",
    "Edition",
    "Form",
    "HandlingMatter",
    "HandlingStage",
    "HandlingStep",
    "InboxQuestion",
    "InboxTrace",
    "MatterKind",
    "MediaKind",
    "PublicChange",
    "PublicOutline",
    "PublicQuestion",
    "PublishedArticle",
    "QuestionKind",
    "QuestionStatus",
    "ReceiptState",
    "Revision",
]
