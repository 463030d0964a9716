"""What an edit of a project's stage must not do by itself: begin building, complete it, or take that back."""

from __future__ import annotations

from gis_projects.library.models import (
    WHOLE,
    Acceptance,
    AcceptanceState,
    Completion,
    ConstructionStart,
    Project,
    Stage,
)

_BEFORE = (Stage.PLANNING, Stage.PREPARATION)


def begins(project: int, before: str, after: str) -> bool:
    """Whether a project that goes from one stage to another would begin to be built without its registered start.

    One that was suspended, or said to be completed, goes on only if it was under construction (`Project.begun`). The
    database asks the same (trigger ``library_project_starts``).
    """
    if after != Stage.CONSTRUCTION or before == Stage.CONSTRUCTION:
        return False
    if ConstructionStart.objects.filter(project=project).exists():
        return False
    return before in _BEFORE or not Project.objects.filter(pk=project, begun=True).exists()


def completes(project: int, before: str, after: str) -> bool:
    """Whether a project whose start is registered would be completed without an acceptance of the whole.

    What came from an older ledger was never started here, so its stage is what the ledger says. The database asks the
    same (trigger ``library_project_completes``).
    """
    if after != Stage.COMPLETED or before == Stage.COMPLETED:
        return False
    passed = Acceptance.objects.filter(project=project, kind__in=WHOLE, state=AcceptanceState.PASSED)
    return ConstructionStart.objects.filter(project=project).exists() and not passed.exists()


def reopens(project: int, before: str, after: str) -> bool:
    """Whether a project would no longer be completed though the day of its completion is registered.

    The database asks the same (trigger ``library_project_completes``).
    """
    if before != Stage.COMPLETED or after == Stage.COMPLETED:
        return False
    return Completion.objects.filter(project=project).exists()
