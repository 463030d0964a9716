"""Reading batches: their progress and their sums, of what a reader may know of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext_noop

from gis_projects.argument.models import STOPPED, Campaign, CampaignItem, CampaignKind, Evaluator, ReviewState
from gis_projects.library.models import Library, Project
from gis_projects.library.money import Rounding, share
from gis_projects.people.models import Engagement, Service, User
from gis_projects.people.permissions import Permission, visible
from gis_projects.people.todo import Waiting

ZERO = Decimal(0)
MOST_WAITING = 200

TO_EVALUATE = gettext_noop("绩效评价待评分：%(project)s（%(campaign)s）")


@dataclass(frozen=True)
class Totals:
    """The sums of a batch, 元. ``total_yuan`` is the planned investment of all its projects, the others are of those
    whose result stands: asked for, approved, cut. ``suspended`` counts 暂缓 and 停建 together.
    """

    projects: int
    total_yuan: Decimal
    assigned: int
    reviewed: int
    closed: int
    used: int
    applied: int
    suspended: int
    requested_yuan: Decimal
    approved_yuan: Decimal
    admitted: int
    evaluated: int

    @property
    def cut_yuan(self) -> Decimal:
        return self.requested_yuan - self.approved_yuan

    def cut_share(self, rounding: Rounding = Rounding.HALF_UP, places: int = 2) -> Decimal | None:
        """核减率: what was cut of what was asked for, per cent."""
        return share(self.cut_yuan, self.requested_yuan, places=places, rounding=rounding)

    def suspended_share(self, rounding: Rounding = Rounding.HALF_UP, places: int = 2) -> Decimal | None:
        """How many of the projects whose result stands are advised against, per cent."""
        return share(Decimal(self.suspended), Decimal(self.used), places=places, rounding=rounding)

    def done(self, kind: str) -> int:
        """How many projects have come to the batch's end, by its kind."""
        return {
            CampaignKind.ADMISSION: self.admitted,
            CampaignKind.REVIEW: self.closed,
            CampaignKind.EVALUATION: self.evaluated,
        }[CampaignKind(kind)]


def campaigns(user: User, *, year: int | None = None, kind: str = "") -> QuerySet[Campaign]:
    """The batches that a user may read: those of the regions that they see to, and the evaluations that they take part
    in from outside: of their unit's projects, or of those that it is engaged for to evaluate.
    """
    wanted = Q(pk__in=visible(user, Permission.READ_ARGUMENTS, Campaign.objects.all()).values("pk"))
    if user.organisation_id is not None:
        own, engaged = _evaluated_from_outside(user)
        theirs = visible(user, Permission.READ_ARGUMENTS, _EVALUATIONS.filter(own | engaged))
        wanted |= Q(pk__in=theirs.values("campaign"))
    rows = Campaign.objects.filter(wanted).select_related("region", "opened_by")
    if year is not None:
        rows = rows.filter(year=year)
    return rows.filter(kind=kind) if kind else rows


_EVALUATIONS = CampaignItem.objects.filter(campaign__kind=CampaignKind.EVALUATION)


def _evaluated_from_outside(user: User) -> tuple[Q, Q]:
    """Whose project it is of the user's unit to evaluate itself, and which ones the unit is engaged for to evaluate."""
    engaged = Engagement.objects.current().filter(
        organisation=user.organisation_id, service=Service.EVALUATION
    )
    return Q(project__organisation=user.organisation_id), Q(project__in=engaged.values("project"))


def evaluations_waiting(user: User) -> Iterator[Waiting]:
    """The projects that this user's unit, or the user as its third party, still has to give a score."""
    if user.organisation_id is None:
        return
    own, engaged = _evaluated_from_outside(user)
    for evaluator, permission, whose in (
        (Evaluator.SELF, Permission.EDIT_PROJECTS, own),
        (Evaluator.THIRD_PARTY, Permission.DELIVER_SERVICES, engaged),
    ):
        rows = visible(user, permission, _EVALUATIONS.filter(whose, campaign__closed_at=None))
        rows = rows.exclude(assessments__evaluator=evaluator).select_related("campaign", "project")
        for row in rows.order_by("pk")[:MOST_WAITING]:
            yield Waiting(
                kind="evaluation",
                template=TO_EVALUATE,
                params={"project": row.project.name, "campaign": row.campaign.name},
                address=reverse("argument:campaign", args=[row.campaign_id]),
                project=row.project_id,
                mine=False,
            )


def items(user: User, campaign: Campaign) -> QuerySet[CampaignItem]:
    """A batch's projects that the user may know of."""
    return (
        visible(user, Permission.READ_ARGUMENTS, campaign.items.all())
        .select_related("project", "project__region", "project__organisation", "review", "campaign")
        .prefetch_related("assessments")
        .order_by("project__code")
    )


def totals(rows: QuerySet[CampaignItem]) -> Totals:
    """The sums of a selection of a batch's projects; money in one query, evaluations in another."""
    return _totals(rows.order_by().aggregate(**_SUMS), evaluated(rows).count())


def totals_of(user: User, batches: Iterable[Campaign]) -> dict[int, Totals]:
    """The sums of several batches over the projects that the user may know of, by their keys. Two queries."""
    keys = [row.pk for row in batches]
    rows = visible(user, Permission.READ_ARGUMENTS, CampaignItem.objects.filter(campaign__in=keys)).order_by()
    sums = {row["campaign"]: row for row in rows.values("campaign").annotate(**_SUMS)}
    assessed = Counter(evaluated(rows).values_list("campaign", flat=True))
    nothing = dict.fromkeys(_SUMS, 0)
    return {key: _totals(sums.get(key, nothing), assessed[key]) for key in keys}


_SUMS = {
    "projects": Count("pk"),
    "total": Sum("planned_yuan"),
    "assigned": Count("review"),
    "reviewed": Count("review", filter=~Q(review__conclusion="")),
    "closed": Count("review", filter=Q(review__state=ReviewState.CLOSED)),
    "used": Count("review", filter=~Q(review__use="")),
    "applied": Count("review", filter=Q(review__applied=True)),
    "suspended": Count("review", filter=Q(review__use__in=STOPPED)),
    "requested": Sum("review__requested_yuan", filter=~Q(review__use="")),
    "approved": Sum("review__approved_yuan"),
    "admitted": Count("pk", filter=~Q(project__library=Library.NONE)),
}


def evaluated(rows: QuerySet[CampaignItem]) -> QuerySet[CampaignItem]:
    """Those that all evaluators have assessed."""
    counted = rows.order_by().annotate(evaluators=Count("assessments"))
    return counted.filter(evaluators=len(Evaluator.values))


def _totals(sums: Mapping[str, Any], evaluated: int) -> Totals:
    return Totals(
        sums["projects"], sums["total"] or ZERO, sums["assigned"], sums["reviewed"], sums["closed"], sums["used"],
        sums["applied"], sums["suspended"], sums["requested"] or ZERO, sums["approved"] or ZERO, sums["admitted"],
        evaluated,
    )  # fmt: skip


def monitored(user: User) -> QuerySet[Project]:
    """动态管理清单: the projects whose review's result is applied, each once."""
    return visible(
        user, Permission.READ_PROJECTS, Project.objects.filter(expert_reviews__applied=True)
    ).distinct()
