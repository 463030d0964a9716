"""What is tried with the three libraries, the expert review and the committee."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.http import Http404
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from gis_projects.argument.actions import meetings, minutes, reviews
from gis_projects.argument.actions import score_sheets as sheets
from gis_projects.argument.models import ExpertReview, Meeting, Resolution
from gis_projects.argument.review_workflow import next_step
from gis_projects.library.actions import libraries, reshaping
from gis_projects.library.models import Application
from tests.factories.expert_reviews import held
from tests.integration.walking.world import NUMBER, Started

WHO = st.sampled_from(["owner", "owner", "admitter", "admitter", "second"])
_NEXT = {"none": "catalogue", "exited": "catalogue", "catalogue": "reserve", "reserve": "implementation"}
#: What each gate asks that somebody has to reach on the walk; the rest the project has from the start.
_ASKS = {"catalogue": (), "reserve": ("total_structure",), "implementation": ("fiscal", "resolution")}


class InLibrariesAndCommittee(Started):
    # --- the libraries ---------------------------------------------------------------------------

    @rule(who=WHO, skips=st.booleans())
    def apply(self, who: str, skips: bool) -> None:
        to = "implementation" if skips and self.library == "none" else _NEXT.get(self.library, "catalogue")

        def apply() -> None:
            libraries.apply(by=self.world.people[who], project=self.now(), to=to)

        if self.tried(apply):
            assert (who, self.applied) == ("owner", False)
            assert _NEXT[self.library] == to
            assert all(self.reached.get(kind, "failed") != "failed" for kind in _ASKS[to]), self.reached
            self.applied = True
        elif who == "owner" and not self.applied and _NEXT.get(self.library) == to:
            assert any(self.reached.get(kind, "failed") == "failed" for kind in _ASKS[to]), self.reached

    @rule(who=WHO, admits=st.sampled_from([True, True, False]))
    def decide_application(self, who: str, admits: bool) -> None:
        row = Application.objects.filter(project=self.now()).order_by("-pk").first()
        if row is None:
            return

        def admit() -> None:
            libraries.admit(by=self.world.people[who], application=row, reason="意见")

        def return_application() -> None:
            libraries.return_application(by=self.world.people[who], application=row, reason="意见")

        if self.tried(admit if admits else return_application):
            assert who != "owner"
            assert self.applied
            self.applied = False
            self.library = row.to_library if admits else self.library
            assert not admits or all(self.reached[kind] != "failed" for kind in _ASKS[row.to_library])

    @rule(who=WHO, rarely=NUMBER)
    def exit(self, who: str, rarely: int) -> None:
        def exit_project() -> None:
            reshaping.exit_project(by=self.world.people[who], project=self.now(), reason="停止实施")

        if rarely < 12 and self.tried(exit_project):
            assert who != "owner"
            self.library = "exited"

    # --- the expert review -----------------------------------------------------------------------

    def review(self) -> ExpertReview | None:
        return ExpertReview.objects.filter(project=self.world.project).order_by("-pk").first()

    @rule()
    def open_review(self) -> None:
        def open_review() -> None:
            self.panel.open()

        self.tried(open_review)

    @rule()
    def go_on(self) -> None:
        """The next of the eleven steps, done as people do it."""
        review = self.review()
        step = None if review is None else next_step(review.reached)

        def go_on() -> None:
            getattr(self.panel, step.code)(review)  # type: ignore[union-attr]

        if step is not None and self.tried(go_on):
            self.done[f"review_{step.code}"] += 1

    @rule(number=NUMBER)
    def out_of_turn(self, number: int) -> None:
        """An expert scores, or the organiser concludes or closes, when it may not be time."""
        review = self.review()
        if review is None:
            return
        reached = review.reached

        def out_of_turn() -> None:
            if number % 3 == 0:
                reviews.close(by=self.world.organiser, review=review)
            elif number % 3 == 1:
                reviews.conclude(
                    by=self.world.organiser, review=review, conclusion="failed", opinion="不通过"
                )
            else:
                seats = held(review)
                if not seats:
                    raise Http404
                scores = {row.pk: Decimal(80) for row in review.criteria.all()}
                sheets.submit(
                    by=seats[number % len(seats)].expert.user, review=review, scores=scores,
                    recommendation="passed", opinion="同意",
                )  # fmt: skip

        if self.tried(out_of_turn):
            review.refresh_from_db()
            assert review.reached - reached <= 1

    # --- the committee ---------------------------------------------------------------------------

    def meeting(self) -> Meeting | None:
        return Meeting.objects.order_by("-pk").first()

    @rule()
    def convene(self) -> None:
        of, row = self.world.sitting, self.meeting()
        if row is not None and row.state == "planned":
            return

        def convene() -> None:
            at = timezone.now() - timedelta(hours=1)
            made = meetings.convene(by=of.clerk, committee=of.committee, title="会议", scheduled_at=at)
            meetings.add_item(by=of.clerk, meeting=made, kind="fiscal", title="审议", project=self.now())
            meetings.record_attendance(by=of.clerk, meeting=made, presence=of.everybody())

        self.tried(convene)

    @rule(
        outcome=st.sampled_from(["adopted", "adopted", "conditional", "deferred", "rejected"]),
        votes=st.booleans(),
    )
    def resolve(self, outcome: str, votes: bool) -> None:
        of, row = self.world.sitting, self.meeting()
        item = None if row is None else row.items.first()

        def resolve() -> None:
            assert item is not None
            if votes:
                choice = "for" if outcome in ("adopted", "conditional") else "against"
                meetings.cast_votes(by=of.clerk, item=item, choices=dict.fromkeys(of.members, choice))
            meetings.resolve(
                by=of.clerk, item=item, outcome=outcome, text="决议",
                conditions="分期实施" if outcome == "conditional" else "",
            )  # fmt: skip

        if item is not None:
            self.tried(resolve)

    @rule(who=st.sampled_from(["clerk", "second"]))
    def record(self, who: str) -> None:
        row = self.meeting()

        def record() -> None:
            assert row is not None
            minutes.record_minutes(by=getattr(self.world.sitting, who), meeting=row, minutes="纪要")

        if row is not None:
            self.tried(record)

    @rule(who=st.sampled_from(["clerk", "second"]), stale=NUMBER)
    def confirm(self, who: str, stale: int) -> None:
        row = self.meeting()
        if row is None:
            return
        by = getattr(self.world.sitting, who)

        def confirm() -> None:
            minutes.confirm_minutes(by=by, meeting=row, revision=row.revision - (stale == 0))

        recorded, writer = row.state == "recorded", row.recorded_by_id
        if self.tried(confirm):
            assert recorded
            assert writer != by.pk
            assert stale != 0
            outcome = Resolution.objects.get(item__meeting=row).outcome
            said = {"adopted": "passed", "conditional": "conditional", "rejected": "failed"}.get(outcome)
            self.reached |= {"resolution": said} if said else {}

    @rule()
    def return_minutes(self) -> None:
        row = self.meeting()

        def return_minutes() -> None:
            assert row is not None
            minutes.return_minutes(by=self.world.sitting.second, meeting=row, reason="补充")

        if row is not None and row.pk % 3 == 0:
            self.tried(return_minutes)
