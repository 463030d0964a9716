"""Projects of the library that may be one and the same, by name, content and place: what admission looks at.

The gate asks of projects, not for a person; so a confidential project is never told of, nor counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import QuerySet
from pyproj import Geod

from gis_projects.library.duplicates import similarity
from gis_projects.library.models import Acknowledgement, Library, Precision, Project, ProjectSecrecy

_MOST = 50
_PLACED = (Precision.EXACT, Precision.APPROXIMATE)
_GEOD = Geod(ellps="GRS80")  # CGCS2000's ellipsoid differs from it by 0.1 mm


@dataclass(frozen=True)
class Likeness:
    """A project that is likely the same; ``score`` 0 to 100, ``acknowledged`` who said why it isn't."""

    project: Project
    score: float
    acknowledged: Acknowledgement | None


def likely(project: Project) -> list[Likeness]:
    """Other projects of the libraries above the bureau's threshold, most alike first. Two queries."""
    candidates = (
        Project.objects.exclude(pk=project.pk)
        .exclude(secrecy=ProjectSecrecy.CONFIDENTIAL)
        .exclude(library=Library.EXITED)
        .filter(name__trigram_similar=project.name)
        .annotate(alike=TrigramSimilarity("name", project.name))
        .select_related("region")
        .order_by("-alike", "pk")[:_MOST]
    )
    said = {row.other_id: row for row in _acknowledged(project)}
    mine = (project.name, project.content)
    found = []
    for other in candidates:
        alike = similarity(mine, (other.name, other.content), _distance(project, other))
        if alike.score >= settings.SITE_PLAUSIBILITY["duplicate_likely"]:
            found.append(Likeness(other, alike.score, said.get(other.pk)))
    return sorted(found, key=lambda one: (-one.score, one.project.pk))


def _acknowledged(project: Project) -> QuerySet[Acknowledgement]:
    return Acknowledgement.objects.filter(project=project).select_related("by")


def _distance(one: Project, other: Project) -> float | None:
    """Metres between two projects' points; None where either has none that is good for more than a region."""
    if one.location is None or other.location is None or {one.precision, other.precision} - set(_PLACED):
        return None
    _, _, metres = _GEOD.inv(one.location.x, one.location.y, other.location.x, other.location.y)
    return float(metres)
