"""Words of reviews in templates: specialities, where a photo was taken, what was said in a step."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from gis_projects.argument.models import VisitPhoto
from gis_projects.library.databases import specialities

register = template.Library()


@register.filter
def speciality(code: str) -> str:
    """What a speciality is called; an unknown code as it is."""
    term = specialities().get(code)
    return term.label if term is not None else code


@register.filter
def photo_place(photo: VisitPhoto) -> str:
    """Where a photo was taken, how it is known, and to how many metres."""
    if photo.location is None:
        return str(photo.get_source_display())
    place = f"{photo.location.x:.6f}°E {photo.location.y:.6f}°N · {photo.get_source_display()}"
    if photo.accuracy_m is None:
        return place
    return place + " · " + gettext("精度 %(metres)s 米") % {"metres": f"{photo.accuracy_m:.0f}"}
