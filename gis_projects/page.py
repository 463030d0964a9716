"""What every page says around its own content."""

from __future__ import annotations

from functools import cache as cache_once
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from gis_projects.desk import queries as desk
from gis_projects.people.permissions import Permission, has
from layers.models import Layer

SECONDS = 60


def notices(request: HttpRequest) -> dict[str, Any]:
    """``notices``: what the layers ask to be said wherever they are shown (演示数据，非真实界线), each once.

    Only for who is signed in: the public pages read nothing but their own tables, and bring their own
    ``notices``, which override these. Nothing is asked of the database before a template prints them.
    """

    def said() -> list[str]:
        return _layer_notices() if request.user.is_authenticated else []

    return {"notices": SimpleLazyObject(said)}


def unread(request: HttpRequest) -> dict[str, Any]:
    """``unread``: how many notices wait for who is signed in; None for who gets none. One query, when it is printed."""

    @cache_once
    def counted() -> int | None:
        user = request.user
        return desk.unread(user) if user.is_authenticated and has(user, Permission.READ_SITES) else None

    return {"unread": counted}


def _layer_notices() -> list[str]:
    said: list[str] | None = cache.get("page.notices")
    if said is None:
        # A confidential layer's notice could tell of the layer: it is not said on everybody's pages.
        rows = Layer.objects.exclude(notice="").exclude(secrecy="confidential")
        said = list(rows.order_by("notice").values_list("notice", flat=True).distinct())
        cache.set("page.notices", said, SECONDS)
    return said
