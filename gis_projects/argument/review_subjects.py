"""How reviews are named in the trail, locked, and held open for who goes on with them."""

from __future__ import annotations

from typing import Any

from gis_projects.argument.models import ExpertReview, ReviewState
from gis_projects.argument.refusals import NotNow
from gis_projects.library.subjects import subject as of_project
from gis_projects.people.models import User
from gis_projects.trail import actions as trail
from siting.engine.notices import Notice


def beside(review: ExpertReview) -> str:
    """What the files of a review lie beside."""
    return f"argument.review:{review.pk}"


def held(review: ExpertReview) -> ExpertReview:
    """The review as it stands now, its row locked: whoever else goes on with it waits.

    Raises
    ------
    NotNow
        It was returned or archived.
    """
    ExpertReview.objects.select_for_update().only("pk").get(pk=review.pk)
    found = ExpertReview.objects.select_related("project", "project__region", "project__organisation").get(
        pk=review.pk
    )
    if found.state != ReviewState.OPEN:
        raise NotNow(
            Notice(
                "review-ended", "评审%(state)s，不能再办理。", {"state": str(ReviewState(found.state).label)}
            )
        )
    return found


def note(by: User | None, verb: str, review: ExpertReview, **data: Any) -> None:
    """Write a step of a review into its project's trail."""
    trail.record(
        by=by,
        verb=verb,
        subject=of_project(review.project),
        data={"review": review.pk, "title": review.title, **data},
    )
