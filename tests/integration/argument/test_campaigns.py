"""Batches of a year reproduce the figures of the published accounts from loaded rows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gis_projects.argument import review_workflow as workflow
from gis_projects.argument.actions import campaigns
from gis_projects.argument.models import Campaign, CampaignItem, Criterion, ExpertReview, ReviewStep
from gis_projects.argument.queries import campaigns as queries
from gis_projects.argument.queries.reviews import Wanted, required, reviews
from gis_projects.argument.refusals import NotNow
from gis_projects.library.models import InvestmentRecord, Project
from gis_projects.library.money import Rounding, Unit, show
from gis_projects.people.models import Engagement, OrganisationKind
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from siting.engine.notices import UnusableInput
from tests.factories.library import ProjectFactory
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, user_of

pytestmark = pytest.mark.django_db
YI = Decimal(100_000_000)


@pytest.fixture
def organiser():
    return user_of(Role.COORDINATOR, "150200")


def projects(count: int, total: Decimal, prefix: str = "P") -> list[Project]:
    """So many projects whose planned investments add up to ``total`` 元."""
    region = RegionFactory(code="150200")
    made = Project.objects.bulk_create(
        ProjectFactory.build(code=f"{prefix}-{n:04d}", region=region, stage="planning") for n in range(count)
    )
    each = (total / count).quantize(Decimal("0.01"))
    InvestmentRecord.objects.bulk_create(
        InvestmentRecord(
            project=project, region=region, cumulative_yuan=0, recorded_on="2019-03-29",
            planned_yuan=each if n else total - each * (count - 1),
        )
        for n, project in enumerate(made)
    )  # fmt: skip
    return made


def batch(organiser, rows, kind="review", name="批次") -> Campaign:
    return campaigns.open_campaign(
        by=organiser, year=2019, name=name, kind=kind, region=organiser.region,
        projects=Project.objects.filter(pk__in=[row.pk for row in rows]),
    )  # fmt: skip


def load_results(
    campaign: Campaign, *, stopped: int = 0, cut_yuan: Decimal = Decimal(0), applied: int = 0
) -> None:
    """Every review archived: the first ``stopped`` advised against, the last ``applied`` followed, so much cut."""
    items = list(campaign.items.select_related("review").order_by("pk"))
    Criterion.objects.bulk_create(
        Criterion(review=item.review, position=1, name="总体", weight=Decimal(100)) for item in items
    )
    ReviewStep.objects.bulk_create(
        ReviewStep(review=item.review, number=step.number, code=step.code, state="done")
        for item in items
        for step in workflow.steps()[1:]
    )
    left = cut_yuan - sum((item.review.requested_yuan for item in items[:stopped]), Decimal(0))
    today = timezone.localdate()
    for n, item in enumerate(items):
        review = item.review
        review.organiser, review.starts_on, review.ends_on = campaign.opened_by, today, today
        review.conclusion, review.score, review.opinion = "passed", Decimal(80), "同意。"
        review.reached, review.state = 11, "closed"
        if n < stopped:
            review.use, review.approved_yuan = "stop" if n % 2 else "suspend", Decimal(0)
        else:
            part = min(left, review.requested_yuan)
            left -= part
            review.use = "cut" if part else "approve"
            review.approved_yuan = review.requested_yuan - part
        review.applied = n >= len(items) - applied
        review.save()
    assert left == 0
    connection.check_constraints()


def test_160_projects_of_47_billion_are_applied_for_assigned_and_reviewed(organiser):
    campaign = batch(organiser, projects(160, 470 * YI))
    assert campaigns.assign_reviews(by=organiser, campaign=campaign) == 160
    load_results(campaign, applied=22)
    totals = queries.totals(queries.items(organiser, campaign))
    assert (totals.projects, totals.assigned, totals.reviewed, totals.closed) == (160, 160, 160, 160)
    assert show(totals.total_yuan, Unit.WAN) == "4,700,000"
    # 22 whose result is applied: those, and no others, are followed
    assert totals.applied == 22
    assert queries.monitored(organiser).count() == 22
    assert reviews(organiser, Wanted(applied="1")).count() == 22
    client = Client()
    client.force_login(organiser, backend="gis_projects.people.backends.Accounts")
    assert "4,700,000" in client.get(reverse("argument:campaign", args=[campaign.pk])).content.decode()
    assert Step.objects.filter(verb="argument.review_step", data__campaign=campaign.pk).count() == 160


@pytest.mark.parametrize(
    ("count", "total", "stopped", "cut", "shares"),
    [
        # 3.53 of 5.87: 60.136…; the account cuts off
        (184, "5.87", 62, "3.53", {"cut": ("60.14", "60.13"), "stopped": ("33.70", "33.69")}),
        (46, "2.70", 39, "2.32", {"stopped": ("84.78", "84.78")}),
    ],
)
def test_cut_and_suspended_projects_add_up_to_the_published_figures(
    organiser, count, total, stopped, cut, shares
):
    campaign = batch(organiser, projects(count, Decimal(total) * YI))
    campaigns.assign_reviews(by=organiser, campaign=campaign)
    load_results(campaign, stopped=stopped, cut_yuan=Decimal(cut) * YI)
    totals = queries.totals(queries.items(organiser, campaign))
    assert (totals.used, totals.suspended) == (count, stopped)
    assert (totals.requested_yuan, totals.cut_yuan) == (Decimal(total) * YI, Decimal(cut) * YI)
    assert totals.approved_yuan == (Decimal(total) - Decimal(cut)) * YI
    told = {"cut": totals.cut_share, "stopped": totals.suspended_share}
    for name, (half_up, cut_off) in shares.items():
        assert (str(told[name]()), str(told[name](Rounding.TRUNCATE))) == (half_up, cut_off)


def test_three_batches_of_admission_and_the_filter_of_large_projects(organiser):
    small = projects(40, 40 * Decimal(9_999_9999), prefix="S")  # each a little under 10 000 万元
    large = projects(76, 76 * Decimal(100_000_000), prefix="L")
    client = Client()
    client.force_login(organiser, backend="gis_projects.people.backends.Accounts")
    form = {"year": "2018", "name": "亿元项目", "kind": "admission", "region": "150200", "least_wan": "10000"}
    assert client.post(reverse("argument:campaign-new"), form).status_code == 302
    for name, rows in (("工业园区配套项目", small[:19]), ("重点产业发展项目", small[19:])):
        codes = "\n".join(row.code for row in rows)
        form = {"year": "2018", "name": name, "kind": "admission", "region": "150200", "codes": codes}
        assert client.post(reverse("argument:campaign-new"), form).status_code == 302
    counted = {
        row.name: queries.totals(queries.items(organiser, row)).projects
        for row in queries.campaigns(organiser, year=2018, kind="admission")
    }
    assert counted == {"亿元项目": 76, "工业园区配套项目": 19, "重点产业发展项目": 21}
    assert sum(counted.values()) == 116
    assert {item.project_id for item in CampaignItem.objects.filter(campaign__name="亿元项目")} == {
        row.pk for row in large
    }
    assert not queries.campaigns(organiser, year=2019).exists()


def test_187_subsidy_projects_are_assigned_and_closed(organiser):
    campaign = batch(organiser, projects(187, 10 * YI), name="商贸流通政府奖补项目")
    assert campaigns.assign_reviews(by=organiser, campaign=campaign) == 187
    assert campaigns.assign_reviews(by=organiser, campaign=campaign) == 0  # none twice
    load_results(campaign)
    assert queries.totals(queries.items(organiser, campaign)).done("review") == 187
    assert ExpertReview.objects.filter(state="closed").count() == 187


def test_60_projects_are_evaluated_by_three_kinds_of_evaluators(organiser):
    rows = projects(60, 6 * YI)
    unit, firm = OrganisationFactory(), OrganisationFactory(kind=OrganisationKind.INTERMEDIARY)
    Project.objects.filter(pk__in=[row.pk for row in rows]).update(organisation=unit)
    today = timezone.localdate()
    Engagement.objects.bulk_create(
        Engagement(
            project=row.pk,
            organisation=firm,
            phase="late",
            service="evaluation",
            starts_on=today,
            ends_on=today,
        )
        for row in rows
    )
    people = {
        "self": UserFactory(roles=[str(Role.OWNER)], region=None, organisation=unit),
        "third_party": UserFactory(roles=[str(Role.INTERMEDIARY)], region=None, organisation=firm),
        "department": organiser,
    }
    campaign = batch(organiser, rows, kind="evaluation", name="节能减排示范项目")
    items = list(campaign.items.select_related("project", "campaign"))
    for n, item in enumerate(items):
        for evaluator, by in people.items():
            campaigns.assess(by=by, item=item, evaluator=evaluator, score=Decimal(60 + n % 40))
    totals = queries.totals(queries.items(organiser, campaign))
    assert (totals.projects, totals.evaluated, totals.done("evaluation")) == (60, 60, 60)
    # each scores as what they are, once, and nobody else does
    with pytest.raises(NotNow, match="已经评过分"):
        campaigns.assess(by=organiser, item=items[0], evaluator="department", score=Decimal(90))
    for evaluator in people:
        for name, by in people.items():
            if name != evaluator:
                with pytest.raises(PermissionDenied):
                    campaigns.assess(by=by, item=items[0], evaluator=evaluator, score=Decimal(90))
    Engagement.objects.update(ended_at=timezone.now())
    with pytest.raises(PermissionDenied):
        campaigns.assess(by=people["third_party"], item=items[1], evaluator="third_party", score=Decimal(90))


@pytest.mark.parametrize(
    ("planned", "industry", "code", "asked"),
    [
        ("50000.01", "I", "P-1", True),
        ("50000.00", "I", "P-1", True),  # 以上 contains the number itself
        ("49999.99", "I", "P-1", False),
        ("90000.00", "E", "P-1", False),
        ("90000.00", "E", "2611-150200-04-04-100001", True),
        ("90000.00", "E", "2611-150200-04-01-100001", False),
    ],
)
def test_informatisation_from_50_000_yuan_on_must_be_reviewed(planned, industry, code, asked):
    project = ProjectFactory(code=code, industry=industry)
    InvestmentRecord.objects.create(
        project=project, region=project.region, planned_yuan=Decimal(planned), cumulative_yuan=0,
        recorded_on="2019-03-29",
    )  # fmt: skip
    assert [rule.code for rule in required(project)] == (["information"] if asked else [])


def test_a_bureau_may_read_the_threshold_as_exclusive():
    [rule] = workflow.required()
    strict = workflow.Required(**{**vars(rule), "inclusive": False})
    assert [strict.reached_by(Decimal(yuan)) for yuan in ("49999.99", "50000.00", "50000.01")] == [
        False, False, True,
    ]  # fmt: skip


def test_what_a_reader_may_not_know_of_is_neither_listed_nor_summed(organiser):
    rows = projects(3, 3 * YI)
    Project.objects.filter(pk=rows[0].pk).update(secrecy="confidential")
    admin = user_of(Role.ADMINISTRATOR)
    campaign = batch(admin, rows)
    assert queries.totals(queries.items(admin, campaign)).projects == 3
    totals = queries.totals(queries.items(organiser, campaign))
    assert (totals.projects, totals.total_yuan) == (2, 2 * YI)


def test_a_batch_that_can_not_be_is_refused(organiser):
    rows = projects(2, YI)
    batch(organiser, rows)
    with pytest.raises(NotNow, match="同名"):
        batch(organiser, rows)
    with pytest.raises(UnusableInput, match="1 至"):
        batch(organiser, [], name="空")
    with pytest.raises(UnusableInput, match="NO-SUCH"):
        campaigns.by_codes(organiser, ["P-0000", "NO-SUCH"])
    with pytest.raises(PermissionDenied):
        batch(user_of(Role.PLANNER, "150200"), rows, name="别人的")


def test_the_list_of_batches_sums_each_alone_and_asks_no_more_for_more(
    organiser, django_assert_max_num_queries
):
    client = Client()
    client.force_login(organiser, backend="gis_projects.people.backends.Accounts")
    asked = []
    for number in range(1, 6):
        kind = "review" if number < 4 else "admission"
        made = batch(organiser, projects(number, number * YI, prefix=f"Q{number}"), kind, f"批次{number}")
        if number == 2:
            campaigns.assign_reviews(by=organiser, campaign=made)
            load_results(made, stopped=1, cut_yuan=YI)
        if number in (1, 5):
            client.get(reverse("argument:campaigns"))  # what is cached for a minute
            with django_assert_max_num_queries(40) as seen:
                page = client.get(reverse("argument:campaigns")).content.decode()
            asked.append(len(seen))
    assert asked[0] == asked[1]
    assert all(f"批次{number}" in page for number in range(1, 6))
    rows = list(queries.campaigns(organiser))
    together = queries.totals_of(organiser, rows)
    assert {row.pk: queries.totals(queries.items(organiser, row)) for row in rows} == together
    assert {row.name: together[row.pk].projects for row in rows} == {f"批次{n}": n for n in range(1, 6)}
