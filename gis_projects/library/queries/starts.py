"""Whether building would begin: what an edit of a project's stage must not do by itself."""

from __future__ import annotations

from gis_projects.library.models import ConstructionStart, Project, Stage

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
