"""Where entries come from: the public copies themselves, so what an entry says is what is disclosed now.

Only that something was withdrawn is read from the change log, which has nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects.disclosure.models import ChangeKind, DisclosedProject, PublicChange
from gis_projects.disclosure.open_data.holdings import disclosed_now
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.library.terms import ProjectKind, Stage

# Of the words that an entry shows; the page has them all.
_SUMMARY = 300


@dataclass(frozen=True)
class Entry:
    """One thing as it is now. ``path`` is its page's address without the host; a withdrawn one has an id and a time."""

    subject: str
    updated: datetime
    published: datetime | None = None
    title: str = ""
    summary: str = ""
    path: str = ""
    categories: tuple[str, ...] = ()
    withdrawn: bool = False

    @property
    def id(self) -> str:
        """The same in every format, at every time, whatever the installation's address."""
        return f"urn:gis-projects:{settings.REGION_CODE}:{self.subject}"


@dataclass(frozen=True)
class Wanted:
    """Which entries a reader asks for; empty is all."""

    region: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Source:
    """One kind of things. ``live`` gives rows with ``slug`` and ``changed_at``; ``prefix`` begins their subjects."""

    name: str
    title: str | Promise
    prefix: str
    live: Callable[[Wanted], QuerySet[Any]]
    entry: Callable[[Any], Entry]
    kinds: tuple[tuple[str, Any], ...] = ()

    def subject(self, slug: str) -> str:
        return f"{self.prefix}:{slug}"

    def keys(self, wanted: Wanted, most: int) -> list[tuple[datetime, str]]:
        """The newest of what is there, each with the time of its last change and its slug."""
        rows = self.live(wanted).order_by("-changed_at", "-slug").values_list("changed_at", "slug")
        return list(rows[:most])

    def entries(self, slugs: Iterable[str]) -> dict[str, Entry]:
        rows = self.live(Wanted()).filter(slug__in=list(slugs))
        return {row.slug: self.entry(row) for row in rows}

    def withdrawn(self) -> QuerySet[PublicChange]:
        """The last word on what isn't there any more. It says nothing of its region or kind, so no filter applies."""
        return PublicChange.objects.using(PUBLIC).filter(
            kind=ChangeKind.WITHDRAWN, subject__startswith=f"{self.prefix}:"
        )


def _projects(wanted: Wanted) -> QuerySet[DisclosedProject]:
    found = disclosed_now()
    if wanted.region:
        found = found.filter(region_code=wanted.region)
    if wanted.kind:
        found = found.filter(kinds__contains=[wanted.kind])
    return found


def _project(row: DisclosedProject) -> Entry:
    kinds = dict(ProjectKind.choices)
    parts = [row.region_name + row.township, row.content]
    if row.stage:
        parts.insert(1, str(Stage(row.stage).label))
    return Entry(
        subject=f"project:{row.slug}",
        updated=row.changed_at,
        published=row.published_at,
        title=row.name,
        summary=_shortened(_("，").join(filter(None, parts))),
        path=reverse("disclosure:project", kwargs={"slug": row.slug}),
        categories=tuple(str(kinds[kind]) for kind in row.kinds),
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _SUMMARY else f"{text[: _SUMMARY - 1]}…"


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            "projects", gettext_lazy("公开项目"), "project", _projects, _project, tuple(ProjectKind.choices)
        ),
    )
}
