"""Where entries come from: the public copies themselves, so what an entry says is what is disclosed now.

Only that something was withdrawn is read from the change log, which has nothing else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gis_projects.disclosure.models import (
    ArticleKind,
    ChangeKind,
    DisclosedProject,
    HandlingMatter,
    HandlingStage,
    HandlingStep,
    MatterKind,
    PublicChange,
    PublicQuestion,
    PublishedArticle,
    QuestionKind,
)
from gis_projects.disclosure.queries import PUBLIC
from gis_projects.disclosure.queries.selection import disclosed
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
    """One kind of things. ``live`` gives rows with ``slug`` and ``changed_at``; ``prefixes`` begin their subjects."""

    name: str
    title: str | Promise
    prefixes: tuple[str, ...]
    live: Callable[[Wanted], QuerySet[Any]]
    entry: Callable[[Any], Entry]
    kinds: tuple[tuple[str, Any], ...] = ()

    def keys(self, wanted: Wanted, most: int) -> list[tuple[datetime, str]]:
        """The newest of what is there, each with the time of its last change and its slug."""
        rows = self.live(wanted).order_by("-changed_at", "-slug").values_list("changed_at", "slug")
        return list(rows[:most])

    def entries(self, slugs: Iterable[str]) -> dict[str, Entry]:
        rows = self.live(Wanted()).filter(slug__in=list(slugs))
        return {row.slug: self.entry(row) for row in rows}

    def there(self, slugs: Iterable[str]) -> set[str]:
        """Which of these are disclosed now."""
        return set(self.live(Wanted()).filter(slug__in=list(slugs)).values_list("slug", flat=True))

    def withdrawn(self) -> dict[str, datetime]:
        """The subjects whose last word is that they were withdrawn. It says nothing of region or kind."""
        own = Q()
        for prefix in self.prefixes:
            own |= Q(subject__startswith=f"{prefix}:")
        found: dict[str, datetime] = {}
        gone = (
            PublicChange.objects.using(PUBLIC).filter(own, kind=ChangeKind.WITHDRAWN).order_by("-at", "-pk")
        )
        for subject, at in gone.values_list("subject", "at"):
            found.setdefault(subject, at)
        back = self.there(slug_of(subject) for subject in found)
        return {subject: at for subject, at in found.items() if slug_of(subject) not in back}


def slug_of(subject: str) -> str:
    return subject.partition(":")[2]


def _projects(wanted: Wanted) -> QuerySet[DisclosedProject]:
    found = disclosed()
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


def _articles(wanted: Wanted) -> QuerySet[PublishedArticle]:
    found = PublishedArticle.objects.using(PUBLIC).filter(Q(until=None) | Q(until__gte=timezone.localdate()))
    if wanted.region:
        found = found.filter(region_code=wanted.region)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    return found


def _article(row: PublishedArticle) -> Entry:
    return Entry(
        subject=f"{row.kind}:{row.slug}",
        updated=row.changed_at,
        published=row.published_at,
        title=row.title,
        summary=_shortened(row.summary or row.text),
        path=reverse("disclosure:article", kwargs={"slug": row.slug}),
        categories=(str(ArticleKind(row.kind).label),),
    )


def _answers(wanted: Wanted) -> QuerySet[PublicQuestion]:
    shown = Q(project=None) | Exists(disclosed().filter(slug=OuterRef("project_id")))
    found = PublicQuestion.objects.using(PUBLIC).filter(shown)
    if wanted.region:
        found = found.filter(region_code=wanted.region)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    return found


def _answer(row: PublicQuestion) -> Entry:
    return Entry(
        subject=f"question:{row.slug}",
        updated=row.changed_at,
        published=row.published_at,
        title=_shortened(" ".join(row.question.split()), 60),
        summary=_shortened(row.answer),
        path=reverse("disclosure:question", kwargs={"slug": row.slug}),
        categories=(str(QuestionKind(row.kind).label),),
    )


def _matters(wanted: Wanted) -> QuerySet[HandlingMatter]:
    shown = Exists(disclosed().filter(slug=OuterRef("project_id")))
    steps = Prefetch("steps", HandlingStep.objects.using(PUBLIC).order_by("stage"))
    found = (
        HandlingMatter.objects.using(PUBLIC).filter(shown).select_related("project").prefetch_related(steps)
    )
    if wanted.region:
        found = found.filter(region_code=wanted.region)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    return found


def _matter(row: HandlingMatter) -> Entry:
    kind = str(MatterKind(row.kind).label)
    steps = [f"{step.on.isoformat()} {HandlingStage(step.stage).label}" for step in row.steps.all()]
    return Entry(
        subject=f"handling:{row.slug}",
        updated=row.changed_at,
        published=timezone.make_aware(datetime.combine(row.started_on, time())),
        title=_("%(project)s：%(matter)s") % {"project": row.project.name, "matter": kind},
        summary=_("，").join(steps),
        path=reverse("disclosure:matter", kwargs={"slug": row.slug}),
        categories=(kind,),
    )


def _shortened(text: str, most: int = _SUMMARY) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source(
            "projects",
            gettext_lazy("公开项目"),
            ("project",),
            _projects,
            _project,
            tuple(ProjectKind.choices),
        ),
        Source(
            "articles",
            gettext_lazy("文章和指南"),
            tuple(ArticleKind.values),
            _articles,
            _article,
            tuple(ArticleKind.choices),
        ),
        Source(
            "answers",
            gettext_lazy("公众提问和答复"),
            ("question",),
            _answers,
            _answer,
            tuple(QuestionKind.choices),
        ),
        Source(
            "handling",
            gettext_lazy("办理公示"),
            ("handling",),
            _matters,
            _matter,
            tuple(MatterKind.choices),
        ),
    )
}
