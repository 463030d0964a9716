"""What of a project is copied for the public, and how it is written down. Nothing here writes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from gis_projects.disclosure.models import Form
from gis_projects.library.models import Precision, Project, ProjectKind
from gis_projects.publishing import generalise

# The only words of a project that leave the house. Its unit, people, money spent, its site's vertices,
# checks and files are not among them.
PERMITTED_FIELDS = ("code", "name", "content", "industry", "level", "stage", "year")


def permitted(project: Project) -> dict[str, Any]:
    """The words and figures of a project that the public may read, by the names of `DisclosedProject`."""
    money = project.investments.first()
    return {
        **{field: getattr(project, field) for field in PERMITTED_FIELDS},
        "region_code": project.region.code,
        "region_name": project.region.short_name,
        "kinds": list(
            project.memberships.filter(kind__in=ProjectKind.values)
            .order_by("kind")
            .values_list("kind", flat=True)
            .distinct()
        ),
        "planned_yuan": money.planned_yuan if money else None,
    }


def public_geometry(project: Project, form: str, precision_m: int) -> generalise.PublicGeometry | None:
    """From the site if there is one, else from a stated point; None where only the region is known.

    Raises
    ------
    ValidationError
        Where the place can't be generalised to this precision.
    """
    try:
        if project.site is not None and project.site.current is not None:
            exact = shapely.from_wkb(bytes(project.site.current.geometry.wkb))
            generalised = generalise.outline if form == Form.OUTLINE else generalise.point
            return generalised(exact, precision_m)
        if project.location is not None and project.precision in (Precision.EXACT, Precision.APPROXIMATE):
            return generalise.point(shapely.Point(project.location.x, project.location.y), precision_m)
    except ValueError as refusal:
        raise ValidationError(
            _("不能按此精度概化位置：%(reason)s"), params={"reason": str(refusal)}, code="precision"
        ) from refusal
    return None


def geos(geometry: BaseGeometry) -> GEOSGeometry:
    """A shapely geometry (EPSG:4490) as a model field takes it."""
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=4490)


def digest(content: Any) -> str:
    """SHA-256 (hex) over what was copied, so that it can be told later what the public saw."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
