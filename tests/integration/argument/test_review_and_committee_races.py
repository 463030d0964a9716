"""Two at once finish the same step of a review, or confirm the same minutes: exactly one does, and the trail says so
once.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from gis_projects.argument import review_workflow
from gis_projects.argument.actions import meetings, minutes, referrals, reviews
from gis_projects.argument.models import Meeting, Resolution
from gis_projects.library.models import Evidence
from gis_projects.people.permissions import Role
from gis_projects.trail.models import Step
from gis_projects.trail.queries import verify
from tests.factories import committee as committees
from tests.factories import expert_reviews
from tests.factories.library import InvestmentFactory, ProjectFactory, department
from tests.factories.people import OrganisationFactory, RegionFactory, UserFactory, user_of
from tests.racing import Pair
from tests.thorough import many

pytestmark = pytest.mark.django_db(transaction=True)
TRIALS, WALKS = many(20, 500), many(2, 50)


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def panel():
    return expert_reviews.panel()


@pytest.fixture
def organisers(panel):
    second = UserFactory(
        username="organiser2", roles=[str(Role.COORDINATOR)], region=RegionFactory(code="150200")
    )
    return panel.organiser, second


def another(panel):
    """The same people with a project that no review is open for."""
    project = ProjectFactory(region=panel.project.region, organisation=panel.project.organisation)
    InvestmentFactory(project=project)
    return replace(panel, project=project)


def finished(step: str) -> int:
    return Step.objects.filter(verb="argument.review_step", data__step=step).count()


def test_of_two_who_accept_a_review_one_does(panel, organisers):
    today = timezone.localdate()

    def accepting(by, review):
        return lambda: reviews.accept(by=by, review=review, starts_on=today, ends_on=today)

    with Pair() as pair:
        for _trial in range(TRIALS):
            review = another(panel).open()
            done = pair(*(accepting(by, review) for by in organisers))
            assert sum(done) == 1
            review.refresh_from_db()
            assert review.organiser == organisers[done.index(True)]
            assert review.steps.filter(code="accept").count() == 1
    assert finished("accept") == TRIALS
    assert verify().broken is None


@pytest.fixture
def tireless(monkeypatch):
    """The same experts sit in every walk, oftener than the register lets one."""
    known = replace(review_workflow.settings(), most_seats=10 * WALKS)
    monkeypatch.setattr(review_workflow, "settings", lambda: known)


@pytest.mark.usefixtures("tireless")
def test_of_two_who_use_a_result_one_does(panel, organisers):
    def using(by, review):
        return lambda: reviews.use_result(
            by=by, review=review, use="approve", approved_yuan=None, applied=True, remark="按申报额安排"
        )

    with Pair() as pair:
        for _trial in range(WALKS):
            own = another(panel)
            review = own.go_to(9)
            done = pair(*(using(by, review) for by in organisers))
            assert sum(done) == 1
            assert review.steps.filter(code="use").count() == 1
            assert Evidence.objects.filter(project=own.project, kind="review").count() == 1
    assert finished("use") == WALKS
    assert verify().broken is None


def recorded(of: committees.Sitting) -> Meeting:
    held = committees.meeting(of)
    project = ProjectFactory(region=of.committee.region)
    item = meetings.add_item(by=of.clerk, meeting=held, kind="fiscal", title="财力论证", project=project)
    committees.resolved(of, item)
    return minutes.record_minutes(by=of.clerk, meeting=held, minutes="会议审议了议题。")


@pytest.fixture
def sitting():
    return committees.sitting()


def test_of_two_who_confirm_the_same_minutes_one_does(sitting):
    third = user_of(Role.COMMITTEE, "150207", username="third")
    with Pair() as pair:
        for _trial in range(TRIALS):
            held = recorded(sitting)
            done = pair(
                *(
                    lambda by=by, held=held: minutes.confirm_minutes(
                        by=by, meeting=held, revision=held.revision
                    )
                    for by in (sitting.second, third)
                )
            )
            assert sum(done) == 1
            project = Resolution.objects.get(item__meeting=held).item.project
            assert Evidence.objects.filter(project=project, kind="resolution").count() == 1
    assert Step.objects.filter(verb="argument.confirm_minutes").count() == TRIALS
    assert verify().broken is None


def test_minutes_confirmed_at_once_give_every_resolution_a_number_of_its_own(sitting):
    with Pair() as pair:
        for _trial in range(TRIALS):
            both = [recorded(sitting), recorded(sitting)]
            done = pair(
                *(
                    lambda held=held: minutes.confirm_minutes(
                        by=sitting.second, meeting=held, revision=held.revision
                    )
                    for held in both
                )
            )
            assert all(done)
    documents = list(Resolution.objects.values_list("document", flat=True))
    numbers = sorted(int(text.rpartition("〕")[2].removesuffix("号")) for text in documents)
    assert numbers == list(range(1, 2 * TRIALS + 1))
    assert verify().broken is None


def test_of_two_who_end_a_referral_one_does():
    of = committees.sitting()
    there = department("supervision", "九原区纪委监委")
    there.region = of.committee.region
    there.save()
    UserFactory(username="discipline", roles=[str(Role.JOINT)], organisation=there, region=None)
    project = ProjectFactory(region=of.committee.region, organisation=OrganisationFactory())
    row = committees.meeting(of, kind="joint")
    item = meetings.add_item(by=of.clerk, meeting=row, kind="fiscal", title="财力论证", project=project)

    def ending(by, referral):
        return lambda: referrals.end(by=by, referral=referral, reason="已办结")

    with Pair() as pair:
        for _trial in range(TRIALS):
            referral = referrals.refer(
                by=of.clerk, item=item, organisation=there, ends_on=timezone.localdate(), text="联动监督"
            )
            assert sum(pair(ending(of.clerk, referral), ending(of.second, referral))) == 1
    assert Step.objects.filter(verb="argument.end_referral").count() == TRIALS
