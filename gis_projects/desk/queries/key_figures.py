"""The four kinds and the three libraries in a few numbers, as reporting sums them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from gis_projects.library.models import Library, Membership, Project, ProjectKind
from gis_projects.library.queries import projects as queries
from gis_projects.people.models import User
from gis_projects.people.permissions import Permission, visible
from gis_projects.reporting.statistics import Figures

LIBRARIES = (Library.CATALOGUE, Library.RESERVE, Library.IMPLEMENTATION)


@dataclass(frozen=True)
class KeyFigure:
    """Projects of one kind or library with their newest amounts (元), and the list of them."""

    code: str
    label: str
    figures: Figures
    address: str


@dataclass(frozen=True)
class KeyFigures:
    """A project of two kinds counts in both; each is in one library or in none."""

    total: KeyFigure
    kinds: list[KeyFigure]
    libraries: list[KeyFigure]


def key_figures(user: User) -> KeyFigures:
    """Of all projects that the user may know of. Two queries."""
    known = visible(user, Permission.READ_PROJECTS, Project.objects.order_by())
    records: QuerySet[Any] = queries.with_records(known)
    rows = records.values_list("pk", "library", "planned_yuan", "cumulative_yuan")
    of = {
        pk: (library, Figures(1, planned or Decimal(0), cumulative or Decimal(0)))
        for pk, library, planned, cumulative in rows
    }
    members = set(
        Membership.objects.filter(kind__in=ProjectKind.values, project__in=known.values("pk"))
        .order_by()
        .values_list("kind", "project")
    )
    kinds = dict.fromkeys(ProjectKind, Figures())
    for kind, project in members:
        if project in of:  # the second query may know of one that came after the first
            kinds[ProjectKind(kind)] += of[project][1]
    libraries = dict.fromkeys(LIBRARIES, Figures())
    for library, figures in of.values():
        if library in libraries:
            libraries[Library(library)] += figures
    return KeyFigures(
        KeyFigure("", _("全部项目"), sum((one for _library, one in of.values()), Figures()), _list()),
        [KeyFigure(str(kind), str(kind.label), one, _list(kind=str(kind))) for kind, one in kinds.items()],
        [KeyFigure(str(each), str(each.label), one, _list(library=str(each))) for each, one in libraries.items()],
    )  # fmt: skip


def _list(**query: str) -> str:
    page = reverse("library:projects")
    return f"{page}?{urlencode(query)}" if query else page
