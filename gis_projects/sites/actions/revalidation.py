"""Having sites re-validated at a person's word."""

from __future__ import annotations

from django.db import transaction

from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, require
from gis_projects.sites import jobs
from siting import revalidation
from siting.models import Revalidation
from siting.revalidation import Report


@transaction.atomic
def queue_revalidation(*, by: User, everything: bool = False) -> Revalidation:
    """Have every live site's answer brought to the current versions, in the background.

    ``everything``: check all of them again, whatever is proved.
    """
    require(by, Permission.REVIEW_CHECKS)
    return jobs.queue([], by=by, everything=everything)


def revalidate(*, by: User | None, everything: bool = False, processes: int = 1) -> Report:
    """Do it at once. ``by`` None is the machine's own operator, who has the command line."""
    if by is not None:
        require(by, Permission.REVIEW_CHECKS)
    row = revalidation.begin(everything=everything)
    return revalidation.run(
        row.pk, revalidation.InOneGo(), processes=processes, ended=lambda report: jobs.told(report, by=by)
    )
