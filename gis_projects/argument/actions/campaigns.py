"""Campaigns: batches of a year, their reviews opened in bulk, their evaluations."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from gis_projects.argument import review_workflow as workflow
from gis_projects.argument import scoring
from gis_projects.argument.models import (
    Assessment,
    Campaign,
    CampaignItem,
    CampaignKind,
    Evaluator,
    ExpertReview,
    ReviewPurpose,
    ReviewState,
    ReviewStep,
    StepState,
)
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import InvestmentRecord, Project
from gis_projects.library.subjects import subject as of_project
from gis_projects.people.models import Engagement, Region, Service, User
from gis_projects.people.permissions import Permission, Scope, may, require, visible
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice, UnusableInput

MAX_PROJECTS = 5000


def subject(campaign: Campaign) -> str:
    return f"argument.campaign:{campaign.pk}"


@transaction.atomic
def open_campaign(
    *, by: User, year: int, name: str, kind: str, region: Region, projects: QuerySet[Project], note: str = "",
    selection: str = "",
) -> Campaign:  # fmt: skip
    """Open a batch with the projects of a selection, as they are now; what ``by`` may not read is not among them.

    Parameters
    ----------
    projects
        The selection: a filtered list, or those of given codes.
    selection
        How it was chosen, as the project list's query string; for whoever reads the batch later.
    """
    require(by, Permission.HOLD_REVIEWS, Scope(region=region.pk))
    words = name.strip().replace("\0", "")[:120]
    if not words:
        raise UnusableInput(Notice("campaign-name", "请填写批次名称。", field="name"))
    if kind not in CampaignKind.values:
        raise UnusableInput(Notice("campaign-kind", "请选择批次类型。", field="kind"))
    if not 1990 <= year <= 2100:
        raise UnusableInput(Notice("campaign-year", "年度应在 1990 至 2100 之间。", field="year"))
    latest = InvestmentRecord.objects.filter(project=OuterRef("pk")).order_by("-recorded_on", "-pk")
    chosen = Project.objects.filter(
        pk__in=visible(by, Permission.HOLD_REVIEWS, Project.objects.all()).values("pk")
    ).filter(pk__in=projects.order_by().values("pk"))
    rows = list(
        chosen.annotate(now_planned=Subquery(latest.values("planned_yuan")[:1])).values_list(
            "pk", "now_planned"
        )[: MAX_PROJECTS + 1]
    )
    if not 1 <= len(rows) <= MAX_PROJECTS:
        raise UnusableInput(
            Notice(
                "campaign-projects", "批次应有 1 至 %(n)s 个项目。", {"n": MAX_PROJECTS}, field="selection"
            )
        )
    try:
        with transaction.atomic():
            campaign = Campaign.objects.create(
                year=year, name=words, kind=kind, note=note.strip().replace("\0", ""), selection=selection[:2000],
                region=region, opened_by=by,
            )  # fmt: skip
    except IntegrityError as error:
        raise NotNow(Notice("campaign-there", "该年度已有同名批次。", field="name")) from error
    CampaignItem.objects.bulk_create(
        CampaignItem(campaign=campaign, project_id=key, planned_yuan=planned) for key, planned in rows
    )
    trail.record(
        by=by, verb="argument.open_campaign", subject=subject(campaign),
        data={"year": year, "name": words, "kind": kind, "region": region.pk, "projects": len(rows),
              "selection": campaign.selection},
    )  # fmt: skip
    return campaign


@transaction.atomic
def assign_reviews(*, by: User, campaign: Campaign, procedure: str = "online") -> int:
    """Open a review for every project of a batch that has none: how many. What is asked for is its planned investment.

    A project with a review under way, or without a planned investment, is passed over; the batch's page shows which.
    """
    campaign = _held(campaign)
    require(by, Permission.HOLD_REVIEWS, campaign)
    known = workflow.procedures().get(procedure)
    if known is None or campaign.kind != CampaignKind.REVIEW:
        raise UnusableInput(Notice("campaign-procedure", "请选择评审程序。", field="procedure"))
    busy = ExpertReview.objects.filter(state=ReviewState.OPEN, purpose=ReviewPurpose.ARGUMENT).values(
        "project"
    )
    mine = visible(by, Permission.HOLD_REVIEWS, Project.objects.all()).values("pk")
    items = list(
        campaign.items.filter(review=None, planned_yuan__isnull=False, project__in=mine)
        .exclude(project__in=busy)
        .select_related("project")
        .select_for_update(of=("self",))
    )
    wanted = [(item, item.planned_yuan) for item in items if item.planned_yuan is not None]
    reviews = ExpertReview.objects.bulk_create(
        ExpertReview(
            project=item.project, title=f"{campaign.year}年{campaign.name}", procedure=procedure,
            mandatory=list(known.mandatory), opened_by=by, requested_yuan=planned, reached=1,
        )
        for item, planned in wanted
    )  # fmt: skip
    first = workflow.steps()[0]
    ReviewStep.objects.bulk_create(
        ReviewStep(
            review=review, number=1, code=first.code, state=StepState.DONE, by=by,
            content={"campaign": campaign.pk, "requested_yuan": str(review.requested_yuan)},
        )
        for review in reviews
    )  # fmt: skip
    for item, review in zip(items, reviews, strict=True):
        item.review = review
    CampaignItem.objects.bulk_update(items, ["review"])
    trail.record_many(
        by=by,
        steps=[
            (
                "argument.review_step",
                of_project(review.project),
                {
                    "review": review.pk, "title": review.title, "step": first.code, "number": 1,
                    "campaign": campaign.pk, "requested_yuan": str(review.requested_yuan),
                },
            )
            for review in reviews
        ]
        + [("argument.assign_reviews", subject(campaign), {"reviews": len(reviews), "procedure": procedure})],
    )  # fmt: skip
    return len(reviews)


@transaction.atomic
def assess(*, by: User, item: CampaignItem, evaluator: str, score: Decimal, remark: str = "") -> Assessment:
    """One evaluator's score of a project in an evaluation batch, each once: its own unit's, the third party's that is
    engaged for 绩效评价, or the department's.
    """
    campaign = _held(item.campaign)
    if campaign.kind != CampaignKind.EVALUATION or evaluator not in Evaluator.values:
        raise UnusableInput(Notice("campaign-evaluator", "请选择评价主体。", field="evaluator"))
    if not may_assess(by, item, Evaluator(evaluator)):
        raise PermissionDenied(Permission.HOLD_REVIEWS)
    if not score.is_finite() or not 0 <= score <= 100 or score != scoring.rounded(score):
        raise UnusableInput(Notice("campaign-score", "得分应为 0 至 100，最多两位小数。", field="score"))
    if item.assessments.filter(evaluator=evaluator).exists():
        raise NotNow(Notice("campaign-assessed", "该评价主体已经评过分。"))
    row = Assessment.objects.create(
        item=item, evaluator=evaluator, score=score, note=remark.strip().replace("\0", "")[:4000], by=by
    )
    trail.record(
        by=by, verb="argument.assess_project", subject=of_project(item.project),
        data={"campaign": campaign.pk, "name": campaign.name, "evaluator": evaluator, "score": str(score)},
    )  # fmt: skip
    return row


def may_assess(user: User, item: CampaignItem, evaluator: Evaluator) -> bool:
    """Whether a user scores a project as this evaluator."""
    if evaluator is Evaluator.DEPARTMENT:
        return may(user, Permission.HOLD_REVIEWS, item.project)
    if evaluator is Evaluator.SELF:
        own = user.organisation_id is not None and user.organisation_id == item.project.organisation_id
        return own and may(user, Permission.EDIT_PROJECTS, item.project)
    engaged = Engagement.objects.current().filter(
        project=item.project_id,
        service=Service.EVALUATION,
        organisation__isnull=False,
        organisation=user.organisation_id,
    )
    return may(user, Permission.DELIVER_SERVICES, item.project) and engaged.exists()


@transaction.atomic
def close_campaign(*, by: User, campaign: Campaign) -> Campaign:
    """End a batch; its reviews go on by themselves."""
    campaign = _held(campaign)
    require(by, Permission.HOLD_REVIEWS, campaign)
    campaign.closed_at = timezone.now()
    campaign.save(update_fields=["closed_at"])
    trail.record(
        by=by, verb="argument.close_campaign", subject=subject(campaign), data={"name": campaign.name}
    )
    return campaign


def _held(campaign: Campaign) -> Campaign:
    found = Campaign.objects.select_for_update(of=("self",)).select_related("region").get(pk=campaign.pk)
    if found.closed_at is not None:
        raise NotNow(Notice("campaign-closed", "批次已经结束。"))
    return found


def by_codes(by: User, codes: Iterable[str]) -> QuerySet[Project]:
    """Projects of these codes; what ``by`` may not read is unknown to them.

    Raises
    ------
    UnusableInput
        Some are unknown; they are named.
    """
    wanted = {code.strip() for code in codes if code.strip()}
    found = visible(by, Permission.READ_PROJECTS, Project.objects.filter(code__in=wanted))
    if unknown := sorted(wanted - set(found.values_list("code", flat=True))):
        raise UnusableInput(
            Notice(
                "campaign-codes",
                "没有这些项目代码：%(codes)s",
                {"codes": unknown[:10]},
                field="codes",
            )
        )
    return found
