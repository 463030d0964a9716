"""The feeds: one for each kind of things, one for each portal that takes them over, one of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_projects.disclosure.feeds.sources import SOURCES, Entry, Source, Wanted, slug_of
from gis_projects.disclosure.models import PublicChange, Revision
from gis_projects.disclosure.queries import PUBLIC

PAGE = 50
LAST_PAGE = 1000


@dataclass(frozen=True)
class Feed:
    """``taken`` are the sources with the kinds taken of each (empty: all of them)."""

    name: str
    title: str | Promise
    about: str | Promise
    taken: tuple[tuple[Source, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Page:
    """A page of a feed, the newest first. ``changed`` is the newest change of anything public."""

    feed: Feed
    wanted: Wanted
    number: int
    entries: tuple[Entry, ...]
    more: bool
    changed: datetime


def feeds() -> dict[str, Feed]:
    """Every feed by its name."""
    everything = tuple((source, ()) for source in SOURCES.values())
    found = [
        Feed("all", _("全部公开信息"), _("本平台公开的全部内容。"), everything),
        *(
            Feed(source.name, source.title, _("新公开、更正和撤回的内容。"), ((source, ()),))
            for source in SOURCES.values()
        ),
        *_portals(),
    ]
    return {feed.name: feed for feed in found}


#: Which portal takes what over (F396): a name, and of which sources which kinds.
PORTALS = (
    ("government", _("政务网"), ("projects", "articles", "answers", "handling")),
    ("hall", _("行政审批大厅"), ("handling", "articles:item,guide,system,requirements,delegation")),
    ("bureau", _("委门户网"), ("projects", "articles:policy,interpretation,notice,contact", "answers")),
)


def _portals() -> list[Feed]:
    found = []
    for name, title, wanted in PORTALS:
        taken = []
        for item in wanted:
            source, _colon, kinds = item.partition(":")
            if source in SOURCES:
                taken.append((SOURCES[source], tuple(kinds.split(",")) if kinds else ()))
        found.append(Feed(name, title, _("供该门户取用的信息。"), tuple(taken)))
    return found


def page(feed: Feed, wanted: Wanted, number: int) -> Page | None:
    """The entries of a page from 1 on; None past the last one."""
    until = number * PAGE + 1
    keys = sorted(
        (key for source, kinds in feed.taken for key in _keys(source, kinds, wanted, until)), reverse=True
    )
    chosen = keys[(number - 1) * PAGE : number * PAGE]
    if not chosen and number > 1:
        return None
    live: dict[tuple[str, str], Entry] = {}
    for source, _kinds in feed.taken:
        slugs = [slug for _at, name, slug, gone in chosen if name == source.name and not gone]
        live |= {(source.name, slug): entry for slug, entry in source.entries(slugs).items()}
    entries = []
    for at, name, slug, gone in chosen:
        if gone:
            entries.append(Entry(gone, at, withdrawn=True))
        elif (name, slug) in live:  # it may have gone between the two questions
            entries.append(live[name, slug])
    return Page(feed, wanted, number, tuple(entries), len(keys) > number * PAGE, _changed())


def _keys(
    source: Source, kinds: Sequence[str], wanted: Wanted, most: int
) -> list[tuple[datetime, str, str, str]]:
    """Time of the last change, source, slug, and of what was withdrawn its subject."""
    asked = [wanted]
    if kinds:
        asked = [Wanted(wanted.region, kind) for kind in kinds if wanted.kind in ("", kind)]
    return [
        *((at, source.name, slug, "") for each in asked for at, slug in source.keys(each, most)),
        *((at, source.name, slug_of(subject), subject) for subject, at in source.withdrawn().items()),
    ]


def titles(changes: Sequence[PublicChange]) -> dict[int, str]:
    """What the change log may say of each change: a title only of what is disclosed now."""
    found: dict[int, str] = {}
    for source in SOURCES.values():
        own = [change for change in changes if change.subject.partition(":")[0] in source.prefixes]
        there = source.there({slug_of(change.subject) for change in own})
        found |= {change.pk: change.title for change in own if slug_of(change.subject) in there}
    return found


def _changed() -> datetime:
    at = Revision.objects.using(PUBLIC).values_list("at", flat=True).first()
    return timezone.localtime(at or timezone.make_aware(datetime(1970, 1, 2)))
