"""What every page says around its own content."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache as cache_once
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from gis_projects.desk.queries import notices as desk
from gis_projects.people.permissions import Permission, has
from layers.models import Layer

SECONDS = 60


@dataclass(frozen=True)
class Room:
    """An entry of the main navigation: current on the pages of these namespaces, or on these pages.

    Of several under one label the first that one may enter is shown.
    """

    label: Any
    address: str
    permission: Permission | None
    namespaces: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()


_MAP_PAGES = ("atlas:map", "atlas:bookmarks", "atlas:bookmark-edit")
ROOMS = (
    Room(_("待办"), "desk:home", None, ("desk",)),
    Room(_("一张图"), "atlas:map", Permission.READ_LAYERS, pages=_MAP_PAGES),
    Room(_("项目库"), "library:projects", Permission.READ_PROJECTS, ("library",)),
    Room(_("论证"), "argument:cases", Permission.READ_ARGUMENTS, ("argument",)),
    Room(_("合规检查"), "sites:checks", Permission.READ_SITES, ("sites",)),
    Room(_("图层目录"), "atlas:layers", Permission.READ_LAYERS, ("atlas",)),
    Room(_("统计"), "reporting:statistics", Permission.READ_STATISTICS, ("reporting",)),
    Room(_("单位"), "people:units", Permission.MANAGE_PEOPLE, ("people",)),
    Room(_("信息公开"), "publishing:queue", Permission.DISCLOSE_PROJECTS, ("publishing",)),
    Room(_("信息公开"), "publishing:articles", Permission.MANAGE_PORTAL, ("publishing",)),
    Room(_("公开页"), "disclosure:map", None, ("disclosure",)),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """``rooms``: where who is signed in may go, as (label, address, whether it is here)."""

    def shown() -> list[tuple[Any, str, bool]]:
        user = request.user
        if not user.is_authenticated:
            return []
        match = request.resolver_match
        here, within = (match.view_name, match.namespace) if match else ("", "")
        found: list[tuple[Any, str, bool]] = []
        for room in ROOMS:
            if room.permission is not None and not has(user, room.permission):
                continue
            if any(label == room.label for label, _address, _here in found):
                continue
            try:
                address = reverse(room.address)
            except NoReverseMatch:  # a process that serves only some rooms
                continue
            elsewhere = here in _MAP_PAGES and here not in room.pages
            found.append(
                (room.label, address, not elsewhere and (here in room.pages or within in room.namespaces))
            )
        return found

    return {"rooms": SimpleLazyObject(shown)}


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
        return desk.unread(user) if user.is_authenticated and user.roles else None

    return {"unread": counted}


def _layer_notices() -> list[str]:
    said: list[str] | None = cache.get("page.notices")
    if said is None:
        # A confidential layer's notice could tell of the layer: it is not said on everybody's pages.
        rows = Layer.objects.exclude(notice="").exclude(secrecy="confidential")
        said = list(rows.order_by("notice").values_list("notice", flat=True).distinct())
        cache.set("page.notices", said, SECONDS)
    return said
