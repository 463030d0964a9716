"""What a project's page says of its reviews, services and batches."""

from __future__ import annotations

from typing import Any

from django import template

from gis_projects.argument.queries import reviews as queries
from gis_projects.argument.queries import services
from gis_projects.library.models import Project
from gis_projects.people.permissions import Permission, may

register = template.Library()
MOST = 10


@register.inclusion_tag("argument/project_reviews.html", takes_context=True)
def project_reviews(context: template.Context, project: Project) -> dict[str, Any]:
    """The latest reviews and engagements of a project that the reader may know of, and what they may begin."""
    user = context["request"].user
    reads = may(user, Permission.READ_ARGUMENTS, project)
    reviews = queries.reviews(user).filter(project=project)[:MOST] if reads else []
    served = services.engagements(user).filter(project=project.pk)[:MOST] if reads else []
    return {
        "project": project,
        "shown": reads,
        "reviews": [(row, queries.now_at(row)) for row in reviews],
        "services": services.with_projects(list(served)),
        "required": queries.required(project) if reads else [],
        "pushes": may(user, Permission.HOLD_REVIEWS, project)
        or may(user, Permission.APPLY_ADMISSION, project),
        "engages": may(user, Permission.MANAGE_ENGAGEMENTS, project),
    }
