"""Whether building would begin: what an edit of a project's stage must not do by itself."""

from __future__ import annotations

from django.db.models import Q

from gis_projects.library.models import ConstructionStart, Stage
from gis_projects.trail.models import Step

_BEFORE = (Stage.PLANNING, Stage.PREPARATION)


def begins(project: int, before: str, after: str) -> bool:
    """Whether a project that goes from one stage to another would begin to be built without its registered start.

    One that was suspended, or said to be completed, goes on only if it was under construction: whose trail knows it in
    planning and never under construction begins. What a ledger brought as suspended had begun before.
    """
    if after != Stage.CONSTRUCTION or before == Stage.CONSTRUCTION:
        return False
    if ConstructionStart.objects.filter(project=project).exists():
        return False
    if before in _BEFORE:
        return True
    steps = Step.objects.filter(subject=f"library.project:{project}")
    built = Q(data__before__stage=Stage.CONSTRUCTION.value) | Q(data__after__stage=Stage.CONSTRUCTION.value)
    planned = Q(data__before__stage__in=[stage.value for stage in _BEFORE])
    return steps.filter(planned).exists() and not steps.filter(built).exists()
