"""What waits for a decision, what is going to be shown, what is shown, and what was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from gis_projects.library.models import Project
from gis_projects.library.queries.projects import search
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from gis_projects.publishing.models import Act, Decision, Proposal, PublicationRecord
from gis_projects.publishing.queries import standing

STATES = {
    "open": _("待审批"),
    "scheduled": _("已排期"),
    "shown": _("已公开"),
    "withdrawn": _("已撤回"),
    "rejected": _("已退回或失效"),
}


@dataclass(frozen=True)
class Row:
    """One project in the queue; ``at`` is when it came into its state, or for a scheduled one when it will be shown."""

    project: Project
    at: datetime
    who: str
    reason: str


def projects(user: User, *, words: str = "", region: str = "") -> QuerySet[Project]:
    """The projects that somebody may read, narrowed by words of their name or code and by region."""
    found = visible(user, Permission.READ_PROJECTS, Project.objects.all())
    if region:
        found = found.filter(region=region)
    return search(found, words) if words else found


def counts(found: QuerySet[Project]) -> dict[str, int]:
    return {state: _of(state, found).count() for state in STATES}


def rows(state: str, found: QuerySet[Project]) -> QuerySet[Any]:
    """The rows of a state, newest first; turned into `Row` by `row`."""
    if state in ("shown", "withdrawn"):
        return _of(state, found).select_related("project__region", "by")
    return _of(state, found).select_related("project__region", "proposed_by", "decided_by")


def row(one: Any) -> Row:
    if isinstance(one, PublicationRecord):
        assert one.project is not None
        return Row(one.project, one.at, str(one.by or _("平台")), one.reason)
    if one.decision == Decision.OPEN:
        return Row(one.project, one.proposed_at, str(one.proposed_by), one.reason)
    if one.lapsed_at or one.decision == Decision.REJECTED:
        return Row(one.project, one.lapsed_at or one.decided_at, str(one.decided_by), one.outcome)
    return Row(one.project, one.starts_at, str(one.decided_by), one.reason)


def _of(state: str, found: QuerySet[Project]) -> QuerySet[Any]:
    inside = found.order_by().values("pk")
    if state == "open":
        return Proposal.objects.filter(decision=Decision.OPEN, project__in=inside)
    if state == "scheduled":
        return standing.scheduled().filter(project__in=inside).order_by("starts_at", "pk")
    if state == "rejected":
        turned_down = Proposal.objects.filter(project__in=inside)
        return turned_down.filter(decision=Decision.REJECTED) | turned_down.filter(lapsed_at__isnull=False)
    newest = PublicationRecord.objects.filter(project=OuterRef("project")).order_by("-pk").values("pk")[:1]
    last = PublicationRecord.objects.filter(project__in=inside, pk=Subquery(newest))
    if state == "shown":
        return last.exclude(act=Act.WITHDRAWN)
    return last.filter(act=Act.WITHDRAWN)
