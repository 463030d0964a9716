"""Results of other rooms, written down where the gates of the libraries read them."""

from __future__ import annotations

from django.db import transaction

from gis_projects.library.models import Evidence, Project
from gis_projects.library.subjects import locked, subject
from gis_projects.people.models import User
from gis_projects.trail import actions as trail


@transaction.atomic
def record_evidence(
    *,
    by: User | None,
    project: Project,
    kind: str,
    outcome: str,
    reference: str,
    title: str,
    address: str = "",
) -> Evidence:
    """Write down what a room above has established; that room has asked whether ``by`` may.

    The newest row of a kind stands: to take a result back, record one that failed.
    """
    project = locked(project)
    row = Evidence(
        project=project, kind=kind, outcome=outcome, reference=reference, title=title, address=address, by=by
    )
    row.full_clean(exclude=["by"] if by is None else None)  # nobody: the platform's own jobs
    row.save(force_insert=True)
    trail.record(
        by=by,
        verb="library.record_evidence",
        subject=subject(project),
        data={"kind": kind, "outcome": outcome, "reference": reference, "title": title},
    )
    return row
