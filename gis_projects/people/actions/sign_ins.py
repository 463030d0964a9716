"""That somebody signed in, and that a session ends."""

from __future__ import annotations

from django.db import transaction

from gis_projects.people.models import Session, SignIn, SignInMethod, User
from gis_projects.trail import actions as trail


def note_sign_in(*, by: User, method: SignInMethod, address: str | None) -> SignIn:
    """Count a sign-in for the person, and for the unit and region of this moment. It has a table of its own: the trail
    keeps what is done, and is locked for each step.
    """
    return SignIn.objects.create(
        user=by, organisation_id=by.organisation_id, region_id=by.region_id, method=method, address=address
    )


@transaction.atomic
def end_sessions(*, by: User, sessions: list[Session]) -> int:
    """End sessions of one's own at once; how many there still were."""
    ended, _rows = Session.objects.filter(user=by, pk__in=[row.pk for row in sessions]).delete()
    if ended:
        trail.record(by=by, verb="people.end_session", subject=f"people.user:{by.pk}", data={"number": ended})
    return ended
