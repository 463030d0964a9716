"""Which version of a layer somebody may look through, and what of it was asked for."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from gis_projects.atlas.queries import catalogue
from gis_projects.atlas.queries.catalogue import LAYER_SCOPE
from gis_projects.parsing import loads
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, find
from layers.browsing import Place, Selection
from layers.models import Kind, Layer, LayerVersion, Status


def version_of(
    user: User, code: str, *, number: int | None = None, moment: datetime | None = None
) -> LayerVersion:
    """A version by its number, the one in force at a moment, or the one in force now.

    Raises
    ------
    Http404
        There is none that the user may know of.
    """
    known = find(user, Permission.READ_LAYERS, Layer.objects.all(), paths=LAYER_SCOPE, code=code)
    rows = catalogue.known_versions(user).filter(layer=known, layer__kind=Kind.VECTOR)
    if number is not None:
        rows = rows.filter(number=number)
    elif moment is not None:
        rows = rows.filter(published_at__lte=moment).order_by("-number")
    else:
        rows = rows.filter(status=Status.PUBLISHED)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def selection_of(asked: QueryDict, properties: Collection[str]) -> Selection:
    """What a page's form or an address chooses.

    ``class``, ``q`` (words), ``least`` and ``most`` (m²), ``bbox`` (degrees), and ``field`` with ``value``
    (an attribute and what it equals).

    Raises
    ------
    ValidationError
        By field, what can't be understood.
    """
    errors: dict[str, str] = {}
    chosen: dict[str, Any] = {"words": _text(asked, "q")[:100]}
    for name, bound in (("least", "least_m2"), ("most", "most_m2")):
        text = _text(asked, name)
        if text:
            number = _number(text)
            if number is None or number < 0:
                errors[name] = _("面积应是不小于 0 的数。")
            chosen[bound] = number
    if text := _text(asked, "bbox"):
        corners = [_number(part) for part in text.split(",")]
        numbers = [corner for corner in corners if corner is not None]
        if len(numbers) != len(corners) or len(numbers) != 4:
            errors["bbox"] = _("范围应是四个数：西，南，东，北。")
        elif not (-180 <= numbers[0] <= numbers[2] <= 180 and -90 <= numbers[1] <= numbers[3] <= 90):
            errors["bbox"] = _("范围的西应小于东，南应小于北。")
        else:
            chosen["boxes"] = (tuple(numbers),)
    filters = {}
    if code := _text(asked, "class"):
        filters["class_code"] = code
    if name := _text(asked, "field"):
        if name not in properties:
            errors["field"] = _("图层没有这个字段。")
        elif value := asked.get("value", "").replace("\0", ""):
            filters[name] = value
    if errors:
        raise ValidationError({name: [message] for name, message in errors.items()})
    return Selection(filters=filters, **chosen)


def place_in(text: str, order: str) -> Place | None:
    """Where a page begins, as the link to it says (JSON: the sorted column's value, the key), or None."""
    try:
        value, key = loads(text)
        if order.endswith("area_m2") and not isinstance(value, bool | str):
            value = float(value)
    except (ValueError, TypeError, OverflowError):
        return None
    wanted = float if order.endswith("area_m2") else str
    return (value, key) if isinstance(value, wanted) and isinstance(key, str) else None


def _text(asked: QueryDict, name: str) -> str:
    return asked.get(name, "").replace("\0", "").strip()


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
