"""Words of reviews in templates: specialities, where a photo was taken, what was said in a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from gis_projects.argument.models import VisitPhoto
from gis_projects.argument.queries.experts import LeftOut
from gis_projects.library.databases import specialities
from gis_projects.people.todo import Waiting
from gis_projects.sentences import filled

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


@register.filter
def left_out_reason(row: LeftOut) -> str:
    """Why an expert isn't drawn."""
    return filled(row.reason, {"detail": row.detail})


@register.filter
def excluded_reason(row: Mapping[str, str]) -> str:
    """Why an expert wasn't drawn, as a draw keeps it."""
    return filled(row["template"], {"detail": row["detail"]})


@register.filter
def waiting_sentence(row: Waiting) -> str:
    """What waits, in a sentence."""
    return filled(row.template, row.params)


@register.simple_tag
def typed_score(typed: Mapping[str, str], kept: Mapping[int, Any], key: int) -> Any:
    """What stands in a field of a score sheet: as typed when it was refused, else as kept in the draft."""
    return typed.get(f"score-{key}", kept.get(key, ""))
